"""Who may ask the API, how often, and that a change of it is deployed. All of it after SAM's transform."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local.runtime import ROOT
from tests.template.stack import stack

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone

SHOWN_TO_ALL = {"/", "/page.css", "/page.js", "/docs", "/openapi.json"}
ASKS_FOR_KEY: list[dict[str, list[str]]] = [{"api_key": []}]


def methods(access: str) -> dict[tuple[str, str], dict[str, Any]]:
    paths = stack(Access=access).only("AWS::ApiGateway::RestApi")["Body"]["paths"]
    return {(path, verb): it for path, verbs in paths.items() for verb, it in verbs.items()}


def test_open_is_open() -> None:
    assert [it.get("security", []) for it in methods("open").values()] == [[]] * len(methods("open"))
    kinds = {it["Type"] for it in stack(Access="open").resources.values()}
    assert not [kind for kind in kinds if "Key" in kind or "UsagePlan" in kind]


def test_a_key_is_wanted_for_all_but_the_page_and_what_browsers_ask_before_they_ask() -> None:
    wanted = {place for place, it in methods("key").items() if it.get("security") == ASKS_FOR_KEY}
    assert wanted == {("/{proxy+}", "x-amazon-apigateway-any-method")}
    assert {path for path, _ in methods("key").keys() - wanted} == {*SHOWN_TO_ALL, "/{proxy+}"}
    assert ("/{proxy+}", "options") in methods("key")
    scheme = stack(Access="key").only("AWS::ApiGateway::RestApi")["Body"]["components"]["securitySchemes"]
    assert scheme == {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


def test_what_is_shown_to_all_are_the_page_s_files_and_the_documentation() -> None:
    files = {f"/{file.name}" for file in (ROOT / "lambda_fn" / "coldopen" / "http" / "page").iterdir()}
    assert (files - {"/index.html"}) | {"/", "/docs", "/openapi.json"} == SHOWN_TO_ALL


def test_the_key_has_a_plan_with_a_quota_and_a_throttle_for_the_stage() -> None:
    made = stack(Access="key", DailyQuota="50", RateLimit="3", BurstLimit="7")
    plan = made.only("AWS::ApiGateway::UsagePlan")
    assert plan["Quota"] == {"Limit": "50", "Period": "DAY"}
    assert plan["Throttle"] == {"RateLimit": "3", "BurstLimit": "7"}
    assert plan["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Apiv1Stage"}}]
    assert made.only("AWS::ApiGateway::UsagePlanKey") == {
        "KeyId": {"Ref": "ApiKey"},
        "KeyType": "API_KEY",
        "UsagePlanId": {"Ref": "UsagePlan"},
    }
    assert made.only("AWS::ApiGateway::ApiKey")["Enabled"] is True
    assert made.outputs["ApiKeyId"] == {"Ref": "ApiKey"}
    assert "ApiKeyId" not in stack(Access="open").outputs


def test_another_number_is_another_key() -> None:
    """CloudFormation replaces a key whose name changes (AWS::ApiGateway::ApiKey, "Update requires: Replacement")."""
    names = [stack(Access="key", KeyNumber=n).only("AWS::ApiGateway::ApiKey")["Name"] for n in ("1", "2")]
    assert names[0] != names[1]


@pytest.mark.parametrize("access", ["open", "key"])
def test_there_is_one_stage_and_it_is_throttled(access: str) -> None:
    made = stack(Access=access)
    stage = made.only("AWS::ApiGateway::Stage")
    assert stage["StageName"] == "v1"
    assert "StageName" not in made.only("AWS::ApiGateway::Deployment")  # it would be a second, unthrottled stage
    assert stage["MethodSettings"] == [
        {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": "1", "ThrottlingBurstLimit": "20"}
    ]


def test_at_worst_an_hour_costs_three_dollars_with_the_defaults() -> None:
    made = stack()
    (settings,) = made.only("AWS::ApiGateway::Stage")["MethodSettings"]
    function = made.only("AWS::Lambda::Function")
    requests = float(settings["ThrottlingRateLimit"]) * 3600
    seconds, gigabytes = float(function["Timeout"]), float(function["MemorySize"]) / 1024
    assert requests * (seconds * gigabytes * 0.0000166667 + 0.0000035) < 3.05  # dollars, us-east-1, x86_64


def test_a_function_is_not_awaited_for_longer_than_api_gateway_waits() -> None:
    assert stack().only("AWS::Lambda::Function")["Timeout"] <= 29


def test_other_access_is_another_deployment_of_the_api() -> None:
    deployments: list[str] = []
    for access in ("open", "key"):
        stack.cache_clear()
        deployments += stack(Access=access).of_type("AWS::ApiGateway::Deployment")
        time.sleep(1)  # sam's clock ticks in seconds
    assert len(set(deployments)) == 2


def test_sam_finds_the_function_behind_each_path_and_has_no_question_about_it() -> None:
    assert stack().routes == [(path, "WriterFunction") for path in sorted([*SHOWN_TO_ALL, "/{proxy+}"])]
    assert not stack().unauthorized


def test_each_path_leads_to_the_alias_and_api_gateway_may_call_it_there() -> None:
    made = stack()
    uris = {it["x-amazon-apigateway-integration"]["uri"] for it in methods("open").values()}
    (alias,) = made.of_type("AWS::Lambda::Alias").values()
    (uri,) = uris
    assert all(it["responses"] == {} for it in methods("open").values())  # OpenAPI wants them; the function gives them
    assert uri.endswith("/functions/${WriterFunction.Arn}:live/invocations")
    assert alias["Name"] == "live"
    permission = made.only("AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Ref": "WriterFunctionAliaslive"}
    assert permission["SourceArn"].endswith(":${Api}/v1/*")


@pytest.mark.parametrize("origin", ["", "https://example.com"])
def test_what_api_gateway_refuses_by_itself_has_the_form_of_the_service_s_errors(origin: str) -> None:
    body = stack(CorsOrigin=origin).only("AWS::ApiGateway::RestApi")["Body"]
    responses = body["x-amazon-apigateway-gateway-responses"]
    assert responses.keys() == {"THROTTLED", "QUOTA_EXCEEDED", "INVALID_API_KEY", "DEFAULT_4XX", "DEFAULT_5XX"}
    for response in responses.values():
        text = response["responseTemplates"]["application/json"]
        error = json.loads(text.replace("$context.error.messageString", '"a message"'))["error"]
        assert error.keys() == {"code", "message"}
        header = response.get("responseParameters", {}).get("gatewayresponse.header.Access-Control-Allow-Origin")
        assert header == (f"'{origin}'" if origin else None)
    assert responses["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
