"""The words of a vocabulary file in the order of their ids, whatever form the file has."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldopen.bundle.manifest import without_duplicates
from training.elsewhere.checkpoint import Inert, read_torch
from training.elsewhere.errors import ForeignModelError
from training.elsewhere.file_kinds import names_in_zip, read_head
from training.elsewhere.found_words import FoundWords, words_by_id
from training.elsewhere.word_lines import words_in_lines

_WORD_KEYS, _ID_KEYS = ("word", "token", "text", "content", "piece"), ("id", "index", "idx", "token_id", "i")
_CONTAINER = re.compile(r"\s*[\w.]*(?:[Dd]ict|Counter|Vocab)\((?:<[^<>]*>, )?([\[{(].*)\)\s*", re.DOTALL)
_OLD_PICKLES = ("(dp", "(lp", "(i", "c__builtin__\n", "ccollections\n", "ccopy_reg\n")  # of protocol 0
_MAX_DIGITS = 20
_JSON = re.compile(r"\s*[\[{(]\s*[\[{(\]})\"'\d]")  # no word such as `[laughs]`


def read_words(file: Path) -> FoundWords:
    """The words of a file: JSON, Python's text of a dict or list, one word a line, or a file of torch.save.

    A list of words, {word: id} or {id: word}, ids as numbers or text; or such a one inside something else, as
    {"vocab_to_int": ...}.

    Raises:
        ForeignModelError: naming the file and the fault. A pickle is not opened; the message says how to convert it.
    """
    head = read_head(file)
    if head.startswith(b"\x80") or file.suffix in (".p", ".pkl", ".pickle"):
        raise ForeignModelError(_pickle(file))
    if head.startswith(b"\x93NUMPY"):
        raise ForeignModelError(f"{file} is an array of numpy's: json.dump(array.tolist(), open('vocab.json', 'w'))")
    try:
        if head.startswith(b"PK"):
            names_in_zip(file)
            return _of_content(read_torch(file))
        text = _decode(file.read_bytes())
        if text.startswith(_OLD_PICKLES):
            raise ForeignModelError(_pickle(file))
        if container := _CONTAINER.fullmatch(text):
            text = container[1]  # as Python prints it
        content = _parse(text) if text.lstrip().startswith(("[", "{", "(")) else None
        return words_in_lines(text) if content is None else _of_content(content)
    except RecursionError:
        raise ForeignModelError(f"{file} is not a vocabulary: it is nested too deep") from None
    except ValueError as error:
        raise ForeignModelError(f"{file} is not a vocabulary: {error}") from None


def _pickle(file: Path) -> str:
    return (
        f"{file} is a pickle, which can run a program, so it was not opened. Where you trust it, make JSON of it: "
        f"python -c \"import json, pickle; json.dump(pickle.load(open('{file.name}', 'rb')), open('vocab.json', 'w'), "
        'default=int)"'
    )


def _decode(data: bytes) -> str:
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _parse(text: str) -> Any:
    """What JSON holds, or Python's own text of a dict or list; None if the text only begins like them."""
    try:
        return json.loads(text, object_pairs_hook=without_duplicates, parse_int=_whole)
    except json.JSONDecodeError as error:
        try:
            return [json.loads(line, parse_int=_whole) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError:
            pass
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError):
            if not _JSON.match(text):
                return None
            raise ValueError(f"it begins like JSON and is none: {error}") from None


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"{digits[:_MAX_DIGITS]}... is no id")
    return int(digits)


def _of_content(content: Any) -> FoundWords:
    """The words in what a file holds: the largest map or list."""
    faults: list[str] = []
    found = [*_maps(content, "", faults), *_lists(content, "")]
    found = [one for one in found if len(set(one[1].words)) == len(one[1].words)] or found
    most = max((len(words.words) for _, words in found), default=0)
    different = {(tuple(words.words), words.first_id): path for path, words in found if len(words.words) == most}
    if len({words for words, _ in different}) > 1:
        raise ValueError(f"it holds several ({', '.join(different.values())}): keep the one that is meant")
    if not found:
        raise ValueError(faults[0] if faults else "it is neither a list of words nor a {word: id} map")
    path, words = next(one for one in found if len(one[1].words) == most)
    return words._replace(notes=(f"the words were found under {path!r}",) if path else ())


def _maps(content: Any, path: str, faults: list[str], depth: int = 2) -> Iterator[tuple[str, FoundWords]]:
    """Each map between words and ids in what a file holds; what is wrong with those that are none goes to `faults`."""
    pairs = _pairs(content)
    if pairs:
        try:
            yield path, words_by_id(pairs)
            return
        except ValueError as error:
            faults.append(str(error))
    if depth:
        for key, value in _items(content):
            yield from _maps(value, f"{path}.{key}" if path else key, faults, depth - 1)


def _lists(content: Any, path: str, depth: int = 2) -> Iterator[tuple[str, FoundWords]]:
    """Each list of words in what a file holds."""
    if isinstance(content, list | tuple) and content and all(isinstance(word, str) for word in content):
        yield path, FoundWords(list(content), has_ids=False)
    elif depth:
        for key, value in _items(content):
            yield from _lists(value, f"{path}.{key}" if path else key, depth - 1)


def _items(content: Any) -> list[tuple[str, Any]]:
    """The parts of a dict, a list or an object that may hold something; a list of words or numbers has none."""
    if isinstance(content, Inert):
        content = content.state
    items = list(content.items()) if isinstance(content, Mapping) else []
    if isinstance(content, list | tuple):
        items = list(enumerate(content))
    return [(str(key), value) for key, value in items if isinstance(value, Mapping | list | tuple | Inert) and value]


def _pairs(content: Any) -> list[tuple[str, int]]:
    """Words with their ids, of {word: id}, {id: word} or [[word, id], ...]; empty if it is none of these."""
    if isinstance(content, list | tuple) and all(isinstance(item, list | tuple) and len(item) == 2 for item in content):
        items = [(item[0], item[1]) for item in content]
    elif isinstance(content, list) and content and all(isinstance(item, Mapping) for item in content):
        items = [(_first(item, _WORD_KEYS), _first(item, _ID_KEYS)) for item in content]
    elif isinstance(content, Mapping):
        items = list(content.items())
    else:
        return []
    for ordered in (items, [(second, first) for first, second in items]):
        ids = [_id(id) for _, id in ordered]
        if all(isinstance(word, str) for word, _ in ordered) and None not in ids:
            return [(word, id) for (word, _), id in zip(ordered, ids, strict=True) if id is not None]
    return []


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if key in item), None)


def _id(value: Any) -> int | None:
    """An id, written as a number or as text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
