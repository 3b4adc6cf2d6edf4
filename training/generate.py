"""A script for a person at a terminal, from a model here or from a deployed API."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldopen.default_prime import default_prime
from coldopen.request import FIELDS, MAX_SCRIPTS, read_generate_request
from coldopen.sampling import Sampling
from coldopen.screenplay import FORMATS, render
from coldopen.steering import ENDS
from coldopen.task import read_task
from coldopen.writer import Writer
from training.service import Service

SHIPPED_BUNDLE = Path(__file__).resolve().parents[1] / "models" / "seinfeld"

MAX_LENGTH = 1_000_000
"""The most words of one script here."""

_PAGE_BREAK = "\n\n===\n\n"  # between scripts; Fountain's own
_BOLD, _DIM, _PLAIN = "\033[1m", "\033[2m", "\033[0m"
_ASIDE = re.compile(r"\([^()]*\)")
_PLAIN_CUE = re.compile(r"^[^\s:][^:\n]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """A script, what makes it again, and how many of the prime's first words were too many to be read."""

    text: str
    length: int
    finish_reason: str
    seed: int
    left_out: int = 0


def add_fields(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of a request; those left out are None."""
    default = Sampling()
    parser.add_argument("--prime", help="what the script begins with; default: the most frequent speaker")
    parser.add_argument("--length", type=int, help="words to write, punctuation and line breaks counted; default: 100")
    parser.add_argument("--end", choices=ENDS, default="sentence", help="what the script ends with; default: sentence")
    parser.add_argument("--stop", action="append", help=r"a word, or \n, that ends the script; may be given 4 times")
    parser.add_argument("--lines", type=int, help="how many speeches to write")
    parser.add_argument("--cast", help="the only ones who may speak, with commas between them")
    parser.add_argument("--no-repeat", type=int, help="no sequence of so many words twice")
    parser.add_argument(
        "--no-copy", type=int, help="no sequence of so many words, 8 or more, that the training text has"
    )
    parser.add_argument(
        "--temperature", type=float, help=f"below 1 safer, above 1 bolder; default: {default.temperature:g}"
    )
    parser.add_argument(
        "--top-k", type=int, help=f"how many of the likeliest words take part; default: {default.top_k}"
    )
    parser.add_argument(
        "--top-p", type=float, help=f"the share of the likelihood that takes part; default: {default.top_p:g}"
    )
    parser.add_argument(
        "--memory", type=float, help="how much what was said before counts, 0 to 1; default: the model's"
    )
    parser.add_argument("--seed", type=int, help="a number that gives the same script again")
    parser.add_argument("--n", type=int, help=f"how many scripts, up to {MAX_SCRIPTS}; default: 1")
    parser.add_argument("--format", choices=FORMATS)


def fields_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that were given as options."""
    fields = {name: value for name in FIELDS if (value := getattr(arguments, name)) is not None}
    if "stop" in fields:
        fields["stop"] = [word.replace(r"\n", "\n") for word in fields["stop"]]
    return fields


def scripts_by(writer: Writer, fields: Mapping[str, Any]) -> list[Script]:
    """Scripts by a model that is loaded; its most frequent speaker begins where no prime is given.

    Raises:
        RequestError, UnknownWordError: if the fields can't be answered.
    """
    asked = {"prime": default_prime(writer.vocabulary.words), **fields}
    request = read_generate_request(asked, MAX_LENGTH, len(writer.vocabulary))
    task = read_task(request, writer.lexicon, writer.copies)
    texts = writer.write_batch(
        task.prime_words, request.length, request.sampling, request.seeds, steering=task.steering
    )
    return [
        Script(render(text.words, request.format, writer.lexicon), text.length, text.finish_reason, seed, task.left_out)
        for text, seed in zip(texts, request.seeds, strict=True)
    ]


def scripts_there(service: Service, fields: Mapping[str, Any]) -> list[Script]:
    """Scripts from a deployed API.

    Raises:
        ServiceError: as `Service.generate` does.
    """
    asked = fields if "prime" in fields else {"prime": service.default_prime(), **fields}
    reply = service.generate(asked)
    left_out = reply.get("prime_words_left_out", 0)
    return [
        Script(item["script"], item["length"], item["finish_reason"], item["seed"], left_out)
        for item in reply.get("scripts", [reply])
    ]


def on_paper(scripts: Sequence[Script]) -> str:
    """The scripts alone, as they go into a file."""
    return _PAGE_BREAK.join(script.text for script in scripts)


def on_screen(scripts: Sequence[Script]) -> str:
    """The scripts for a terminal with colours: speakers bold, asides dim, and how each is had again below it."""
    return _PAGE_BREAK.join(f"{_coloured(script.text)}\n\n{_DIM}{_note(script)}{_PLAIN}" for script in scripts)


def _note(script: Script) -> str:
    return f"{script.length} words, end: {script.finish_reason}; --seed {script.seed} writes it again"


def _coloured(text: str) -> str:
    dimmed = _ASIDE.sub(lambda aside: f"{_DIM}{aside[0]}{_PLAIN}", text)
    return "\n\n".join(_with_bold_cue(block) for block in dimmed.split("\n\n"))


def _with_bold_cue(block: str) -> str:
    first, line_break, said = block.partition("\n")
    if line_break and first == first.upper():
        return f"{_BOLD}{first}{_PLAIN}\n{said}"
    return _PLAIN_CUE.sub(lambda cue: f"{_BOLD}{cue[0]}{_PLAIN}", block)
