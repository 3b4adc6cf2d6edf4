"""Word ids to batches: the original's windows, and rows of running text."""

from __future__ import annotations

import torch

from training.data.batches import loader, rows, windows


def test_each_word_but_the_first_is_the_target_of_its_predecessor_once() -> None:
    inputs, targets = windows(torch.arange(1, 24), sequence_length=10, pad_id=0).tensors
    assert inputs.shape == targets.shape == (3, 10)
    pairs = [pair for pair in zip(inputs.flatten().tolist(), targets.flatten().tolist(), strict=True) if pair[1] != 0]
    assert pairs == [(word, word + 1) for word in range(1, 23)]


def test_the_last_window_is_padded() -> None:
    inputs, targets = windows(torch.arange(1, 24), sequence_length=10, pad_id=0).tensors
    assert inputs[-1].tolist() == [21, 22, 0, 0, 0, 0, 0, 0, 0, 0]
    assert targets[-1].tolist() == [22, 23, 0, 0, 0, 0, 0, 0, 0, 0]


def test_an_epoch_shows_each_window_once_in_an_order_of_its_own() -> None:
    data = windows(torch.arange(1, 202), sequence_length=10, pad_id=0)

    def order(epoch: int) -> list[int]:
        return [int(window[0]) for inputs, _ in loader(data, 6, seed=1, epoch=epoch) for window in inputs]

    assert sorted(order(0)) == sorted(order(1)) == list(range(1, 201, 10))
    assert order(0) != order(1)
    assert order(0) == order(0)


def test_a_pass_can_begin_where_another_stopped() -> None:
    data = windows(torch.arange(1, 202), sequence_length=10, pad_id=0)
    whole = torch.cat([inputs for inputs, _ in loader(data, 4, seed=1, epoch=2)])
    rest = torch.cat([inputs for inputs, _ in loader(data, 4, seed=1, epoch=2, start=8)])
    assert torch.equal(rest, whole[8:])


def test_rows_go_on_where_they_ended_and_show_nearly_each_word_once() -> None:
    inputs, targets = rows(torch.arange(1000), 7, seed=1, epoch=3)
    assert inputs.shape == targets.shape == (7, 142)
    assert torch.equal(targets, (inputs + 1) % 1000)  # each row is running text, turned round at the end
    assert torch.equal(inputs[1:, 0], targets[:-1, -1])
    assert len(set(targets.flatten().tolist())) == 7 * 142


def test_each_epoch_cuts_the_text_into_rows_at_other_places() -> None:
    first, second, again = (rows(torch.arange(1000), 7, seed=1, epoch=epoch)[0] for epoch in (0, 1, 0))
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
