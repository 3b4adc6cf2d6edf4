"""What CloudFormation keeps of a stack, and how it takes parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


class RefusedError(Exception):
    """A request that AWS would answer with an error."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.status = code, status
        super().__init__(message)


@dataclass
class StackState:
    """A stack at one moment."""

    name: str
    status: str = "REVIEW_IN_PROGRESS"
    template: str = ""
    processed: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None


@dataclass
class Change:
    """What a changeset would make of a stack."""

    id: str
    stack: str
    template: str
    processed: dict[str, Any]
    parameters: dict[str, str]
    resources: dict[str, Any]
    outputs: dict[str, str]
    tags: list[dict[str, str]]
    changes: list[dict[str, Any]]


def parameters_of(declared: dict[str, Any], given: list[dict[str, str]], stack: StackState) -> dict[str, str]:
    """The template's parameters with the values given, kept or default, as CloudFormation checks them."""
    values = {key: str(it["Default"]) for key, it in declared.items() if "Default" in it}
    for it in given:
        key = it["ParameterKey"]
        if it.get("UsePreviousValue") == "true":
            values[key] = stack.parameters[key]
        else:
            values[key] = it["ParameterValue"]
    for key, value in values.items():
        rule = declared[key]
        if "AllowedValues" in rule and value not in map(str, rule["AllowedValues"]):
            reason = rule.get("ConstraintDescription", "must be one of AllowedValues")
            raise RefusedError("ValidationError", f"Parameter {key} failed to satisfy constraint: {reason}")
        if not re.fullmatch(rule.get("AllowedPattern", ".*"), value):
            reason = rule.get("ConstraintDescription", "must match pattern")
            raise RefusedError("ValidationError", f"Parameter {key} failed to satisfy constraint: {reason}")
    return values


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The action, name and content of each resource that differs."""
    added = [("Add", name, it) for name, it in after.items() if name not in before]
    changed = [("Modify", name, it) for name, it in after.items() if name in before and before[name] != it]
    return [*added, *changed, *(("Remove", name, it) for name, it in before.items() if name not in after)]
