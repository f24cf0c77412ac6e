"""What a twin shows, as lines that can be compared: at the end, and in answer to questions about what was known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, Span
from twin.core.rows import in_order
from twin.mes.calendar import calendar_of
from twin.runtime.alerts import alerts_between
from twin.runtime.archive import values
from twin.runtime.live import LiveView
from twin.runtime.notes import labelled_stops, notes
from twin.runtime.occurrences import occurrences
from twin.runtime.oee import Question as OeeQuestion
from twin.runtime.oee import oee
from twin.runtime.twin import Twin

MOST = 10**6
Lines = dict[str, list[str]]
"""What is told -> its lines."""


@dataclass(frozen=True)
class Question:
    """What was asked of `time` as known at `known`. kind: state, records, values. about: kind and keys, ids of tags."""

    kind: str
    time: int
    known: int
    about: Sequence[str | int] = ()
    tags: int = 0
    """So many the log knew when it was asked; those that came since are not compared."""

    def told(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)


async def answer(twin: Twin, asked: Question) -> Lines:
    """The same question has the same answer whenever it is asked."""
    if asked.kind == "state":
        return state(await twin.at(asked.time, asked.known), asked.tags)
    if asked.kind == "records":
        span = asked.time - 2 * HOUR, asked.time
        found = twin.results.records(asked.about[0], asked.about[1:], *span, asked.known)
        ended = [(r, since) for r, since in found if r.end < asked.time]  # others are not in result(T, K) (R2, R5)
        return {asked.about[0]: [f"{r.key} {r.start} {r.end} {r.data} since {since}" for r, since in ended]}
    ids, seen = np.array(asked.about, np.int32), twin.as_known(asked.known)
    rows = in_order(seen.past.read_tags(ids, asked.time - 10 * MINUTE, asked.time, asked.known).samples)
    columns = *columns_of(rows), *values(seen.meaning, rows)
    return {"values": [str(row) for row in zip(*(c.tolist() for c in columns), strict=True)]}


def columns_of(rows):
    """What a row says."""
    return rows.tag, rows.time, rows.value, rows.status


def digest(lines: Mapping[str, Sequence[str]]) -> str:
    """Of an answer."""
    return hashlib.sha256(repr(sorted(lines.items())).encode()).hexdigest()[:16]


def state(view: LiveView, tags: int) -> Lines:
    """Everything that a view says of its instant."""
    t = view.tags
    columns = zip(*(c[:tags].tolist() for c in (t.time, t.value, t.status, t.text, t.usual, t.silence)), strict=True)
    return {
        "tags": [f"{tag} {row}" for tag, row in enumerate(columns)],
        "machines": [f"{path} {now}" for path, now in sorted(view.machines.items())],
        "products": [f"{path} {now}" for path, now in sorted(view.products.items())],
        "open minutes": [f"{path} {now}" for path, now in sorted(view.open_minutes.items())],
        "alarms": [f"{id} {one}" for id, one in sorted(view.alarms.items())],
        "condition": [f"{path} {now}" for path, now in sorted(view.condition().items())],
        "alerts": [str(one) for one in view.alerts()],
    }


def final(twin: Twin, start: int, end: int) -> Lines:
    """All that the log and its folds say in the end of [start, end), without what is about arrival by its nature:
    `recorded` of samples, `known_from` of records (folds.md R1, R10), and coverage.
    """
    view = twin.live()
    span = Span(start, end)
    twin.results.current(0, FAR_PAST, FAR_PAST)  # waits until all that was published is written
    machines = twin.plant.machines()
    found = {f"live {name}": lines for name, lines in state(view, len(twin.tags)).items()}
    for unit, kind, *told in twin.reader.rows(
        "SELECT unit, kind, key, start, end, data FROM record WHERE known_to IS NULL ORDER BY unit, kind, key, start"
    ):
        found.setdefault(f"records of {kind}", []).append(f"{unit} {told}")
    found["stops"] = [str(one) for one in labelled_stops(twin, view, machines, span)]
    found["stops"] = [_without_recorded(one) for one in found["stops"]]
    said = notes(twin, view, lambda _path: True, Span(FAR_PAST, FAR_FUTURE))
    found["notes"] = [_without_recorded(str(one)) for one in said]
    keys = sorted(f"{path}~{alarm.name}" for path, tag in twin.plant.tags.items() for alarm in tag.alarms)
    found["alarms"] = [str(one) for one in occurrences(twin, view, keys, span, FAR_FUTURE)]
    found["alerts"] = [str(one) for one in alerts_between(twin, view, [one.path for one in machines], start, end)]
    found["oee"] = list(_oee(twin, view, start, end))
    events = twin.reader.events(FAR_PAST, FAR_FUTURE, (), MOST)
    found["events"] = sorted(event.to_bytes().decode() for _, event in events)
    found["samples"] = list(_samples(twin, start, end))
    return found


def _oee(twin: Twin, view: LiveView, start: int, end: int) -> Iterator[str]:
    """By shift and by hour, with all that it is made of."""
    calendar = calendar_of(twin.plant)
    for by in ("shift", "hour"):
        periods = list(calendar.periods(by, start, end))
        asked = OeeQuestion(twin.plant.lines, twin.plant.machines(), calendar, periods, explain=True)
        yield from (f"{by} {one}" for one in oee(twin.plant, twin.results, view, asked, twin.catalog))


def _samples(twin: Twin, start: int, end: int) -> Iterator[str]:
    """A digest of each tag's rows for each quarter of an hour."""
    tags = np.arange(len(twin.tags), dtype=np.int32)
    for at in range(start, end + 15 * MINUTE, 15 * MINUTE):
        rows = in_order(twin.past.read_tags(tags, at, at + 15 * MINUTE, FAR_FUTURE).samples)
        for tag in np.unique(rows.tag).tolist():
            mine = rows.take(rows.tag == tag)
            body = b"".join(column.tobytes() for column in columns_of(mine))
            told = hashlib.sha256(body).hexdigest()[:16]
            yield f"{twin.tags[tag].name} from minute {(at - start) // MINUTE} on: {len(mine)} {told}"


def _without_recorded(told: str) -> str:
    """`recorded` says when the log took it."""
    return re.sub(r"recorded=\d+", "recorded", told)
