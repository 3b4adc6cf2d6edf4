"""Word ids to batches, in the two layouts that training knows: shuffled windows, and rows of running text.

Windows are the original's layout: sentences padded to one length, as a TensorDataset, each word paired with its
successor. Rows are read side by side from left to right, so that the network's state can be carried on.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset


def mixed_seed(seed: int, number: int) -> int:
    """A seed for one epoch or step, by its number: another for each, and all decided by the training's seed."""
    return seed * 1_000_003 + number


def windows(ids: Tensor, sequence_length: int, pad_id: int) -> TensorDataset:
    """Cut a text into windows of one length.

    Args:
        ids: int64 (words,), at least two.
        sequence_length: words in a window.
        pad_id: fills the last window; a target of this id is not learnt.

    Returns:
        Inputs and targets, each int64 (windows, sequence_length); every word but the first is a target once.
    """
    num_windows = -(-(len(ids) - 1) // sequence_length)
    padded = torch.full((num_windows * sequence_length + 1,), pad_id)
    padded[: len(ids)] = ids
    inputs = padded[:-1].clone()
    inputs[len(ids) - 1 :] = pad_id  # the last word has no successor here
    return TensorDataset(inputs.view(num_windows, sequence_length), padded[1:].view(num_windows, sequence_length))


class _Batches(Sampler[Tensor]):
    """Window numbers, a batch at a time, in an order that seed and epoch alone decide."""

    def __init__(self, num_windows: int, batch_size: int, seed: int, epoch: int, start: int) -> None:
        self._order = torch.randperm(num_windows, generator=_generator(seed, epoch))[start:]
        self._batch_size = batch_size

    def __iter__(self) -> Iterator[Tensor]:
        return iter(torch.split(self._order, self._batch_size) if len(self._order) else ())

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)


def loader(
    dataset: TensorDataset, batch_size: int, seed: int, epoch: int, start: int = 0
) -> DataLoader[tuple[Tensor, ...]]:
    """A shuffled pass over the windows, which can begin where an earlier one stopped.

    Args:
        start: windows of this epoch that have been seen already.

    Returns:
        Batches (inputs, targets), each int64 (batch, sequence_length).
    """
    batches = _Batches(len(dataset), batch_size, seed, epoch, start)
    # batch_size=None: a whole batch is one look-up in the dataset, not one for each window
    return DataLoader(dataset, sampler=batches, batch_size=None)


def rows(ids: Tensor, num_rows: int, seed: int, epoch: int) -> tuple[Tensor, Tensor]:
    """Lay a text out in rows of equal length, to be read side by side.

    Each row goes on where the row above it ends. The text is first turned round by an offset that seed and epoch
    decide, so that each epoch cuts it at other places.

    Args:
        ids: int64 (words,), more than `num_rows`.

    Returns:
        Inputs and targets, each int64 (num_rows, length). Every word is a target once, except at most `num_rows` words
        that would not fill a column.
    """
    offset = torch.randint(len(ids), (1,), generator=_generator(seed, epoch))
    turned = ids.roll(-int(offset))
    length = (len(ids) - 1) // num_rows
    size = num_rows * length
    return turned[:size].view(num_rows, length), turned[1 : size + 1].view(num_rows, length)


def _generator(seed: int, epoch: int) -> torch.Generator:
    return torch.Generator().manual_seed(mixed_seed(seed, epoch))
