"""Opaque types belong to torch.compile: nothing is one."""


def is_opaque_type(_kind: object) -> bool:
    """Return False."""
    return False


is_opaque_value = is_opaque_reference_type = is_opaque_value_type = is_opaque_type
