"""The report: what was understood, and warnings with what to do."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.training.data.spoken import corpus_of, lines, written
from training.data.corpus import Corpus, read_corpus, text_to_learn
from training.data.ids import ids_of_text
from training.data.report import first_speeches, report


def told(corpus: Corpus, fold: bool = True) -> str:
    """The report of a corpus."""
    preset = {"training": {"fold": fold, "contractions": True}}
    ids, vocabulary = ids_of_text(text_to_learn(corpus.text, preset))
    return report(corpus, len(ids), torch.bincount(ids, minlength=len(vocabulary)).tolist(), preset)


def test_what_was_read_and_who_speaks(tmp_path: Path) -> None:
    said = told(corpus_of(tmp_path, "a.txt", lines("{name}\n{text} isn\u2019t\n\n", upper=True).encode("cp1252")))
    assert "read a.txt: " in said
    assert "encoding: cp1252" in said
    assert "layout: `NAME` above the speech" in said
    assert "4 speakers, in 100% of 60 lines; " in said
    assert "aunt ines " in said
    assert " in the vocabulary, " in said
    assert "60 curly quotation marks, long dashes and ellipses become those of a keyboard" in said
    assert "warning" not in said


def test_contractions_that_lost_their_apostrophe_are_counted(tmp_path: Path) -> None:
    kept = lines("{name}: {text} I don't. It's not. He's ill.\n") * 6
    lost = lines("{name}: {text} I dont. Its not. Hes ill.\n")
    corpus = corpus_of(tmp_path, "a.txt", kept + lost)
    assert (
        "united 180 contractions that part of the text writes without apostrophe, 3 kinds: "
        "`dont` with `don't` 60, `its` with `it's` 60, `hes` with `he's` 60"
    ) in told(corpus)
    assert "united" not in told(corpus, fold=False)


def test_the_ten_most_frequent_of_many_speakers_are_named(tmp_path: Path) -> None:
    text = "".join(f"Voice {n}: it is cold.\n" * (n + 2) for n in range(12))
    said = told(corpus_of(tmp_path, "a.txt", text))
    assert "12 speakers, in 100% of 90 lines; the 10 most frequent: voice 11 13, voice 10 12, " in said
    assert "voice 1 3" not in said


def test_files_left_out_and_rows_skipped_are_told_in_few_lines(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "name,text\n" + lines('{name},"{text}"\n') + "x\n" * 3000 + "x,\n" * 40)
    written(tmp_path, "b.srt", lines("{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n\n"))
    for number in range(30):
        written(tmp_path, f"{number}.png", b"\x89PNG")
    said = told(read_corpus(tmp_path))
    assert "read 2 files: " in said
    assert "format: a table with commas (1), subtitles (1)" in said
    assert "left out 30 files:\n  0.png: it is a picture: scripts are text\n" in said
    assert "  and 20 more\n" in said
    assert "skipped 3,040 unusable lines: too few fields (3,000), empty dialogue (40)\n  a.csv line 62: too few" in said
    assert len(said.splitlines()) < 40


def test_a_text_without_cues_is_warned_of(tmp_path: Path) -> None:
    said = told(corpus_of(tmp_path, "a.txt", lines("{text}\n")))
    assert "warning: hardly a line names who speaks" in said
    assert "--layout (colon, above, brackets, " in said


def test_a_text_of_words_that_never_come_back_is_warned_of(tmp_path: Path) -> None:
    said = told(
        corpus_of(tmp_path, "a.txt", "".join(f"A: w{n} x{n} y{n} z{n}.\nB: v{n} u{n} t{n}.\n" for n in range(99)))
    )
    assert "warning: nearly every word is another one: 693 of 1,287 are seen only once" in said


def test_a_text_without_spaces_is_offered_characters(tmp_path: Path) -> None:
    said = told(corpus_of(tmp_path, "a.txt", "小明：你在哪里？\n小红：好的。\n" * 9))
    assert "warning: 100% of the letters are of a script without spaces" in said
    assert "With --characters each character is a word" in said


def test_broken_characters_are_told(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", lines("{name}: {text} isn?t w?rd \u00e2\u20ac\u0153hi\n"))
    said = told(corpus)
    assert "mended 60 apostrophes that had become question marks, as in `isn?t`" in said
    assert "mended 60 lines of UTF-8 that had been read in another encoding" in said
    assert "warning: 60 characters inside words are `?` or could not be decoded" in said
    assert "warning: 120 broken characters stay, since this preset says fold = false" in told(corpus, fold=False)


def test_mixed_quotation_marks_are_warned_of_where_they_are_not_folded(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", lines("{name}: {text} isn't isn\u2019t\n"))
    assert "warning" not in told(corpus)
    assert "warning: curly and straight quotation marks are mixed" in told(corpus, fold=False)


def test_the_first_speeches_are_shown_as_they_are_learnt() -> None:
    assert first_speeches("OTTO: It ISN'T,  so!\n\n\nBO: No - yes\nno", 2) == "otto: it isn't, so!\nbo: no-yes"
