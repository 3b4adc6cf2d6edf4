"""Prints the policies of the function's role, as SAM's transform makes them of a template.

python function_policies.py TEMPLATE        # the python of aws-sam-cli's environment
"""

import json
import sys
from pathlib import Path
from typing import Any

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


template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
# After a build and an upload these are addresses, which the transform insists on.
template["Resources"]["WriterFunction"]["Properties"]["CodeUri"] = "s3://uploaded/function"
template["Resources"]["TorchLayer"]["Properties"]["ContentUri"] = "s3://uploaded/layer"
resources = transform(template, {}, NoManagedPolicies())["Resources"]
print(json.dumps(resources["WriterFunctionRole"]["Properties"]["Policies"]))
