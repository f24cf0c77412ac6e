"""State intervals of machines: those that are final, those still on their way, and the open one. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.core.instant import Span
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

STATE = "state"


@dataclass(frozen=True, slots=True)
class Interval:
    """A machine was in a state over [start, end). end None: it still is. known_from None: it may still change."""

    asset: str
    state: str
    start: int
    end: int | None
    known_from: int | None


def intervals(twin: Shown, view: LiveView, assets: Sequence[str], span: Span, known: int) -> list[Interval]:
    """All that overlap the span, by asset, then time. view: of the instant up to which they shall be told.

    The view was made at one instant, so for what it covers it is right and what is stored beside it may be of a
    moment later or earlier: from where the view begins to tell of a machine, only the view counts.
    """
    stored = twin.results.records(STATE, assets, span.start, span.end, known)
    found: list[Interval] = []
    for asset in assets:
        own = of_view(view, asset)
        cut = own[0].start if own else span.end
        before = [
            Interval(asset, str(dict(record.data)["state"]), record.start, record.end, known_from)
            for record, known_from in stored
            if record.key == asset and record.end <= cut
        ]
        found += before
        found += [one for one in own if one.start < span.end and (one.end is None or one.end > span.start)]
    return found


def of_view(view: LiveView, asset: str) -> list[Interval]:
    """What a view itself tells of a machine: intervals past the frontier, then the open one."""
    told = [
        Interval(asset, str(dict(record.data)["state"]), record.start, record.end, None)
        for record in view.records
        if record.kind == STATE and record.key == asset
    ]
    now = view.machines.get(asset)
    if now is not None and now.state is not None and now.since is not None:
        told.append(Interval(asset, now.state, now.since, None, None))
    return sorted(told, key=lambda one: one.start)
