"""`make batch`: the stack's state machine writes scripts for a file of primes."""

import os
import subprocess
from pathlib import Path

from deploy.account import Account
from deploy.environment import FILE, Environment
from deploy.errors import DeployError
from deploy.stack import the_stack


def batch(root: Path, environment: Environment, primes: str, out: str, options: list[str]) -> None:
    """Start a batch or go on with it, by `python -m training batch`.

    Args:
        options: for that command, behind what the stack tells.

    Raises:
        DeployError: if there is no stack or no state machine, or the command fails.
    """
    if not primes or not out:
        raise DeployError(
            "say which primes, and where to: make batch PRIMES=primes.csv OUT=s3://my-bucket/batches/first/"
        )
    account = Account(environment)
    stack = the_stack(account, environment)
    if "BatchMachine" not in stack.outputs:
        raise DeployError(
            f"{stack.name} has no state machine for batches: write BatchPlace=s3://my-bucket/batches/ into"
            f" parameter_overrides in {FILE}, then `make deploy`"
        )
    told = [("--machine", "BatchMachine"), ("--function", "FunctionName"), ("--place", "BatchPlace")]
    known = [word for option, name in told for word in (option, stack.output(name))]
    command = [str(root / ".venv/bin/python"), "-m", "training", "batch", *known, "--primes", primes, "--out", out]
    profile = {"AWS_PROFILE": environment.profile} if environment.profile else {}
    variables = {**os.environ, "AWS_DEFAULT_REGION": account.region, **profile}
    if code := subprocess.run([*command, *options], check=False, cwd=root, env=variables).returncode:
        raise DeployError("the batch is not done; the reason stands above", code)
