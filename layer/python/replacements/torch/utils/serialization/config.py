"""The defaults of torch.load and torch.save. Stock torch's module adds what torch.compile needs."""


class load:  # noqa: N801
    """Defaults of torch.load."""

    mmap = False
    endianness = None
    mmap_flags = 2  # MAP_PRIVATE
    calculate_storage_offsets = False


class save:  # noqa: N801
    """Defaults of torch.save."""

    compute_crc32 = True
    use_pinned_memory_for_d2h = False
    storage_alignment = 64
