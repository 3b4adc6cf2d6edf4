"""Files of weights: what is in them is found, never run, and what is none is named."""

from __future__ import annotations

import argparse
import gzip
import io
import pickle
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save as to_safetensors
from torch import nn

from tests.training.elsewhere.networks import Foreign, save
from training.elsewhere.checkpoint import read_tensors
from training.elsewhere.errors import ForeignModelError


class AttributeDict(dict[str, Any]):
    """As Lightning keeps a module's settings."""


def lightning(weights: dict[str, Any]) -> dict[str, Any]:
    return {
        "epoch": 3,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": weights,
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3, 3)}}, "param_groups": []}],
        "hyper_parameters": AttributeDict(lr=0.1),
        "callbacks": {
            "best": Path("x"),
            "counts": defaultdict(dict),
            "score": np.float64(3),
            "options": argparse.Namespace(n=1),
        },
    }


def with_optimiser(weights: dict[str, Any]) -> dict[str, Any]:
    network = Foreign()
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.arange(5)[None]).sum().backward()
    optimiser.step()
    return {"epoch": 1, "model_state_dict": weights, "optimizer_state_dict": optimiser.state_dict(), "loss": 0.5}


@pytest.mark.parametrize(
    ("wrap", "where"),
    [
        (lambda weights: weights, ""),
        (lambda weights: {"state_dict": weights}, "state_dict"),
        (with_optimiser, "model_state_dict"),
        (lambda weights: {"model": weights, "ema": weights}, "model"),
        (lambda weights: {"model": {"state_dict": weights}, "args": argparse.Namespace()}, "model.state_dict"),
        (lambda weights: {"netG": weights, "step": 7}, "netG"),
        (lambda weights: (3, weights), "1"),
        (lightning, "state_dict"),
    ],
)
def test_a_state_dict_is_found_where_it_lies(tmp_path: Path, wrap: Callable[[dict[str, Any]], Any], where: str) -> None:
    weights = Foreign().state_dict()
    found, notes = read_tensors(save(wrap(weights), tmp_path))
    assert list(found) == list(weights)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in found.items())
    assert notes == ([f"the weights were found under '{where}'"] if where else [])


def test_layers_that_were_saved_one_by_one_are_put_together(tmp_path: Path) -> None:
    network = Foreign()
    parts = {name: network.get_submodule(name).state_dict() for name in network.names}
    found, _ = read_tensors(save({"epoch": 3, **parts}, tmp_path))
    assert all(torch.equal(tensor, found[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("of", [Foreign, lambda: nn.DataParallel(Foreign()), lambda: {"net": Foreign(), "epoch": 1}])
def test_a_whole_module_is_read_without_its_class(tmp_path: Path, of: Callable[[], Any]) -> None:
    found, _ = read_tensors(save(of(), tmp_path))
    assert {name.removeprefix("module.") for name in found} == set(Foreign().state_dict())


def test_the_formats_of_other_savers_are_read(tmp_path: Path) -> None:
    weights = Foreign().state_dict()
    (tmp_path / "safetensors").write_bytes(to_safetensors(weights))
    torch.save(weights, tmp_path / "old", _use_new_zipfile_serialization=False)
    np.savez(tmp_path / "numpy.npz", **{name: tensor.numpy() for name, tensor in weights.items()})
    for name in ("safetensors", "old", "numpy.npz"):
        found, _ = read_tensors(tmp_path / name)
        assert all(torch.equal(found[key], weights[key]) for key in weights), name


class Calls:
    """Pickled, this calls a function when it is loaded."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("function", [exec, eval, print])
def test_nothing_in_a_checkpoint_is_run(
    tmp_path: Path, function: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    weights = Foreign().state_dict()
    file = save({"state_dict": weights, "x": Calls(function, "print('was run')")}, tmp_path)
    assert list(read_tensors(file)[0]) == list(weights)
    assert capsys.readouterr().out == ""


def test_what_torch_itself_blocks_is_refused(tmp_path: Path) -> None:
    import os

    file = save({"state_dict": Foreign().state_dict(), "x": Calls(os.system, f"touch {tmp_path / 'run'}")}, tmp_path)
    with pytest.raises(ForeignModelError, match="could run a program, so it was not opened: save it"):
        read_tensors(file)
    assert not (tmp_path / "run").exists()


def torch_bytes(content: object, is_zip: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=is_zip)
    return buffer.getvalue()


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def twice_named() -> bytes:
    header = (
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    )
    return len(header).to_bytes(8, "little") + header + bytes(4)


WEIGHTS = {"embed.weight": torch.ones(40, 40)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty: copy or download it again"),
        (bytes(400), "is empty but for zeros"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "is a pointer of git-lfs, not the file",
        ),
        (b"\n <!DOCTYPE html><html><title>Sign in</title>", "is an HTML page, not the file itself"),
        (gzip.compress(b"weights"), "is compressed by gzip: unpack it first"),
        (b"\x89HDF\r\n\x1a\n", "is HDF5, as Keras saves its weights"),
        (half(torch_bytes(WEIGHTS)), "was cut short or damaged: it begins like a file of torch.save"),
        (half(torch_bytes(WEIGHTS, is_zip=False)), "was cut short or damaged"),
        (half(to_safetensors(WEIGHTS)), "is safetensors, cut short or damaged"),
        (twice_named(), r"is safetensors, cut short or damaged \(.*"),
        (b"the weights", "is a text file: save it where it was trained"),
        (bytes(range(200)), "is no file of PyTorch's or safetensors"),
        (pickle.dumps({"a": 1}), "is a pickle that torch.save did not write. A pickle can run a program"),
        (torch_bytes([1]), "is not a state_dict: save it"),
        (torch_bytes({"epoch": 3}), "is not a state_dict; its keys are epoch"),
        (torch_bytes({"state": {0: {"m": torch.ones(2, 2)}}, "param_groups": []}), "is the state of an optimiser"),
        (
            torch_bytes({"a": {"m.w": torch.ones(2, 2)}, "b": {"m.w": torch.ones(2, 2)}}),
            r"holds several models \(a, b\)",
        ),
        (torch_bytes({"fc.weight": np.ones((2, 2))}), "holds no tensors but other objects, as numpy's arrays"),
        (torch_bytes({"fc._packed_params._packed_params": (1, 2), "w": torch.ones(2, 2)}), "is of a quantised model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_file_of_weights_is_named_for_what_it_is(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "model.pt").write_bytes(data)
    with pytest.raises(ForeignModelError, match=message) as refusal:
        read_tensors(tmp_path / "model.pt")
    assert "\n" not in str(refusal.value)
    assert "miniz" not in str(refusal.value)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_torchscript_program_is_not_opened(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "model.pt")
    with pytest.raises(ForeignModelError, match=r"is TorchScript, a program, .*torch.jit.load\('model.pt', 'cpu'\)"):
        read_tensors(tmp_path / "model.pt")


def test_what_is_no_file_at_all_is_named(tmp_path: Path) -> None:
    with pytest.raises(ForeignModelError, match="is a folder: name the file in it"):
        read_tensors(tmp_path)
    with pytest.raises(ForeignModelError, match="can't be read: No such file"):
        read_tensors(tmp_path / "none.pt")
    with pytest.raises(ForeignModelError, match="is no ordinary file"):
        read_tensors(Path("/dev/zero"))
