"""Prints a template as SAM's transform makes it, with given parameters, and what sam itself reads in it.

python transform_template.py < QUESTIONS        # the python of aws-sam-cli's environment, which takes a second to start

Each line of QUESTIONS is JSON, and is answered by a line of JSON. {"template": path, "parameters": {name: value}} asks
of the project's template, {"text": text, "parameters": ...} of one that sam has uploaded; sam reads nothing in that.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from samcli.commands.deploy.auth_utils import auth_per_resource
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc]  # the project's environment has no samtranslator
    """Stands in for the list of AWS's own policies, which would be asked of AWS; the template names none."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, Any]:
        """The policies' ARNs by their names: none."""
        return {}


def transformed(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """What CloudFormation goes on with; a template that asks for no transform stays as it is."""
    if "Transform" not in template:
        return template
    made: dict[str, Any] = transform(template, parameters, NoManagedPolicies())
    return made


def uploaded(file: str) -> dict[str, Any]:
    """What CloudFormation is given after a build and an upload."""
    template: dict[str, Any] = yaml_parse(Path(file).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for uri in resource["Properties"].keys() & {"CodeUri", "ContentUri"}:
            resource["Properties"][uri] = f"s3://uploaded/{resource['Properties'][uri]}"
    return template


def as_sam_reads_it(file: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The functions that anyone may call, and the paths that lead to functions."""
    stacks, _ = SamLocalStackProvider.get_stacks(file, parameter_overrides=parameters)
    return {
        "unauthorized": [name for name, is_authorized in auth_per_resource(stacks) if not is_authorized],
        "routes": sorted({(route.path, route.function_name) for route in ApiProvider(stacks, cwd=".").api.routes}),
    }


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question."""
    parameters = question["parameters"]
    if "text" in question:
        return {"template": transformed(yaml_parse(question["text"]), parameters)}
    file = question["template"]
    return {"template": transformed(uploaded(file), parameters), **as_sam_reads_it(file, parameters)}


logging.disable(logging.WARNING)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str), flush=True)
