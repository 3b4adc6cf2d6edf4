"""Tables: any delimiter, any usual quoting, columns by their names; rows that can't be used are skipped and named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.training.data.spoken import SPEECHES, corpus_of, expected, lines, speeches_in
from training.data.errors import CorpusError
from training.data.hints import Hints

HEADER = ",Character,Dialogue,EpisodeNo,SEID,Season\n"


def table(titles: list[str], *, delimiter: str = ",", quote: str = '"', **fields: str) -> str:
    """A table of all speeches; other fields than name and text are as given."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="\n")
    writer.writerow(titles)
    for number, (name, text) in enumerate(SPEECHES):
        values = {"name": name, "text": f"{text}, yes", "n": str(number)}
        writer.writerow([values.get(fields.get(title, title), "-") for title in titles])
    return out.getvalue()


def test_rows_become_speeches(tmp_path: Path) -> None:
    text = HEADER + '0,MARLA,"Soup, please.",1.0,S01E01,1.0\n1,OTTO,No,1.0,S01E01,1.0\n2,,They eat,1,S,1\n'
    assert corpus_of(tmp_path, "a.csv", text).text == "MARLA: Soup, please.\n\nOTTO: No\n\nThey eat\n\n"


def test_no_index_column_is_needed(tmp_path: Path) -> None:
    text = "Character,Dialogue,EpisodeNo,SEID,Season\r\nMARLA,Hi,1.0,S01E01,1.0\r\n"
    assert corpus_of(tmp_path, "a.csv", text).text == "MARLA: Hi\n\n"


def test_a_line_break_in_a_quoted_field_stays_within_the_speech(tmp_path: Path) -> None:
    text = HEADER + '0,MARLA,"One\ntwo ""three""",1.0,S01E01,1.0\n'
    assert corpus_of(tmp_path, "a.csv", text).text == 'MARLA: One two "three"\n\n'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_fields_stand_apart_by_any_delimiter_whatever_the_file_s_name(
    name: str, delimiter: str, tmp_path: Path
) -> None:
    found = corpus_of(tmp_path, name, table(["n", "name", "text"], delimiter=delimiter))
    assert speeches_in(found) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_a_first_line_may_name_the_delimiter(tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.csv", "sep=:\nname:text\nA:b\nA:c\n")) == [
        ("A", "b"),
        ("A", "c"),
    ]


@pytest.mark.parametrize(
    "titles",
    [
        ["season", "episode", "line_text=text", "speaker=name", "deleted"],
        ["id=n", "raw_text", "raw_character_text=name", "spoken_words=text", "normalized_text"],
        ["Season", "Character=name", "Line=text"],
        ["line=n", "Character Name=name", "Utterance=text"],
        ["Dataline=n", "Player=name", "PlayerLine=text"],
        ["index=n", "episode name", "name=name", "line=text"],
    ],
)
def test_columns_are_known_by_their_usual_names(titles: list[str], tmp_path: Path) -> None:
    fields = dict(pair for title in titles if len(pair := title.split("=")) == 2)
    text = table([title.split("=")[0] for title in titles], **fields)
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_a_person_may_name_the_columns(tmp_path: Path) -> None:
    text = table(["wer", "was", "wo"], wer="name", was="text")
    with pytest.raises(CorpusError, match=r"its first line reads 'nr', 'was'.*name others with --columns"):
        corpus_of(tmp_path, "odd.csv", table(["nr", "was"], nr="n", was="text"))
    found = corpus_of(tmp_path, "a.csv", text, Hints(speaker="wer", text="was"))
    assert speeches_in(found) == [(a, f"{b}, yes") for a, b in SPEECHES]
    assert corpus_of(tmp_path, "a.csv", text, Hints(text="2")).text.startswith(f"{SPEECHES[0][1]}, yes\n\n")
    with pytest.raises(CorpusError, match="there is no column 'who'; there are 'wer', 'was', 'wo'"):
        corpus_of(tmp_path, "a.csv", text, Hints(speaker="who", text="was"))


def test_two_columns_need_no_titles_where_names_come_back(tmp_path: Path) -> None:
    text = table(["wer", "was"], wer="name", was="text")
    for content in (text, text.partition("\n")[2]):
        assert speeches_in(corpus_of(tmp_path, "a.csv", content)) == [(a, f"{b}, yes") for a, b in SPEECHES]


@pytest.mark.parametrize("delimiter", ["~", "#", ":", "\x1f", "\x01"])
def test_any_mark_may_part_the_fields_of_known_titles(delimiter: str, tmp_path: Path) -> None:
    text = table(["n", "speaker", "line"], speaker="name", line="text", delimiter=delimiter)
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_spaces_may_stand_before_quoted_fields(tmp_path: Path) -> None:
    text = "speaker, line\n" + "".join(f'{a}, "{b}, yes"\n' for a, b in SPEECHES)
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [(a, f"{b}, yes") for a, b in SPEECHES]


@pytest.mark.parametrize("head", ["# exported on a Monday\n# by us\n", "The diner,,\n\n", "The diner\n"])
def test_titles_may_stand_below_some_lines(head: str, tmp_path: Path) -> None:
    text = head + table(["n", "speaker", "line"], speaker="name", line="text")
    corpus = corpus_of(tmp_path, "a.csv", f"{text}61,Bo\n")
    assert speeches_in(corpus) == [(a, f"{b}, yes") for a, b in SPEECHES]
    assert [skip.line for skip in corpus.skips] == [62 + head.count("\n")]


@pytest.mark.parametrize("titles", [["n", "scene", "name", "text"], ["n", "scene", "said by=name", "what=text"]])
def test_a_column_of_names_is_told_by_what_it_holds(titles: list[str], tmp_path: Path) -> None:
    fields = dict(pair for title in titles if len(pair := title.split("=")) == 2)
    text = table([title.split("=")[0] for title in titles], scene="Hall", **fields)
    for content in (text, text.partition("\n")[2]):
        assert speeches_in(corpus_of(tmp_path, "a.csv", content)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_an_unknown_column_of_names_stands_beside_known_text(tmp_path: Path) -> None:
    text = table(["spoken_by", "text"], spoken_by="name")
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_rows_may_be_quoted_whole(tmp_path: Path) -> None:
    rows = table(["speaker", "line"], speaker="name", line="text").replace('"', '""').splitlines()
    text = "".join(f'"{row}"\n' for row in rows)
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_a_field_may_hold_a_whole_script(tmp_path: Path) -> None:
    script = lines("{name}: {text}\n") * 60  # longer than the 131,072 characters of the reader's own limit
    corpus = corpus_of(tmp_path, "a.csv", f'episode,script\n1,"{script}"\n2,"{script}"\n')
    assert speeches_in(corpus) == expected() * 120
    assert corpus.scripts[0].format == "a table with commas, of whole scripts"


def test_quotes_may_be_escaped_by_a_backslash_or_be_single(tmp_path: Path) -> None:
    text = "Character,Dialogue\n" + 'MARLA,"He said: \\"Soup\\", Otto."\n' * 3
    corpus = corpus_of(tmp_path, "a.csv", text)
    assert corpus.text == 'MARLA: He said: "Soup", Otto.\n\n' * 3
    assert corpus.scripts[0].format == "a table with commas, quotes escaped by a backslash"
    single = corpus_of(tmp_path, "b.csv", "'speaker','text'\n'A','one, two'\n'B','three'\n")
    assert single.text == "A: one, two\n\nB: three\n\n"


def test_tags_and_entities_in_fields_are_read(tmp_path: Path) -> None:
    text = "Character,Dialogue\n" + "A,it isn&#39;t <i>soup</i> &amp; so\n" * 5
    assert speeches_in(corpus_of(tmp_path, "a.csv", text)) == [("A", "it isn't soup & so")] * 5


def test_unusable_rows_are_skipped_and_named_by_line(tmp_path: Path) -> None:
    rows = "0,A,fine,1,S,1\n1,B,too few\n2,C,too,many,1,S,1,1\n3,D,,1,S,1\n4,E,a\0b,1,S,1\n5,F,good,1,S,1\n"
    corpus = corpus_of(tmp_path, "a.csv", HEADER + rows)
    assert corpus.text == "A: fine\n\nF: good\n\n"
    assert [str(skip) for skip in corpus.skips] == [
        "a.csv line 3: too few fields: 3 of 6",
        "a.csv line 4: too many fields: 8 of 6",
        "a.csv line 5: empty dialogue",
        "a.csv line 6: a NUL, which no text has",
    ]


@pytest.mark.parametrize("broken", ['1,B,"never closed,1,S,1', '1,B,"closed" too early",1,S,1'])
def test_a_stray_quotation_mark_costs_its_own_row_only(tmp_path: Path, broken: str) -> None:
    text = HEADER + f'0,A,fine,1,S,1\n{broken}\n2,C,"good, too",1,S,1\n3,D,last,1,S,1\n'
    corpus = corpus_of(tmp_path, "a.csv", text)
    assert corpus.text == "A: fine\n\nC: good, too\n\nD: last\n\n"
    assert [skip.line for skip in corpus.skips] == [3]


def test_a_million_titles_are_not_all_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"'c11' and 99,988 more") as caught:
        corpus_of(tmp_path, "a.csv", ",".join(f"c{n}" for n in range(100_000)) + "\n1,2\n")
    assert len(str(caught.value)) < 600


def test_windows_bytes_in_a_table_are_read(tmp_path: Path) -> None:
    text = lines("{name},{text} isn\u2019t so\n")
    corpus = corpus_of(tmp_path, "a.csv", f"Character,Dialogue\n{text}".encode("cp1252"))
    assert speeches_in(corpus) == [(a, f"{b} isn\u2019t so") for a, b in expected()]
    assert corpus.skips == ()


@pytest.mark.parametrize("titles", ["", "personnage,réplique\n"])
def test_two_columns_need_no_known_titles_if_one_holds_names(titles: str, tmp_path: Path) -> None:
    rows = lines('{name},"{text}, yes"\n')
    assert speeches_in(corpus_of(tmp_path, "a.txt", titles + rows)) == [(a, f"{b}, yes") for a, b in SPEECHES]


def test_single_quotes_quote_where_rows_open_with_them(tmp_path: Path) -> None:
    rows = lines("'{name}','{text} isn''t, yes'\n")
    assert speeches_in(corpus_of(tmp_path, "a.csv", f"'name','text'\n{rows}")) == [
        (a, f"{b} isn't, yes") for a, b in SPEECHES
    ]


def test_prose_with_a_comma_in_each_line_is_no_table(tmp_path: Path) -> None:
    text = "Well, the soup is cold.\nNo, it is not.\n" * 20
    assert corpus_of(tmp_path, "a.txt", text).text == text
