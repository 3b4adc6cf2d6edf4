"""HTTP: events in, replies out. Nothing outside this package knows of HTTP.

`fronts` reads an event into a request and writes the reply as its sender reads it, `router` finds what `routes` names
for it, `body` reads what was sent, `replies` writes what goes back.
"""
