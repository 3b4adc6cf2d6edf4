"""What goes wrong while a layer is made."""


class LayerError(Exception):
    """A fault the user can act on: one sentence that names the file or value and says what to do."""
