"""The model card: README.md beside the bundle, made from manifest.json and evaluation.json.

Its sections follow Mitchell et al. 2019, "Model Cards for Model Reporting". What no program can know of the scripts,
whose they are and what they hold, a person writes into `data.md` in the same folder; the card takes it in.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST, SERVING, Manifest, version_of
from coldopen.errors import ColdOpenError
from coldopen.files import write_file
from coldopen.network import NetworkConfig
from training.evaluation.generation import COPIED_RUN
from training.evaluation.report import (
    CALIBRATION,
    EVALUATION,
    calibration_rows,
    group_rows,
    perplexity_rows,
    sample_rows,
)
from training.evaluation.tables import as_markdown
from training.evaluation.word_groups import GROUPS
from training.preset import Preset, presets, read_preset
from training.run_bundle import checked_bundle

CARD = "README.md"
DATA = "data.md"
CURVE = "curve.png"

_NO_DATA = f"Nothing is told of these scripts. Write into `{DATA}`, beside this card, what they are and whose."
_UNFOLDED, _NOT_UNITED = " (with `fold = false`)", " (with `contractions = false`)"
_BESIDE = {
    SERVING: "\n`serving.safetensors` holds the same weights as they serve, in int8.",
    LEXICON: "\n`lexicon.json` knows who speaks, and how words are written inside sentences.",
    COPIES: "\n`copies.bin` knows the scripts' runs of eight words, so that a script can keep clear of them.",
}
_TEXT = """\
# Model card: {name}, version {version}

Written by `python -m training card` from the manifest and the evaluation beside it; not to be edited by hand.

## The model

A word-level LSTM that goes on with a script, one word at a time:

    {network}

Punctuation marks and line breaks are words of their own, and all is in lower case.{beside}

## The data

{data}

| | |
| --- | --- |
| read from | {sources} |
| words | {words} |
| vocabulary | {vocabulary_size}, of the whole corpus |
| sha256 of the text | `{sha256}` |{auxiliary_row}
| split | by position: the first 90 % to train on, the rest halved into validation and test |

## Intended use

Playing, teaching, and trying out how such a model is trained and served. It has the rhythm of a scene, and little of
the sense. Nothing that it writes is a fact about anybody, or was said by anybody. It is not for text that anyone
relies on, nor for passing off as a writer's work.

## Perplexity

**Seen** words are those that stand in the training part, {seen_share:.1%} of test; the others can only be guessed, so
both figures are given. The state is carried from the first word of a part to the last; a window shows the network the
last ten words alone. The Kneser-Ney models (discount 0.8) are counted on the same training part.

{perplexity}

By kind of word:

{groups}

{definitions}

How sure the model is, and how often it is right (15 bins of equal width, Guo et al. 2017):

{calibration}

{pictures}

## What it writes

At the default sampling (temperature {temperature}, top_k {top_k}, top_p {top_p}), beside pieces of validation and test
that begin with the same words. distinct-n is the number of different runs of n words, divided by that of all.

{samples}

## What can be wrong with it

- **Copying.** {copied:.1%} of the runs of {copied_run} words that it writes stand verbatim in the training part, and
  {copied_held_out:.1%} of the held-out scripts' own; the longest that it wrote has {longest_copied} words. What is
  copied belongs to whom the scripts belong to.
- **Offence.** It repeats what its scripts hold, words that offend included, and nothing filters them: read what it
  writes before you show it to others.
- **Names.** It puts the names of its scripts, real people's among them, into speeches that nobody gave.
- **Words.** It knows the words of its scripts alone.

## Training it again

```
make train SCRIPTS={first_source}{auxiliary} PRESET={preset}
```

These are the weights of epoch {epoch}, the best; torch {torch}{took}. The same preset, seed and machine give the same
weights{unfolded}. `manifest.json` has every number.
"""


class CardError(ColdOpenError):
    """A card that can't be written."""


def write_card(folder: Path) -> Path:
    """Write the card of a run or a bundle into its folder; returns its path.

    Raises:
        CardError: if the model has not been evaluated, or another version of it has.
        BundleError: if the manifest is damaged, or the run has none yet.
        DigestError: as `checked_bundle` does.
    """
    write_file(folder / CARD, card_of(folder).encode())
    return folder / CARD


def card_of(folder: Path) -> str:
    """The card's text; raises as `write_card` does."""
    where = checked_bundle(folder)
    manifest_bytes, evaluation_bytes = _read(where / MANIFEST), _read(folder / EVALUATION)
    manifest, version = Manifest.from_bytes(manifest_bytes, str(where)), version_of(manifest_bytes)
    try:
        evaluation = json.loads(evaluation_bytes)
        if evaluation["model"]["version"] != version:
            raise ValueError(f"it is of version {evaluation['model']['version']}, and the bundle is {version}")
        data = (folder / DATA).read_text(encoding="utf-8").strip() if (folder / DATA).exists() else _NO_DATA
        pictures = [name for name in (CURVE, CALIBRATION) if (folder / name).exists()]
        return _TEXT.format(**_fields(manifest, evaluation, data, pictures))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CardError(f"{folder / EVALUATION} does not belong to this model, evaluate it again: {error}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise CardError(f"{file} is missing: train a model and evaluate it first") from None


def _fields(
    manifest: Manifest, evaluation: Mapping[str, Any], data: str, pictures: Sequence[str]
) -> Mapping[str, object]:
    """What the card's text says of this model."""
    network, training, samples = manifest.network, manifest.training, evaluation["samples"]
    sources, test = training["corpus"]["sources"], evaluation["perplexity"]["test"]
    preset = training["preset"]["name"]
    ships = preset in presets() and _is_preset(training["preset"], read_preset(preset))
    return {
        "name": manifest.name,
        "version": evaluation["model"]["version"],
        "vocabulary_size": f"{network.vocabulary_size:,}",
        "network": _layers(network),
        "beside": "".join(_BESIDE[name] for name in _BESIDE if name in manifest.files),
        "data": data,
        "sources": _named(sources),
        "words": f"{training['corpus']['words']:,}",
        "sha256": training["corpus"]["sha256"],
        "auxiliary_row": _auxiliary_row(training),
        "auxiliary": " AUXILIARY=PATH" if "auxiliary" in training else "",
        "seen_share": test["seen_words"] / test["words"],
        "perplexity": as_markdown(perplexity_rows(evaluation["perplexity"])),
        "groups": as_markdown(group_rows(evaluation["groups"])),
        "definitions": "\n".join(f"- {name}: {GROUPS[name]}" for name in evaluation["groups"]),
        "calibration": as_markdown(calibration_rows(evaluation["calibration"])),
        "pictures": "\n".join(f"![{name.removesuffix('.png')}]({name})" for name in pictures),
        **samples["sampling"],
        "samples": as_markdown(sample_rows(samples)),
        "copied": samples["generated"]["copied"],
        "copied_held_out": samples["held_out"]["copied"],
        "copied_run": COPIED_RUN,
        "longest_copied": samples["generated"]["longest_copied"],
        "first_source": sources[0] if len(sources) == 1 else "FOLDER",
        "preset": preset if ships else f"{preset}.toml",
        "epoch": training["epoch"],
        "torch": training["torch"],
        "unfolded": _not_yet(training["preset"].get("training", {})),
        "took": f" trained for {training['seconds'] / 60:.0f} minutes" if "seconds" in training else "",
    }


def _auxiliary_row(training: Mapping[str, Any]) -> str:
    if "auxiliary" not in training:
        return ""
    told = training["auxiliary"]
    return f"\n| auxiliary scripts, for training alone | {_named(told['sources'])}; {told['words']:,} words |"


def _named(sources: Sequence[str]) -> str:
    return ", ".join(sources) if len(sources) < 4 else f"{len(sources)} files"


def _not_yet(saved: Mapping[str, Any]) -> str:
    """What today's presets do with a text and a manifest's preset says nothing of."""
    if "fold" not in saved:
        return _UNFOLDED
    return "" if "contractions" in saved or not saved["fold"] else _NOT_UNITED


def _is_preset(saved: Mapping[str, Any], preset: Preset) -> bool:
    """Whether a manifest's preset gives the same epochs as that one, but for keys that there were not yet.

    Patience only says how many epochs there are.
    """
    known, saved = preset.to_dict(), copy.deepcopy(dict(saved))
    for key in ("fold", "contractions"):
        if key not in saved.get("training", {}):
            del known["training"][key]
    for one in (known, saved):
        if one.get("recipe"):
            one["recipe"].pop("patience", None)
    return saved == known


def _layers(network: NetworkConfig) -> str:
    """The network as torch would write it."""
    projection = f", proj_size={network.proj_size}" if network.proj_size else ""
    return (
        f"Embedding({network.vocabulary_size}, {network.embedding_dim}), "
        f"LSTM({network.embedding_dim}, {network.hidden_size}, num_layers={network.num_layers}{projection}), "
        f"Linear({network.output_size}, {network.vocabulary_size}){', tied to the embedding' if network.tied else ''}"
    )
