"""What CloudFormation makes of a template behind SAM's transform: conditions, parameters and intrinsic functions.

Source: AWS CloudFormation template reference, "Intrinsic functions" and "Conditions". It knows those that the template
uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NO_VALUE = object()


class Resolver:
    """Resolves a transformed template.

    What nobody has told, such as the ARN of a resource that is not made, stays as it is written.

    Args:
        template: as SAM's transform gives it.
        known: the values of parameters, and of pseudo parameters such as AWS::StackName.
    """

    def __init__(self, template: dict[str, Any], known: Mapping[str, Any]) -> None:
        self._template = template
        self._known = known

    def entries(self, section: str) -> dict[str, dict[str, Any]]:
        """The entries of a section whose conditions hold, resolved."""
        entries = self._template.get(section, {}).items()
        return {name: self.of(it) for name, it in entries if "Condition" not in it or self.holds(it["Condition"])}

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs, by name."""
        return {name: it["Value"] for name, it in self.entries("Outputs").items()}

    def holds(self, condition: str) -> bool:
        """Whether a condition does."""
        return bool(self.of(self._template["Conditions"][condition]))

    def of(self, node: Any) -> Any:
        """A part of the template, resolved."""
        if isinstance(node, list):
            return [it for it in map(self.of, node) if it is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name == "Ref" or name.startswith("Fn::"):
                return self._called(name, argument)
        return {name: value for name, it in node.items() if (value := self.of(it)) is not _NO_VALUE}

    def made(self, name: str) -> str | None:
        """The name that a resource has got, or an attribute of it, by `Resource.Attribute`; None if it is not made."""
        return None

    def _called(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._value(argument, {"Ref": argument})
            case "Fn::If":
                return self.of(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::GetAtt":
                path = argument if isinstance(argument, str) else ".".join(argument)
                return self._value(path, {name: argument})
            case "Fn::Sub":
                return self._substituted(argument)
        values = self.of(argument)
        match name:
            case "Fn::Equals":
                return str(values[0]) == str(values[1])
            case "Fn::Not":
                return not values[0]
            case "Fn::And":
                return all(values)
            case "Fn::Or":
                return any(values)
            case "Fn::FindInMap":
                return self._template["Mappings"][values[0]][values[1]][values[2]]
            case "Fn::Join" if all(isinstance(it, str) for it in values[1]):
                return values[0].join(values[1])
            case "Fn::Split" if isinstance(values[1], str):
                return values[1].split(values[0])
            case "Fn::Select" if isinstance(values[1], list):
                return values[1][int(values[0])]
        return {name: values}

    def _value(self, name: str, unknown: Any) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._known:
            return self._known[name]
        made = self.made(name)
        return unknown if made is None else made

    def _substituted(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {name: value for name, it in own.items() if isinstance(value := self.of(it), str)}

        def put(found: re.Match[str]) -> str:
            return own[found[1]] if found[1] in own else str(self._value(found[1], found[0]))

        return re.sub(r"\$\{([^!}]+)\}", put, text)
