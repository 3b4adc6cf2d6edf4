"""A question before something is changed."""

import sys

from deploy.errors import DeployError


def confirm(question: str, yes: bool) -> None:
    """Ask on the terminal; `yes` answers in advance.

    Raises:
        DeployError: if the answer is not yes.
    """
    if yes:
        return
    print(f"{question} [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer:
        print()
        raise DeployError("nothing was changed: nobody is there to answer (YES=yes answers in advance)")
    if answer.strip().lower() not in ("y", "yes"):
        raise DeployError("nothing was changed")
