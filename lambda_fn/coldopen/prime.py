"""The prime: what a script begins with, as people type it or as a reply gave it, read as the model's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from coldopen.errors import UnknownWordError
from coldopen.lexicon import Lexicon
from coldopen.screenplay import MAX_CUE_WORDS, is_heading
from coldopen.vocabulary import PUNCTUATION_TOKENS, RETURN, Vocabulary, detokenise, fold, is_speaker, tokenise

MAX_PRIME_WORDS = 2000

_SENTENCE_ENDS = tuple(".?!,;")


def read_prime(text: str, lexicon: Lexicon) -> tuple[list[str], int]:
    """Read a prime: a word, several, or a script so far in any of the three formats and in any letter case.

    A speaker's name by itself becomes that speaker's cue: `jerry` is read as `jerry:`, and `alex trebek` as `alex
    trebek:`. `phone` stays `phone`, though some transcript has a phone speak. Of more than MAX_PRIME_WORDS the last
    ones are read, from a line's start where there is one.

    Returns:
        The words, at least one, all in the vocabulary; and how many stood before them, more than are read.

    Raises:
        UnknownWordError: naming the first word that the vocabulary lacks, and its nearest words.
    """
    assert lexicon.vocabulary is not None
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if "!" in text or "\\" in text:
        text = _without_fountain_marks(text)
    words = tokenise(text)
    words = _as_cue(words, lexicon) or ("\n" in text and _script_words(text, lexicon)) or words
    latest = _latest(words)
    known = _known(latest, lexicon)
    read = _latest(known)  # a word that is folded may have become many
    return read, len(words) - len(latest) + len(known) - len(read)


def _without_fountain_marks(text: str) -> str:
    """The text without the marks that force a line to be action, and those that keep others from being marks."""
    return re.sub(r"\\([*_\\])", r"\1", re.sub(r"^!(?=[^\s!])", "", text, flags=re.MULTILINE))


def _as_cue(words: list[str], lexicon: Lexicon) -> list[str] | None:
    """The cue of the speaker whose name the words are; None if they are more than a name."""
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    words = [word for word in words if word != RETURN]
    if not words or any(is_speaker(word) for word in words) or len(words) > MAX_CUE_WORDS:
        return None
    *first, last = words
    name = detokenise(words)
    is_proper = name in lexicon.cues and lexicon.written(last) != last
    if not first and (lexicon.is_name(last) or is_proper):
        return lexicon.cue(name) or [f"{last}:"]  # of somebody who is known by more than that name, too
    if not first:
        return None
    only_a_cue = last not in vocabulary and f"{last}:" in vocabulary and PUNCTUATION_TOKENS.isdisjoint(words)
    return lexicon.cue(name) if name in lexicon.cues else [*first, f"{last}:"] if only_a_cue else None


def _script_words(text: str, lexicon: Lexicon) -> list[str] | None:
    """The words of a script whose cues stand on lines of their own, or that has no empty lines between speeches.

    None if it is laid out otherwise: then it is the model's own text.
    """
    paragraphs = [paragraph.split("\n") for paragraph in re.split(r"\n[^\S\n]*\n\s*", text.strip())]
    *_, last = paragraphs
    is_cut_off = len(paragraphs) > 1 and len(last) == 1 and last[0].isupper() and _is_cue_line(last[0], lexicon)
    is_one_paragraph = len(paragraphs) == 1 < len(last) and all(_begins_with_speaker(line) for line in last)
    has_cue_lines = any(len(lines) > 1 and _is_cue_line(lines[0], lexicon) for lines in paragraphs)
    if not (is_cut_off or is_one_paragraph or has_cue_lines):
        return None
    line_end = [RETURN] * lexicon.line_breaks
    words: list[str] = []
    for lines in paragraphs:
        if (len(lines) > 1 or lines is last) and _is_cue_line(lines[0], lexicon):
            lines = [_cue_text(lines[0]) + "".join(lines[1:2]), *lines[2:]]
        for line in _unwrapped(lines):
            words += [*(line_end if words else []), *tokenise(line)]
    return words + (line_end if text.endswith("\n") else [])


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a paragraph; a line goes on in the next one unless that names a speaker."""
    begun: list[str] = []
    for line in lines:
        if begun and _begins_with_speaker(line):
            yield " ".join(begun)
            begun = []
        begun.append(line)
    yield " ".join(begun)


def _begins_with_speaker(line: str) -> bool:
    return is_speaker((tokenise(line) or [""])[0])


def _is_cue_line(line: str, lexicon: Lexicon) -> bool:
    """Whether a line names who speaks below it: a known name in any letter case, or any name in capitals."""
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    name = re.sub(r"\([^()]*\)", "", line.removeprefix("@")).strip().removesuffix(":").strip()
    if not name or name.startswith(("[", "(")) or is_heading(name) or len(name.split()) > MAX_CUE_WORDS:
        return False
    folded = fold(name).lower()
    if folded in lexicon.cues or (f"{folded}:" in vocabulary and (name.isupper() or not folded.isalpha())):
        return True
    return (name.isupper() and not name.endswith(_SENTENCE_ENDS)) or lexicon.is_name(folded)


def _cue_text(line: str) -> str:
    return f"{line.removeprefix('@').strip().removesuffix(':')}: "


def _latest(words: list[str]) -> list[str]:
    """The last words, as many as are read, from a line's start where there is one."""
    if len(words) <= MAX_PRIME_WORDS:
        return words
    latest = words[-MAX_PRIME_WORDS:]
    if RETURN not in latest:
        return latest
    begin = latest.index(RETURN)
    while begin < len(latest) and latest[begin] == RETURN:
        begin += 1
    return latest[begin:] or latest


def _known(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    """The words as the vocabulary has them: with a keyboard's marks where theirs are unknown."""
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    known: list[str] = []
    for word in words:
        parts = [word] if word in vocabulary else tokenise(fold(word))
        if all(part in vocabulary for part in parts):
            known += parts
        elif (bare := word.strip("[]")) in vocabulary:
            known.append(bare)
        elif is_speaker(word) and known[-1:] not in ([], [RETURN]) and word.rstrip(":") in vocabulary:
            # a colon within a sentence: `here is the plan: we run`
            known += [word.rstrip(":"), *([":"] if ":" in vocabulary else [])]
        else:
            raise UnknownWordError(*_refused(parts or [word], vocabulary, lexicon))
    return known


def _refused(parts: Sequence[str], vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[str, tuple[str, ...]]:
    """The word that is unknown, and what could be meant."""
    word = next((part for part in parts if part not in vocabulary), parts[0])
    return word, lexicon.nearest_cues(word[:-1]) if is_speaker(word) else vocabulary.nearest(word)
