"""The stack that CloudFormation would make of template.yaml: SAM's own transform, then what comes behind it."""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.runtime import ROOT
from tests.cloudformation import Resolver

SAM = Path(sys.prefix) / "sam" / "bin" / "sam"
TEMPLATE = ROOT / "template.yaml"
OFFLINE = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "SAM_CLI_TELEMETRY": "0",
}


@dataclass(frozen=True)
class Stack:
    """What would be made.

    Attributes:
        resources: each with its Type and Properties, by logical id.
        outputs: the values, by name.
        routes: the paths that `sam local start-api` finds, with the function of each.
        unauthorized: the functions that `sam deploy --guided` would ask about, since anyone may call them.
    """

    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]
    routes: list[tuple[str, str]]
    unauthorized: list[str]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, such as AWS::IAM::Role, by logical id."""
        return {name: it.get("Properties", {}) for name, it in self.resources.items() if it["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.of_type(kind).values()
        return properties


@cache
def stack(template: Path = TEMPLATE, **parameters: str) -> Stack:
    """The stack of a template with parameters, each as it is typed behind --parameter-overrides."""
    read = transform({"template": str(template), "parameters": parameters})
    declared = read["template"]["Parameters"]
    assert parameters.keys() <= declared.keys()
    known = {name: str(parameters.get(name, it["Default"])) for name, it in declared.items()}
    resolver = Resolver(read["template"], {**known, "AWS::StackName": "the-stack"})
    return Stack(
        resources=resolver.entries("Resources"),
        outputs=resolver.outputs(),
        routes=[(path, function) for path, function in read["routes"]],
        unauthorized=read["unauthorized"],
    )


def transform(question: dict[str, Any]) -> dict[str, Any]:
    """What SAM's transform makes of a template; see tests/programs/transform_template.py for questions and answers."""
    program = _transformer()
    assert program.stdin
    assert program.stdout
    program.stdin.write(json.dumps(question) + "\n")
    program.stdin.flush()
    answer: dict[str, Any] = json.loads(program.stdout.readline())
    return answer


def sam(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run sam without an AWS account and without the internet."""
    command = [str(SAM), *map(str, arguments)]
    environment = {**os.environ, **OFFLINE}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=400)


@cache
def _transformer() -> subprocess.Popen[str]:
    """The program that transforms; it serves all tests of a process, and ends with it."""
    command = [str(SAM.with_name("python")), str(ROOT / "tests" / "programs" / "transform_template.py")]
    environment = {**os.environ, **OFFLINE}
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    atexit.register(program.communicate)
    return program


def statements_of(role: dict[str, Any]) -> list[dict[str, Any]]:
    """What a role of the stack allows, by policies of its own alone."""
    assert "ManagedPolicyArns" not in role
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def takes(parameter: str, value: str) -> bool:
    """Whether a parameter's AllowedPattern, as the template has it, takes a value."""
    declared = re.search(
        rf'^  {parameter}:\n(?:    .*\n)*?    AllowedPattern: "(.*)"\n', TEMPLATE.read_text(), re.MULTILINE
    )
    assert declared
    return bool(re.search(declared[1], value))
