"""The run's folder: made once, opened again by the same command, refused to another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from training.data.corpus import Corpus, read_corpus
from training.digests import write_files
from training.preset import Preset, read_preset
from training.run import RunError, folder_of, latest_folder, open_run, prepare


@pytest.fixture
def preset(preset_file: Callable[..., Path]) -> Preset:
    return read_preset(str(preset_file()))


@pytest.fixture
def corpus(scripts: Path) -> Corpus:
    return read_corpus(scripts)


def test_a_prepared_run_opens_as_it_was_made(preset: Preset, corpus: Corpus, tmp_path: Path) -> None:
    made = prepare(tmp_path / "run", preset, corpus)
    for opened in (open_run(tmp_path / "run"), prepare(tmp_path / "run", preset, corpus)):
        assert torch.equal(opened.ids, made.ids)
        assert opened.vocabulary.words == made.vocabulary.words
        assert opened.about == made.about


def test_preset_and_corpus_name_the_folder(preset: Preset, corpus: Corpus) -> None:
    assert folder_of(preset.name, corpus) == Path("runs") / f"small-{corpus.sha256[:8]}"


def test_a_folder_of_another_preset_or_corpus_is_refused(
    preset: Preset, corpus: Corpus, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    prepare(tmp_path / "run", preset, corpus)
    with pytest.raises(RunError, match="was made with another preset; choose another folder with --folder"):
        prepare(tmp_path / "run", read_preset(str(preset_file(epochs=99))), corpus)
    with pytest.raises(RunError, match="was made with another corpus"):
        prepare(tmp_path / "run", preset, Corpus(corpus.text + "more", corpus.sources, ()))
    prepare(tmp_path / "run", preset, Corpus(corpus.text, ("renamed.txt",), ()))


def test_too_little_to_train_on_is_refused(preset: Preset, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the scripts hold 2 words; at least 1,000 are needed"):
        prepare(tmp_path / "run", preset, Corpus("two words", ("a.txt",), ()))


def test_the_lexicon_is_learnt_of_the_corpus_and_kept(preset: Preset, corpus: Corpus, tmp_path: Path) -> None:
    made = prepare(tmp_path / "run", preset, corpus)
    assert set(made.lexicon.cues) == {"marla", "otto", "ines", "bo"}
    assert made.lexicon.line_breaks == 2
    assert open_run(tmp_path / "run").lexicon.to_bytes() == made.lexicon.to_bytes()


def test_a_run_from_before_lexicons_is_refused_in_a_sentence(preset: Preset, corpus: Corpus, tmp_path: Path) -> None:
    prepare(tmp_path / "run", preset, corpus)
    (tmp_path / "run" / "lexicon.json").unlink()
    with pytest.raises(RunError, match=r"has no lexicon\.json: an older version prepared it\. Train in a new folder"):
        open_run(tmp_path / "run")


def test_texts_are_folded_unless_the_preset_says_no(preset: Preset, corpus: Corpus, tmp_path: Path) -> None:
    curly = Corpus(corpus.text + "bo: \u201cit\u2019s soup\u2026\u201d\n", corpus.sources, ())
    folded = prepare(tmp_path / "folded", preset, curly)
    assert "it's" in folded.vocabulary
    assert "soup\u2026\u201d" not in folded.vocabulary
    as_it_stands = replace(preset, training=replace(preset.training, fold=False))
    unfolded = prepare(tmp_path / "unfolded", as_it_stands, curly)
    assert "soup\u2026\u201d" in unfolded.vocabulary
    assert folded.about["corpus"]["sha256"] == unfolded.about["corpus"]["sha256"]
    assert sum(folded.about["corpus"]["characters"].values()) == pytest.approx(len(curly.text), abs=2)


@pytest.mark.parametrize("name", ["words.safetensors", "vocab.json", "lexicon.json", "run.json"])
def test_a_missing_file_or_one_of_another_version_is_named(
    preset: Preset, corpus: Corpus, tmp_path: Path, name: str
) -> None:
    prepare(tmp_path / "run", preset, corpus)
    for data in (b"\xff", b"{}", b"3", b'{"corpus": 3}', b"[" * 200_000, save({"words": torch.tensor([-1])})):
        write_files(tmp_path / "run", {name: data})
        with pytest.raises(RunError, match="was made by another version of Cold Open"):
            open_run(tmp_path / "run")
    (tmp_path / "run" / name).unlink()
    message = "has no lexicon.json" if name == "lexicon.json" else f"is not a run: {name} is missing"
    with pytest.raises(RunError, match=message):
        open_run(tmp_path / "run")


def test_the_latest_run_is_the_one_used_last_though_the_clock_was_set_back(
    preset: Preset, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        prepare(Path("runs") / name, preset, corpus)
    for file in Path("runs/two").iterdir():
        os.utime(file, (1, 1))  # written in 1970, by the clock of that day
    assert latest_folder() == Path("runs/two")
    prepare(Path("runs/one"), preset, corpus)  # as training does when it goes on
    assert latest_folder() == Path("runs/one")
    shutil.rmtree("runs/one")
    assert latest_folder() == Path("runs/two")
    prepare(Path("elsewhere"), preset, corpus)
    assert latest_folder() == Path("runs/two")


def test_a_run_may_be_called_latest(
    preset: Preset, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(Path("runs/latest"), preset, corpus)
    assert latest_folder() == Path("runs/latest")
