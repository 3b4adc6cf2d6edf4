"""What can be wrong with a batch as a whole."""

from coldopen.errors import ColdOpenError


class BatchError(ColdOpenError):
    """A file of primes that can't be read, or a file of scripts that belongs to something else."""
