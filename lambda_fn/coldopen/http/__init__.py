"""HTTP: API Gateway's events in, replies out. Nothing outside this package knows of HTTP.

`routes` names what is answered, `body` reads what was sent, `replies` writes what goes back.
"""
