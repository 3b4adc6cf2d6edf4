"""Encodings: told by marks, by NULs, by what letters make sense."""

from __future__ import annotations

import re

import pytest

from training.data.encoding import decode
from training.data.errors import CorpusError

TEXTS = {
    "English": (
        "Otto: I don\u2019t know \u2014 it\u2019s \u201cfine\u201d. We\u2019re late\u2026\nMarla: You can\u2019t be!\n"
    ),
    "French": "Jérôme : Ça va ? Où est passé le garçon à côté de la fenêtre ?\nÉlise : Je ne sais pas, déjà fermé.\n",
    "German": (
        "Jürgen: Das ist schön, aber wo läuft der Hund? Größe, Straße, Übung.\nUlla: Das ist äußerst gut für mich.\n"
    ),
    "Spanish": "José: ¿Qué pasó mañana? ¡No sé! El niño comió jamón.\nMaría: Así es la canción, señor.\n",
    "Polish": (
        "Józek: Cześć, gdzie jest mój żółty parasol? Może się zgubił.\nŁucja: Źle, idź już do domu, proszę cię.\n"
    ),
    "Russian": "Иван: Где мой суп? Я не знаю, может быть, он на столе.\nМария: Ты всегда забываешь, это смешно!\n",
    "Greek": "Γιώργος: Πού είναι η σούπα μου; Δεν ξέρω, ίσως είναι στο τραπέζι.\nΜαρία: Πάντα ξεχνάς, είναι αστείο!\n",
    "Chinese": "小明：你在哪里？我回家了。今天天气很好，我们去喝汤吧！\n小红：好的，等我一下，我马上就来。\n",
    "Japanese": (
        "太郎：スープはどこですか？わかりません、たぶんテーブルの上です。\n花子：いつも忘れますね、面白いです！\n"
    ),
    "Korean": "철수: 내 수프는 어디에 있어요? 모르겠어요, 아마 식탁 위에 있을 거예요.\n영희: 항상 잊어버리네요!\n",
}
OLD = [
    *[("English", name) for name in ("cp1252", "mac_roman")],
    *[("French", name) for name in ("cp1252", "latin-1", "mac_roman")],
    *[("German", name) for name in ("cp1252", "mac_roman")],
    *[("Spanish", name) for name in ("cp1252", "mac_roman")],
    *[("Polish", name) for name in ("cp1250", "iso8859-2")],
    *[("Russian", name) for name in ("cp1251", "koi8-r", "cp866", "iso8859-5")],
    *[("Greek", name) for name in ("cp1253", "iso8859-7")],
    *[("Chinese", name) for name in ("gb18030", "gbk")],
    *[("Japanese", name) for name in ("shift_jis", "euc_jp", "iso2022_jp")],
    ("Korean", "euc_kr"),
]
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize(("language", "encoding"), OLD)
@pytest.mark.parametrize("times", [1, 30])
def test_encodings_from_before_unicode_are_told(language: str, encoding: str, times: int) -> None:
    text = TEXTS[language] * times
    assert decode("a.txt", text.encode(encoding))[0] == text


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode_is_read_with_and_without_a_mark(language: str, encoding: str) -> None:
    text, found = decode("a.txt", TEXTS[language].encode(encoding))
    assert text == TEXTS[language]
    assert found.startswith(encoding.removesuffix("-sig"))


def test_few_other_bytes_in_utf_8_are_windows_1252() -> None:
    data = "".join("Otto: isn\u2019t so\n" for _ in range(20)).encode() + "Bo: isn\u2019t\n".encode("cp1252")
    text, found = decode("a.txt", data)
    assert text.count("isn\u2019t") == 21
    assert found == "utf-8, and cp1252 where it is not"


@pytest.mark.parametrize("text", ["Bo: So se\u00f1or is late.\n", "Bo: the Gal\u00e1pagos\n", "Bo: consomm\u00e9\n"])
def test_one_letter_is_enough_for_windows_1252(text: str) -> None:
    assert decode("a.txt", f"Otto: a soup.\n{text}".encode("cp1252"))[0] == f"Otto: a soup.\n{text}"


def test_line_breaks_of_all_systems_are_one() -> None:
    assert decode("a.txt", b"a\r\nb\rc\n") == ("a\nb\nc\n", "utf-8")
    assert decode("a.txt", "a\u2028b\u2029c\vd\n".encode())[0] == "a\nb\nc\nd\n"
    assert decode("a.txt", "a\x85b".encode())[0] == "a\nb"


def test_marks_that_only_say_which_way_text_runs_go() -> None:
    assert decode("a.txt", "\ufeff\ufeff\u200eBo: soup\u202c\n".encode())[0] == "Bo: soup\n"


@pytest.mark.parametrize("stray", ["Bo: soup\0\n", "Bo:\0 soup\n"])
def test_stray_nuls_make_no_utf_16(stray: str) -> None:
    assert decode("a.txt", stray.encode() * 50) == (re.sub("\0(?=\n|$)", "", stray * 50), "utf-8")
    assert decode("a.txt", f"{stray * 50}{chr(0) * 512}".encode())[1] == "utf-8"


def test_a_person_may_name_the_encoding() -> None:
    assert decode("a.txt", b"\xa4", "iso8859-15") == ("\u20ac", "iso8859-15")
    with pytest.raises(CorpusError, match="there is no encoding 'klingon'; some are utf-8, cp1252"):
        decode("a.txt", b"a", "klingon")
    with pytest.raises(CorpusError, match=r"a\.txt is not utf-8: byte 3 can't be decoded"):
        decode("a.txt", b"abc\xff", "utf-8")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"a\.bin holds no text that can be read"):
        decode("a.bin", bytes(range(1, 256)) * 20)
    with pytest.raises(CorpusError, match="begins as UTF-16 does but is not"):
        decode("b.txt", b"\xff\xfeo")
