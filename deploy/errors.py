"""What goes wrong while a stack is changed."""

from coldopen.errors import ColdOpenError


class DeployError(ColdOpenError):
    """A fault the user can act on: what was wrong, the value, and what to do.

    Attributes:
        code: the exit code; sam's own where sam failed.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        self.code = code
        super().__init__(message)
