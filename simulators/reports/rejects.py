"""Rejects by cause: which of the bad pieces of a machine was bad for what."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

from simulators.streams import Stream


class Rejects:
    """Causes with their shares of the bad pieces (they need not add up to 1), drawn for each bad piece.

    times: cause -> instant (ms) of each piece.
    """

    def __init__(self, shares: Mapping[str, float], source: Stream) -> None:
        """Raises ValueError for a share that is not above 0."""
        for cause, share in shares.items():
            if not share > 0.0:
                raise ValueError(f"rejects: '{cause}' has the share {share}; take more than 0")
        self.times = {cause: array("q") for cause in shares}
        self._causes = tuple(shares)
        self._bounds = list(accumulate(shares.values()))
        self._source = source

    def count(self, pieces: int, now: int) -> None:
        """So many bad pieces at an instant."""
        for _ in range(pieces if self._causes else 0):
            drawn = self._source.uniform(0.0, self._bounds[-1])
            self.times[self._causes[bisect_right(self._bounds, drawn, hi=len(self._bounds) - 1)]].append(now)
