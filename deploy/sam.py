"""The real sam."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.account import Account
from deploy.errors import DeployError


def sam(root: Path, *arguments: object, region: str) -> None:
    """Run sam in the project's folder, in front of the user.

    Raises:
        DeployError: if it fails, with its exit code, or is not installed.
    """
    program = Path(sys.prefix) / "bin" / "sam"
    if not program.exists():
        raise DeployError(f"there is no sam at {program}: `make install`")
    environment = {**os.environ, "AWS_DEFAULT_REGION": region, "SAM_CLI_TELEMETRY": "0"}
    code = subprocess.run([program, *map(str, arguments)], check=False, cwd=root, env=environment).returncode
    if code:
        raise DeployError(f"`sam {arguments[0]}` failed; its reason stands above", code if code > 0 else 128 - code)


def where(account: Account, profile: str | None) -> list[str]:
    """The options that name a region and a profile to sam."""
    return ["--region", account.region, *(["--profile", profile] if profile else [])]
