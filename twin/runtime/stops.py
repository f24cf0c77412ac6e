"""Stops of machines: intervals of states of delay, and which of them are micro stops. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from twin.core.instant import Span
from twin.mes.buckets import STOPS, bucket_number, micro_stops
from twin.model.plant import Machine
from twin.runtime.intervals import Interval, intervals
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown


@dataclass(frozen=True, slots=True)
class Stop:
    """A machine stood over [start, end). end None: it still does; length: ns so far."""

    asset: str
    state: str
    start: int
    end: int | None
    length: int
    is_micro: bool


def stops(twin: Shown, view: LiveView, machines: Sequence[Machine], span: Span, known: int) -> list[Stop]:
    """All that overlap the span, whole, by asset, then time."""
    threshold = {machine.path: machine.micro_stop for machine in machines}
    margin = max(threshold.values(), default=0)  # a stop of several states is judged whole
    wider = Span(span.start - margin, span.end + margin)
    told = intervals(twin, view, sorted(threshold), wider, known)
    found: list[Stop] = []
    for asset, own in groupby(told, key=lambda one: one.asset):
        found += _of_machine(list(own), view.as_of, threshold[asset])
    return [one for one in found if one.start < span.end and (one.end is None or one.end > span.start)]


def _of_machine(told: Sequence[Interval], now: int, threshold: int) -> list[Stop]:
    start = np.array([one.start for one in told], np.int64)
    end = np.array([now if one.end is None else one.end for one in told], np.int64)
    bucket = np.array([bucket_number(one.state) for one in told], np.int8)
    micro = micro_stops(bucket, start, end, threshold)
    return [
        Stop(one.asset, one.state, one.start, one.end, int(end[row] - start[row]), bool(micro[row]))
        for row, one in enumerate(told)
        if one.state in STOPS
    ]
