"""The formats of files that hold scripts: bytes in, text and speeches out."""
