"""Linear layers for serving: near the plain ones, each row by itself, on what works on the machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from coldopen.linear import LateLinear, Linear, float32_linear, int8_engine, served_linear
from coldopen.serving_weights import Rows


def a_layer() -> tuple[Rows, Tensor]:
    """A weight (30, 20) and its bias."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(-127, 128, (30, 20), generator=generator).to(torch.int8)
    return Rows(rows, 0.01 + torch.rand(30, generator=generator)), torch.randn(30, generator=generator)


@pytest.mark.parametrize("int8", [True, False])
def test_a_served_layer_is_near_the_plain_one(int8: bool) -> None:
    (weight, bias), inputs = a_layer(), torch.randn(3, 20, generator=torch.Generator().manual_seed(2))
    expected = inputs @ (weight.int8 * weight.scales[:, None]).T + bias
    served = served_linear(weight, bias, int8_engine() if int8 else None)
    assert (served(inputs) - expected).norm() <= (0.03 if int8 else 1e-6) * expected.norm()
    torch.testing.assert_close(float32_linear(weight, bias)(inputs), expected)


@pytest.mark.parametrize("int8", [True, False])
def test_a_row_s_results_do_not_depend_on_those_beside_it(int8: bool) -> None:
    served = served_linear(*a_layer(), int8_engine() if int8 else None)
    inputs = torch.randn(3, 20) * torch.tensor([[1.0], [100.0], [0.01]])
    assert torch.equal(served(inputs), torch.cat([served(row) for row in torch.split(inputs, 1)]))


def test_a_late_layer_is_made_once_and_not_before_it_is_used() -> None:
    made: list[Linear] = []

    def make() -> Linear:
        made.append(served_linear(*a_layer(), int8_engine()))
        return made[-1]

    late, inputs = LateLinear(make), torch.ones(1, 20)
    assert not made
    assert torch.equal(late(inputs), late(inputs))
    assert len(made) == 1
    assert torch.equal(late(inputs), made[0](inputs))


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "x86"), ("aarch64", "onednn"), ("riscv64", None)])
def test_int8_is_computed_by_what_works_on_the_machine(
    machine: str, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = ["qnnpack", "onednn", "x86", "fbgemm"] if name else ["qnnpack"]
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(machine=machine))
    monkeypatch.setattr("torch.backends.quantized", SimpleNamespace(supported_engines=listed))
    assert int8_engine() == name
