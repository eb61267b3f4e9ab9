"""Resource ids: made from a type's path template and its inputs, and taken apart again for an import."""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from windlass_provider.errors import PathParameterError, ResourceIdError
from windlass_provider.schema.model import parameters_of
from windlass_provider.values import Value

_WHOLE_IDS = frozenset({"scope", "resourceUri"})
"""Parameters that hold a resource id of their own and are put into the path as they are."""


def resource_id(template: str, inputs: Mapping[str, Value], subscription: str) -> str:
    """The id that a template yields for these inputs.

    Raises:
        PathParameterError: A parameter is missing, unknown or no text.
    """
    path = template.replace("{subscriptionId}", subscription)
    for name in parameters_of(template):
        value = inputs.get(name)
        if not isinstance(value, str):
            raise PathParameterError(name)
        # A path segment is escaped; a scope is a path itself and loses only its outer slashes.
        path = path.replace(f"{{{name}}}", value.strip("/") if name in _WHOLE_IDS else quote(value, safe=""))
    return path


def parameters_in(template: str, identifier: str) -> dict[str, str]:
    """The inputs that an id was made from; ARM's own spelling of the fixed parts may differ in case.

    Raises:
        ResourceIdError: The id is not one of the template's.
    """
    pattern = ""
    for fixed, name in re.findall(r"([^{]*)(?:\{(\w+)\})?", template):
        pattern += re.escape(fixed)
        if name:
            pattern += f"(?P<{name}>{'.+?' if name in _WHOLE_IDS else '[^/]+'})"
    match = re.fullmatch(pattern, "/" + identifier.lstrip("/"), flags=re.IGNORECASE)
    if match is None:
        raise ResourceIdError(identifier, template)
    found = {name: unquote(value) for name, value in match.groupdict().items() if name != "subscriptionId"}
    return {name: f"/{value}" if name in _WHOLE_IDS else value for name, value in found.items()}
