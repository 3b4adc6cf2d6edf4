"""The report and the card that is made of it: on a small run, and the one that ships."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.runtime import SHIPPED_BUNDLE
from training.card import CardError, card_of, write_card
from training.publish import files_of_bundle
from training.report import evaluate
from training.subject import open_subject

_PICTURE_BYTES = 150_000


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What a person was told while `evaluated` was made."""
    return []


@pytest.fixture(scope="module")
def evaluated(trained_run: Path, told: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with its evaluation."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    shutil.copytree(trained_run, folder)
    evaluate(open_subject(folder, None), told.append)
    return folder


@pytest.fixture
def card_folder(evaluated: Path, tmp_path: Path) -> Path:
    """That folder, this test's own to damage."""
    shutil.copytree(evaluated, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def evaluation(evaluated: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((evaluated / "evaluation.json").read_bytes())
    return content


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


def test_a_person_is_told_what_the_report_holds(told: list[str], evaluation: dict[str, Any]) -> None:
    told_of_test = [re.split(r"\s{2,}", line.strip()) for line in told[1].splitlines()]
    assert told_of_test[0] == ["perplexity", "test, seen words", "test, all words"]
    carried = evaluation["perplexity"]["test"]["of"]["carried state"]
    assert told_of_test[1] == ["carried state", f"{carried['seen']:.1f}", f"{carried['all']:.1f}"]
    assert f"{evaluation['samples']['generated']['copied']:.1%}" in told[-1]


def test_the_card_has_the_report_s_figures_the_data_and_the_pictures(
    card_folder: Path, evaluation: dict[str, Any]
) -> None:
    (card_folder / "data.md").write_text("Four people talk of soup. All of it was made up.\n")
    card = write_card(card_folder).read_text()
    assert card == (card_folder / "README.md").read_text()
    assert card.startswith(f"# Model card: small, version {evaluation['model']['version']}\n")
    assert re.search(r"\n    Embedding\((\d+), 16\), LSTM\(16, 24, num_layers=2\), Linear\(24, \1\)\n", card)
    assert "\n\nFour people talk of soup. All of it was made up.\n\n" in card
    for name, part in evaluation["perplexity"]["test"]["of"].items():
        validation = evaluation["perplexity"]["validation"]["of"][name]
        figures = (validation["seen"], validation["all"], part["seen"], part["all"])
        assert f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |" in card
    assert f"{evaluation['samples']['generated']['copied']:.1%} of the runs of 8 words" in card
    pictures = re.findall(r"!\[\w+\]\(([\w.]+)\)", card)
    assert pictures == ["curve.png", "calibration.png"]
    assert all((card_folder / picture).is_file() for picture in pictures)
    assert "make train SCRIPTS=diner.txt PRESET=small\n" in card


def test_another_evaluation_is_another_card(card_folder: Path, evaluation: dict[str, Any]) -> None:
    before = card_of(card_folder)
    evaluation["samples"]["generated"]["copied"] = 0.777
    (card_folder / "evaluation.json").write_text(json.dumps(evaluation))
    assert "77.7%" not in before
    assert "77.7% of the runs" in card_of(card_folder)


def test_a_card_without_a_word_on_the_data_asks_for_it(card_folder: Path) -> None:
    assert "Nothing is told of these scripts. Write into `data.md`" in card_of(card_folder)


def no_evaluation(folder: Path) -> None:
    (folder / "evaluation.json").unlink()


def another_version(folder: Path) -> None:
    manifest = folder / "bundle" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")


def not_json(folder: Path) -> None:
    (folder / "evaluation.json").write_text("{")


def half_an_evaluation(folder: Path) -> None:
    content = json.loads((folder / "evaluation.json").read_bytes())
    del content["samples"]
    (folder / "evaluation.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_evaluation, r"evaluation.json is missing: train a model and evaluate it first"),
        (another_version, r"does not belong to this model, evaluate it again: it is of version \w+, and the bundle is"),
        (not_json, r"does not belong to this model, evaluate it again: Expecting"),
        (half_an_evaluation, r"does not belong to this model, evaluate it again: 'samples'"),
    ],
)
def test_a_card_is_refused_in_a_sentence(card_folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(card_folder)
    with pytest.raises(CardError, match=message):
        write_card(card_folder)
    assert not (card_folder / "README.md").exists()


def test_the_card_that_ships_is_that_of_the_model_that_ships() -> None:
    assert (SHIPPED_BUNDLE / "README.md").read_text() == card_of(SHIPPED_BUNDLE), "see docs/evaluation.md, A new model"
    assert sum(picture.stat().st_size for picture in SHIPPED_BUNDLE.glob("*.png")) < _PICTURE_BYTES


def test_what_stands_beside_a_bundle_is_not_published_with_it() -> None:
    assert set(files_of_bundle(SHIPPED_BUNDLE)) == {"manifest.json", "state_dict.safetensors", "vocab.json"}
