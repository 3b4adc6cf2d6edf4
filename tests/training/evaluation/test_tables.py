"""Tables for a terminal and for Markdown."""

from __future__ import annotations

from training.evaluation.tables import as_markdown, as_text

ROWS = [["perplexity", "seen", "all"], ["trigram", "53.2", "76.4"], ["words", "43,133", "44,606"]]


def test_columns_are_aligned() -> None:
    assert as_text(ROWS) == "\n".join(
        [
            "perplexity    seen     all",
            "trigram       53.2    76.4",
            "words       43,133  44,606",
        ]
    )


def test_markdown_aligns_numbers_to_the_right() -> None:
    assert as_markdown(ROWS).splitlines()[:3] == [
        "| perplexity | seen | all |",
        "| --- | ---: | ---: |",
        "| trigram | 53.2 | 76.4 |",
    ]
