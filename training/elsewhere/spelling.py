"""Words as this project spells them: punctuation tokens and fill-ins of other spellings, and lower case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from coldopen.errors import shown
from coldopen.vocabulary import PAD, PUNCTUATION, PUNCTUATION_TOKENS, RETURN, UNKNOWN, fold, tokenise
from training.elsewhere.errors import ForeignModelError

_WRAPPED = re.compile(r"\|\|(?P<bars>[^|]+)\|\||<\|?([^<>|]+)\|?>|\[(\w+)\]|\{(\w+)\}|__(\w+)__|\|(\w+)\|")
_NAMES = {
    ".": "period fullstop stop dot point",
    ",": "comma",
    '"': "quotationmark quotationmarks quotation quote quotes quotemark doublequote doublequotes doublequotationmark",
    ";": "semicolon",
    "!": "exclamationmark exclamation exclamationpoint exclaim exclam exclamationmarks",
    "?": "questionmark question questionmarks",
    "(": "leftparentheses leftparenthesis leftparen leftparens lparen lparenthesis lpar leftpar parenthesesleft "
    "parenthesisleft parenleft openparentheses openparenthesis openparen parenopen leftbracket openbracket lbracket",
    ")": "rightparentheses rightparenthesis rightparen rightparens rparen rparenthesis rpar rightpar parenthesesright "
    "parenthesisright parenright closeparentheses closeparenthesis closeparen parenclose rightbracket closebracket "
    "rbracket",
    "-": "dash dashes hyphen hyphens minus",
    "\n": "return returns newline linebreak linefeed carriagereturn lineend endofline eol enter nl br",
}
_TOKENS = {name: PUNCTUATION[mark] for mark, names in _NAMES.items() for name in names.split()}
_FILL_INS = {"pad": PAD, "padding": PAD, "unk": UNKNOWN, "unknown": UNKNOWN, "oov": UNKNOWN}
_LITERAL = {
    "colon": ":", "ellipsis": "...", "apostrophe": "'", "singlequote": "'", "ampersand": "&", "and": "&", "dollar": "$",
    "percent": "%", "slash": "/", "asterisk": "*", "star": "*", "hash": "#", "at": "@", "plus": "+", "equals": "=",
    "doubledash": "--", "emdash": "--", "underscore": "_", "tilde": "~", "backslash": "\\",
}  # fmt: skip
"""Marks that no token of ours stands for: they are written as they are."""
_MARKS = {**PUNCTUATION, "\r\n": RETURN, "\\n": RETURN}
_CONTROL = frozenset(
    f"<{name}>" for name in ("s", "/s", "sos", "eos", "bos", "start", "end", "go", "cls", "sep", "mask")
)
_PIECES = ("Ġ", "▁", "##", "@@")
_SHOWN = 5


def with_our_spelling(words: Sequence[str], file: str) -> tuple[list[str], list[str]]:
    """The words, each in its place, as tokenising a text gives them, and notes on what was changed.

    Raises:
        ForeignModelError: if they are letters or pieces of words, hold a token that stands for no known mark, or words
            with capitals that are there in lower case too.
    """
    _refuse_what_are_no_words(words, file)
    spelt, changed = _with_our_tokens(words, file)
    notes = [f"{_count(changed, 'token')} spelt otherwise: {_examples(changed)}"] if changed else []
    lower, capitals = _in_lower_case(spelt, file)
    folded = [_folded(word, lower) for word in lower]
    if curly := [word for word, straight in zip(lower, folded, strict=True) if word != straight]:
        notes.append(f"{_count(curly, 'word')} with curly marks, which become a keyboard's: {_examples(curly)}")
    lower = folded
    if capitals:
        notes.append(f"{_count(capitals, 'word')} with capitals, lower-cased: {_examples(capitals)}")
    if not PUNCTUATION_TOKENS & set(lower):
        notes.append("no word stands for a mark or a line break: scripts will have neither")
    tokens = {PAD, UNKNOWN, *PUNCTUATION_TOKENS}
    if unsaid := [word for word in lower if word not in tokens and tokenise(word) != [word]]:
        notes.append(f"{_count(unsaid, 'word')} that no prime can hold, as tokenising parts it: {_examples(unsaid)}")
    if control := [word for word in lower if word in _CONTROL]:
        notes.append(f"scripts may show {_examples(control)}")
    return lower, notes


def _folded(word: str, words: Sequence[str]) -> str:
    """A word as a prime has it, unless that is another word, or several."""
    straight = word if word.isascii() else fold(word)
    return straight if tokenise(straight) == [straight] and straight not in words else word


def _with_our_tokens(words: Sequence[str], file: str) -> tuple[list[str], list[str]]:
    """The words with tokens spelt as ours, the likeliest spelling of each, and what was changed, as `old -> new`."""
    best: dict[str, tuple[int, str]] = {}
    for word in words:
        meant, rank = _meant(word)
        if meant and (meant not in best or rank < best[meant][0]):
            best[meant] = rank, word
    if RETURN not in best and (end := next((word for word in words if word.lower() in ("<eos>", "</s>")), None)):
        best[RETURN] = 0, end  # a line's end, where lines are what was learnt
    ours = {word: meant for meant, (_, word) in best.items()}
    for word in words:
        if word not in ours and (match := _WRAPPED.fullmatch(word)) and match["bars"]:
            same = next((other for meant, (_, other) in best.items() if meant == _meant(word)[0]), None)
            why = f"means the same as {shown(same)}" if same else "stands for no mark that is known here"
            raise ForeignModelError(
                f"{file} holds {shown(word)}, which {why}, so scripts would show it; the tokens are "
                f"{' '.join(sorted(PUNCTUATION_TOKENS))}"
            )
    changed = [f"{shown(word)} -> {shown(meant)}" for word, meant in ours.items() if word != meant]
    return [ours.get(word, word) for word in words], changed


def _meant(word: str) -> tuple[str, int]:
    """What a word stands for, "" for itself, and how doubtful that is, from 0."""
    if word in PUNCTUATION_TOKENS or word in (PAD, UNKNOWN):
        return word, 0
    if word in _MARKS:
        return _MARKS[word], 3
    if word in ("PAD", "UNK"):
        return _FILL_INS[word.lower()], 2
    if not (match := _WRAPPED.fullmatch(word)):
        return "", 0
    inner = next(group for group in match.groups() if group)
    name = re.sub("[^a-z]", "", inner.lower()).removesuffix("token")
    rank = 1 if match["bars"] else 2
    return _TOKENS.get(name) or _FILL_INS.get(name) or _LITERAL.get(name, ""), rank


def _in_lower_case(words: Sequence[str], file: str) -> tuple[list[str], list[str]]:
    """The words in lower case, and those that were not."""
    lower = [word if word in (PAD, UNKNOWN) else word.lower() for word in words]
    counts = Counter(lower)
    capitals = [word for word, small in zip(words, lower, strict=True) if word != small]
    if twice := [word for word in capitals if counts[word.lower()] > 1]:
        raise ForeignModelError(
            f"{file} holds {_count(capitals, 'word')} with capitals, {len(twice):,} of them in another case too "
            f"({_examples(twice)}). Tokenising makes all words lower-case: train on text in lower case"
        )
    return lower, capitals


def _refuse_what_are_no_words(words: Sequence[str], file: str) -> None:
    plain = [word for word in words if isinstance(word, str) and not _meant(word)[0]]
    letters = [word for word in plain if len(word) == 1 and word.isascii()]
    if len(letters) >= 20 and len(letters) > 0.9 * len(plain):
        raise ForeignModelError(
            f"{file} holds letters ({_examples(letters)}), so the model writes letter by letter; this network writes "
            "words"
        )
    pieces = [word for word in plain if len(word) > 1 and (word.startswith(_PIECES) or word.endswith("@@"))]
    if len(pieces) > 0.05 * len(plain):
        raise ForeignModelError(
            f"{file} holds pieces of words ({_examples(pieces)}), as BPE and WordPiece make them; this network writes "
            "whole words"
        )


def _examples(words: Sequence[str]) -> str:
    more = ", ..." if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _count(items: Sequence[str], noun: str) -> str:
    return f"{len(items):,} {noun}{'' if len(items) == 1 else 's'}"
