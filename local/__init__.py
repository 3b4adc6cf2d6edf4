"""A local Lambda: the real handler under Lambda's runtime client and emulator, behind an HTTP port."""
