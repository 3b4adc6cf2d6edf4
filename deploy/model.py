"""Which model a stack serves: one in S3, or the one that ships with the function."""

import subprocess
from pathlib import Path

from deploy.errors import DeployError

SHIPPED = "shipped"
"""ModelUri of the model that ships."""


def model_of(value: str | None) -> str:
    """The model that a value of ModelUri or MODEL_URI means: an empty one is the model that ships."""
    return value or SHIPPED


def version_of(model: str) -> str | None:
    """The version that an S3 address ends with; None for the model that ships."""
    return None if model == SHIPPED else model.rstrip("/").rpartition("/")[2]


def verify(model: str, root: Path) -> None:
    """Have `python -m training verify` read the bundle, check it and write a sentence from it.

    Raises:
        DeployError: if it is not a bundle that can serve.
    """
    if model == SHIPPED:
        return
    if not model.startswith("s3://"):
        raise DeployError(
            f"MODEL_URI={model} is no address in S3: it reads s3://bucket/prefix/version/, as `make publish` prints it,"
            f" or {SHIPPED}, the model that ships"
        )
    command = [str(root / ".venv/bin/python"), "-m", "training", "verify", model]
    if code := subprocess.run(command, check=False, cwd=root).returncode:
        raise DeployError(f"{model} can't serve, and nothing was changed; the reason stands above", code)


def chosen(asked: str | None, saved: str | None, served: str | None) -> str | None:
    """The model to deploy; None to keep the one that is served.

    Args:
        asked: MODEL_URI of the command line.
        saved: ModelUri in samconfig.toml, as `sam deploy --guided` saves it.
        served: what the stack serves; None if there is no stack.

    Raises:
        DeployError: if samconfig.toml names another model than the stack serves, so that either may be meant.
    """
    if asked:
        return asked if asked == SHIPPED or asked.endswith("/") else f"{asked}/"
    if model_of(saved) == SHIPPED or saved == served:
        return None
    if served is None:
        return saved
    raise DeployError(
        f"samconfig.toml has ModelUri={saved}, and the stack serves {served}. "
        f"Say which: make deploy MODEL_URI={saved}, or make deploy MODEL_URI={served}"
    )
