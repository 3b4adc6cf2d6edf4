"""The report: everything that is measured of a model, kept as evaluation.json, and as tables for a person."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from coldopen.files import write_file
from coldopen.sampling import Sampling
from coldopen.writer import Writer
from training.evaluation.calibration import expected_calibration_error, reliability
from training.evaluation.generation import COPIED_RUN, REPEATED_RUN, held_out_pieces, measure, written_pieces
from training.evaluation.kneser_ney import KneserNey
from training.evaluation.perplexity import Predictions, carried_predictions, perplexity, windowed_nats
from training.evaluation.plots import draw_reliability
from training.evaluation.remembered import remembered_nats
from training.evaluation.tables import Rows, as_text
from training.evaluation.target import EvaluationError, Target
from training.evaluation.word_groups import GROUPS, group_of_words

EVALUATION = "evaluation.json"
CALIBRATION = "calibration.png"
CARRIED, REMEMBERED, TRIGRAM = "carried state", "carried state, memory", "Kneser-Ney trigram"

_ORIGINAL_WINDOW = 10  # words that the original's service showed the network for each new one


def evaluate(target: Target) -> dict[str, Any]:
    """Measure everything, which takes a minute or two, and write evaluation.json and calibration.png to the folder.

    One thread computes, as in the service. Several would spend their time waiting for each other on a busy machine.

    Returns:
        What evaluation.json holds.

    Raises:
        EvaluationError: if the folder can't be written to, before anything is measured.
    """
    if not os.access(target.folder, os.W_OK):
        raise EvaluationError(f"{target.folder} can't be written to, where {EVALUATION} goes: evaluate a copy of it")
    torch.set_num_threads(1)
    split, size = target.split, len(target.bundle.vocabulary)
    network, memory = target.network, target.bundle.manifest.memory
    counted = {"Kneser-Ney bigram": KneserNey(split.train, 2, size), TRIGRAM: KneserNey(split.train, 3, size)}
    perplexities = {}
    for name, ids in (("validation", split.validation), ("test", split.test)):
        predictions = carried_predictions(network, ids)
        nats = {
            CARRIED: predictions.nats,
            **({REMEMBERED: remembered_nats(network, ids, memory)} if memory else {}),
            f"{_ORIGINAL_WINDOW}-word window": windowed_nats(network, ids, _ORIGINAL_WINDOW),
            **{title: model.nats(ids) for title, model in counted.items()},
        }
        perplexities[name] = _perplexities(nats, target.is_seen[ids], target.characters.get(name))
    titles = [title for title in (CARRIED, REMEMBERED, TRIGRAM) if title in nats]
    groups = _groups({title: nats[title] for title in titles}, target)  # the test part's, which came last
    evaluation = {
        "model": {"name": target.bundle.manifest.name, "version": target.bundle.version},
        "perplexity": perplexities,
        "groups": groups,
        "calibration": _calibration(predictions, target),
        "samples": _samples(target),
    }
    write_file(target.folder / EVALUATION, (json.dumps(evaluation, indent=2) + "\n").encode())
    return evaluation


def tables_of(evaluation: Mapping[str, Any]) -> str:
    """All that evaluation.json holds, as tables for a terminal."""
    tables = [
        *(perplexity_rows({name: part}) for name, part in evaluation["perplexity"].items()),
        group_rows(evaluation["groups"]),
        calibration_rows(evaluation["calibration"]),
        sample_rows(evaluation["samples"]),
    ]
    return "\n\n".join(map(as_text, tables))


def perplexity_rows(parts: Mapping[str, Any]) -> Rows:
    """A table of evaluation.json's `perplexity`, or of one of its parts."""
    first, *_ = parts.values()
    return [
        ["perplexity", *(title for name, part in parts.items() for title in _titles(name, part))],
        *([title, *(figure for part in parts.values() for figure in _figures(part, title))] for title in first["of"]),
        ["words", *(count for part in parts.values() for count in _how_many(part))],
    ]


def _titles(name: str, part: Mapping[str, Any]) -> list[str]:
    bits = [f"{name}, bits a character of the scripts"] if "characters" in part else []
    return [f"{name}, seen words", f"{name}, all words", *bits]


def _figures(part: Mapping[str, Any], title: str) -> list[str]:
    bits = [f"{part['bits_per_character'][title]:.3f}"] if "characters" in part else []
    return [*(_number(part["of"][title][kind]) for kind in ("seen", "all")), *bits]


def _how_many(part: Mapping[str, Any]) -> list[str]:
    return [f"{part[count]:,}" for count in ("seen_words", "words", "characters") if count in part]


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
        *(
            [title, *("-" if side[name] is None else f"{side[name]:.1%}" for side in sides)]
            for name, title in (
                ("returning_speakers", "speakers of the first 50 words in each later 50"),
                ("returning_words", "other words of the first 50, but frequent ones, in each later 50"),
            )
        ),
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def _perplexities(nats: Mapping[str, Tensor], is_seen: Tensor, characters: int | None) -> dict[str, Any]:
    """Perplexity on the seen words and on all, and bits for each character of the scripts as they stand.

    Args:
        nats: for each way of predicting, what each of the part's last words cost.
        is_seen: bool (words,), of the part's words.
        characters: of the scripts in the part; None if they were not counted.
    """
    return {
        **(_bits(nats, len(is_seen), characters) if characters else {}),
        "words": len(is_seen) - 1,
        "seen_words": int(is_seen[1:].sum()),
        "of": {
            name: {"seen": _perplexity(cost[is_seen[-len(cost) :]]), "all": _perplexity(cost)}
            for name, cost in nats.items()
        },
    }


def _bits(nats: Mapping[str, Tensor], words: int, characters: int) -> dict[str, Any]:
    """Bits a character by each way of predicting; first words, which some ways leave out, count as the mean."""
    bits = {name: float(cost.mean()) * words / characters / math.log(2) for name, cost in nats.items()}
    return {"characters": characters, "bits_per_character": {name: round(value, 4) for name, value in bits.items()}}


def _perplexity(nats: Tensor) -> float | None:
    """None where there are no words, or the number is too large for JSON."""
    value = perplexity(float(nats.sum()), len(nats)) if len(nats) else math.inf
    return round(value, 3) if math.isfinite(value) else None


def _groups(nats: Mapping[str, Tensor], target: Target) -> dict[str, Any]:
    """Perplexity on each group of the test part's words that it holds."""
    groups = group_of_words(target.bundle.vocabulary, target.split.train)[target.split.test[1:]]
    members = {name: groups == index for index, name in enumerate(GROUPS)}
    return {
        name: {
            "words": int(is_member.sum()),
            "perplexity": {title: _perplexity(cost[is_member]) for title, cost in nats.items()},
        }
        for name, is_member in members.items()
        if is_member.any()
    }


def _calibration(predictions: Predictions, target: Target) -> dict[str, Any]:
    bins = reliability(predictions.confidence, predictions.is_right)
    draw_reliability(bins, target.folder / CALIBRATION)
    return {
        "expected_error": round(expected_calibration_error(bins), 4),
        "confidence": round(float(predictions.confidence.double().mean()), 4),
        "accuracy": round(float(predictions.is_right.double().mean()), 4),
        "bins": [asdict(part) for part in bins],
    }


def _samples(target: Target) -> dict[str, Any]:
    """Scripts at the default sampling beside pieces of the held-out scripts that begin with the same words."""
    split, vocabulary, lexicon = target.split, target.bundle.vocabulary, target.bundle.lexicon
    sampling = Sampling(top_k=min(Sampling().top_k, len(vocabulary)))
    held_out = held_out_pieces(torch.cat([split.validation, split.test]), target.is_cue)
    first_words = [vocabulary.words[word] for word in held_out[:, 0].tolist()]
    generated = written_pieces(Writer(target.bundle), first_words, held_out.shape[1], sampling)
    return {
        "sampling": sampling._asdict(),
        "scripts": held_out.shape[0],
        "length": held_out.shape[1],
        "generated": asdict(measure(generated, split.train, lexicon)),
        "held_out": asdict(measure(held_out, split.train, lexicon)),
    }
