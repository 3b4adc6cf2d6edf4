"""Where scripts stand: files, folders and archives, within limits."""
