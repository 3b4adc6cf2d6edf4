"""`make deploy`: from the working tree and samconfig.toml to an API that answers."""

from pathlib import Path

from deploy.account import Account
from deploy.api import call
from deploy.build import build, take_model_out
from deploy.built import stamp_model
from deploy.environment import MODEL_URI, Environment
from deploy.errors import DeployError
from deploy.model import chosen, verify
from deploy.sam import sam, where
from deploy.stack import Stack, find_stack


def deploy(root: Path, environment: Environment, asked: str | None, yes: bool) -> None:
    """Build, check, deploy and call the API once; without a model that is asked for, the one that is served stays.

    `yes` answers sam's question whether to make the changes, where samconfig.toml has it ask.

    Raises:
        DeployError: at the first step that fails. Nothing is changed in the account before all checks have passed.
    """
    account = Account(environment)
    before = find_stack(account, environment)
    what = f"the stack {environment.stack_name} in {account.region}, account {account.number()}"
    print(f"{'Updating' if before else 'Creating'} {what}", flush=True)
    if before:
        before.check_can_change()
    model = chosen(asked, environment.overrides.get(MODEL_URI), before.model if before else None)
    if model:
        verify(model, root)
    build(root, environment, before)
    overrides = {key: value for key, value in environment.overrides.items() if key != MODEL_URI}
    if model:
        overrides[MODEL_URI] = model
    given = ["--parameter-overrides", *(f'{key}="{value}"' for key, value in overrides.items())] if overrides else []
    options = ["--config-env", environment.name, "--no-fail-on-empty-changeset", *where(account, environment.profile)]
    if yes:
        options.append("--no-confirm-changeset")
    if not given:  # then sam takes what stands in samconfig.toml
        take_model_out(root, environment)
    sam(root, "deploy", *options, *given, region=account.region)
    after = find_stack(account, environment)
    if after is None or (model and after.model != model):
        raise DeployError("nothing was deployed: the changes were not confirmed")
    take_model_out(root, environment)
    if before and after.changed == before.changed:
        print("Nothing was changed: the stack stays as it was")
    stamp_model(root / environment.build_folder, after.model)
    report(account, after)


def report(account: Account, stack: Stack) -> None:
    """Print what a stack serves, and call its API.

    Raises:
        DeployError: if it does not answer.
    """
    print(f"{stack.name} serves {stack.model}", flush=True)
    print(call(account, stack))
