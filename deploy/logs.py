"""`make logs`: what the function writes, as it comes."""

from pathlib import Path

from deploy.account import Account
from deploy.environment import Environment
from deploy.sam import sam, where
from deploy.stack import the_stack


def follow(root: Path, environment: Environment) -> None:
    """Print the function's log until Ctrl-C.

    Raises:
        DeployError: if there is no stack, or sam fails.
    """
    account = Account(environment)
    group = the_stack(account, environment).output("LogGroup")
    print(f"{group} in {account.region}; stop with Ctrl-C", flush=True)
    options = ["--config-env", environment.name, *where(account, environment.profile)]
    sam(root, "logs", "--cw-log-group", group, "--tail", *options, region=account.region)
