"""An environment of samconfig.toml: where a stack is, and its parameters.

`[NAME.deploy.parameters] parameter_overrides` is the one place for them. `sam deploy --guided` writes there too, all
that it asked for, ModelUri included; a later `sam deploy` would put that model back, whatever is served by then. So
ModelUri is taken out again: CloudFormation keeps the value of a parameter that is not given.
(sam: samcli/commands/deploy/guided_config.py, deploy_context.py merge_parameters.)
"""

import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldopen.files import write_file
from deploy.errors import DeployError

FILE = "samconfig.toml"
MODEL_URI = "ModelUri"
_MODEL_URI_IN_TEXT = re.compile(rf'(?:^|\s+){MODEL_URI}=(?:"(?:[^"\\]|\\.)*"|\S*)')


@dataclass(frozen=True, slots=True)
class Environment:
    """What samconfig.toml says of one environment.

    Attributes:
        overrides: the template's parameters that it sets.
        region: None for the region of the AWS settings. `profile`: likewise.
        build_folder: where sam builds to, relative to the project.
    """

    name: str
    stack_name: str
    overrides: dict[str, str]
    region: str | None
    profile: str | None
    build_folder: Path


def read_environment(root: Path, name: str) -> Environment:
    """Read an environment.

    Raises:
        DeployError: if samconfig.toml can't be read, or has no such environment.
    """
    document = _read(root)
    deploy, build = _parameters(document, name, "deploy"), _parameters(document, name, "build")
    if "stack_name" not in deploy:
        known = [key for key, value in document.items() if isinstance(value, dict) and "deploy" in value]
        raise DeployError(f"ENV={name}: {FILE} has no such environment, but {', '.join(known) or 'none'}")
    return Environment(
        name,
        str(deploy["stack_name"]),
        _overrides(deploy.get("parameter_overrides", "")),
        deploy.get("region"),
        deploy.get("profile"),
        Path(build.get("build_dir", ".aws-sam/build")),
    )


def forget_model(root: Path, name: str) -> bool:
    """Take ModelUri out of an environment's parameters in samconfig.toml; returns whether it was there."""
    import tomlkit  # only sam's environment has it; it keeps the comments

    document = tomlkit.parse((root / FILE).read_text(encoding="utf-8"))
    found = False
    for command in ("global", "deploy"):
        section = document.get(name, {}).get(command, {}).get("parameters", {})
        if MODEL_URI not in _overrides(section.get("parameter_overrides", "")):
            continue
        found = True
        left = _without_model(section["parameter_overrides"])
        if left:
            section["parameter_overrides"] = left
        else:
            del section["parameter_overrides"]
    if found:
        write_file(root / FILE, tomlkit.dumps(document).encode())
    return found


def _read(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeployError(f"there is no {FILE} in {root}: git restore {FILE}") from None
    except tomllib.TOMLDecodeError as error:
        raise DeployError(f"{FILE} is no TOML: {error}") from None


def _parameters(document: dict[str, Any], name: str, command: str) -> dict[str, Any]:
    """What sam reads for a command: the command's own before what is for all commands."""
    environment = document.get(name, {})
    general, own = (environment.get(part, {}).get("parameters", {}) for part in ("global", command))
    return {**general, **own}


def _overrides(value: Any) -> dict[str, str]:
    """Parameters in each form that sam reads: a text, a list of texts, a table."""
    if isinstance(value, dict):
        return {key: str(item) for key, item in value.items()}
    pairs = [word for text in ([value] if isinstance(value, str) else value) for word in shlex.split(text)]
    for pair in pairs:
        if not re.match(r"[A-Za-z0-9]+=", pair):
            raise DeployError(f"{FILE}: parameter_overrides has {pair!r}, which does not read Name=value")
    return dict(pair.split("=", 1) for pair in pairs)


def _without_model(value: Any) -> Any:
    """The same without ModelUri. A list and a table are changed in place: they may hold comments."""
    if isinstance(value, str):
        return _MODEL_URI_IN_TEXT.sub("", value).strip()
    if isinstance(value, dict):
        del value[MODEL_URI]
        return value
    for index in reversed(range(len(value))):
        left = _without_model(value[index])
        if not left:
            del value[index]
        elif left != value[index]:
            value[index] = left
    return value
