"""Azure Monitor, budgets and locks: who is told of what, what is kept, what it may cost, what nobody deletes."""
# ruff: noqa: S106 - a token here is the name of a type

from collections.abc import Mapping

from .entry import GROUP, FunctionEntry, TypeEntry

_INSIGHTS = f"{GROUP}/providers/Microsoft.Insights"

RENAMES: Mapping[str, Mapping[str, str]] = {
    "monitor:MetricAlertSingleResourceMultipleMetricCriteria": {"odataType": "odata.type"},
    "monitor:MetricAlertMultipleResourceMultipleMetricCriteria": {"odataType": "odata.type"},
    "monitor:WebtestLocationAvailabilityCriteria": {"odataType": "odata.type"},
    "monitor:ScaleRuleMetricDimension": {"dimensionName": "DimensionName", "operator": "Operator", "values": "Values"},
}
LEVEL_OF_PROPERTIES: Mapping[str, frozenset[str]] = {}

TYPES: tuple[TypeEntry, ...] = (
    TypeEntry(
        token="monitor:ActionGroup",
        path=f"{_INSIGHTS}/actionGroups/{{actionGroupName}}",
        api_version="2024-10-01-preview",
        source="monitor/action_group",
        class_name="ActionGroup",
        autoname="random",
        name_parameter="actionGroupName",
        replaces=frozenset({"location"}),
    ),
    TypeEntry(
        token="monitor:MetricAlert",
        path=f"{_INSIGHTS}/metricAlerts/{{ruleName}}",
        api_version="2018-03-01",
        source="monitor/metric_alert",
        class_name="MetricAlert",
        autoname="random",
        name_parameter="ruleName",
        replaces=frozenset({"location"}),
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="monitor:ScheduledQueryRule",
        path=f"{_INSIGHTS}/scheduledQueryRules/{{ruleName}}",
        api_version="2025-01-01-preview",
        source="monitor/scheduled_query_rule",
        class_name="ScheduledQueryRule",
        autoname="random",
        name_parameter="ruleName",
        replaces=frozenset({"location"}),
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="monitor:DiagnosticSetting",
        path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        api_version="2021-05-01-preview",
        source="monitor/diagnostic_setting",
        class_name="DiagnosticSetting",
        autoname="random",
        name_parameter="name",
    ),
    TypeEntry(
        token="monitor:AutoscaleSetting",
        path=(
            "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
            "/providers/Microsoft.Insights/autoscalesettings/{autoscaleSettingName}"
        ),
        api_version="2021-05-01-preview",
        source="monitor/autoscale_setting",
        class_name="AutoscaleSetting",
        autoname="random",
        name_parameter="autoscaleSettingName",
        replaces=frozenset({"location"}),
        # Inputs are flat; what comes back is not: `properties` is an output of its own.
        read_only_top_level=frozenset({"id", "name", "type", "systemData", "properties"}),
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="consumption:Budget",
        path="/{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        api_version="2024-08-01",
        source="consumption/budget",
        class_name="Budget",
        autoname="random",
        name_parameter="budgetName",
        top_level=frozenset({"eTag"}),
    ),
    TypeEntry(
        token="authorization:ManagementLockByScope",
        path="/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        api_version="2020-05-01",
        source="authorization/management_lock_by_scope",
        class_name="ManagementLockByScope",
        autoname="random",
        name_parameter="lockName",
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="authorization:ManagementLockAtResourceGroupLevel",
        path=f"{GROUP}/providers/Microsoft.Authorization/locks/{{lockName}}",
        api_version="2020-05-01",
        source="authorization/management_lock_at_resource_group_level",
        class_name="ManagementLockAtResourceGroupLevel",
        autoname="random",
        name_parameter="lockName",
        required_containers=(("properties",),),
    ),
)

FUNCTIONS: tuple[FunctionEntry, ...] = ()
