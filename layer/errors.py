"""What goes wrong while a layer is made."""

from layer.wheel.rules import TORCH_VERSION


class LayerError(Exception):
    """A fault the user can act on: one sentence that names the file or value and says what to do."""


class OtherTorchError(LayerError):
    """A rule does not match the wheel: the rules were written for another version of torch."""

    def __init__(self, mismatch: str) -> None:
        super().__init__(f"{mismatch}: it is not {TORCH_VERSION.rpartition('.')[0]}'s")
