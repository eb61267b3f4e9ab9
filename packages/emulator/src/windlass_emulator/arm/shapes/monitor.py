"""Azure Monitor, budgets and locks: what watches a stack and what keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.arm.shapes.body import Body
from windlass_emulator.shapes import ANY, Items, Shape, Union, Values

_TAGS = Values(ANY)

_NAMED_MAIL: Shape = {"name": ANY, "emailAddress": ANY}
_PHONE: Shape = {"name": ANY, "countryCode": ANY, "phoneNumber": ANY}
_COMMON = {"name": ANY, "useCommonAlertSchema": ANY}
_ACTION_GROUP: Shape = {
    "location": ANY,
    "properties": {
        "armRoleReceivers": Items({**_COMMON, "roleId": ANY}),
        "automationRunbookReceivers": Items(
            {
                **_COMMON,
                "automationAccountId": ANY,
                "isGlobalRunbook": ANY,
                "runbookName": ANY,
                "serviceUri": ANY,
                "webhookResourceId": ANY,
            }
        ),
        "azureAppPushReceivers": Items(_NAMED_MAIL),
        "azureFunctionReceivers": Items(
            {**_COMMON, "functionAppResourceId": ANY, "functionName": ANY, "httpTriggerUrl": ANY}
        ),
        "emailReceivers": Items({**_COMMON, "emailAddress": ANY}),
        "enabled": ANY,
        "eventHubReceivers": Items(
            {**_COMMON, "eventHubName": ANY, "eventHubNameSpace": ANY, "subscriptionId": ANY, "tenantId": ANY}
        ),
        "groupShortName": ANY,
        "itsmReceivers": Items(
            {"connectionId": ANY, "name": ANY, "region": ANY, "ticketConfiguration": ANY, "workspaceId": ANY}
        ),
        "logicAppReceivers": Items({**_COMMON, "callbackUrl": ANY, "resourceId": ANY}),
        "smsReceivers": Items(_PHONE),
        "voiceReceivers": Items(_PHONE),
        "webhookReceivers": Items(
            {
                **_COMMON,
                "identifierUri": ANY,
                "objectId": ANY,
                "serviceUri": ANY,
                "tenantId": ANY,
                "useAadAuth": ANY,
            }
        ),
    },
    "tags": _TAGS,
}

_DIMENSIONS = Items({"name": ANY, "operator": ANY, "values": Items(ANY)})
_CRITERION: dict[str, Shape] = {
    "criterionType": ANY,
    "dimensions": _DIMENSIONS,
    "metricName": ANY,
    "metricNamespace": ANY,
    "name": ANY,
    "operator": ANY,
    "skipMetricValidation": ANY,
    "timeAggregation": ANY,
}
_STATIC: Shape = {**_CRITERION, "threshold": ANY}
_DYNAMIC: Shape = {
    **_CRITERION,
    "alertSensitivity": ANY,
    "failingPeriods": {"minFailingPeriodsToAlert": ANY, "numberOfEvaluationPeriods": ANY},
    "ignoreDataBefore": ANY,
}
_CRITERIA = Union(
    "odata.type",
    {
        "microsoft.azure.monitor.singleresourcemultiplemetriccriteria": {"odata.type": ANY, "allOf": Items(_STATIC)},
        "microsoft.azure.monitor.multipleresourcemultiplemetriccriteria": {
            "odata.type": ANY,
            "allOf": Items(
                Union("criterionType", {"staticthresholdcriterion": _STATIC, "dynamicthresholdcriterion": _DYNAMIC})
            ),
        },
        "microsoft.azure.monitor.webtestlocationavailabilitycriteria": {
            "odata.type": ANY,
            "componentId": ANY,
            "failedLocationCount": ANY,
            "webTestId": ANY,
        },
    },
)
_METRIC_ALERT: Shape = {
    "location": ANY,
    "properties": {
        "actions": Items({"actionGroupId": ANY, "webHookProperties": Values(ANY)}),
        "autoMitigate": ANY,
        "criteria": _CRITERIA,
        "description": ANY,
        "enabled": ANY,
        "evaluationFrequency": ANY,
        "scopes": Items(ANY),
        "severity": ANY,
        "targetResourceRegion": ANY,
        "targetResourceType": ANY,
        "windowSize": ANY,
    },
    "tags": _TAGS,
}

_QUERY_RULE: Shape = {
    "identity": {"type": ANY, "userAssignedIdentities": Values({})},
    "kind": ANY,
    "location": ANY,
    "properties": {
        "actions": {"actionGroups": Items(ANY), "customProperties": Values(ANY)},
        "autoMitigate": ANY,
        "checkWorkspaceAlertsStorageConfigured": ANY,
        "criteria": {
            "allOf": Items(
                {
                    "dimensions": _DIMENSIONS,
                    "failingPeriods": {"minFailingPeriodsToAlert": ANY, "numberOfEvaluationPeriods": ANY},
                    "metricMeasureColumn": ANY,
                    "metricName": ANY,
                    "operator": ANY,
                    "query": ANY,
                    "resourceIdColumn": ANY,
                    "threshold": ANY,
                    "timeAggregation": ANY,
                }
            )
        },
        "description": ANY,
        "displayName": ANY,
        "enabled": ANY,
        "evaluationFrequency": ANY,
        "muteActionsDuration": ANY,
        "overrideQueryTimeRange": ANY,
        "publicNetworkAccess": ANY,
        "resolveConfiguration": {"autoResolved": ANY, "timeToResolve": ANY},
        "ruleResolveConfiguration": {"autoResolved": ANY, "timeToResolve": ANY},
        "scopes": Items(ANY),
        "severity": ANY,
        "skipQueryValidation": ANY,
        "targetResourceTypes": Items(ANY),
        "windowSize": ANY,
    },
    "tags": _TAGS,
}

_RETENTION: Shape = {"days": ANY, "enabled": ANY}
_DIAGNOSTIC_SETTING: Shape = {
    "properties": {
        "eventHubAuthorizationRuleId": ANY,
        "eventHubName": ANY,
        "logAnalyticsDestinationType": ANY,
        "logs": Items({"category": ANY, "categoryGroup": ANY, "enabled": ANY, "retentionPolicy": _RETENTION}),
        "marketplacePartnerId": ANY,
        "metrics": Items({"category": ANY, "enabled": ANY, "retentionPolicy": _RETENTION, "timeGrain": ANY}),
        "serviceBusRuleId": ANY,
        "storageAccountId": ANY,
        "workspaceId": ANY,
    }
}

_METRIC_TRIGGER: Shape = {
    "dimensions": Items({"DimensionName": ANY, "Operator": ANY, "Values": Items(ANY)}),
    "dividePerInstance": ANY,
    "metricName": ANY,
    "metricNamespace": ANY,
    "metricResourceLocation": ANY,
    "metricResourceUri": ANY,
    "operator": ANY,
    "statistic": ANY,
    "threshold": ANY,
    "timeAggregation": ANY,
    "timeGrain": ANY,
    "timeWindow": ANY,
}
_PROFILE: Shape = {
    "capacity": {"default": ANY, "maximum": ANY, "minimum": ANY},
    "fixedDate": {"end": ANY, "start": ANY, "timeZone": ANY},
    "name": ANY,
    "recurrence": {
        "frequency": ANY,
        "schedule": {"days": Items(ANY), "hours": Items(ANY), "minutes": Items(ANY), "timeZone": ANY},
    },
    "rules": Items(
        {
            "metricTrigger": _METRIC_TRIGGER,
            "scaleAction": {"cooldown": ANY, "direction": ANY, "type": ANY, "value": ANY},
        }
    ),
}
_AUTOSCALE_SETTING: Shape = {
    "location": ANY,
    "properties": {
        "enabled": ANY,
        "name": ANY,
        "notifications": Items(
            {
                "email": {
                    "customEmails": Items(ANY),
                    "sendToSubscriptionAdministrator": ANY,
                    "sendToSubscriptionCoAdministrators": ANY,
                },
                "operation": ANY,
                "webhooks": Items({"properties": Values(ANY), "serviceUri": ANY}),
            }
        ),
        "predictiveAutoscalePolicy": {"scaleLookAheadTime": ANY, "scaleMode": ANY},
        "profiles": Items(_PROFILE),
        "targetResourceLocation": ANY,
        "targetResourceUri": ANY,
    },
    "tags": _TAGS,
}

_COMPARISON: Shape = {"name": ANY, "operator": ANY, "values": Items(ANY)}
_FILTER_PART: dict[str, Shape] = {"dimensions": _COMPARISON, "tags": _COMPARISON}
_BUDGET: Shape = {
    "eTag": ANY,
    "properties": {
        "amount": ANY,
        "category": ANY,
        "filter": {"and": Items(_FILTER_PART), **_FILTER_PART},
        "notifications": Values(
            {
                "contactEmails": Items(ANY),
                "contactGroups": Items(ANY),
                "contactRoles": Items(ANY),
                "enabled": ANY,
                "locale": ANY,
                "operator": ANY,
                "threshold": ANY,
                "thresholdType": ANY,
            }
        ),
        "timeGrain": ANY,
        "timePeriod": {"endDate": ANY, "startDate": ANY},
    },
}
_LOCK: Shape = {"properties": {"level": ANY, "notes": ANY, "owners": Items({"applicationId": ANY})}}

_MONITOR = "azure.mgmt.monitor"
BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "action group": Body(_ACTION_GROUP, f"{_MONITOR}.v2023_01_01.models:ActionGroupResource"),
        "metric alert": Body(_METRIC_ALERT, f"{_MONITOR}.v2018_03_01.models:MetricAlertResource"),
        "query rule": Body(
            _QUERY_RULE,
            f"{_MONITOR}.v2022_08_01_preview.models:ScheduledQueryRuleResource",
            # The name that later versions have for ruleResolveConfiguration, 2025-01-01-preview of azure-native among
            # them; no release of the client speaks one.
            beyond=("properties.resolveConfiguration.autoResolved", "properties.resolveConfiguration.timeToResolve"),
        ),
        "diagnostic setting": Body(
            _DIAGNOSTIC_SETTING, f"{_MONITOR}.v2021_05_01_preview.models:DiagnosticSettingsResource"
        ),
        "autoscale setting": Body(
            _AUTOSCALE_SETTING, f"{_MONITOR}.v2021_05_01_preview.models:AutoscaleSettingResource"
        ),
        "budget": Body(_BUDGET, "azure.mgmt.consumption.models:Budget"),
        "lock": Body(_LOCK, "azure.mgmt.resource.locks.models:ManagementLockObject"),
    }
)
