"""Layouts: who speaks is found by evidence, whatever the form; text without speakers is left alone."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.training.data.spoken import LONG, SPEECHES, corpus_of, expected, lines, speeches_in
from training.data.errors import CorpusError
from training.data.hints import Hints


def wrapped(form: str, width: int, upper: bool = True) -> str:
    """Long speeches, broken at a width."""
    return "".join(
        "\n".join(textwrap.wrap(form.format(name=a.upper() if upper else a, text=b), width)) + "\n\n" for a, b in LONG
    )


FORMS = {
    "colon": "{name}: {text}\n",
    "a space before the colon": "{name} : {text}\n",
    "a full-width colon": "{name}\uff1a{text}\n",
    "no space behind the colon": "{name}:{text}\n",
    "brackets": "[{name}] {text}\n",
    "pointed brackets": "<{name}> {text}\n",
    "a tab": "{name}\t{text}\n",
    "a bar": "{name}|{text}\n",
    "fields with numbers": "{n}\t{name}\t{text}\n",
    "a dash": "{name} - {text}\n",
    "a colon above": "{name}:\n{text}\n\n",
    "a name above": "{name}\n{text}\n\n",
    "brackets above": "[{name}]\n{text}\n\n",
    "a time before": "[00:01:{n:02}] {name}: {text}\n",
    "a time above": "00:01:{n:02}\n{name}: {text}\n\n",
    "a time behind the name": "{name} (00:{n:02}): {text}\n",
    "a time behind a name above": "{name}  0:{n:02}\n{text}\n\n",
    "a chat": "12/03/20, 9:{n:02} PM - {name}: {text}\n",
    "another chat": "{name} \u2014 Today at 9:{n:02} PM\n{text}\n",
    "a channel": "[09:{n:02}] <{name}> {text}\n",
    "a chat's note to whom": "09:00:{n:02}\t From {name} to Everyone : {text}\n",
    "numbers": "{n}. {name}: {text}\n",
    "arrows between": "{name} >> {text}\n",
    "columns of spaces": "{name:<14}{text}\n",
    "arrows": ">> {name}: {text}\n",
    "an equals sign": "{name} = {text}\n",
    "a thin arrow": "{name} -> {text}\n",
    "Hive's fields": "{name}\x01{text}\n",
    "stars around": "*{name}* {text}\n",
    "quotation marks": '    {name} "{text}"\n',
    "numbers of episodes": "S01E{n:02} {name}: {text}\n",
    "fields with numbers of episodes": "S01E01|{name}|{text}\n",
    "a date behind a name above": "{name} \u2014 03/04/2021\n{text}\n\n",
    "a reply": "> {name}: {text}\n",
    "a time behind the colon": "{name}: [00:00:{n:02}] {text}\n",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_speakers_are_found_in_each_form(form: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", lines(form))
    assert speeches_in(corpus) == expected()
    assert corpus.scripts[0].layout != "plain text"


@pytest.mark.parametrize("other", ["{name}:\n{text}\n\n", "{name}\n{text}\n\n"])
def test_two_layouts_in_one_text_are_both_read(other: str, tmp_path: Path) -> None:
    text = lines("{name}: {text}\n\n", upper=True) + lines(other, upper=True)
    assert speeches_in(corpus_of(tmp_path, "a.txt", text)) == expected(upper=True) * 2


def test_what_fountain_adds_to_text_goes(tmp_path: Path) -> None:
    text = "INT. HALL - DAY #1A#\n\n> THE END <\n\n" + lines("{name}\n{text}\n  \nAnd on.\n\n", upper=True)
    found = speeches_in(corpus_of(tmp_path, "a.fountain", text))
    assert found == [
        ("", "[INT. HALL - DAY]"),
        ("", "THE END"),
        *((a, f"{b} And on.") for a, b in expected(upper=True)),
    ]


@pytest.mark.parametrize("form", ["{name}\n{text}\n\n", "{name}\n\n{text}\n\n", "{name}\n{text}\n", "{name}--{text}\n"])
def test_names_in_capitals_are_cues(form: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.txt", lines(form, upper=True))) == expected(upper=True)


@pytest.mark.parametrize(
    ("form", "upper"),
    [
        ("{name}. {text}", True),
        ("{name}. {text}", False),
        ("_{name}._ {text}", False),
        ("{name}: {text}", True),
    ],
)
def test_speeches_of_several_lines_are_whole(form: str, upper: bool, tmp_path: Path) -> None:
    found = speeches_in(corpus_of(tmp_path, "a.txt", wrapped(form, 68, upper)))
    assert found == [(a.upper() if upper else a, b) for a, b in LONG]


@pytest.mark.parametrize("form", ["{name} [to the door]. {text}\n\n", "{name}. [to the door] {text}\n\n"])
def test_what_stands_in_brackets_is_kept(form: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.txt", lines(form))) == [(a, f"[to the door] {b}") for a, b in SPEECHES]


@pytest.mark.parametrize("form", ["{name}.\u2014 {text}\n\n", "{name}.- {text}\n", "{name} / {text}\n"])
def test_a_stop_or_a_stroke_parts_name_and_speech(form: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.txt", lines(form, upper=True))) == expected(upper=True)


def test_questions_and_answers_are_two_speakers(tmp_path: Path) -> None:
    text = "".join(f"{'QA'[n % 2]}. {b}\n\n" for n, (_, b) in enumerate(SPEECHES))
    assert {name for name, _ in speeches_in(corpus_of(tmp_path, "a.txt", text))} == {"Q", "A"}


def test_verse_below_a_name_with_a_full_stop_is_joined(tmp_path: Path) -> None:
    text = "".join(f"{a.upper()}.\n{chr(10).join(textwrap.wrap(b, 40))}\n\n" for a, b in LONG)
    assert speeches_in(corpus_of(tmp_path, "a.txt", f"ACT I.\n\nSCENE I. A room.\n\n{text}"))[2:] == [
        (a.upper(), b) for a, b in LONG
    ]


def test_a_screenplay_keeps_what_is_seen_and_no_heading_speaks(tmp_path: Path) -> None:
    head = "FADE IN:\n\nINT. DINER - DAY\n\nA man sits and looks\nat his soup.\n\n"
    cues = ["OTTO (V.O.)", "OTTO (CONT'D)", "MARLA", "OTTO"]
    speeches = "".join(f"{' ' * 20}{cue}\n{' ' * 15}(low)\n{' ' * 10}It is\n{' ' * 10}cold.\n\n" for cue in cues)
    corpus = corpus_of(tmp_path, "a.txt", f"{head}{speeches}CUT TO:\n\nEXT. STREET - NIGHT\n\nRain.\n")
    assert corpus.text.split("\n\n")[:-1] == [
        "[FADE IN:]",
        "[INT. DINER - DAY]",
        "A man sits and looks at his soup.",
        *[f"{name}: (low) It is cold." for name in ("OTTO", "OTTO", "MARLA", "OTTO")],
        "[CUT TO:]",
        "[EXT. STREET - NIGHT]",
        "Rain.",
    ]


def test_fountain_loses_its_title_page_notes_and_marks(tmp_path: Path) -> None:
    text = "Title: Soup\nAuthor: Me\n\n.THE DINER\n\n[[a note]]\n\n/* cut */\n\n@McBo\nIt is *cold*.\n\nOTTO ^\nNo.\n\n"
    corpus = corpus_of(tmp_path, "a.fountain", f"{text}@McBo\nYes.\n\nOTTO\nNo!\n\n> SMASH TO BLACK:\n")
    assert (
        corpus.text
        == "[THE DINER]\n\nMcBo: It is cold.\n\nOTTO: No.\n\nMcBo: Yes.\n\nOTTO: No!\n\n[SMASH TO BLACK:]\n\n"
    )
    assert corpus.scripts[0].left_out == ("notes", "a title page")


def test_cornell_s_movie_lines_are_read_in_order(tmp_path: Path) -> None:
    rows = [f"L{99 - n} +++$+++ u1 +++$+++ m0 +++$+++ {a.upper()} +++$+++ {b}\n" for n, (a, b) in enumerate(SPEECHES)]
    assert speeches_in(corpus_of(tmp_path, "movie_lines.txt", "".join(rows))) == expected(upper=True)[::-1]


def test_a_play_whose_speeches_hang_needs_no_empty_lines(tmp_path: Path) -> None:
    text = "".join(
        textwrap.fill(f"{a}. {b}", 60, initial_indent="  ", subsequent_indent="    ") + "\n" for a, b in LONG
    )
    play = f"*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n{text}"
    assert speeches_in(corpus_of(tmp_path, "a.txt", play)) == LONG


def test_gutenberg_s_licence_is_no_script(tmp_path: Path) -> None:
    text = lines("{name}: {text}\n")
    begin, end = (f"*** {word} OF THE PROJECT GUTENBERG EBOOK X ***\n" for word in ("START", "END"))
    corpus = corpus_of(tmp_path, "a.txt", f"Licence: none\n{begin}{text}{end}no")
    assert speeches_in(corpus) == expected()
    assert corpus.scripts[0].left_out == ("Project Gutenberg's header and licence",)


PROSE = [f"{b} He said: {b.lower()}" if n % 5 == 0 else f"{b} {b}" for n, (_, b) in enumerate(SPEECHES)]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(PROSE),
        "\n".join(b for _, b in SPEECHES),
        "\n\n".join(f"{('Yes. ', 'No. ', 'Well. ')[n % 3]}{b}" for n, (_, b) in enumerate(SPEECHES)),
        "\n\n".join(f"- {b}\nthe rest" for _, b in SPEECHES[:20]),
        "CHAPTER I\n\n" + "\n\n".join(PROSE) + "\n\nCHAPTER II\n\n" + "\n\n".join(PROSE),
    ],
)
def test_text_without_speakers_stays_as_it_is(text: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", f"{text}\n")
    assert corpus.text == f"{text}\n"
    assert corpus.scripts[0].layout == "plain text"


def test_wrapped_prose_is_joined_and_verse_is_not(tmp_path: Path) -> None:
    paragraphs = [" ".join(b for _, b in SPEECHES[n : n + 6]) for n in range(0, 54, 6)]
    text = "\n\n".join("\n".join(textwrap.wrap(paragraph, 70)) for paragraph in paragraphs)
    assert corpus_of(tmp_path, "a.txt", f"{text}\n").text == "\n\n".join(paragraphs) + "\n"


def test_a_text_of_the_usual_form_is_learnt_to_the_letter(tmp_path: Path) -> None:
    text = lines("{name}: {text}  \n\n") + "[Setting: a diner]\n\n  otto :  what\n\nthey eat.\n"
    assert corpus_of(tmp_path, "a.txt", text).text == text


def test_a_person_may_name_the_layout(tmp_path: Path) -> None:
    text = lines("{name} - {text}\n")
    assert corpus_of(tmp_path, "a.txt", text, Hints(layout="plain")).text == text
    few = "Otto - yes\nMarla - no\nOtto - oh\n" + "they eat.\n" * 30
    assert corpus_of(tmp_path, "b.txt", few).text == few
    assert corpus_of(tmp_path, "b.txt", few, Hints(layout="dash")).text.startswith("Otto: yes\n\nMarla: no\n\n")
    with pytest.raises(CorpusError, match="it has no line in the layout 'cornell' whose speaker comes back"):
        corpus_of(tmp_path, "b.txt", few, Hints(layout="cornell"))


@pytest.mark.parametrize("form", ["{name}\nBo\n\n", "{name}\nBo\n"])
def test_a_name_that_is_said_is_no_cue(form: str, tmp_path: Path) -> None:
    text = "".join(form.format(name=("Ann", "Otto")[n % 2]) for n in range(30))
    assert speeches_in(corpus_of(tmp_path, "a.txt", text)) == [(("Ann", "Otto")[n % 2], "Bo") for n in range(30)]


def test_a_name_without_a_speech_stays(tmp_path: Path) -> None:
    text = lines("{name}\n{text}\n\n", upper=True) + "OTTO\nINT. DINER - DAY\n\n"
    assert corpus_of(tmp_path, "a.txt", text).text.endswith("OTTO\n\n[INT. DINER - DAY]\n\n")
