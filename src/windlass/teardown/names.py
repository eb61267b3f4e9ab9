"""What becomes of each name of a stack: when it can be used again, and until when what had it can be had back. Pure.

Azure keeps three types softly deleted: a key vault for as long as it was made with (7 to 90 days), a workspace of Azure
ML for 14 days, a Log Analytics workspace for 14 days. Registries and everything else are gone at once.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from windlass.project.names import resource_names
from windlass.project.outputs import StackOutputs
from windlass.project.settings import StackSettings
from windlass.teardown.models import Name, Standing

LOGS_DAYS: Final = 14
_LOGS: Final = "made again in the same group within that time it comes back with its logs"
_ENDPOINTS: Final = {
    "azure-native:machinelearningservices:OnlineEndpoint": "online endpoint",
    "azure-native:machinelearningservices:BatchEndpoint": "batch endpoint",
}


def names_after(
    settings: StackSettings, outputs: StackOutputs, standing: Standing, *, vault_until: date | None
) -> tuple[Name, ...]:
    """Tell of each name of the stack what becomes of it.

    Args:
        settings: What the stack is to be.
        outputs: Its names.
        standing: What there is of it.
        vault_until: The day until which Azure keeps the vault whatever is asked; None when it is purged.
    """
    bring, names = settings.windlass.bring, resource_names(settings.name_scope)
    whole = bring.workspace is None
    made = (
        (True, Name(kind="resource group", name=outputs.resource_group)),
        (whole, Name(kind="workspace", name=outputs.workspace, note="deleted for good, with all models in it")),
        (whole and bring.key_vault is None, _vault(outputs.key_vault, vault_until)),
        (
            whole and bring.storage_account is None,
            Name(kind="storage account", name=outputs.storage_account),
        ),
        (whole and bring.container_registry is None, Name(kind="container registry", name=outputs.container_registry)),
        (whole and bring.log_workspace is None, _logs(names.log_workspace, standing.today)),
        (whole, Name(kind="Application Insights", name=names.application_insights)),
        *(
            (True, Name(kind=kind, name=each.id.rpartition("/")[2]))
            for each in standing.declared
            if (kind := _ENDPOINTS.get(each.type, ""))
        ),
    )
    return tuple(name for is_made, name in made if is_made)


def _vault(name: str, until: date | None) -> Name:
    if until is None:
        return Name(kind="key vault", name=name, note="purged, with all secrets in it")
    note = "purge protection keeps it; until then it can be recovered: az keyvault recover --name " + name
    return Name(kind="key vault", name=name, usable_from=until, recoverable_until=until, note=note)


def _logs(name: str, today: date) -> Name:
    return Name(
        kind="Log Analytics workspace", name=name, recoverable_until=today + timedelta(days=LOGS_DAYS), note=_LOGS
    )
