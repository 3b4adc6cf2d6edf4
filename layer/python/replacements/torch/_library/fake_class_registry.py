"""A name that torch._opaque_base imports."""


class FakeScriptObject:
    """Only a name: nothing here makes one."""
