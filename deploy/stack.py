"""A CloudFormation stack: what is deployed now, and what may be done to it."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deploy.account import Account, told
from deploy.environment import MODEL_URI, Environment
from deploy.errors import DeployError
from deploy.model import model_of

_FIRST_DEPLOYMENT_FAILED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
_POLL_S = 5.0
_LIMIT_S = 3600


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it."""

    name: str
    region: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    changed: datetime

    @property
    def model(self) -> str:
        """What it serves: an address in S3, or `shipped`."""
        return model_of(self.parameters.get(MODEL_URI))

    def output(self, name: str) -> str:
        """One of its outputs.

        Raises:
            DeployError: if it has none of that name.
        """
        if name not in self.outputs:
            raise DeployError(
                f"{self._who()} has no output {name}: it was made from another template, see `make deploy`"
            )
        return self.outputs[name]

    def check_can_change(self) -> None:
        """Raises DeployError, saying what to do, if CloudFormation would not update the stack now."""
        if self.status.endswith("_IN_PROGRESS"):
            raise DeployError(f"{self._who()} is being changed ({self.status}): wait until that is done")
        if self.status in _FIRST_DEPLOYMENT_FAILED:
            raise DeployError(
                f"the first deployment of {self._who()} failed ({self.status}), and such a stack can't be updated: "
                "`make delete`, then `make deploy`"
            )
        if self.status == "UPDATE_ROLLBACK_FAILED":
            raise DeployError(
                f"{self._who()} is stuck ({self.status}): "
                f"aws cloudformation continue-update-rollback --stack-name {self.name} --region {self.region}"
            )
        if self.status == "DELETE_FAILED":
            raise DeployError(f"{self._who()} could not be deleted ({self.status}): `make delete` again")

    def _who(self) -> str:
        return f"the stack {self.name} in {self.region}"


def find_stack(account: Account, environment: Environment) -> Stack | None:
    """The environment's stack; None if there is none, or one of which nothing was ever executed.

    Raises:
        DeployError: if AWS can't be asked.
    """
    name = environment.stack_name
    try:
        with told():
            (found,) = _describe(account, name)
    except _NoStackError:
        return None
    if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    return Stack(
        name,
        account.region,
        found["StackStatus"],
        {it["ParameterKey"]: it.get("ParameterValue", "") for it in found.get("Parameters", [])},
        {it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])},
        found.get("LastUpdatedTime", found["CreationTime"]),
    )


def the_stack(account: Account, environment: Environment) -> Stack:
    """The environment's stack.

    Raises:
        DeployError: if there is none.
    """
    stack = find_stack(account, environment)
    if stack is None:
        raise DeployError(
            f"there is no stack {environment.stack_name} in {account.region}, account {account.number()}: "
            "another AWS_DEFAULT_REGION, AWS_PROFILE or ENV is meant, or it is not deployed yet (`make deploy`)"
        )
    return stack


def set_model(account: Account, environment: Environment, stack: Stack, model: str) -> Stack:
    """Update the stack to serve another model, with the template and all other parameters that it has; waits.

    The template is sent as it was written, not left as it is (UsePreviousTemplate): then SAM's transform reads it
    again, with the new parameter.

    Raises:
        DeployError: if CloudFormation refuses or the update fails.
    """
    client = account.client("cloudformation")
    parameters: list[dict[str, Any]] = [{"ParameterKey": key, "UsePreviousValue": True} for key in stack.parameters]
    parameters = [it for it in parameters if it["ParameterKey"] != MODEL_URI]
    with told():
        template = client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
        client.update_stack(
            StackName=stack.name,
            TemplateBody=template,
            Parameters=[*parameters, {"ParameterKey": MODEL_URI, "ParameterValue": model}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    return _wait(account, environment)


def _wait(account: Account, environment: Environment) -> Stack:
    begun = time.monotonic()
    while (stack := the_stack(account, environment)).status.endswith("_IN_PROGRESS"):
        if time.monotonic() - begun > _LIMIT_S:
            raise DeployError(f"the update of {stack.name} is not done after an hour: look at it in the console")
        time.sleep(_POLL_S)
    if stack.status != "UPDATE_COMPLETE":
        reason = _first_failure(account, stack)
        raise DeployError(f"the update failed ({stack.status}), {stack.name} serves {stack.model} as before: {reason}")
    return stack


def _first_failure(account: Account, stack: Stack) -> str:
    """What failed first in the last change of a stack, by its events, the newest of which come first."""
    with told():
        events = account.client("cloudformation").describe_stack_events(StackName=stack.name)["StackEvents"]
    reason = "CloudFormation gives no reason"
    for event in events:
        if event["LogicalResourceId"] == stack.name and event["ResourceStatus"] == "UPDATE_IN_PROGRESS":
            break
        if event["ResourceStatus"].endswith("_FAILED"):
            reason = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
    return reason


class _NoStackError(Exception):
    """CloudFormation knows no stack of that name."""


def _describe(account: Account, name: str) -> list[dict[str, Any]]:
    try:
        stacks: list[dict[str, Any]] = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            raise _NoStackError from None
        raise
    return stacks
