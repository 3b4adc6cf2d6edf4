"""The exception tree: every error that a person or a client can meet is a ColdOpenError.

The message of each says what was wrong, shows the value, and says what to do.
"""

_SHOWN = 60  # characters of a word that a message repeats


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
        shown = word if len(word) <= _SHOWN else f"{word[:_SHOWN]}..."
        super().__init__(f"the model has never seen the word {shown!r}{hint}")


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
