"""What is raised of weights and vocabularies that can't be used."""

from __future__ import annotations

from coldopen.errors import ColdOpenError


class ForeignModelError(ColdOpenError):
    """A file of weights or words from elsewhere that can't be used, and what to do about it."""
