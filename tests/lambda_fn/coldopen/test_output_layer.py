"""The output layer: when its preview is made. What it finds is tested with the engine."""

from __future__ import annotations

import torch

from coldopen.output_layer import LatePreview
from coldopen.preview import Preview


def test_a_late_preview_is_made_once_after_300_words() -> None:
    made: list[Preview] = []

    def make() -> Preview:
        made.append(Preview(torch.ones(5, 4), torch.ones(5), torch.zeros(5), torch.eye(4), error=0.0))
        return made[-1]

    late = LatePreview(make)
    assert [late.when_due(3) for _ in range(100)] == [None] * 100
    assert not made
    assert late.when_due(1) is late.when_due(3) is late.now() is made[0]
    assert len(made) == 1
    assert LatePreview(make).now() is made[1]
