"""A transformed template with its parameters put in: what CloudFormation would make of it."""

from __future__ import annotations

import re
from typing import Any

NO_VALUE = object()


class Resolver:
    """Resolves the intrinsic functions that the template uses."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str], stack_name: str) -> None:
        self._template = template
        self._stack_name = stack_name
        self._known: dict[str, Any] = {
            **parameters,
            "AWS::Region": "us-east-1",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::AccountId": "123456789012",
            "AWS::StackName": stack_name,
            "AWS::NoValue": NO_VALUE,
        }

    def resources(self) -> dict[str, Any]:
        """The resources whose condition holds."""
        return {
            name: {"Type": resource["Type"], "Properties": self._value(resource.get("Properties", {}))}
            for name, resource in self._template["Resources"].items()
            if self._holds(resource.get("Condition"))
        }

    def outputs(self) -> dict[str, str]:
        """The outputs whose condition holds."""
        outputs = self._template.get("Outputs", {})
        return {name: self._value(it["Value"]) for name, it in outputs.items() if self._holds(it.get("Condition"))}

    def physical_id(self, logical_id: str) -> str:
        """The name that a resource has got."""
        if self._template["Resources"][logical_id]["Type"] == "AWS::Lambda::LayerVersion":
            return f"arn:aws:lambda:us-east-1:123456789012:layer:{self._stack_name}-{logical_id}:1"
        return f"{self._stack_name}-{logical_id}".lower()

    def _holds(self, condition: str | None) -> bool:
        return condition is None or bool(self._value(self._template["Conditions"][condition]))

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [it for it in map(self._value, value) if it is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        key, argument = next(iter(value.items()), ("", None))
        if key == "Ref" or key.startswith("Fn::") or (key == "Condition" and isinstance(argument, str)):
            return self._function(key, argument)
        return {name: it for name, part in value.items() if (it := self._value(part)) is not NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._known[argument] if argument in self._known else self.physical_id(argument)
            case "Condition":
                return self._holds(argument)
            case "Fn::If":
                return self._value(argument[1 if self._holds(argument[0]) else 2])
            case "Fn::GetAtt":
                logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return f"{self.physical_id(logical_id)}.{attribute}"
            case "Fn::Sub":
                return self._substituted(argument)
        values = self._value(argument)
        match name:
            case "Fn::Equals":
                return str(values[0]) == str(values[1])
            case "Fn::Not":
                return not values[0]
            case "Fn::And":
                return all(values)
            case "Fn::Or":
                return any(values)
            case "Fn::Join":
                return values[0].join(map(str, values[1]))
            case "Fn::Select":
                return values[1][int(values[0])]
            case "Fn::Split":
                return values[1].split(values[0])
            case "Fn::FindInMap":
                return self._template["Mappings"][values[0]][values[1]][values[2]]
        raise NotImplementedError(name)

    def _substituted(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(self._value(own[name]))
            return str(self._function("Fn::GetAtt" if "." in name else "Ref", name))

        return re.sub(r"\$\{([^!}]+)\}", put, text)
