"""The exception tree: every error that a person or a client can meet is a ColdOpenError.

The message of each says what was wrong, shows the value, and says what to do.
"""

import json

_MAX_SHOWN = 60  # characters of a value that a message repeats


def shown(value: object) -> str:
    """A value for a message: as JSON where it can be, never long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


class ColdOpenError(Exception):
    """Base of all errors that Cold Open raises on purpose."""


class BundleError(ColdOpenError):
    """A bundle is incomplete, altered, or of a form that this version can't read."""


class ModelUnavailableError(ColdOpenError):
    """The place where the bundle should be can't be read now; trying again may help."""


class UnknownWordError(ColdOpenError):
    """A word that the vocabulary doesn't hold.

    Attributes:
        word: the word that was looked up, as it was tokenised.
        suggestions: the nearest words of the vocabulary, the most frequent first.
    """

    def __init__(self, word: str, suggestions: tuple[str, ...]) -> None:
        self.word = word
        self.suggestions = suggestions
        hint = f"; nearest: {', '.join(suggestions)}" if suggestions else ""
        beginning = word if len(word) <= _MAX_SHOWN else f"{word[:_MAX_SHOWN]}..."
        super().__init__(f"the model has never seen the word {beginning!r}{hint}")


class RequestError(ColdOpenError):
    """A request that can't be answered as it stands.

    Attributes:
        status: HTTP status code.
        code: short machine-readable name of the fault.
        field: the field of the request at fault, if it is one field's.
        suggestions: values that would work, best first.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> None:
        self.status = status
        self.code = code
        self.field = field
        self.suggestions = suggestions
        super().__init__(message)
