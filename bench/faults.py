"""Faults in a script that a person would have to mend by hand, counted in the text of a reply alone.

A script is one in the format `script`: blocks with an empty line between them, and a block's first line, where it is in
capitals and not alone, names who speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from coldopen.lexicon import Lexicon

_ASIDES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SENTENCE_END = re.compile(r"[.?!]['\")\]]*$")
_BEHIND_ASIDES = re.compile(r"(?:^|(?<!\.\.)[.?!][\"']?\s+)(?:\([^()]*\)[.,]?\s+)+[\"']?[^\W\d_A-Z]")
_SMALL_SENTENCE_ASIDE = re.compile(r"\(\s*[a-z][^()]*(?<!\.)[.?!][\"']?\s*\)")
_SILENT = re.compile(r"([^:]*):\W*")  # a cue, and behind it no word
_WORD = re.compile(r"(?<![\w'])[^\W_]\w*(?:'\w+)*")
_PAIR = re.compile(r"(?<![\w'-])(?=(\w+ \w+)\b)")  # overlapping

_BROKEN = re.compile(
    r"""[,;]\s*[,;.!?]              # two marks in one place
    | (?<!\.)\.\.(?!\.) | \.{5,}    # dots that are no ellipsis
    | [?!]\.(?!\.) | [?!]{4,}
    | \d[.:]\ \d | \d,\ \d{3}\b     # $5. 50, 8: 30 and 1, 000
    | \b[A-Za-z]\.\ [A-Za-z]\.      # u. S.
    | \b(?=[a-z])([a-z']{1,3})-(?=[A-Z])(?i:\1)         # i-I
    | [a-z]\?\ (?i:d|ll|m|re|s|t|ve)\b(?!')             # They? Ve
    | (?<=\w)\s[,;?!]               # a mark behind a space
    | \(\s*\) | "\s*"               # nothing inside""",
    re.VERBOSE,
)
_CONTRACTIONS = re.compile(
    r"\b(?:(?:ai|are|ca|could|did|does|do|had|has|have|is|should|was|were|wo|would)nt"
    r"|im|(?:i|they|we|would|could|should|you)ve|(?:you|they)re|(?:that|they|you|it)ll|(?:they|you)d"
    r"|(?:he|here|how|she|that|there|what|where|who)s)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A speech, its asides included, or a line of action where `speaker` is empty."""

    speaker: str
    text: str


def blocks_of(script: str) -> list[Block]:
    """A script's speeches and lines of action, as its reader takes them."""
    found = []
    for block in re.split(r"\n{2,}", script.strip("\n")):
        first, _, rest = block.partition("\n")
        speaks = bool(rest) and first == first.upper()
        found.append(Block(first, rest) if speaks else Block("", block))
    return found


def is_bare_cue(block: Block, lexicon: Lexicon) -> bool:
    """Whether a block is a speaker's name alone, in capitals."""
    return not block.speaker and block.text == block.text.upper() and _is_a_cue(block.text, lexicon)


def bare_cues(script: str, lexicon: Lexicon) -> int:
    """Cues with no speech."""
    return sum(is_bare_cue(block, lexicon) for block in blocks_of(script))


def false_speakers(script: str, lexicon: Lexicon) -> int:
    """Lines that stand where a speaker's name does, and are nobody's: scene lines, the end of an aside, a sentence."""
    return sum(bool(block.speaker) and not _is_a_cue(block.speaker, lexicon) for block in blocks_of(script))


def mid_sentence_end(script: str, lexicon: Lexicon) -> int:
    """1 if the script's last sentence does not end, else 0. A last aside, or a scene line, needs no end."""
    last = blocks_of(script)[-1]
    said = last.text.rstrip()
    while (aside := list(_ASIDES.finditer(said))) and aside[-1].end() == len(said):
        said = said[: aside[-1].start()].rstrip()
    return int(is_bare_cue(last, lexicon) or bool(said and not _SENTENCE_END.search(said)))


def small_names(script: str, lexicon: Lexicon) -> int:
    """Speakers' names in lower case, elsewhere than in a cue."""
    return sum(_is_name(word, lexicon) for word in _small_words(script))


def small_proper_words(script: str, lexicon: Lexicon) -> int:
    """Other words, and pairs of words, in lower case that the lexicon writes with a capital."""
    singly = sum(_has_capitals(word, lexicon) and not _is_name(word, lexicon) for word in _small_words(script))
    pairs = [str(match[1]) for block in blocks_of(script) for match in _PAIR.finditer(block.text)]
    return singly + sum(pair == pair.lower() and _has_capitals(pair, lexicon) for pair in pairs)


def small_behind_asides(script: str, lexicon: Lexicon) -> int:
    """Sentences that begin behind an aside, in lower case. Those that an aside interrupts go on in lower case."""
    return sum(len(_BEHIND_ASIDES.findall(block.text)) for block in blocks_of(script))


def small_asides(script: str, lexicon: Lexicon) -> int:
    """Asides that are sentences, with their end, and begin in lower case."""
    return len(_SMALL_SENTENCE_ASIDE.findall(script))


def broken_marks(script: str, lexicon: Lexicon) -> int:
    """Marks doubled, torn apart or put where none belongs."""
    return sum(1 for _ in _BROKEN.finditer(script))


def bare_contractions(script: str, lexicon: Lexicon) -> int:
    """Contractions without their apostrophe, but for those that are words too (`its`, `lets`, `well`)."""
    return len(_CONTRACTIONS.findall(script))


def open_quotes(script: str, lexicon: Lexicon) -> int:
    """Speeches and lines of action in which a quotation mark has no second one."""
    return sum(block.text.count('"') % 2 for block in blocks_of(script))


def open_brackets(script: str, lexicon: Lexicon) -> int:
    """Speeches, their cue included, and lines of action in which a parenthesis or a bracket has no other one."""
    return sum(bool(re.search(r"[()\[\]]", _ASIDES.sub("", _whole(block)))) for block in blocks_of(script))


def wrong_colons(script: str, plain: str, lexicon: Lexicon) -> int:
    """Colons lost or made up: what stands in one of a reply's two forms and in the other neither as colon nor as cue.

    A cue without speech may be left out of the script.
    """
    blocks = blocks_of(script)
    shown = sum(block.text.count(":") + bool(block.speaker) + is_bare_cue(block, lexicon) for block in blocks)
    written = plain.count(":")
    silent = (match[1] for line in plain.split("\n") if (match := _SILENT.fullmatch(line)))
    empty = sum(_is_a_cue(name, lexicon) for name in silent)
    return max(written - empty - shown, shown - written, 0)


def speakers_outside(script: str, cast: Sequence[str]) -> int:
    """Speeches of others than the cast, which is named in any casing."""
    known = {name.upper() for name in cast}
    return sum(bool(block.speaker) and _name(block.speaker).upper() not in known for block in blocks_of(script))


Count = Callable[[str, Lexicon], int]

FAULTS: dict[str, Count] = {
    "ends in mid-sentence": mid_sentence_end,
    "speakers' names in lower case": small_names,
    "other proper words in lower case": small_proper_words,
    "sentences in lower case behind an aside": small_behind_asides,
    "asides that are sentences, in lower case": small_asides,
    "lines taken as a speaker's that are nobody's": false_speakers,
    "cues without a speech": bare_cues,
    "broken marks": broken_marks,
    "contractions without apostrophe": bare_contractions,
    "quotation marks left open": open_quotes,
    "parentheses and brackets left open": open_brackets,
}
"""Each fault that a script alone shows, and what counts it."""


def _whole(block: Block) -> str:
    return f"{block.speaker}\n{block.text}"


def _name(cue: str) -> str:
    """A cue's name, without what stands behind it in parentheses."""
    return re.sub(r"\s*\([^()]*\)$", "", cue).strip()


def _is_a_cue(line: str, lexicon: Lexicon) -> bool:
    name = _name(line).lower()
    return not re.search(r"[()\[\]]", name) and lexicon.is_cue(name)


def _small_words(script: str) -> Iterator[str]:
    """The words in lower case that stand outside the cues, without a possessive's `'s`."""
    for block in blocks_of(script):
        yield from (word for word in _words(block.text) if word == word.lower())


def _words(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in _WORD.findall(text)]


def _is_name(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is a speaker's name that is written with a capital; without a casing, any that is mostly a cue."""
    return lexicon.is_cue(word) and _has_capitals(word, lexicon) if lexicon.casing else lexicon.is_name(word)


def _has_capitals(words: str, lexicon: Lexicon) -> bool:
    cased = lexicon.casing.get(words, words)
    return cased != cased.lower()
