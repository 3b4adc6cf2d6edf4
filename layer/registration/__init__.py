"""Registration: what torch does to make its operators known when it is loaded, done more quickly."""
