"""What roles grant, which action an operation is, and what a body refers to: decided without a request."""

from __future__ import annotations

import pytest
from windlass_emulator.access.actions import ANYBODY, SOMEBODY, action_of, scope_of
from windlass_emulator.access.built_in_roles import built_in_roles
from windlass_emulator.access.linked import Link, links_of
from windlass_emulator.access.permissions import Permission
from windlass_emulator.features import features
from windlass_emulator.http import Route

GROUP = "/subscriptions/s/resourceGroups/g"
ML = "Microsoft.MachineLearningServices/workspaces"
DATA_SCIENTIST = "f6c7c914-8db3-469d-8ca1-694a8f32e121"
IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
ROUTES = [route for feature in features() for route in feature.routes if route.needs_token]


def grants(role: str, action: str, *, data: bool = False) -> bool:
    return any(permission.grants(action, data=data) for permission in built_in_roles()[role].permissions)


@pytest.mark.inferred
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_every_operation_that_needs_a_token_is_an_action(route: Route) -> None:
    action = action_of(route.method, route.template)

    assert action in {ANYBODY, SOMEBODY} or action.rpartition("/")[2] in {"read", "write", "delete", "action"}


@pytest.mark.inferred
def test_an_operation_that_no_rule_names_has_to_be_named() -> None:
    with pytest.raises(ValueError, match="IRREGULAR"):
        action_of("GET", "/metrics/{name}")


@pytest.mark.specified
@pytest.mark.parametrize(
    ("method", "template", "action"),
    [
        ("PUT", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{n}}",
         "Microsoft.Storage/storageAccounts/write"),
        ("GET", f"{GROUP}/providers/Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/read"),
        (
            "POST",
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{name}}/listKeys",
            "Microsoft.Storage/storageAccounts/listKeys/action",
        ),
        (
            "PUT",
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{n}}/blobServices/default/containers/{{container}}",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
        ),
        ("DELETE", "/{scope*}/providers/Microsoft.Authorization/roleAssignments/{name}",
         "Microsoft.Authorization/roleAssignments/delete"),
        (
            "POST",
            "/subscriptions/{s}/providers/Microsoft.KeyVault/locations/{l}/deletedVaults/{name}/purge",
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
        ),
        ("POST", "/subscriptions/{s}/providers/Microsoft.KeyVault/checkNameAvailability",
         "Microsoft.KeyVault/checkNameAvailability/read"),
        ("PATCH", f"{GROUP}/providers/{ML}/{{w}}/onlineEndpoints/{{e}}/deployments/{{d}}",
         f"{ML}/onlineEndpoints/deployments/write"),
    ],
)  # fmt: skip
def test_the_action_follows_from_method_and_path(method: str, template: str, action: str) -> None:
    assert action_of(method, template) == action


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("method", "template", "path", "scope"),
    [
        ("GET", "/x/providers/Microsoft.Compute/virtualMachines/{name}", "/vm", "/vm"),
        ("GET", "/x/providers/Microsoft.Compute/virtualMachines", "/virtualMachines", ""),
        ("POST", "/x/providers/Microsoft.Compute/virtualMachines/{name}/start", "/virtualMachines/vm/start",
         "/virtualMachines/vm"),
    ],
)  # fmt: skip
def test_a_list_is_asked_of_its_namespace_and_an_action_of_its_resource(
    method: str, template: str, path: str, scope: str
) -> None:
    base = f"{GROUP}/providers/Microsoft.Compute"

    assert scope_of(method, template, f"{base}{path}") == f"{base}{scope}"


@pytest.mark.specified
@pytest.mark.parametrize(
    ("pattern", "action"),
    [
        ("*", "Microsoft.A/b/write"),
        ("*/read", "Microsoft.A/b/c/read"),
        ("Microsoft.A/*", "Microsoft.A/b/c/write"),
        ("Microsoft.A/b/*/read", "microsoft.a/B/c/d/READ"),
        ("Microsoft.A/b/*/read", "Microsoft.A/b/read"),
    ],
)
def test_a_pattern_grants(pattern: str, action: str) -> None:
    assert Permission(actions=(pattern,)).grants(action)


@pytest.mark.specified
@pytest.mark.parametrize(
    ("pattern", "action"),
    [
        ("*/read", "Microsoft.A/b/write"),
        ("Microsoft.A/b/*", "Microsoft.A/bc/read"),
        ("Microsoft.A/b/read", "Microsoft.A/b/reader"),
        ("Microsoft.A/b/read", "MicrosoftxA/b/read"),
    ],
)
def test_a_pattern_does_not_grant(pattern: str, action: str) -> None:
    assert not Permission(actions=(pattern,)).grants(action)


@pytest.mark.specified
def test_what_a_role_takes_back_it_does_not_grant() -> None:
    assert grants(DATA_SCIENTIST, f"{ML}/onlineEndpoints/deployments/write")
    assert grants(DATA_SCIENTIST, f"{ML}/read")
    assert not grants(DATA_SCIENTIST, f"{ML}/write")
    assert not grants(DATA_SCIENTIST, f"{ML}/computes/write")


@pytest.mark.specified
def test_actions_of_the_data_plane_are_granted_apart() -> None:
    owner, reader = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

    assert grants(reader, read, data=True)
    assert not grants(owner, read, data=True)


@pytest.mark.specified
def test_the_operator_of_identities_may_assign_them() -> None:
    assert grants(IDENTITY_OPERATOR, "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action")


@pytest.mark.specified
def test_a_body_asks_for_rights_on_what_it_names_but_for_its_own_parts() -> None:
    network, identity = f"{GROUP}/providers/Microsoft.Network", f"{GROUP}/providers/Microsoft.ManagedIdentity"
    user, subnet = f"{identity}/userAssignedIdentities/u", f"{network}/virtualNetworks/v/subnets/a"
    body = {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {user: {}}},
        "properties": {"subnet": {"id": subnet}, "again": [{"id": subnet}], "storage": f"{GROUP}/providers/M.S/x/y"},
    }

    assert links_of(body, f"{GROUP}/providers/Microsoft.A/b/c") == (
        Link("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", user),
        Link("Microsoft.Network/virtualNetworks/subnets/join/action", subnet),
    )
    assert links_of({"id": subnet}, f"{network}/virtualNetworks/v") == ()
