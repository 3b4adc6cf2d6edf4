"""What can be evaluated: a run, or a bundle with the scripts that it was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.network import NetworkConfig, ScriptNetwork
from training.data.corpus import read_corpus, text_to_learn
from training.data.errors import CorpusError
from training.data.hints import Hints
from training.data.ids import ids_of_text
from training.evaluation.target import EvaluationError, open_target


def test_a_bundle_with_its_scripts_is_the_same_subject_as_its_run(trained_run: Path, scripts: Path) -> None:
    of_run, of_bundle = open_target(trained_run, None), open_target(trained_run / "bundle", scripts)
    assert of_bundle.bundle.version == of_run.bundle.version
    assert torch.equal(of_bundle.split.train, of_run.split.train)
    assert torch.equal(of_bundle.split.test, of_run.split.test)
    assert of_bundle.characters == of_run.characters
    assert sum(of_run.characters.values()) == pytest.approx(len(read_corpus(scripts).text), abs=2)


def test_words_that_a_bundle_does_not_know_are_its_unknown_word(scripts: Path, tmp_path: Path) -> None:
    text = scripts.read_text() + "bo: a zeppelin.\n"
    (tmp_path / "rare.txt").write_text(text)
    words, vocabulary = ids_of_text(text, min_count=2)
    network = ScriptNetwork(NetworkConfig(len(vocabulary), 4, 4, 1, 0.5))
    corpus = {"corpus": {"sha256": read_corpus(tmp_path / "rare.txt").sha256}}
    write_bundle(tmp_path / "rare", bundle_files(network.state_dict(), vocabulary, network.config, "rare", corpus))
    split = open_target(tmp_path / "rare", tmp_path / "rare.txt").split
    assert torch.equal(torch.cat([split.train, split.validation, split.test]), words)
    assert vocabulary.id("<UNK>") in split.test


@pytest.mark.parametrize("fold", [None, False, True])
def test_a_bundle_s_scripts_are_read_as_its_training_read_them(tmp_path: Path, fold: bool | None) -> None:
    text = "bo: \u201csoup\u201d \u2026\n\n" * 40
    (tmp_path / "curly.txt").write_text(text, encoding="utf-8")
    words, vocabulary = ids_of_text(text_to_learn(text, {"training": {"fold": bool(fold)}}))
    network = ScriptNetwork(NetworkConfig(len(vocabulary), 4, 4, 1, 0.5))
    about = {
        "corpus": {"sha256": read_corpus(tmp_path / "curly.txt").sha256},
        "preset": {"training": {} if fold is None else {"fold": fold}},
    }
    write_bundle(tmp_path / "b", bundle_files(network.state_dict(), vocabulary, network.config, "curly", about))
    split = open_target(tmp_path / "b", tmp_path / "curly.txt").split
    assert torch.equal(torch.cat([split.train, split.validation, split.test]), words)
    assert ("soup" in vocabulary) == bool(fold)


def test_a_bundle_s_scripts_are_read_in_the_layout_that_its_training_was_told(tmp_path: Path) -> None:
    (tmp_path / "dash.txt").write_text("bo - soup\nbo - no\nbo - yes\n" + "they eat\n" * 40)
    corpus = read_corpus(tmp_path / "dash.txt", Hints(layout="dash"))
    words, vocabulary = ids_of_text(corpus.text)
    network = ScriptNetwork(NetworkConfig(len(vocabulary), 4, 4, 1, 0.5))
    about = {"corpus": {"sha256": corpus.sha256, "hints": corpus.hints.to_dict()}}
    write_bundle(tmp_path / "b", bundle_files(network.state_dict(), vocabulary, network.config, "dash", about))
    split = open_target(tmp_path / "b", tmp_path / "dash.txt").split
    assert torch.equal(torch.cat([split.train, split.validation, split.test]), words)
    assert "bo:" in vocabulary


def test_cues_are_words_that_the_training_part_holds(trained_run: Path) -> None:
    target = open_target(trained_run, None)
    words = target.bundle.vocabulary.words
    assert {words[index] for index in target.is_cue.nonzero()[:, 0].tolist()} == {"marla:", "otto:", "ines:", "bo:"}
    assert not target.is_seen[target.bundle.vocabulary.id("<PAD>")]


def test_a_bundle_without_scripts_is_refused(trained_run: Path) -> None:
    with pytest.raises(EvaluationError, match="is a bundle: name the scripts that it was trained on with --scripts"):
        open_target(trained_run / "bundle", None)


def test_a_run_with_other_scripts_is_refused(trained_run: Path, scripts: Path) -> None:
    with pytest.raises(EvaluationError, match="is a run, which has its own scripts: leave --scripts out"):
        open_target(trained_run, scripts)


def test_scripts_that_the_bundle_was_not_trained_on_are_refused(trained_run: Path, tmp_path: Path) -> None:
    (tmp_path / "others.txt").write_text("bo: soup.\n" * 200)
    with pytest.raises(CorpusError, match=r"others.txt is not what .* was trained on: its text has sha256 [0-9a-f]"):
        open_target(trained_run / "bundle", tmp_path / "others.txt")
