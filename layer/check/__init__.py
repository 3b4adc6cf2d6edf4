"""A finished layer, run and compared with the installed torch."""
