"""What people said: labels of stops, acknowledgements of alarms, judgements of alerts; of what each is now. Blocking.

A note is an event that points at an asset and an instant, never at a row (folds.md R11). So it survives whatever late
data makes of the results; one of which nothing is left is orphaned, and listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from twin.core.event import ALARM_ACKNOWLEDGED, ALERT_JUDGED, STOP_LABELLED, Event
from twin.core.instant import FAR_FUTURE, Span, from_text, to_text
from twin.mes.labels import Label, label_of, placed
from twin.model.plant import Machine
from twin.runtime.alerts import alerts_between, covers
from twin.runtime.live import LiveView
from twin.runtime.occurrences import occurrences
from twin.runtime.shown import Shown
from twin.runtime.stops import Stop, stops

MOST = 100_000
"""Notes of one kind that are looked at; people do not write more of them in a plant's life."""
Kind = Literal["label", "acknowledgement", "judgement"]
KINDS: Mapping[str, Kind] = {
    STOP_LABELLED: "label", ALARM_ACKNOWLEDGED: "acknowledgement", ALERT_JUDGED: "judgement",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A stop and what people said of it, the newest first."""

    stop: Stop
    labels: Sequence[Label] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a person said, and of what it is now. asset: path of the machine or tag. about: id as it was shown then.

    now: id of what it is about today, None: orphaned. reason: of a label, or the verdict on an alert. said: ns.
    """

    kind: Kind
    asset: str
    about: str
    said: int
    who: str
    role: str
    reason: str
    text: str
    now: str | None
    recorded: int = field(compare=False, default=0)


def stop_id(asset: str, start: int) -> str:
    """ASSET@START, START as RFC 3339."""
    return f"{asset}@{to_text(start)}"


def labelled_stops(
    twin: Shown, view: LiveView, machines: Sequence[Machine], span: Span, known: int = FAR_FUTURE
) -> list[Labelled]:
    """All stops that overlap the span, whole, by asset, then time, with their labels."""
    found = stops(twin, view, machines, span, known)
    if not found:
        return []
    hull = Span(min(one.start for one in found), max(FAR_FUTURE if one.end is None else one.end for one in found))
    near = [one for one in _labels(twin, hull.start, known) if one.start < hull.end and one.until > hull.start]
    by_asset = {asset: list(own) for asset, own in groupby(near, key=lambda one: one.asset)}
    labels: dict[tuple[str, int], Sequence[Label]] = {}
    for machine in machines:
        if machine.path in by_asset:
            labels |= _by_stop(twin, view, machine, by_asset[machine.path], known)
    return [Labelled(one, labels.get((one.asset, one.start), ())) for one in found]


def notes(
    twin: Shown, view: LiveView, is_below: Callable[[str], bool], span: Span, known: int = FAR_FUTURE
) -> list[Note]:
    """All that was said in a span of assets below a path, the last said first, however it came."""
    events = twin.reader.events(span.start, span.end, tuple(KINDS), MOST)
    told = [(recorded, event) for recorded, event in events if recorded <= known and is_below(event.subject)]
    found = [*_label_notes(twin, view, told, known), *_acknowledgements(twin, view, told, known)]
    found += _judgements(twin, view, told, known)
    return sorted(found, key=lambda one: (one.said, one.recorded), reverse=True)


# --- labels of stops ------------------------------------------------------------------------------------------------


def _labels(twin: Shown, since: int, known: int) -> list[Label]:
    """Labels of stops that ended after an instant were said after it; by asset."""
    events = twin.reader.events(since, FAR_FUTURE, (STOP_LABELLED,), MOST)
    return sorted(
        (label_of(recorded, event) for recorded, event in events if recorded <= known), key=lambda one: one.asset
    )


def _by_stop(
    twin: Shown, view: LiveView, machine: Machine, labels: Sequence[Label], known: int
) -> dict[tuple[str, int], Sequence[Label]]:
    """Labels of one machine by (asset, start) of the stop that they are about; start -1: orphaned."""
    hull = Span(min(one.start for one in labels), max(one.until for one in labels))
    own = stops(twin, view, [machine], hull, known)
    found = placed(labels, [(one.start, one.end) for one in own])
    return {(machine.path, own[n].start if n >= 0 else -1): found[n] for n in found}


def _label_notes(twin: Shown, view: LiveView, told: Sequence[tuple[int, Event]], known: int) -> Iterable[Note]:
    labels = sorted((label_of(r, e) for r, e in told if e.kind == STOP_LABELLED), key=lambda one: one.asset)
    machines = {machine.path: machine for machine in twin.plant.machines()}
    for asset, own in groupby(labels, key=lambda one: one.asset):
        mine = list(own)
        by_stop = _by_stop(twin, view, machines[asset], mine, known) if asset in machines else {(asset, -1): mine}
        for (_, start), here in by_stop.items():
            now = None if start < 0 else stop_id(asset, start)
            for one in here:
                about = stop_id(asset, one.start)
                yield Note("label", asset, about, one.said, one.who, one.role, one.reason, one.text, now, one.recorded)


# --- acknowledgements and judgements --------------------------------------------------------------------------------


def _acknowledgements(twin: Shown, view: LiveView, told: Sequence[tuple[int, Event]], known: int) -> Iterable[Note]:
    """An acknowledgement acts on what is active at its own instant; after a heal that may be nothing."""
    events = [(recorded, event) for recorded, event in told if event.kind == ALARM_ACKNOWLEDGED]
    if not events:
        return
    span = Span(min(event.time for _, event in events), max(event.time for _, event in events) + 1)
    keys = sorted({_key(event) for _, event in events})
    found = occurrences(twin, view, keys, Span(span.start - 1, span.end), known)
    for recorded, event in events:
        at = event.time
        own = [one for one in found if one.key == _key(event) and one.start <= at <= (one.end or FAR_FUTURE)]
        acted = [one for one in own if one.acked == at] or own
        now = acted[0].id if acted else None
        yield _note(recorded, event, "", str(event.body.get("note") or ""), now)


def _judgements(twin: Shown, view: LiveView, told: Sequence[tuple[int, Event]], known: int) -> Iterable[Note]:
    for recorded, event in told:
        if event.kind == ALERT_JUDGED:
            instant = from_text(str(event.body["id"]).rpartition("@")[2])
            found = alerts_between(twin, view, [event.subject], 0, FAR_FUTURE, known)
            mine = [one.now for one in found if covers(one.now, instant)]
            now = stop_id(event.subject, min(mine, key=lambda one: abs(one.start - instant)).start) if mine else None
            yield _note(recorded, event, str(event.body["verdict"]), str(event.body.get("note") or ""), now)


def _key(event: Event) -> str:
    """TAG~NAME of the alarm that an acknowledgement names."""
    return str(event.body.get("id", "")).partition("@")[0]


def _note(recorded: int, event: Event, reason: str, text: str, now: str | None) -> Note:
    role, about = str(event.body.get("role", "")), str(event.body.get("id", ""))
    return Note(KINDS[event.kind], event.subject, about, event.time, event.who, role, reason, text, now, recorded)
