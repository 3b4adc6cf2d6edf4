"""Dropout in the recurrent part: none of it computes what the network computes, and what is dropped stays so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coldopen.network import NetworkConfig, ScriptNetwork, State
from training.fit.dropout import regularised_hidden
from training.preset import RecipePreset

NOTHING = RecipePreset(
    embedding_spread=0.5, embedding_dropout=0.0, word_dropout=0.0, layer_dropout=0.0, recurrent_dropout=0.0,
    weight_decay=0.0, warm_up=0.0, clip=1.0, average=0.9, samples=0, full_from=0.0, patience=1,
)  # fmt: skip
WORDS = torch.tensor([[1, 2, 3, 1, 2], [4, 5, 1, 1, 6]])


def network(dropout: float = 0.0, proj_size: int = 0) -> ScriptNetwork:
    torch.manual_seed(6)
    return ScriptNetwork(NetworkConfig(8, 200, 300, 2, dropout, proj_size))


def zeros(of: ScriptNetwork) -> State:
    config = of.config
    return torch.zeros(2, 2, config.output_size), torch.zeros(2, 2, config.hidden_size)


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all processors compute in float32."""
    monkeypatch.setattr("training.fit.dropout.cpu_dtype", lambda: torch.float32)


@pytest.mark.parametrize("proj_size", [0, 100])
def test_without_dropout_it_is_the_network_s_own(proj_size: int) -> None:
    plain = network(proj_size=proj_size)
    hidden, state = regularised_hidden(plain, WORDS, zeros(plain), NOTHING, 1.0)
    expected, expected_state = plain.hidden(WORDS)
    assert torch.allclose(hidden.transpose(0, 1), expected, atol=1e-6)
    assert all(torch.allclose(ours, theirs, atol=1e-6) for ours, theirs in zip(state, expected_state, strict=True))


@pytest.mark.parametrize("proj_size", [0, 100])
def test_in_bfloat16_all_is_within_two_per_cent(proj_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome(network(proj_size=proj_size))
    monkeypatch.setattr("training.fit.dropout.cpu_dtype", lambda: torch.bfloat16)
    got = outcome(network(proj_size=proj_size))
    for ours, theirs in zip(got, expected, strict=True):
        assert ours.dtype == torch.float32
        assert 0 < torch.linalg.vector_norm(ours - theirs) < 0.02 * torch.linalg.vector_norm(theirs)


def outcome(plain: ScriptNetwork) -> list[Tensor]:
    """The hidden states, the state after them, and each weight's gradient."""
    hidden, state = regularised_hidden(plain, WORDS, zeros(plain), NOTHING, 1.0)
    hidden.square().sum().backward()  # type: ignore[no-untyped-call]
    gradients = [weight.grad for name, weight in plain.named_parameters() if not name.startswith("fc")]
    assert all(gradient is not None for gradient in gradients)
    return [tensor.detach() for tensor in (hidden, *state, *gradients) if tensor is not None]


def test_the_state_goes_on_where_it_was() -> None:
    plain = network()
    whole, _ = regularised_hidden(plain, WORDS, zeros(plain), NOTHING, 1.0)
    first, state = regularised_hidden(plain, WORDS[:, :2], zeros(plain), NOTHING, 1.0)
    rest, _ = regularised_hidden(plain, WORDS[:, 2:], state, NOTHING, 1.0)
    assert torch.allclose(torch.cat([first, rest]), whole, atol=1e-6)


def test_the_same_units_of_the_output_are_dropped_at_each_time_step() -> None:
    hidden, _ = regularised_hidden(net := network(dropout=0.5), WORDS, zeros(net), NOTHING, 1.0)
    dropped = hidden == 0  # (time, batch, units)
    assert 0.4 < dropped.float().mean() < 0.6
    assert (dropped == dropped[:1]).all()
    assert (dropped[:, 0] != dropped[:, 1]).any()


def changed_by(recipe: RecipePreset) -> Tensor:
    """How far each word's hidden state lies from the one without dropout, (batch, time)."""
    plain = network()
    expected, _ = regularised_hidden(plain, WORDS, zeros(plain), NOTHING, 1.0)
    hidden, _ = regularised_hidden(plain, WORDS, zeros(plain), recipe, 1.0)
    difference: Tensor = torch.linalg.vector_norm(hidden - expected, dim=2)  # (time, batch)
    return difference.t()


@pytest.mark.parametrize("kind", ["embedding_dropout", "layer_dropout", "word_dropout"])
def test_each_kind_of_dropout_changes_what_is_computed(kind: str) -> None:
    assert (changed_by(replace(NOTHING, **{kind: 0.3}))[:, -1] > 0.01).all()  # type: ignore[arg-type]


def test_recurrent_weights_are_dropped_after_the_first_step_only() -> None:
    changed = changed_by(replace(NOTHING, recurrent_dropout=0.5))
    assert (changed[:, 0] < 1e-6).all()  # the first state is zero, so nothing recurs yet
    assert (changed[:, 1:] > 0.01).all()
