"""The stack that CloudFormation would make of template.yaml: SAM's own transform, then the conditions and parameters.

The transform is SAM's. What CloudFormation does after it is done here, for the functions that the template uses.
Source: AWS CloudFormation template reference, "Intrinsic functions" and "Conditions".
"""

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

SAM = Path(sys.prefix) / "sam" / "bin" / "sam"
TEMPLATE = ROOT / "template.yaml"
OFFLINE = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "SAM_CLI_TELEMETRY": "0",
}

_NO_VALUE = object()


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
    program = _transformer()
    assert program.stdin
    assert program.stdout
    program.stdin.write(json.dumps({"template": str(template), "parameters": parameters}) + "\n")
    program.stdin.flush()
    read = json.loads(program.stdout.readline())
    resolver = _Resolver(read["template"], parameters)
    return Stack(
        resources=resolver.those_wanted("Resources"),
        outputs={name: it["Value"] for name, it in resolver.those_wanted("Outputs").items()},
        routes=[(path, function) for path, function in read["routes"]],
        unauthorized=read["unauthorized"],
    )


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


class _Resolver:
    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        self._template = template
        declared = template["Parameters"]
        assert parameters.keys() <= declared.keys()
        self._values = {name: str(parameters.get(name, it["Default"])) for name, it in declared.items()}
        self._values["AWS::StackName"] = "the-stack"

    def those_wanted(self, section: str) -> dict[str, dict[str, Any]]:
        """The entries of a section whose conditions hold, resolved."""
        entries = self._template[section].items()
        return {name: self.of(it) for name, it in entries if "Condition" not in it or self.holds(it["Condition"])}

    def holds(self, condition: str) -> bool:
        return bool(self.of(self._template["Conditions"][condition]))

    def of(self, node: Any) -> Any:
        if isinstance(node, list):
            return [it for it in map(self.of, node) if it is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._called(name, value)
        return {name: value for name, it in node.items() if (value := self.of(it)) is not _NO_VALUE}

    def _called(self, name: str, value: Any) -> Any:
        if name == "Ref":
            return _NO_VALUE if value == "AWS::NoValue" else self._values.get(value, {"Ref": value})
        if name == "Fn::If":
            return self.of(value[1] if self.holds(value[0]) else value[2])
        if name == "Fn::Sub":
            text, variables = (value, {}) if isinstance(value, str) else (value[0], self.of(value[1]))
            known = {**self._values, **{name: it for name, it in variables.items() if isinstance(it, str)}}
            return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1], found[0]), text)
        value = self.of(value)
        if name == "Fn::Equals":
            return value[0] == value[1]
        if name == "Fn::Not":
            return not value[0]
        if name == "Fn::Split" and isinstance(value[1], str):
            return value[1].split(value[0])
        if name == "Fn::Select" and isinstance(value[1], list):
            return value[1][int(value[0])]
        return {name: value}
