"""Linear layers for serving: near the plain ones, each row by itself, on what works on the machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from coldopen.linear import float32_linear, int8_engine, served_linear


@pytest.mark.parametrize("int8", [True, False])
def test_a_served_layer_is_near_the_plain_one_and_says_what_it_multiplies_by(int8: bool) -> None:
    torch.manual_seed(1)
    weight, bias, inputs = torch.randn(30, 20), torch.randn(30), torch.randn(3, 20)
    served = served_linear(weight.clone(), bias, int8_engine() if int8 else None)
    assert served.rows.dtype == (torch.int8 if int8 else torch.float32)
    assert (served.rows * served.scales[:, None] - weight).abs().max() <= weight.abs().max() / 250
    expected = float32_linear(weight, bias)(inputs)
    assert (served.apply(inputs) - expected).norm() <= (0.03 if int8 else 1e-6) * expected.norm()


@pytest.mark.parametrize("int8", [True, False])
def test_a_row_s_results_do_not_depend_on_those_beside_it(int8: bool) -> None:
    torch.manual_seed(1)
    served = served_linear(torch.randn(30, 20), torch.randn(30), int8_engine() if int8 else None)
    inputs = torch.randn(3, 20) * torch.tensor([[1.0], [100.0], [0.01]])
    assert torch.equal(served.apply(inputs), torch.cat([served.apply(row) for row in torch.split(inputs, 1)]))


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "x86"), ("aarch64", "onednn"), ("riscv64", None)])
def test_int8_is_computed_by_what_works_on_the_machine(
    machine: str, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = ["qnnpack", "onednn", "x86", "fbgemm"] if name else ["qnnpack"]
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("torch.backends.quantized", SimpleNamespace(supported_engines=listed))
    assert int8_engine() == name
