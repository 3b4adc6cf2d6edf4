"""Text to tensors: word ids, the split by position, and the seed's padded windows as a TensorDataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset

from coldopen.vocabulary import UNKNOWN, Vocabulary, tokenise

_TRAIN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Split:
    """A corpus as word ids, cut by position 90/5/5; each part int64 (words,)."""

    train: Tensor
    validation: Tensor
    test: Tensor


def words_of(text: str, min_count: int = 1) -> tuple[Tensor, Vocabulary]:
    """Word ids of a text, int64 (words,), and the vocabulary they index (the seed's: of the whole text).

    Args:
        min_count: words that occur less often become the unknown word.
    """
    tokens = tokenise(text)
    vocabulary = Vocabulary.of(tokens, min_count)
    return word_ids(tokens, vocabulary), vocabulary


def word_ids(tokens: Iterable[str], vocabulary: Vocabulary) -> Tensor:
    """The ids of tokens, int64 (tokens,); what the vocabulary lacks becomes its unknown word.

    Raises:
        UnknownWordError: if it has none.
    """
    return torch.tensor([vocabulary.id(token if token in vocabulary else UNKNOWN) for token in tokens])


def split_by_position(words: Tensor) -> Split:
    """The first 90 % to train on; the rest halved into validation and test. Never shuffled."""
    train = int(len(words) * _TRAIN_SHARE)
    middle = train + (len(words) - train) // 2
    return Split(words[:train], words[train:middle], words[middle:])


def windows(words: Tensor, sequence_length: int, pad_id: int) -> TensorDataset:
    """The seed's layout: sentences of one length, each word paired with its successor.

    Args:
        words: int64 (words,), at least two.
        sequence_length: words in a window.
        pad_id: fills the last window; its targets are not learnt.

    Returns:
        Inputs and targets, each int64 (windows, sequence_length); every word but the first is a target once.
    """
    count = -(-(len(words) - 1) // sequence_length)
    padded = torch.full((count * sequence_length + 1,), pad_id)
    padded[: len(words)] = words
    inputs = padded[:-1].clone()
    inputs[len(words) - 1 :] = pad_id  # the last word has no successor here
    return TensorDataset(inputs.view(count, sequence_length), padded[1:].view(count, sequence_length))


class _Batches(Sampler[Tensor]):
    """Window numbers, a batch at a time, in an order that seed and epoch alone decide."""

    def __init__(self, count: int, batch_size: int, seed: int, epoch: int, start: int) -> None:
        self._order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))[start:]
        self._batch_size = batch_size

    def __iter__(self) -> Iterator[Tensor]:
        return iter(torch.split(self._order, self._batch_size))

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


def rows(words: Tensor, count: int, seed: int, epoch: int) -> tuple[Tensor, Tensor]:
    """A text in rows that are read side by side, each row going on where its last window ended.

    The text is turned round by an offset that seed and epoch decide, so that each epoch cuts it at other places.

    Args:
        words: int64 (words,), more than `count`.
        count: rows.

    Returns:
        Inputs and targets, each int64 (count, length); all words are targets once, but for fewer than `count + 1`.
    """
    offset = torch.randint(len(words), (1,), generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))
    turned = words.roll(-int(offset))
    length = (len(words) - 1) // count
    return turned[: count * length].view(count, length), turned[1 : count * length + 1].view(count, length)
