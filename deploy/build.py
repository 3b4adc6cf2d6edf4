"""`make build`: the function and its layer, for the architecture and runtime that a deployment will name."""

import subprocess
from pathlib import Path

from deploy.account import Account
from deploy.built import check_fits, stamp, template_of
from deploy.environment import FILE, MODEL_URI, Environment, forget_model
from deploy.errors import DeployError
from deploy.model import SHIPPED, model_of
from deploy.sam import sam
from deploy.stack import Stack, find_stack

_REGION = "us-east-1"  # sam wants one, for a build too


def build(root: Path, environment: Environment, stack: Stack | None) -> None:
    """Build, count the bytes, and check that what was built fits the parameters; for a stack, if there is one.

    Raises:
        DeployError: if any of these fails.
    """
    folder = root / environment.build_folder
    parameters = {**(stack.parameters if stack else {}), **environment.overrides}
    wanted = {name: parameters[name] for name in ("Architecture", "Runtime") if parameters.get(name)}
    _check_target(root, wanted)
    overrides = ["--parameter-overrides", *(f"{key}={value}" for key, value in wanted.items())] if wanted else []
    sam(root, "build", "--config-env", environment.name, *overrides, region=environment.region or _REGION)
    defaults = template_of(folder)["Parameters"]
    architecture, runtime = (str(wanted.get(name, defaults[name]["Default"])) for name in ("Architecture", "Runtime"))
    python, parts = str(root / ".venv/bin/python"), [str(folder / part) for part in ("TorchLayer", "WriterFunction")]
    command = [python, "-m", "layer", "sizes", *parts]
    if code := subprocess.run(command, check=False, cwd=root).returncode:
        raise DeployError("this can't be deployed; the reason stands above", code)
    check_fits(folder, architecture, runtime)
    stamp(folder, architecture, runtime, stack.model if stack else None)
    print(f"Built for {architecture}, {runtime}: {environment.build_folder}")


def _check_target(root: Path, wanted: dict[str, str]) -> None:
    """Refuse what no layer can be built for, in a sentence; sam would name a folder that it misses."""
    targets = [folder.name.split("-") for folder in (root / "layer" / "targets").iterdir()]
    for name, known in zip(("Runtime", "Architecture"), zip(*targets, strict=True), strict=True):
        if wanted.get(name, known[0]) not in known:
            raise DeployError(f"{name}={wanted[name]}: {FILE} may say {', '.join(sorted(set(known)))}")


def take_model_out(root: Path, environment: Environment) -> None:
    """Take ModelUri out of samconfig.toml, and say so."""
    if forget_model(root, environment.name):
        print(f"{FILE}: took ModelUri out, so that no deployment puts it back; the stack remembers what it serves")


def check_saved_model(root: Path, environment: Environment, stack: Stack | None) -> None:
    """After a build by itself: take out of samconfig.toml what `sam deploy --guided` saved, unless it may be meant."""
    saved = environment.overrides.get(MODEL_URI, SHIPPED)
    if model_of(saved) == SHIPPED or (stack and stack.model == saved):
        take_model_out(root, environment)
    elif stack:
        print(f"{FILE} has ModelUri={saved}, which `sam deploy` would put in the place of {stack.model}")


def deployed(environment: Environment) -> Stack | None:
    """The environment's stack, if AWS can be asked: a build needs no account."""
    try:
        account = Account(environment)
        return find_stack(account, environment) if account.has_credentials() else None
    except DeployError:
        return None
