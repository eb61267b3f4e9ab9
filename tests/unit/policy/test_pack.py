"""What the engine is told: levels, exceptions, and what a preview cannot judge; without an engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as proto

from windlass.policy.rules import RULES
from windlass.policy.serve import Analyzer

GUID = "00000000-0000-4000-8000-000000000001"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
ACCOUNT = "azure-native:storage:StorageAccount"
ROLE = "azure-native:authorization:RoleAssignment"


class RefusedError(Exception):
    """The analyzer ended a call with an error."""


@dataclass
class Call:
    """What gRPC gives to a method, as far as the analyzer uses it."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise RefusedError(f"{code.name}: {details}")


def context() -> Any:
    return Call()


def analyzer(stack: str = "prod", **settings: Any) -> Analyzer:
    made = Analyzer()
    config = {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": GUID,
        "azure-native:tenantId": GUID,
        "windlass:settings": json.dumps({"project": "shop", "cloud": "azure", "owner": "team", **settings}),
    }
    made.ConfigureStack(proto.AnalyzerStackConfigureRequest(stack=stack, config=config), context())
    return made


def struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def analyze(made: Analyzer, type_: str, properties: dict[str, Any], name: str = "it") -> Any:
    request = proto.AnalyzeRequest(type=type_, name=name, urn=f"urn:{name}", properties=struct(properties))
    return made.Analyze(request, context()).diagnostics


def about(told: Any, rule: str) -> list[Any]:
    return [each for each in told if each.policyName == rule]


def level(made: Analyzer, rule: str, chosen: Any) -> None:
    config = {rule: proto.PolicyConfig(enforcementLevel=chosen)}
    made.Configure(proto.ConfigureAnalyzerRequest(policyConfig=config), context())


def test_every_rule_is_listed_for_the_engine() -> None:
    info = Analyzer().GetAnalyzerInfo(None, context())

    assert [each.name for each in info.policies] == [rule.id for rule in RULES]
    assert {each.enforcementLevel for each in info.policies} == {proto.MANDATORY}


def test_a_violation_names_rule_resource_reason_and_remedy() -> None:
    (told,) = about(analyze(analyzer(), ACCOUNT, {"minimumTlsVersion": "TLS1_0"}), "tls-1-2")

    assert (told.urn, told.enforcementLevel) == ("urn:it", proto.MANDATORY)
    headline, what, why, remedy = told.message.splitlines()
    assert headline == told.description
    assert what == "minimumTlsVersion is TLS1_0."
    assert why.startswith("Why: ")
    assert remedy.startswith("Do: ")


def test_a_type_of_another_version_is_held_to_the_same_rules() -> None:
    assert about(analyze(analyzer(), "azure-native:storage/v20240101:StorageAccount", {}), "tls-1-2")
    assert about(analyze(analyzer(), "azure-native_storage_v20240101:storage:StorageAccount", {}), "tls-1-2")


def test_what_is_not_of_azure_is_not_judged() -> None:
    assert list(analyze(analyzer(), "random:index:RandomId", {"location": "eastus"})) == []


def test_a_secret_is_judged_by_what_is_in_it() -> None:
    assert not about(analyze(analyzer(), ACCOUNT, {"minimumTlsVersion": {**SECRET, "value": "TLS1_2"}}), "tls-1-2")
    assert about(analyze(analyzer(), ACCOUNT, {"minimumTlsVersion": {**SECRET, "value": "TLS1_0"}}), "tls-1-2")


def test_an_exception_is_told_and_stops_nothing() -> None:
    made = analyzer(policy={"exceptions": {"tls-1-2": "an old client until May"}})

    (told,) = about(analyze(made, ACCOUNT, {}), "tls-1-2")

    assert told.enforcementLevel == proto.ADVISORY
    assert "an old client until May" in told.message


def test_an_exception_from_a_rule_that_is_none_is_refused() -> None:
    made = analyzer(policy={"exceptions": {"tls": "an old client until May"}})

    with pytest.raises(RefusedError, match=r"policy\.exceptions names tls, which is no rule"):
        analyze(made, ACCOUNT, {})


def test_settings_that_do_not_hold_together_are_told_as_the_program_tells_them() -> None:
    with pytest.raises(RefusedError, match=r"windlass:settings\.owners: is not a setting"):
        analyze(analyzer(owners="team"), ACCOUNT, {})


def test_levels_are_those_that_the_caller_of_the_engine_chose() -> None:
    made = analyzer()

    level(made, "tls-1-2", proto.ADVISORY)
    (told,) = about(analyze(made, ACCOUNT, {}), "tls-1-2")
    level(made, "tls-1-2", proto.DISABLED)

    assert told.enforcementLevel == proto.ADVISORY
    assert about(analyze(made, ACCOUNT, {}), "tls-1-2") == []


def test_what_a_preview_does_not_know_is_said_once_at_its_end() -> None:
    made = analyzer()
    for name in ("a", "b", "c", "d"):
        assert about(analyze(made, ROLE, {"scope": UNKNOWN}, name), "narrow-role-scopes") == []

    told = made.AnalyzeStack(proto.AnalyzeStackRequest(), context()).diagnostics

    (still_open,) = about(told, "narrow-role-scopes")
    assert still_open.enforcementLevel == proto.ADVISORY
    assert "made: a, b, c and 1 more." in still_open.message


def test_a_stack_is_judged_by_what_its_resources_come_from() -> None:
    vault = proto.AnalyzerResource(type="azure-native:keyvault:Vault", name="vault", urn="urn:vault")
    setting = proto.AnalyzerResource(type="azure-native:monitor:DiagnosticSetting", name="setting", urn="urn:setting")
    setting.propertyDependencies["resourceUri"].urns.append("urn:vault")
    made = analyzer()

    alone = made.AnalyzeStack(proto.AnalyzeStackRequest(resources=[vault]), context()).diagnostics
    watched = made.AnalyzeStack(proto.AnalyzeStackRequest(resources=[vault, setting]), context()).diagnostics

    assert [each.urn for each in about(alone, "diagnostics-present")] == ["urn:vault"]
    assert about(watched, "diagnostics-present") == []


def test_without_a_stack_nothing_is_judged() -> None:
    assert list(analyze(Analyzer(), ACCOUNT, {})) == []


def test_nothing_is_changed_on_the_way() -> None:
    assert list(analyzer().Remediate(proto.AnalyzeRequest(type=ACCOUNT), context()).remediations) == []
