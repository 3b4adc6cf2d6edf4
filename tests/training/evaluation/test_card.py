"""The model card, of a small run and of the model that ships."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle.manifest import version_of
from coldopen.bundle.read import read_bundle
from local.runtime import SHIPPED_BUNDLE
from training.digests import write_files
from training.evaluation.card import CardError, card_of, write_card
from training.preset import read_preset
from training.release.contents import read_folder

_PICTURE_BYTES = 150_000


@pytest.fixture
def card_folder(evaluated: Path, tmp_path: Path) -> Path:
    """That folder, this test's own to damage."""
    shutil.copytree(evaluated, tmp_path / "run")
    return tmp_path / "run"


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
        figures = [
            figure
            for side, of in (
                (evaluation["perplexity"]["validation"], validation),
                (evaluation["perplexity"]["test"], part),
            )
            for figure in (f"{of['seen']:.1f}", f"{of['all']:.1f}", f"{side['bits_per_character'][name]:.3f}")
        ]
        assert f"| {name} | {' | '.join(figures)} |" in card
    assert f"{evaluation['samples']['generated']['copied']:.1%} of the runs of 8 words" in card
    pictures = re.findall(r"!\[\w+\]\(([\w.]+)\)", card)
    assert pictures == ["curve.png", "calibration.png"]
    assert all((card_folder / picture).is_file() for picture in pictures)
    assert "make train SCRIPTS=diner.txt PRESET=small.toml\n" in card


def test_the_card_tells_a_preset_of_one_s_own_from_one_that_ships(
    card_folder: Path, evaluation: dict[str, Any]
) -> None:
    manifest = card_folder / "bundle" / "manifest.json"
    content = json.loads(manifest.read_bytes())
    for preset, name in ((read_preset("tuned").to_dict(), "tuned"), ({"name": "tuned"}, "tuned.toml")):
        content["training"]["preset"] = preset
        write_files(card_folder, {"bundle/manifest.json": json.dumps(content).encode()})
        evaluation["model"]["version"] = version_of(manifest.read_bytes())
        (card_folder / "evaluation.json").write_text(json.dumps(evaluation))
        assert f"make train SCRIPTS=diner.txt PRESET={name}\n" in card_of(card_folder)


def test_the_card_names_auxiliary_scripts(card_folder: Path, evaluation: dict[str, Any]) -> None:
    manifest = card_folder / "bundle" / "manifest.json"
    content = json.loads(manifest.read_bytes())
    content["training"]["auxiliary"] = {"sha256": "0" * 64, "sources": ["a.txt", "b.txt"], "words": 12345}
    write_files(card_folder, {"bundle/manifest.json": json.dumps(content).encode()})
    evaluation["model"]["version"] = version_of(manifest.read_bytes())
    (card_folder / "evaluation.json").write_text(json.dumps(evaluation))
    card = card_of(card_folder)
    assert "| auxiliary scripts, for training alone | a.txt, b.txt; 12,345 words |\n| split" in card
    assert "make train SCRIPTS=diner.txt AUXILIARY=PATH PRESET=small.toml\n" in card


def test_the_card_of_a_model_from_before_texts_were_folded_says_so(
    card_folder: Path, evaluation: dict[str, Any]
) -> None:
    manifest = card_folder / "bundle" / "manifest.json"
    content = json.loads(manifest.read_bytes())
    preset = read_preset("tuned").to_dict()
    for is_old in (False, True):
        if is_old:
            del preset["training"]["fold"]
        content["training"]["preset"] = preset
        write_files(card_folder, {"bundle/manifest.json": json.dumps(content).encode()})
        evaluation["model"]["version"] = version_of(manifest.read_bytes())
        (card_folder / "evaluation.json").write_text(json.dumps(evaluation))
        card = card_of(card_folder)
        assert "PRESET=tuned\n" in card
        assert ("with `fold = false`" in card) == is_old


def test_the_card_tells_what_stands_beside_the_weights(card_folder: Path, evaluation: dict[str, Any]) -> None:
    assert "`lexicon.json` knows who speaks" in card_of(card_folder)
    assert "`copies.bin` knows the scripts' runs of eight words" in card_of(card_folder)
    manifest = card_folder / "bundle" / "manifest.json"
    content = json.loads(manifest.read_bytes())
    del content["files"]["lexicon.json"], content["files"]["copies.bin"]
    write_files(card_folder, {"bundle/manifest.json": json.dumps(content).encode()})
    evaluation["model"]["version"] = version_of(manifest.read_bytes())
    (card_folder / "evaluation.json").write_text(json.dumps(evaluation))
    assert not {"lexicon.json", "copies.bin"} & set(re.findall(r"`(.*?)`", card_of(card_folder)))


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
    write_files(folder, {"bundle/manifest.json": manifest.read_bytes() + b"\n"})


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


def test_the_preset_of_the_model_that_ships_is_wide_but_for_two_numbers_which_its_card_tells() -> None:
    saved = read_bundle(str(SHIPPED_BUNDLE)).manifest.training["preset"]
    wide = read_preset("wide").to_dict()
    assert saved["recipe"]["samples"] == 0  # so that `full_from` means nothing
    saved["recipe"] |= {key: wide["recipe"][key] for key in ("samples", "full_from", "auxiliary_until")}
    assert saved == wide
    card = (SHIPPED_BUNDLE / "README.md").read_text()
    assert "PRESET=wide.toml\n" in card
    assert "`samples = 0`" in card
    assert "`auxiliary_until = 0.6`" in card


def test_the_card_that_ships_is_that_of_the_model_that_ships() -> None:
    assert (SHIPPED_BUNDLE / "README.md").read_text() == card_of(SHIPPED_BUNDLE), "see docs/evaluation.md, A new model"
    assert sum(picture.stat().st_size for picture in SHIPPED_BUNDLE.glob("*.png")) < _PICTURE_BYTES


def test_what_stands_beside_a_bundle_is_not_published_with_it() -> None:
    assert set(read_folder(SHIPPED_BUNDLE)[0]) == {
        "copies.bin", "lexicon.json", "manifest.json", "serving.safetensors", "state_dict.safetensors", "vocab.json",
    }  # fmt: skip
