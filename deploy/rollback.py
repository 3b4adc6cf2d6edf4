"""`make rollback`: the model before the present one, with the code as it is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.account import Account, told
from deploy.build import take_model_out
from deploy.built import stamp_model
from deploy.environment import Environment
from deploy.errors import DeployError
from deploy.model import model_of, verify
from deploy.question import confirm
from deploy.stack import Stack, set_model, the_stack
from deploy.up import report

_CODE = "The code stays. To go back to earlier code: git checkout COMMIT, then make deploy"


def roll_back(root: Path, environment: Environment, yes: bool) -> None:
    """Serve the model again that was served before the present one.

    Raises:
        DeployError: if there is none, if it can no longer serve, or if the update fails.
    """
    account = Account(environment)
    stack = the_stack(account, environment)
    stack.check_can_change()
    if stack.status == "UPDATE_ROLLBACK_COMPLETE":
        raise DeployError(
            f"the last deployment of {stack.name} failed, and CloudFormation has put {stack.model} back already: "
            "`make deploy MODEL_URI=...` serves another"
        )
    before = _model_before(account, stack)
    print(
        f"{stack.name} in {stack.region}, account {account.number()}:\n  now   {stack.model}\n  then  {before}\n{_CODE}"
    )
    verify(before, root)
    confirm(f"Serve {before} again?", yes)
    print("Updating the stack", flush=True)
    after = set_model(account, environment, stack, before)
    take_model_out(root, environment)
    stamp_model(root / environment.build_folder, before)
    report(account, after)


def _model_before(account: Account, stack: Stack) -> str:
    """The model that the stack served before the present one, by its events, which CloudFormation keeps for 90 days."""
    with told():
        pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack.name)
        for model in models_served(stack.name, (event for page in pages for event in page["StackEvents"])):
            if model != stack.model:
                return model
    raise DeployError(
        f"there is nothing to go back to: in 90 days, as far back as AWS remembers, {stack.name} served only "
        f"{stack.model}. `make deploy MODEL_URI=...` serves another. {_CODE}"
    )


def models_served(stack_name: str, events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The models that a stack was given, the newest first.

    Args:
        events: the stack's, the newest first. Those of a change that failed do not count.
    """
    succeeded = False
    for event in events:
        if event["LogicalResourceId"] == stack_name and event["ResourceStatus"].endswith("_COMPLETE"):
            succeeded = event["ResourceStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        elif succeeded and event["LogicalResourceId"] == "WriterFunction" and "ResourceProperties" in event:
            variables = json.loads(event["ResourceProperties"]).get("Environment", {}).get("Variables", {})
            yield model_of(variables.get("MODEL_URI"))
