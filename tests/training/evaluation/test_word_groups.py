"""Which group a word is of."""

from __future__ import annotations

import torch

from coldopen.vocabulary import Vocabulary
from training.evaluation.word_groups import GROUPS, group_of_words


def test_words_are_grouped_by_what_they_are_and_how_often_the_training_part_holds_them() -> None:
    counts = {"||return||": 3, "marla:": 500, "the": 100, "soup": 99, "phone": 10, "cake": 9, "||dash||": 0, "bo:": 0}
    train = torch.tensor([index for index, count in enumerate(counts.values()) for _ in range(count)])
    groups = [list(GROUPS)[index] for index in group_of_words(Vocabulary(list(counts)), train).tolist()]
    assert groups == [
        "punctuation",
        "speaker",
        "frequent",
        "occasional",
        "occasional",
        "rare",
        "unseen",
        "unseen",
    ]
