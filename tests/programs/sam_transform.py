"""Does what CloudFormation does with `Transform: AWS::Serverless-2016-10-31`, by SAM's own code.

python sam_transform.py < {"template": "...", "parameters": {...}} > template    # by sam's python
"""

import json
import sys
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


request = json.load(sys.stdin)
template = yaml_parse(request["template"])
if "Transform" in template:
    template = transform(template, request["parameters"], NoManagedPolicies())
json.dump(template, sys.stdout, default=str)
