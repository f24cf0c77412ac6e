"""How much of a result stands on good values: the time for which its input tags were good, uncertain, bad or missing.

A value holds until the next one comes. Where coverage says that samples are missing, nothing holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import Span
from twin.core.status import GOOD, SEVERITY_MASK, UNCERTAIN

GOOD_TIME, UNCERTAIN_TIME, BAD_TIME, MISSING_TIME = range(4)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Time of `tags` input tags over a span, ns, summed over them."""

    good: int = 0
    uncertain: int = 0
    bad: int = 0
    missing: int = 0
    tags: int = 0

    @property
    def whole(self) -> int:
        """All of it: the length of the span times the tags."""
        return self.good + self.uncertain + self.bad + self.missing

    @staticmethod
    def total(parts: Iterable[Inputs]) -> Inputs:
        """All together."""
        rows = [(one.good, one.uncertain, one.bad, one.missing, one.tags) for one in parts]
        return Inputs(*(sum(column) for column in zip(*rows, strict=True))) if rows else Inputs()


def held(
    time: NDArray[np.int64], status: NDArray[np.uint32], missing: Sequence[tuple[int, int]], spans: Sequence[Span]
) -> list[Inputs]:
    """One tag over each of the spans. time: ascending, from before the spans on where there is one; missing: [start,
    end) in order, without overlap.
    """
    gaps = np.array([edge for gap in missing for edge in gap], np.int64)
    found: list[Inputs] = []
    for span in spans:
        if span.end <= span.start:
            found.append(Inputs(tags=1))
            continue
        inside = np.concatenate([time, gaps])
        inside = inside[(inside > span.start) & (inside < span.end)]
        edges = np.unique(np.concatenate([inside, np.array([span.start, span.end], np.int64)]))
        kind = _kind(edges[:-1], time, status, gaps)
        length = np.zeros(4, np.int64)
        np.add.at(length, kind, np.diff(edges))
        found.append(Inputs(*length.tolist(), tags=1))
    return found


def _kind(
    at: NDArray[np.int64], time: NDArray[np.int64], status: NDArray[np.uint32], gaps: NDArray[np.int64]
) -> NDArray[np.intp]:
    """What holds from each of some instants on."""
    newest = np.searchsorted(time, at, side="right") - 1
    severity = status & np.uint32(SEVERITY_MASK)
    of_row = np.select([severity == GOOD, severity == UNCERTAIN], [GOOD_TIME, UNCERTAIN_TIME], BAD_TIME).astype(np.intp)
    of_row = np.append(of_row, MISSING_TIME)  # -1: before the first value
    in_gap = np.searchsorted(gaps, at, side="right") % 2 == 1
    return np.where(in_gap, MISSING_TIME, of_row[newest])
