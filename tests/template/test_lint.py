"""Other people's rules for templates. What they find and we leave is explained beside it, in template.yaml."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.runtime import ROOT
from tests.template.stack import OFFLINE, TEMPLATE, sam, stack

pytestmark = pytest.mark.slow  # what inspects is installed for `make test` alone

INSPECT = Path(sys.prefix) / "stack" / "bin"


def inspect(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command, environment = [str(INSPECT / program), *arguments], {**os.environ, **OFFLINE}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=200)


def test_sam_finds_the_template_valid() -> None:
    done = sam("validate", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_and_its_rules_for_serverless_find_nothing() -> None:
    done = inspect("cfn-lint", "--append-rules", "cfn_lint_serverless.rules", "--", TEMPLATE.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_statelint_finds_in_the_state_machine_what_it_does_not_know_of_aws(tmp_path: Path) -> None:
    """The percentage may be any number, but an interpreter that runs the definition here takes fractions alone."""
    made = stack(BatchPlace="s3://my-bucket/batches/").only("AWS::StepFunctions::StateMachine")
    (tmp_path / "definition.json").write_text(made["DefinitionString"])
    found = inspect("statelint", str(tmp_path / "definition.json")).stdout.splitlines()
    assert [line.strip() for line in found] == [
        "2 errors:",
        "State Machine.States.EachBatch.ToleratedFailurePercentage is 10.0 but should be an Integer",
        'Field "InputType" not allowed in State Machine.States.EachBatch.ItemReader.ReaderConfig',
    ]


def test_checkov_finds_nothing() -> None:
    offline = ("--framework", "cloudformation", "--compact", "--quiet", "--skip-download")
    done = inspect("checkov", "--file", TEMPLATE.name, *offline)
    assert done.returncode == 0, done.stdout
    passed = re.search(r"Passed checks: (\d+), Failed checks: 0, Skipped checks: (\d+)", done.stdout)
    assert passed, done.stdout + done.stderr
    assert int(passed[1]) > 10
