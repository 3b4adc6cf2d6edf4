"""What is logged, watched and told. All of it after SAM's transform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import stack

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone

ALARMS = {
    "ServerErrorAlarm": ("AWS/ApiGateway", "5XXError", "Sum"),
    "ThrottleAlarm": ("AWS/Lambda", "Throttles", "Sum"),
    "LatencyAlarm": ("AWS/ApiGateway", "Latency", "p99"),
    "ModelUnavailableAlarm": ("ColdOpen", "ModelUnavailable", "Sum"),
}


def test_the_function_logs_to_a_group_of_the_stack_which_stays_and_forgets() -> None:
    made = stack(LogRetentionDays="7")
    logging = made.only("AWS::Lambda::Function")["LoggingConfig"]
    assert logging == {"LogFormat": "Text", "LogGroup": {"Ref": "WriterLogs"}}  # so the group is there before it
    group = made.resources["WriterLogs"]
    assert group["Properties"] == {"RetentionInDays": "7"}  # no name, which a group that stayed might have
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert made.outputs["LogGroup"] == {"Ref": "WriterLogs"}


def test_nobody_s_address_is_logged_unless_asked_for() -> None:
    made = stack()
    assert "AccessLogSetting" not in made.only("AWS::ApiGateway::Stage")
    assert made.of_type("AWS::Logs::LogGroup").keys() == {"WriterLogs"}
    assert not made.of_type("AWS::ApiGateway::Account")


def test_the_access_log_is_a_line_of_json_per_request() -> None:
    setting = stack(AccessLog="on").only("AWS::ApiGateway::Stage")["AccessLogSetting"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert {"request_id", "status", "ip", "path"} <= json.loads(setting["Format"]).keys()


def test_a_fresh_account_names_a_role_to_api_gateway_before_the_stage_logs() -> None:
    made = stack(AccessLog="on")
    assert made.resources["AccessLogs"]["DependsOn"] == "ApiGatewayAccount"  # and the stage names AccessLogs
    account = made.resources["ApiGatewayAccount"]
    assert account["Properties"] == {"CloudWatchRoleArn": {"Fn::GetAtt": ["ApiGatewayLogsRole", "Arn"]}}
    for name in ("ApiGatewayAccount", "ApiGatewayLogsRole"):  # another API of the account may use them by then
        assert made.resources[name]["DeletionPolicy"] == made.resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_at_what_this_stack_measures(name: str) -> None:
    alarm = stack().of_type("AWS::CloudWatch::Alarm")[name]
    statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    assert (alarm["Namespace"], alarm["MetricName"], statistic) == ALARMS[name]
    dimensions = {it["Name"]: it["Value"] for it in alarm["Dimensions"]}
    of_the_api, of_the_function = {"ApiName": "the-stack", "Stage": "v1"}, {"FunctionName": {"Ref": "WriterFunction"}}
    assert dimensions == (of_the_api if alarm["Namespace"] == "AWS/ApiGateway" else of_the_function)
    assert alarm["TreatMissingData"] == "notBreaching"  # nobody asks: nothing is wrong
    assert alarm["AlarmDescription"]
    assert stack().only("AWS::ApiGateway::RestApi")["Name"] == "the-stack"


def test_there_is_no_other_alarm() -> None:
    assert stack().of_type("AWS::CloudWatch::Alarm").keys() == ALARMS.keys()


@pytest.mark.parametrize("email", ["", "me@example.com"])
def test_alarms_are_told_to_whoever_is_named(email: str) -> None:
    made = stack(AlarmEmail=email)
    told = [{"Ref": "AlarmTopic"}] if email else None
    for alarm in made.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm.get("AlarmActions") == alarm.get("OKActions") == told
    topics = made.of_type("AWS::SNS::Topic")
    assert [it["Subscription"] for it in topics.values()] == [[{"Protocol": "email", "Endpoint": email}]] * bool(email)


def test_cloudwatch_of_this_account_alone_may_publish_alarms() -> None:
    (statement,) = stack(AlarmEmail="me@example.com").only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_dashboard_shows_the_alarms_and_the_metrics() -> None:
    body: dict[str, Any] = json.loads(stack().only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    alarms, *graphs = (widget["properties"] for widget in body["widgets"])
    assert set(alarms["alarms"]) == {f"${{{name}.Arn}}" for name in ALARMS}
    shown = {item for graph in graphs for metric in graph["metrics"] for item in metric if isinstance(item, str)}
    assert {"Count", "4XXError", "5XXError", "Latency", "Throttles", "Words", "ColdStart", "Deadline"} <= shown
    assert all(graph["region"] == "${AWS::Region}" for graph in graphs)
