"""What sam built: for which architecture and runtime, and the template that goes with it.

Architecture and Runtime are parameters, so a deployment could name others than were built for. Therefore the built
template allows these alone: CloudFormation refuses any other, and `sam deploy --guided` offers them.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from coldopen.files import write_file
from deploy.environment import MODEL_URI
from deploy.errors import DeployError

_LAYER, _FUNCTION = "TorchLayer", "WriterFunction"
_MACHINES = {62: "x86_64", 183: "arm64"}  # e_machine in the ELF header (elf.h)


def template_of(folder: Path) -> dict[str, Any]:
    """The built template.

    Raises:
        DeployError: if nothing was built.
    """
    try:
        template: dict[str, Any] = yaml.safe_load((folder / "template.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeployError(f"nothing is built in {folder}: `make build`") from None
    return template


def check_fits(folder: Path, architecture: str, runtime: str) -> None:
    """Compare the machine code in the layer and in the function's package with what it is to run on.

    Raises:
        DeployError: if they disagree, or there is no layer.
    """
    for part in (_LAYER, _FUNCTION):
        for library in sorted((folder / part).rglob("*.so")):
            if (machine := _machine(library)) != architecture:
                raise DeployError(
                    f"{library} was built for {machine}, and Architecture is {architecture}: `make build`"
                )
    tags = {match[1] for file in folder.glob(f"{_LAYER}/python/torch/_C.*.so") if (match := _TAG.search(file.name))}
    if not tags:
        raise DeployError(f"there is no torch in {folder / _LAYER}: `make build`")
    if tags != {runtime.removeprefix("python").replace(".", "")}:
        pythons = ", ".join(f"python{tag[0]}.{tag[1:]}" for tag in sorted(tags))
        raise DeployError(f"{folder / _LAYER} was built for {pythons}, and Runtime is {runtime}: `make build`")


_TAG = re.compile(r"\.cpython-(\d+)-")


def _machine(library: Path) -> str:
    with library.open("rb") as file:
        header = file.read(20)
    number = int.from_bytes(header[18:], "little")
    return (
        _MACHINES.get(number, f"machine {number}") if header[:4] == b"\x7fELF" else "no processor (it is no ELF file)"
    )


def stamp(folder: Path, architecture: str, runtime: str, model: str | None) -> None:
    """Write into the built template what it was built for, and which model its stack serves, if there is one.

    The model becomes the default that `sam deploy --guided` offers; sam itself would offer the template's own, and
    Enter would put that in the place of the one that is served.
    """
    template = template_of(folder)
    parameters = template["Parameters"]
    for name, value in (("Architecture", architecture), ("Runtime", runtime)):
        parameters[name].update(Default=value, AllowedValues=[value])
        parameters[name]["ConstraintDescription"] = f"{value}, which this was built for; see samconfig.toml"
    if model:
        parameters[MODEL_URI]["Default"] = model
    _write(folder, template)


def stamp_model(folder: Path, model: str) -> None:
    """Write the model that the stack serves by now into the built template, if there is one."""
    if not (folder / "template.yaml").exists():
        return
    template = template_of(folder)
    template["Parameters"][MODEL_URI]["Default"] = model
    _write(folder, template)


def _write(folder: Path, template: dict[str, Any]) -> None:
    write_file(folder / "template.yaml", yaml.safe_dump(template, sort_keys=False, width=1000).encode())
