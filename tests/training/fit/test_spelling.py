"""What words' spelling tells of their weights."""

from __future__ import annotations

import pytest
import torch

from training.fit.spelling import Spelling, ngrams


def test_a_word_s_ngrams_tell_its_beginning_and_its_end() -> None:
    beginnings, ends = {"<a", "<an", "<ann", "<ann:"}, {":>", "n:>", "nn:>", "ann:>"}
    assert ngrams("ann:") == beginnings | ends | {"ann", "nn:", "ann:"}
    assert ngrams("i") == {"<i", "<i>", "i>"}


def test_words_are_predicted_from_those_that_begin_or_end_alike() -> None:
    cues, verbs = [f"{name}:" for name in ("ann", "bob", "cyd", "dora")], ["singing", "walking", "reading", "going"]
    weights = torch.tensor([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 4)
    usual = torch.tensor([0.5, 0.5])
    eve, talking, zzz = Spelling(cues + verbs, ["eve:", "talking", "zzz"]).predict(weights, usual).tolist()
    assert eve[0] > 0.53 > 0.47 > eve[1]
    assert talking[1] > 0.53 > 0.47 > talking[0]
    assert zzz == pytest.approx([0.5, 0.5])


def test_it_is_a_ridge_regression_through_the_usual_weights() -> None:
    known, wanted = ["ab", "abc", "bcd", "cd"], ["abcd"]
    grams = sorted({gram for word in known for gram in ngrams(word)})

    def features(words: list[str]) -> torch.Tensor:
        rows = [[(gram in ngrams(word)) / len(ngrams(word)) ** 0.5 for gram in grams] for word in words]
        return torch.tensor(rows, dtype=torch.float64)

    weights, usual = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)), torch.tensor([1.0, 2.0, 3.0])
    one = features(known)
    matrix = one.T @ one + 3 * torch.eye(len(grams), dtype=torch.float64)
    coefficients = torch.linalg.solve(matrix, one.T @ (weights - usual).double())
    expected = usual + features(wanted) @ coefficients
    assert torch.allclose(Spelling(known, wanted).predict(weights, usual).double(), expected, atol=1e-5)
