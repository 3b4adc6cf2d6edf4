"""Mails and pages saved as one file."""

from __future__ import annotations

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

from tests.training.data.spoken import SPEECHES, corpus_of, expected, lines, speeches_in


def test_the_longest_text_in_a_mail_is_read(tmp_path: Path) -> None:
    mail = MIMEMultipart()
    mail["Subject"] = "The script: at last"
    mail.attach(MIMEText("See below."))
    mail.attach(MIMEText(lines("{name}: {text} isn\u2019t\n"), _charset="utf-8"))  # in base64
    found = speeches_in(corpus_of(tmp_path, "a.eml", mail.as_bytes()))
    assert found == [(a, f"{b} isn\u2019t") for a, b in SPEECHES]


def test_a_saved_page_is_read_without_the_breaks_of_its_lines(tmp_path: Path) -> None:
    body = lines("<p>{name}: {text}</p>").replace("the", "the=\n")
    text = f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n{body}"
    assert speeches_in(corpus_of(tmp_path, "a.mht", text)) == expected()
