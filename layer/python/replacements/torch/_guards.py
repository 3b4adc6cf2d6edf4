"""Fake tensors' modes: there are none."""


def detect_fake_mode(_inputs: object = None) -> None:
    """Return None."""


def active_fake_mode() -> None:
    """Return None."""
