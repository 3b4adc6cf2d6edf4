"""How scripts are laid out in plain text, and who speaks in them."""
