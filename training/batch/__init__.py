"""A file of primes becomes a file of scripts: a line out per line in, in order, on this machine or on AWS."""
