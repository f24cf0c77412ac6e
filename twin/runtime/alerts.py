"""Alerts as people see them: those that are over, the open ones, and what was said of them. Blocking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from twin.core.event import ALERT_JUDGED, Event
from twin.core.instant import FAR_FUTURE, MINUTE, from_text
from twin.health.reading import AlertNow, alert_of
from twin.model.plant import Plant
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

KIND = "alert"
Verdict = Literal["confirmed", "false"]
NEAR = 5 * MINUTE
"""A verdict is of the alert that began at its instant or so near to it: late data may have moved the beginning."""
MOST_VERDICTS = 10_000


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with the last verdict of a person: confirmed, false, or None."""

    now: AlertNow
    title: str
    verdict: Verdict | None


def alerts_between(
    twin: Shown, view: LiveView, assets: Sequence[str], start: int, end: int, known: int = FAR_FUTURE
) -> list[Alert]:
    """All that overlap [start, end), newest first. view: of the instant up to which they shall be told."""
    stored = [record for record, _ in twin.results.records(KIND, assets, start, end, known)]
    wanted = set(assets)
    pending = [r for r in view.records if r.kind == KIND and r.key in wanted and r.start < end and r.end > start]
    opened = [one for one in view.alerts() if one.asset in wanted and one.start < end]
    over = {(r.key, r.start): alert_of(r) for r in (*stored, *pending) if r.end <= view.as_of}
    for one in opened:
        over.pop((one.asset, one.start), None)
    found = sorted((*over.values(), *opened), key=lambda one: (-one.start, one.asset))
    return with_verdicts(twin, found)


def with_verdicts(twin: Shown, found: Sequence[AlertNow]) -> list[Alert]:
    """The same with what people said of them."""
    if not found:
        return []
    first = min(one.start for one in found) - NEAR
    judged = [event for _, event in twin.reader.events(first, FAR_FUTURE, (ALERT_JUDGED,), MOST_VERDICTS)]
    return [Alert(one, title_of(twin.plant, one), _verdict(one, judged)) for one in found]


def title_of(plant: Plant, alert: AlertNow) -> str:
    """One line for people."""
    machine = next((m for m in plant.machines() if m.path == alert.asset), None)
    name = alert.asset.rpartition("/")[2] if machine is None else machine.display or machine.name
    lead = alert.tags[0][0].rpartition("/")[2] if alert.tags else "behaviour"
    return f"{name}: {lead} is not as learnt"


def _verdict(alert: AlertNow, judged: Iterable[Event]) -> Verdict | None:
    """The newest of this alert; events come newest first."""
    for event in judged:
        if event.subject == alert.asset and covers(alert, _instant(str(event.body.get("id", "")))):
            return "confirmed" if event.body["verdict"] == "confirmed" else "false"
    return None


def covers(alert: AlertNow, instant: int) -> bool:
    """Whether an alert is the one that began at this instant (R11)."""
    return alert.start - NEAR <= instant < (alert.end or FAR_FUTURE)


def _instant(id_: str) -> int:
    try:
        return from_text(id_.rpartition("@")[2])
    except ValueError:
        return -1
