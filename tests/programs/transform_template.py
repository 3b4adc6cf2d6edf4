"""Prints a template as SAM's transform makes it, with given parameters, and what sam itself reads in it.

python transform_template.py < QUESTIONS        # the python of aws-sam-cli's environment, which takes a second to start

Each line of QUESTIONS is JSON, {"template": path, "parameters": {name: value}}; each is answered by a line of JSON.
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


def transformed(file: str, parameters: dict[str, str]) -> dict[str, Any]:
    """What CloudFormation is given after a build and an upload."""
    template = yaml_parse(Path(file).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for uri in resource["Properties"].keys() & {"CodeUri", "ContentUri"}:
            resource["Properties"][uri] = f"s3://uploaded/{resource['Properties'][uri]}"
    made: dict[str, Any] = transform(template, parameters, NoManagedPolicies())
    return made


logging.disable(logging.WARNING)
for line in sys.stdin:
    question = json.loads(line)
    file, parameters = question["template"], question["parameters"]
    stacks, _ = SamLocalStackProvider.get_stacks(file, parameter_overrides=parameters)
    answer = {
        "template": transformed(file, parameters),
        "unauthorized": [name for name, is_authorized in auth_per_resource(stacks) if not is_authorized],
        "routes": sorted({(route.path, route.function_name) for route in ApiProvider(stacks, cwd=".").api.routes}),
    }
    print(json.dumps(answer), flush=True)
