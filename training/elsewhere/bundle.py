"""A bundle of weights that were trained elsewhere."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.write import bundle_files
from coldopen.network import NetworkConfig
from coldopen.vocabulary import PAD, UNKNOWN, Vocabulary
from training.elsewhere.checkpoint import read_tensors
from training.elsewhere.errors import ForeignModelError
from training.elsewhere.found_words import FoundWords
from training.elsewhere.layers import with_our_names
from training.elsewhere.spelling import with_our_spelling
from training.elsewhere.vocabulary import read_words

_MULTIPLES = (8, 64, 128)  # which a vocabulary is rounded up to, for speed


def read_elsewhere(state_dict: Path, vocabulary: Path) -> tuple[dict[str, bytes], Bundle, list[str]]:
    """A bundle's files, manifest last, the bundle that they make, and notes on how the two files were read.

    Args:
        state_dict: what torch.save wrote of a network like this one, or safetensors or .npz.
        vocabulary: JSON, a list of words, {word: id} or {id: word}; or text, one word a line.

    Raises:
        ForeignModelError: naming the file and the fault.
        BundleError: if the weights are not finite.
    """
    tensors, found_notes = read_tensors(state_dict)
    named = with_our_names(tensors, str(state_dict))
    found = read_words(vocabulary)
    words, spelling_notes = with_our_spelling(found.words, str(vocabulary))
    words, row_notes = _fit_rows(named.tensors, words, found, state_dict, vocabulary)
    try:
        config = NetworkConfig.of(named.tensors)
        known = Vocabulary(words)
    except ValueError as error:
        raise ForeignModelError(f"{state_dict} and {vocabulary} make no model of this network: {error}") from None
    files = bundle_files(named.tensors, known, config, state_dict.stem, {"source": "weights trained elsewhere"})
    notes = [*found_notes, *named.notes, *found.notes, *spelling_notes, *row_notes]
    return files, bundle_of(files, str(state_dict)), notes


def _fit_rows(
    tensors: dict[str, Tensor], words: list[str], found: FoundWords, state_dict: Path, vocabulary: Path
) -> tuple[list[str], list[str]]:
    """As many words as rows: rows before the first id become fill-ins, rows behind the last word are cut off."""
    rows, outputs = len(tensors["embedding.weight"]), len(tensors["fc.bias"])
    notes = []
    if found.first_id and rows == len(words) + found.first_id:
        fill_ins = [PAD, UNKNOWN][: found.first_id]
        if any(word in words for word in fill_ins):
            raise ForeignModelError(f"{vocabulary}: its ids begin at {found.first_id}, and no word has row 0")
        notes.append(f"its ids begin at {found.first_id}; before the first word comes {' and '.join(fill_ins)}")
        words = fill_ins + words
    elif found.first_id and rows == len(words):
        notes.append(f"its ids begin at {found.first_id}, and there are as many rows as words: taken as from 0")
    surplus = rows - len(words)
    if _is_rounding(rows, surplus) or (surplus == 1 and found.has_ids) or (surplus == 1 and outputs == len(words)):
        notes.append(f"{rows:,} rows, {len(words):,} words: what is behind the last word was cut off")
        for name in ("embedding.weight", "fc.weight", "fc.bias"):
            if name in tensors:
                tensors[name] = tensors[name][: len(words)]
    if len(tensors["embedding.weight"]) != len(words) or len(tensors["fc.bias"]) != len(words):
        counts = f"{rows:,}" if rows == outputs else f"{rows:,} in the embedding and {outputs:,} in the output layer"
        raise ForeignModelError(
            f"{vocabulary} holds {len(words):,} words, but {state_dict} has {counts}: are they of one training?"
        )
    return words, notes


def _is_rounding(rows: int, surplus: int) -> bool:
    """Whether a number of rows was rounded up, for speed."""
    return surplus > 0 and any(rows % multiple == 0 and surplus < multiple for multiple in _MULTIPLES)
