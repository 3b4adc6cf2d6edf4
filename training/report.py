"""The report: everything that is measured of a model, told as it is found and kept as evaluation.json."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from coldopen.sampling import Sampling
from coldopen.writer import Writer
from training.calibration import draw_reliability, expected_calibration_error, reliability
from training.evaluation import Predictions, carried_predictions, perplexity, windowed_nats
from training.kneser_ney import KneserNey
from training.run import write_aside
from training.samples import COPIED_RUN, REPEATED_RUN, held_out_pieces, measure, written_pieces
from training.subject import Subject
from training.tables import Rows, as_text
from training.token_groups import GROUPS, group_of_words

EVALUATION = "evaluation.json"
CALIBRATION = "calibration.png"
CARRIED, TRIGRAM = "carried state", "Kneser-Ney trigram"

_SEED_WINDOW = 10

Say = Callable[[str], None]
"""Tells a person the next lines."""


def evaluate(subject: Subject, say: Say) -> None:
    """Measure everything, which takes a minute or two; writes evaluation.json and calibration.png into the folder.

    On one thread, as the service computes: where a machine is busy, several spend their time waiting for each other.
    """
    torch.set_num_threads(1)
    split, size = subject.split, len(subject.bundle.vocabulary)
    network = subject.network
    counted = {"Kneser-Ney bigram": KneserNey(split.train, 2, size), TRIGRAM: KneserNey(split.train, 3, size)}
    perplexities = {}
    for name, words in (("validation", split.validation), ("test", split.test)):
        predictions = carried_predictions(network, words)
        nats = {
            CARRIED: predictions.nats,
            f"{_SEED_WINDOW}-word window": windowed_nats(network, words, _SEED_WINDOW),
            **{title: model.nats(words) for title, model in counted.items()},
        }
        perplexities[name] = _perplexities(nats, subject.is_seen[words])
        say(as_text(perplexity_rows({name: perplexities[name]})) + "\n")
    groups = _groups({title: nats[title] for title in (CARRIED, TRIGRAM)}, subject)  # the test part's, which came last
    say(as_text(group_rows(groups)) + "\n")
    calibration = _calibration(predictions, subject)
    say(as_text(calibration_rows(calibration)) + "\n")
    samples = _samples(subject)
    say(as_text(sample_rows(samples)))
    evaluation = {
        "model": {"name": subject.bundle.manifest.name, "version": subject.bundle.version},
        "perplexity": perplexities,
        "groups": groups,
        "calibration": calibration,
        "samples": samples,
    }
    write_aside(subject.folder / EVALUATION, (json.dumps(evaluation, indent=2) + "\n").encode())


def perplexity_rows(parts: Mapping[str, Any]) -> Rows:
    """A table of evaluation.json's `perplexity`, or of one of its parts."""
    first, *_ = parts.values()
    return [
        ["perplexity", *(f"{name}, {kind} words" for name in parts for kind in ("seen", "all"))],
        *(
            [title, *(_number(part["of"][title][kind]) for part in parts.values() for kind in ("seen", "all"))]
            for title in first["of"]
        ),
        ["words", *(f"{part[count]:,}" for part in parts.values() for count in ("seen_words", "words"))],
    ]


def group_rows(groups: Mapping[str, Any]) -> Rows:
    """A table of evaluation.json's `groups`."""
    titles = next(iter(groups.values()))["perplexity"]
    return [
        ["perplexity on test", *titles, "words"],
        *([name, *map(_number, group["perplexity"].values()), f"{group['words']:,}"] for name, group in groups.items()),
    ]


def calibration_rows(calibration: Mapping[str, Any]) -> Rows:
    """A table of evaluation.json's `calibration`, without its bins."""
    return [
        ["on test", "share"],
        ["the likeliest word is the right one", f"{calibration['accuracy']:.1%}"],
        ["its mean probability", f"{calibration['confidence']:.1%}"],
        ["expected calibration error", f"{calibration['expected_error']:.1%}"],
    ]


def sample_rows(samples: Mapping[str, Any]) -> Rows:
    """A table of evaluation.json's `samples`."""
    sides = samples["generated"], samples["held_out"]
    return [
        [f"{samples['scripts']} scripts of {samples['length']} words", "generated", "held out"],
        *(
            [f"distinct-{run}", *(f"{side['distinct'][run - 1]:.3f}" for side in sides)]
            for run in range(1, len(sides[0]["distinct"]) + 1)
        ),
        [
            f"runs of {REPEATED_RUN} words that the script repeats",
            *(f"{side['self_repetition']:.1%}" for side in sides),
        ],
        [f"runs of {COPIED_RUN} words copied from the training part", *(f"{side['copied']:.1%}" for side in sides)],
        ["words in the longest copied run", *(str(side["longest_copied"]) for side in sides)],
        ["lines behind a line break that open with a speaker", *(f"{side['speaker_lines']:.1%}" for side in sides)],
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def _perplexities(nats: Mapping[str, Tensor], is_seen: Tensor) -> dict[str, Any]:
    """Perplexity on the seen words and on all.

    Args:
        nats: for each way of predicting, what each of the part's last words cost.
        is_seen: bool (words,), of the part's words.
    """
    return {
        "words": len(is_seen) - 1,
        "seen_words": int(is_seen[1:].sum()),
        "of": {
            name: {"seen": _perplexity(cost[is_seen[-len(cost) :]]), "all": _perplexity(cost)}
            for name, cost in nats.items()
        },
    }


def _perplexity(nats: Tensor) -> float | None:
    """None where there are no words, or the number is too large for JSON."""
    value = perplexity(float(nats.sum()), len(nats)) if len(nats) else math.inf
    return round(value, 3) if math.isfinite(value) else None


def _groups(nats: Mapping[str, Tensor], subject: Subject) -> dict[str, Any]:
    """Perplexity on each group of the test part's words that it holds."""
    place = group_of_words(subject.bundle.vocabulary, subject.split.train)[subject.split.test[1:]]
    members = {name: place == index for index, name in enumerate(GROUPS)}
    return {
        name: {
            "words": int(is_member.sum()),
            "perplexity": {title: _perplexity(cost[is_member]) for title, cost in nats.items()},
        }
        for name, is_member in members.items()
        if is_member.any()
    }


def _calibration(predictions: Predictions, subject: Subject) -> dict[str, Any]:
    bins = reliability(predictions.confidence, predictions.is_right)
    draw_reliability(bins, subject.folder / CALIBRATION)
    return {
        "expected_error": round(expected_calibration_error(bins), 4),
        "confidence": round(float(predictions.confidence.double().mean()), 4),
        "accuracy": round(float(predictions.is_right.double().mean()), 4),
        "bins": [asdict(part) for part in bins],
    }


def _samples(subject: Subject) -> dict[str, Any]:
    """Scripts at the default sampling beside pieces of the held-out scripts that begin with the same words."""
    split, vocabulary = subject.split, subject.bundle.vocabulary
    sampling = Sampling(top_k=min(Sampling().top_k, len(vocabulary)))
    held_out = held_out_pieces(torch.cat([split.validation, split.test]), subject.is_cue)
    first_words = [vocabulary.words[word] for word in held_out[:, 0].tolist()]
    generated = written_pieces(Writer(subject.bundle), first_words, held_out.shape[1], sampling)
    return {
        "sampling": asdict(sampling),
        "scripts": held_out.shape[0],
        "length": held_out.shape[1],
        "generated": asdict(measure(generated, split.train, vocabulary)),
        "held_out": asdict(measure(held_out, split.train, vocabulary)),
    }
