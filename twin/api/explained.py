"""An opened OEE as JSON, with the times of the samples that its counters counted. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from twin.api.decimate import KEPT
from twin.api.series import series
from twin.api.shapes_oee import (
    CountedShape,
    CounterShape,
    ExplainShape,
    MakingShape,
    RateShape,
    ScheduledShape,
    StretchShape,
)
from twin.core.instant import SECOND, Span, to_text
from twin.mes.explain import CounterPart, Explained
from twin.mes.oee import Result
from twin.runtime.oee import Answered
from twin.runtime.twin import Twin


class Samples:
    """First and last samples of counters, each span read once."""

    def __init__(self, twin: Twin, answered: Sequence[Answered], known: int) -> None:
        self._twin = twin
        self._known = known
        parts = [part for one in answered if one.explained is not None for part in one.explained.counters]
        self._tags = list(dict.fromkeys(part.tag for part in parts))
        self._read = cache(self._of_span)

    def ends(self, tag: str, start: int, end: int) -> tuple[str | None, str | None]:
        """Times of the first and the last sample in [start, end)."""
        return self._read(start, end)[tag]

    def _of_span(self, start: int, end: int) -> dict[str, tuple[str | None, str | None]]:
        ids = [self._twin.tags.get(tag) for tag in self._tags]
        found = series(self._twin, ids, Span(start, end), self._known, KEPT)
        times = [(to_text(int(one.time[0])), to_text(int(one.time[-1]))) if len(one.time) else None for one in found]
        return {tag: ends or (None, None) for tag, ends in zip(self._tags, times, strict=True)}


def explain_shape(result: Result, explained: Explained, samples: Samples, micro_stop: int | None) -> ExplainShape:
    """One result opened. micro_stop: the threshold of the machine (ns)."""
    return ExplainShape(
        calendar=[ScheduledShape(start=to_text(o.start), end=to_text(o.end), kind=o.kind) for o in explained.calendar],
        states=[
            StretchShape(start=to_text(o.start), end=to_text(o.end), state=o.state, element=o.bucket, micro=o.is_micro)
            for o in explained.states
        ],
        products=[
            MakingShape(start=to_text(one.start), end=to_text(one.end), product=one.name, code=one.code)
            for one in explained.products
        ],
        rates=[
            RateShape(
                start=to_text(one.start),
                asset=one.machine,
                product=one.product,
                ideal_s=None if one.ideal_ns is None else one.ideal_ns / SECOND,
                content=one.content,
                station=one.station,
            )
            for one in explained.rates
        ],
        counters=[_counter(one, result, samples) for one in explained.counters],
        micro_stop_s=None if micro_stop is None else micro_stop / SECOND,
    )


def _counter(part: CounterPart, result: Result, samples: Samples) -> CounterShape:
    first, last = samples.ends(part.tag, result.period.start, result.period.end)
    counted = [
        CountedShape(
            start=to_text(one.start), end=to_text(one.end), product=one.product, pieces=one.pieces, jumps=one.jumps
        )
        for one in part.parts
    ]
    return CounterShape(asset=part.machine, role=part.role, tag=part.tag, first=first, last=last, counted=counted)
