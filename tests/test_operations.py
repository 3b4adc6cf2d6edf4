"""docs/operations.md: what it says of the log is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coldopen.http.log import UNITS
from local.event import api_event
from local.runtime import Function, local_function
from tests.cloudwatch import insights_fields, log_events, query_fields

_ROOT = Path(__file__).resolve().parent.parent
_TEXT = (_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_ABOUT_THE_LOG = _TEXT[_TEXT.index("## Ask the log") :]
_QUERIES = re.findall(r"```\n((?:filter|fields|stats).*?)```", _TEXT, re.DOTALL)
_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def log(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the function logged behind the emulator: a script, and an error."""
    file = tmp_path_factory.mktemp("operations") / "log"
    with file.open("wb") as output, local_function(output, {"MODEL_URI": str(trained_run / "bundle")}) as function:
        _ask(function, "POST", "/generate", b'{"prime": "marla", "length": 9}')
        _ask(function, "GET", "/nowhere")
    return file.read_text(encoding="utf-8")


def test_each_alarm_of_the_template_is_explained_and_each_parameter_there_is_one() -> None:
    template = (_ROOT / "template.yaml").read_text(encoding="utf-8")
    alarms = re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", template, re.MULTILINE)
    assert re.findall(r"^\| `(\w+Alarm)` \|", _TEXT, re.MULTILINE) == sorted(alarms, key=_TEXT.index)
    parameters = re.findall(r"^  (\w+):\n    Type: (?:String|Number)", template, re.MULTILINE)
    named = set(re.findall(r"`([A-Z][a-z]\w+)(?:=[^`]*)?`", _TEXT.partition("## Ask the log")[0]))
    assert named - set(parameters) - set(alarms) - {"SlowDown", "ApiKeyId"} == set()


def test_each_command_of_make_is_a_target() -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    assert set(re.findall(r"(?:`|^)make (\w+)", _TEXT, re.MULTILINE)) <= set(targets)


def test_there_are_three_queries() -> None:
    assert len(_QUERIES) == 3


@pytest.mark.parametrize("query", _QUERIES)
def test_each_field_of_a_query_is_in_the_log(query: str, log: str) -> None:
    fields = query_fields(query)
    assert len(fields) >= 3
    assert fields <= insights_fields(log)


def test_each_member_of_a_request_s_line_is_described(log: str) -> None:
    described = set(re.findall(r"`(\w+)`", _ABOUT_THE_LOG.partition("What people send")[0]))
    lines = [event for event in log_events(log) if event["message"] == "request"]
    usual = {"level", "location", "message", "timestamp", "service", "_aws"}  # of any Powertools log
    assert set().union(*lines) - usual == described - {"ColdOpen", "xray_trace_id"}
    assert set(UNITS) <= described


def _ask(function: Function, method: str, target: str, body: bytes = b"") -> None:
    function.invoke(api_event(method, target, _JSON, body))
