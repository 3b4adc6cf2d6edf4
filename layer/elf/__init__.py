"""ELF files: what shared libraries ask for and define, and how they are changed."""
