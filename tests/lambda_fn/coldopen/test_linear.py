"""Linear layers for serving: near the plain ones, each row by itself, on what works on the machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from coldopen.linear import (
    HIDDEN,
    PROJECTED,
    LateLinear,
    Linear,
    Steps,
    float32_linear,
    int8_engine,
    joint_linear,
    served_linear,
)
from coldopen.serving_weights import Rows


def a_layer(num_inputs: int = 20) -> tuple[Rows, Tensor]:
    """A weight (30, inputs) and its bias."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(-127, 128, (30, num_inputs), generator=generator).to(torch.int8)
    return Rows(rows, 0.01 + torch.rand(30, generator=generator)), torch.randn(30, generator=generator)


def some_inputs(low: float, high: float) -> Tensor:
    """Rows (3, 20), evenly distributed."""
    return torch.empty(3, 20).uniform_(low, high, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("engine", [int8_engine(), None])
@pytest.mark.parametrize(("steps", "low", "high"), [(HIDDEN, -1, 1), (PROJECTED, -1.66, 3.6)])
def test_a_served_layer_is_near_the_plain_one(engine: str | None, steps: Steps, low: float, high: float) -> None:
    (weight, bias), inputs = a_layer(), some_inputs(low, high)
    expected = inputs @ weight.floats().T + bias
    served = served_linear(weight, bias, steps, engine)(inputs)
    assert (served - expected).norm() <= (0.02 if engine else 1e-6) * expected.norm()
    torch.testing.assert_close(float32_linear(weight, bias)(inputs), expected)


@pytest.mark.parametrize("engine", [int8_engine(), None])
def test_a_joint_layer_is_near_the_plain_one_for_inputs_of_any_size(engine: str | None) -> None:
    (weight, bias), inputs = a_layer(), some_inputs(-1000, 1000)
    expected = inputs @ weight.floats().T + bias
    assert (joint_linear(weight, bias, engine)(inputs) - expected).norm() <= 0.02 * expected.norm()


@pytest.mark.parametrize("engine", [int8_engine(), None])
@pytest.mark.parametrize("num_inputs", [1, 7, 16, 20, 33, 47])
def test_a_row_s_results_do_not_depend_on_those_beside_it(engine: str | None, num_inputs: int) -> None:
    served = served_linear(*a_layer(num_inputs), PROJECTED, engine)
    inputs = torch.randn(11, num_inputs) * torch.logspace(-2, 2, 11)[:, None]
    assert torch.equal(served(inputs), torch.cat([served(row) for row in torch.split(inputs, 1)]))


def test_a_late_layer_is_made_once_and_not_before_it_is_used() -> None:
    made: list[Linear] = []

    def make() -> Linear:
        made.append(served_linear(*a_layer(), HIDDEN, int8_engine()))
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
