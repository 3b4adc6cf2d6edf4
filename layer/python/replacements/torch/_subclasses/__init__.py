"""Names that torch's modules import."""
