"""How long a machine was in which element of ISO 22400, over any stretches of time; everything in ns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.mes.buckets import ADET, APT, BUCKETS, bucket_number, micro_stops

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a state interval inside a stretch of time."""

    start: int
    end: int
    state: str
    bucket: str
    is_micro: bool


class StateTime:
    """The state intervals of one machine: in order, apart; what they leave open is unknown time.

    states: by interval a place in `names`. threshold: shorter stops are micro: their time stays in APT.
    """

    def __init__(self, start: Times, end: Times, states: NDArray[np.int32], names: Sequence[str], threshold: int):
        order = np.lexsort((end, start))
        start, end, states = start[order], end[order], states[order]
        if len(start):
            reached = np.maximum.accumulate(end)
            start = np.maximum(start, np.append(start[:1], reached[:-1]))  # an instant has one state, the first told
        kept = start < end
        self._start, self._end, self._state = start[kept], end[kept], states[kept]
        self._names = list(names)
        buckets = np.array([bucket_number(name) for name in names], np.int8)
        self._bucket = buckets[self._state]
        self._micro = micro_stops(self._bucket, self._start, self._end, threshold)

    def time_in(self, first: Times, last: Times) -> Mapping[str, Times]:
        """Ns in each bucket, and of APT the `micro` stops in it, for each stretch [first[i], last[i])."""
        named = tuple(enumerate(BUCKETS))[1:]
        spent = {name: self._between(self._bucket == number, first, last) for number, name in named}
        micro = self._between(self._micro, first, last)
        spent[APT] = spent[APT] + micro
        spent[ADET] = spent[ADET] - micro
        known = sum(spent.values(), np.zeros(len(first), np.int64))
        return {**spent, BUCKETS[0]: last - first - known, "micro": micro}

    def _between(self, chosen: NDArray[np.bool_], first: Times, last: Times) -> Times:
        return self._before(chosen, last) - self._before(chosen, first)

    def _before(self, chosen: NDArray[np.bool_], instant: Times) -> Times:
        """Ns of the chosen intervals before each instant."""
        start, end = self._start[chosen], self._end[chosen]
        whole = np.append(0, np.cumsum(end - start))
        begun = np.searchsorted(start, instant, side="right")
        ahead = np.zeros(len(instant), np.int64)
        within = begun > 0
        ahead[within] = np.maximum(end[begun[within] - 1] - instant[within], 0)
        return whole[begun] - ahead

    def stretches(self, first: int, last: int) -> Iterator[Stretch]:
        """The same intervals one by one, cut at [first, last); what is missing between them as `unknown`."""
        at = first
        for row in range(int(np.searchsorted(self._end, first, side="right")), len(self._start)):
            start, end = max(int(self._start[row]), first), min(int(self._end[row]), last)
            if start >= last:
                break
            if at < start:
                yield Stretch(at, start, "unknown", BUCKETS[0], False)
            is_micro = bool(self._micro[row])
            bucket = APT if is_micro else BUCKETS[int(self._bucket[row])]
            yield Stretch(start, end, self._names[int(self._state[row])], bucket, is_micro)
            at = end
        if at < last:
            yield Stretch(at, last, "unknown", BUCKETS[0], False)
