"""Networks of any small shape with random weights, and engines of them."""

from __future__ import annotations

import random

import torch
from hypothesis import HealthCheck, settings, strategies
from hypothesis.strategies import DrawFn, booleans, integers, just
from torch import Tensor

from coldopen.engine import DecoderState, Engine
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.quantise import serving_weights
from coldopen.sampling import Sampling, sample

BLOCK_SIZE = 64
"""Words in the first block of the engines here, twice as many as in the others: a small vocabulary has many blocks."""

MEMORY = MemoryConfig(words=7, common=3, theta=0.3, share=0.4)
"""A small memory that takes part in much."""

of_any_shape = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""For tests with `configs`. A fixture that hides int8 hides it in every example, as it should."""


@strategies.composite
def configs(draw: DrawFn) -> NetworkConfig:
    """Networks of any small shape, with and without each of their optional parts."""
    hidden_size, tied = draw(integers(2, 90)), draw(booleans())
    proj_size = draw(just(0) | integers(1, hidden_size - 1))
    return NetworkConfig(
        vocabulary_size=draw(integers(2, 600)),
        embedding_dim=proj_size or hidden_size if tied else draw(integers(1, 70)),
        hidden_size=hidden_size,
        num_layers=draw(integers(1, 3)),
        dropout=0.5,
        proj_size=proj_size,
        tied=tied,
    )


def weights(config: NetworkConfig, seed: int = 0) -> dict[str, Tensor]:
    """Random weights under which some words are likelier than others, the first ones above all, as in a trained one."""
    torch.manual_seed(seed)
    state_dict = ScriptNetwork(config).state_dict()
    for name in state_dict:
        if name.startswith("lstm.weight"):
            state_dict[name] *= 2
    state_dict["embedding.weight" if config.tied else "fc.weight"] *= 4
    state_dict["fc.bias"] -= torch.linspace(0, 6, config.vocabulary_size)
    return state_dict


def engine_of(config: NetworkConfig, state_dict: dict[str, Tensor] | None = None) -> Engine:
    """An engine with small blocks."""
    return Engine(
        config, serving_weights(config, state_dict or weights(config), BLOCK_SIZE), block_size=BLOCK_SIZE // 2
    )


def remembering(config: NetworkConfig, barred: int | None = None, memory: MemoryConfig = MEMORY) -> Engine:
    """An engine with small blocks and a memory; one word may never come."""
    state_dict = weights(config)
    if barred is not None:
        state_dict["fc.bias"][barred] = -torch.inf
    return Engine(config, serving_weights(config, state_dict, BLOCK_SIZE), memory, BLOCK_SIZE // 2)


@torch.inference_mode()
def state_after(engine: Engine, ids: list[int]) -> DecoderState:
    """The state when these words have been read."""
    state = DecoderState(engine)
    for id in ids:
        state.step(id)
    return state


@torch.inference_mode()
def written(engine: Engine, length: int, sampling: Sampling) -> list[int]:
    """Word 1 and so many words after it, the same each time."""
    rng, ids, state = random.Random(1), [1], DecoderState(engine)
    for _ in range(length):
        state.step(ids[-1])
        ((logits, candidates),) = state.top(sampling.top_k)
        ids.append(candidates[sample(logits, sampling, rng.random())])
    return ids
