"""A stack's template once its resources are there."""

from __future__ import annotations

from typing import Any

from tests.cloudformation import Resolver


class Made(Resolver):
    """A template whose resources are made, each under the name that it got."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str], stack_name: str) -> None:
        self._stack_name = stack_name
        here = {
            "AWS::Region": "us-east-1",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::AccountId": "123456789012",
            "AWS::StackName": stack_name,
        }
        super().__init__(template, {**parameters, **here})

    def resources(self) -> dict[str, Any]:
        """Type and properties of each resource."""
        resources = self.entries("Resources").items()
        return {name: {"Type": it["Type"], "Properties": it.get("Properties", {})} for name, it in resources}

    def made(self, name: str) -> str:
        """The name that a resource has got, or an attribute of it."""
        logical_id, dot, attribute = name.partition(".")
        return f"{self.physical_id(logical_id)}{dot}{attribute}"

    def physical_id(self, logical_id: str) -> str:
        """The name that a resource has got."""
        if self._template["Resources"][logical_id]["Type"] == "AWS::Lambda::LayerVersion":
            return f"arn:aws:lambda:us-east-1:123456789012:layer:{self._stack_name}-{logical_id}:1"
        return f"{self._stack_name}-{logical_id}".lower()
