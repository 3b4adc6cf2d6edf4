"""The recurrent part as it is trained: the network's own weights, with dropout that stays the same over a window.

Such dropout is called locked or variational (Gal & Ghahramani 2016, "A Theoretically Grounded Application of Dropout
in Recurrent Neural Networks"). Whole words are dropped from the embedding too, and weights from the recurrent matrices
(Merity et al. 2018, "Regularizing and Optimizing LSTM Language Models").
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.nn.functional import dropout

from coldopen.network import ScriptNetwork, State
from training.fit.precision import cpu_dtype
from training.preset import RecipePreset


def regularised_hidden(
    network: ScriptNetwork, ids: Tensor, state: State, recipe: RecipePreset, input_scale: float
) -> tuple[Tensor, State]:
    """Run the recurrent part as in training.

    Args:
        ids: int64 (batch, time).
        state: the state to go on from.
        input_scale: what the embeddings are multiplied by.

    Returns:
        float32 (time, batch, output_size), and the state after the last word.
    """
    ids = ids.t()  # (time, batch): the faster order on the CPU
    kept_words = dropout(torch.ones(network.config.vocabulary_size, 1, device=ids.device), recipe.word_dropout)
    inputs = _locked(network.embedding(ids) * (kept_words[ids] * input_scale), recipe.embedding_dropout)
    last = network.config.num_layers - 1
    states: list[tuple[Tensor, Tensor]] = []
    for layer, (weight_ih, weight_hh, *others) in enumerate(network.lstm.all_weights):
        weights = [weight_ih, dropout(weight_hh, recipe.recurrent_dropout), *others]
        inputs, *end = _layer(inputs, (state[0][layer, None], state[1][layer, None]), weights)
        states.append((end[0], end[1]))
        inputs = _locked(inputs, network.config.dropout if layer == last else recipe.layer_dropout)
    return inputs, (torch.cat([h for h, _ in states]), torch.cat([c for _, c in states]))


def _layer(inputs: Tensor, begin: State, weights: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """One layer's outputs and the state after them; on the CPU in `cpu_dtype()`, from float32 to float32."""
    if inputs.device.type != "cpu":  # autocast sees to it
        return _lstm(inputs, begin, weights)
    dtype = cpu_dtype()
    h, c = (part.to(dtype) for part in begin)
    outputs, h, c = _lstm(inputs.to(dtype), (h, c), [weight.to(dtype) for weight in weights])
    return outputs.float(), h.float(), c.float()


def _lstm(inputs: Tensor, begin: State, weights: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    with warnings.catch_warnings():  # as in ScriptNetwork.hidden
        warnings.filterwarnings("ignore", "LSTM with projections is not supported", UserWarning)
        return torch.lstm(inputs, begin, weights, True, 1, 0.0, True, False, False)


def _locked(inputs: Tensor, share: float) -> Tensor:
    """Drop the same units at each time step; inputs (time, batch, units)."""
    return inputs * dropout(torch.ones_like(inputs[:1]), share) if share else inputs
