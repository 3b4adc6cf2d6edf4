"""The report: what is measured of a small run, and of the least that can be."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle.content import Bundle
from training.evaluation.report import evaluate, tables_of
from training.evaluation.target import Target


def test_the_report_says_how_good_the_model_is_beside_counting(evaluation: dict[str, Any]) -> None:
    for part in evaluation["perplexity"].values():
        assert part["seen_words"] == part["words"]  # these scripts have few words, and use them all
        assert list(part["of"]) == ["carried state", "10-word window", "Kneser-Ney bigram", "Kneser-Ney trigram"]
        for perplexity in part["of"].values():
            assert 1 < perplexity["all"] == perplexity["seen"] < 4
        assert part["of"]["Kneser-Ney trigram"]["all"] < part["of"]["Kneser-Ney bigram"]["all"]


def test_the_groups_together_are_the_test_part(evaluation: dict[str, Any]) -> None:
    groups = evaluation["groups"]
    assert list(groups) == ["punctuation", "speaker", "frequent", "occasional"]
    assert sum(group["words"] for group in groups.values()) == evaluation["perplexity"]["test"]["words"]
    nats = sum(group["words"] * math.log(group["perplexity"]["carried state"]) for group in groups.values())
    test = evaluation["perplexity"]["test"]
    assert math.exp(nats / test["words"]) == pytest.approx(test["of"]["carried state"]["all"], rel=1e-3)
    assert groups["punctuation"]["perplexity"]["carried state"] < 1.1  # each line has the same marks


def test_the_bins_together_are_the_test_part(evaluation: dict[str, Any]) -> None:
    calibration = evaluation["calibration"]
    assert sum(part["words"] for part in calibration["bins"]) == evaluation["perplexity"]["test"]["words"]
    assert 0 <= calibration["expected_error"] < 0.1
    assert calibration["accuracy"] > 0.5


def test_what_is_written_stands_beside_what_was_held_out(evaluation: dict[str, Any]) -> None:
    samples = evaluation["samples"]
    for side in ("generated", "held_out"):
        assert samples[side]["speaker_lines"] == 1
        assert 0 < samples[side]["copied"] <= 1
        assert samples[side]["longest_copied"] >= 8
    assert samples["length"] == 300


def test_the_tables_show_what_the_report_holds(evaluation: dict[str, Any]) -> None:
    tables = tables_of(evaluation).split("\n\n")
    of_test = [re.split(r"\s{2,}", line.strip()) for line in tables[1].splitlines()]
    assert of_test[0] == ["perplexity", "test, seen words", "test, all words", "test, bits a character of the scripts"]
    carried = evaluation["perplexity"]["test"]["of"]["carried state"]
    bits = evaluation["perplexity"]["test"]["bits_per_character"]["carried state"]
    assert of_test[1] == ["carried state", f"{carried['seen']:.1f}", f"{carried['all']:.1f}", f"{bits:.3f}"]
    assert f"{evaluation['samples']['generated']['copied']:.1%}" in tables[-1]


def test_the_smallest_corpus_that_can_be_trained_on_can_be_evaluated(untrained_bundle: Bundle, tmp_path: Path) -> None:
    size = len(untrained_bundle.vocabulary)
    words = torch.randint(1, size - 1, (1000,), generator=torch.Generator().manual_seed(1))
    words[-1] = size - 1  # a word that only test has
    returned = evaluate(Target.of(tmp_path, untrained_bundle, words, {"test": 200}))
    content = json.loads((tmp_path / "evaluation.json").read_bytes())
    assert json.loads(json.dumps(returned)) == content
    assert (content["samples"]["scripts"], content["samples"]["length"]) == (1, 50)
    test = content["perplexity"]["test"]
    assert (test["words"], test["seen_words"]) == (49, 48)
    for perplexity in test["of"].values():
        assert size / 3 < perplexity["seen"] < perplexity["all"] < size * 3
    bits = test["bits_per_character"]["carried state"]
    assert bits == pytest.approx(math.log2(test["of"]["carried state"]["all"]) * 50 / 200, abs=1e-3)
    assert "characters" not in content["perplexity"]["validation"]
    assert content["groups"]["unseen"]["words"] == 1
    assert {file.name for file in tmp_path.iterdir()} >= {"evaluation.json", "calibration.png"}
