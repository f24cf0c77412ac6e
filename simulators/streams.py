"""Random streams: one of its own for each machine and purpose, so that adding one machine changes no other."""

from __future__ import annotations

from zlib import crc32

import numpy as np

Stream = np.random.Generator


def stream(seed: int, *names: str) -> Stream:
    """The stream of a name under a seed (>= 0, else ValueError). PCG64 is named: numpy may change its default."""
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; take 0 or more")
    key = crc32("/".join(names).encode())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))


def between(source: Stream, shortest_s: float, longest_s: float) -> int:
    """A length in ms, uniform between two bounds in seconds."""
    return round(1000 * source.uniform(shortest_s, longest_s))


def waiting(source: Stream, mean_s: float) -> int:
    """A length in ms, exponential with a mean in seconds, at least 1 ms."""
    return max(1, round(1000 * source.exponential(mean_s)))
