"""Faults in a hundred scripts, as a service answers them over HTTP.

    python -m bench.scripts [SOURCE] [FIELDS ...] [--scripts FILE] [--save FILE]

SOURCE is a service's URL, or a file of replies that `--save` wrote; without it the function starts here, with the model
that MODEL_URI names or the one that ships. Each FIELDS is a JSON object of request fields and makes a column of the
table, such as '{"end": "sentence", "no_copy": 8}'; without any there is one column, of the defaults. A hundred scripts
of 150 words are asked for in each format, with seeds 1 to 100 and the prime that `demo` takes. Each reply is sent back
as a prime, and what comes must begin with it. `--scripts` names what the model was trained on, for the copied runs. The
table is Markdown, for docs/evaluation.md: how often, and in brackets in how many of the scripts. FAULTS in
bench/faults.py says what each line counts; names and casings are those of the model's bundle.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.faults import FAULTS, speakers_outside, wrong_colons
from coldopen.bundle.folder import bundle_folder
from coldopen.bundle.read import read_bundle
from coldopen.files import write_file
from coldopen.lexicon import Lexicon
from coldopen.screenplay import FORMATS
from coldopen.vocabulary import tokenise
from local.gateway import gateway
from local.runtime import SHIPPED_BUNDLE, local_function
from training.evaluation.generation import COPIED_RUN, REPEATED_RUN
from training.evaluation.tables import as_markdown
from training.evaluation.target import open_target
from training.service import Service, ServiceError

SEEDS = range(1, 101)
LENGTH = 150

Replies = Mapping[str, Sequence[Mapping[str, Any]]]
"""For each format the replies, by rising seed."""
Run = tuple[str, ...]


def ask(service: Service, fields: Mapping[str, Any], seeds: Sequence[int] = SEEDS) -> dict[str, list[dict[str, Any]]]:
    """A reply for each format and seed."""
    asked = {"prime": service.default_prime(), "length": LENGTH, **fields}
    return {form: [service.generate({**asked, "seed": seed, "format": form}) for seed in seeds] for form in FORMATS}


def continued(service: Service, replies: Replies) -> dict[str, int]:
    """For each format, how many replies go on as they were when they are sent back as a prime."""
    return {form: sum(_goes_on(service, reply["script"], form) for reply in replies[form]) for form in FORMATS}


def _goes_on(service: Service, script: str, form: str) -> bool:
    try:
        reply = service.generate({"prime": script, "length": 1, "seed": 1, "format": form})
    except ServiceError:  # words that it does not take for those that it wrote
        return False
    return str(reply["script"]).startswith(script)


def counts(replies: Replies, lexicon: Lexicon, cast: Sequence[str] = ()) -> dict[str, str]:
    """A cell for each fault: how often, and in how many of the scripts."""
    scripts, plain = ([reply["script"] for reply in replies[form]] for form in ("script", "plain"))
    found = {name: [count(script, lexicon) for script in scripts] for name, count in FAULTS.items()}
    pairs = zip(scripts, plain, strict=True)
    found["colons lost or made up"] = [wrong_colons(script, written, lexicon) for script, written in pairs]
    if cast:
        found["speeches of others than the cast"] = [speakers_outside(script, cast) for script in scripts]
    return {name: f"{sum(values)} ({sum(map(bool, values))})" for name, values in found.items()}


def runs_of(words: Sequence[str], size: int) -> list[Run]:
    """All runs of so many words."""
    return [tuple(words[begin : begin + size]) for begin in range(len(words) - size + 1)]


def run_counts(replies: Replies, training_runs: frozenset[Run] | None) -> dict[str, str]:
    """Runs of four words that stood in the script before, and of eight that stand in the training part, if it is known.

    A cell holds how many, their share, and in how many scripts.
    """
    texts = [tokenise(reply["script"]) for reply in replies["plain"]]
    repeated = [len(runs := runs_of(words, REPEATED_RUN)) - len(set(runs)) for words in texts]
    cells = {f"repeated runs of {REPEATED_RUN} words": _share(repeated, texts, REPEATED_RUN)}
    if training_runs is not None:
        copied = [sum(run in training_runs for run in runs_of(words, COPIED_RUN)) for words in texts]
        cells[f"copied runs of {COPIED_RUN} words"] = _share(copied, texts, COPIED_RUN)
    return cells


def _share(found: Sequence[int], texts: Sequence[Sequence[str]], size: int) -> str:
    total = sum(len(runs_of(words, size)) for words in texts)
    return f"{sum(found)}, {sum(found) / max(total, 1):.1%} ({sum(map(bool, found))})"


def training_runs(bundle: Path, scripts: Path) -> frozenset[Run]:
    """The runs of eight words of the part of the scripts that a bundle was trained on."""
    target = open_target(bundle, scripts)
    words = target.bundle.vocabulary.words
    return frozenset(runs_of([words[id] for id in target.split.train.tolist()], COPIED_RUN))


def endings(replies: Replies) -> dict[str, str]:
    """What the replies say of themselves."""
    reasons = [reply["finish_reason"] for reply in replies["script"]]
    lengths = [reply["length"] for reply in replies["script"]]
    shown = ", ".join(f"{reason} {reasons.count(reason)}" for reason in sorted(set(reasons)))
    return {"finish_reason": shown, "words, shortest to longest": f"{min(lengths)} to {max(lengths)}"}


def column(replies: Replies, lexicon: Lexicon, runs: frozenset[Run] | None, cast: Sequence[str] = ()) -> dict[str, str]:
    """A column of the table: a cell for each line."""
    return {**endings(replies), **counts(replies, lexicon, cast), **run_counts(replies, runs)}


def table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Columns side by side as Markdown; what one of them lacks is a dash there."""
    lines = dict.fromkeys(line for cells in columns.values() for line in cells)
    rows = [[line, *(cells.get(line, "-") for cells in columns.values())] for line in lines]
    return as_markdown([["in 100 scripts of 150 words", *columns], *rows])


@contextmanager
def _service(url: str | None) -> Iterator[Service]:
    if url:
        yield Service(url)
        return
    with tempfile.TemporaryFile() as log, local_function(log) as function, gateway(function) as here:
        yield Service(here)


def _read_replies(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scripts", description=__doc__)
    parser.add_argument("source", nargs="?")
    parser.add_argument("fields", nargs="*", type=json.loads)
    parser.add_argument("--scripts", type=Path)
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    if (arguments.source or "").startswith("{"):
        arguments.fields.insert(0, json.loads(arguments.source))
        arguments.source = None
    return arguments


def main() -> None:
    """Ask, count and print."""
    arguments = _arguments()
    folder = bundle_folder(Path(os.environ.get("MODEL_URI", SHIPPED_BUNDLE)))
    bundle = read_bundle(str(folder))
    lexicon = bundle.lexicon
    runs = training_runs(folder, arguments.scripts) if arguments.scripts else None
    columns: dict[str, dict[str, str]] = {}
    if arguments.source and Path(arguments.source).is_file():
        columns[Path(arguments.source).stem] = column(_read_replies(Path(arguments.source)), lexicon, runs)
    else:
        with _service(arguments.source) as service:
            for fields in arguments.fields or [{}]:
                replies = ask(service, fields)
                if arguments.save:
                    write_file(arguments.save, json.dumps(replies).encode())
                cells = column(replies, lexicon, runs, fields.get("cast", ()))
                back = {
                    f"sent back as a prime and gone on from, {form}": f"{n}"
                    for form, n in continued(service, replies).items()
                }
                columns[f"`{json.dumps(fields)}`" if fields else "defaults"] = {**cells, **back}
    print(table(columns))


if __name__ == "__main__":
    main()
