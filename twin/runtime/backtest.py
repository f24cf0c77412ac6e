"""Back-test: a recorded span folded under another model, beside what its own models made of it. Blocking; reads only.

Both sides begin at one instant and know the same entries, so what differs comes from the model. Alarms, alerts, states
and products that stand open at the end are compared too, as records that end there with `open` in their data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from twin.alarms.warning import WITHIN, Failure, Load, Warned, failures, load_of, machine_of
from twin.core.course import Course
from twin.core.engine import LaneView
from twin.core.errors import Misconfigured
from twin.core.fold import Record
from twin.core.history import Publication
from twin.core.instant import DAY, HOUR, MINUTE, Span, to_text
from twin.core.tags import TagTable
from twin.mes.calendar import Period, by_site, calendar_of
from twin.mes.elements import Figures
from twin.model.plant import Plant
from twin.runtime.assembly import assemble_all
from twin.runtime.difference import Difference, compared, unlike
from twin.runtime.live import LiveView, Meaning, view_of
from twin.runtime.loaded import Loaded
from twin.runtime.oee import Question, catalog_of, oee
from twin.runtime.renaming import check_types, to_rename
from twin.store.memory import MemoryResults
from twin.store.reader import LogReader

OEE_KINDS = {"state", "count", "product"}
WARNINGS = ("alarm", "alert")
DOWN = "down"


@dataclass(frozen=True, slots=True)
class OeeChange:
    """The figures of an asset over one shift, where they are not the same. None: not of this model."""

    asset: str
    period: Period
    before: Figures | None
    after: Figures | None


@dataclass(slots=True)
class Side:
    """What came of one model. ended: records that ended in the span, by kind. loads: by kind of warning."""

    ended: dict[str, int] = field(default_factory=dict[str, int])
    loads: dict[str, list[Load]] = field(default_factory=dict[str, list[Load]])
    failures: list[Failure] = field(default_factory=list[Failure])


@dataclass(frozen=True, slots=True)
class Backtest:
    """span: what was compared; its end is that of the log at most. begins: where folding began. by: shift or day."""

    span: Span
    begins: int
    by: str
    difference: Difference
    oee: list[OeeChange]
    before: Side
    after: Side


def backtest(
    plant: Plant, loads: Sequence[Loaded], reader: LogReader, span: Span, progress: Callable[[float], None],
    warm_up: int | None = None,
) -> Backtest:  # fmt: skip
    """Compare a model with those of the log. warm_up: fold from so long before the span on; None: all there is.

    Raises Misconfigured where the log does not hold the span, Problems for tags of another type.
    """
    known = reader.last()  # what is logged meanwhile is of neither side
    span = Span(span.start, min(span.end, known))
    begins = _begins(reader, span, warm_up)
    tags = reader.tags()
    check_types(plant, tags)
    names, _ = to_rename(plant, tags)
    for former, name in names.items():
        tags.rename(former, name)
    names |= {former: names.get(now, now) for load in loads for former, now in load.names.items()}
    own = reader.tags()  # each side has a table of its own: nothing of this reaches the folder
    sides = [
        _Pass(loads, own, span, begins, known, names),
        _Pass([Loaded(plant)], tags, span, begins, known, {}),
    ]
    return _compare(sides, plant, reader, span, begins, progress)


def _begins(reader: LogReader, span: Span, warm_up: int | None) -> int:
    first, whole_from = reader.first(), reader.whole_from()
    if first is None or span.end <= first or span.start >= span.end:
        raise Misconfigured("the log has nothing between --from and --to")
    if whole_from is not None and span.start < whole_from:
        text = f"samples before {to_text(whole_from)} were forgotten or thinned"
        raise Misconfigured(f"--from {to_text(span.start)}: {text}; begin there or later")
    begins = min(first - 1, span.start)
    if whole_from is not None:
        begins = max(begins, whole_from)
    return begins if warm_up is None else max(begins, span.start - warm_up)


def _compare(
    sides: Sequence[_Pass], plant: Plant, reader: LogReader, span: Span, begins: int, progress: Callable[[float], None]
) -> Backtest:
    calendar = calendar_of(plant)
    by = "shift" if calendar.is_known else "day"
    periods = calendar.periods(by, span.start, span.end)
    margin = max((machine.micro_stop for side in sides for machine in side.plant.machines()), default=0) + MINUTE
    only: tuple[list[Record], list[Record]] = ([], [])
    changes: list[OeeChange] = []
    stood = [begins] * len(sides)
    due = _shifts(plant, span)
    for reached in _stands(span, [*periods, *(one for _, one in due)]):
        pieces: list[list[Record]] = []
        for number, side in enumerate(sides):
            pieces.append(side.go(reader, reached, _share(progress, begins, span.end, stood, number)))
        for mine, found in zip(only, unlike(*pieces), strict=True):
            mine.extend(found)
        told = [one for one in due if one[1].end + margin <= reached or reached == span.end]
        due = [one for one in due if one not in told]
        changes += _oee_changes(*(side.oee(told, plant) for side in sides))
        for side in sides:
            side.forget(min([reached, *(one.start for _, one in due)]) - margin)
    for mine, found in zip(only, unlike(*(side.open() for side in sides)), strict=True):
        mine.extend(found)
    before, after = (side.found(periods) for side in sides)
    return Backtest(span, begins, by, compared(*only), changes, before, after)


def _shifts(plant: Plant, span: Span) -> list[tuple[str, Period]]:
    """All shifts in a span, each with the path of the site whose it is."""
    calendars = {site: calendar_of(plant, site) for site in by_site(plant, (line.path for line in plant.lines))}
    return [
        (site, period)
        for site, calendar in calendars.items()
        if calendar.is_known
        for period in calendar.periods("shift", span.start, span.end)
    ]


def _stands(span: Span, periods: Sequence[Period]) -> Iterator[int]:
    """Where both sides wait for each other: at the ends of periods, and each day."""
    ends = {one.end for one in periods if one.end < span.end}
    yield from sorted({*ends, *range(span.start + DAY, span.end, DAY), span.end})


def _share(
    progress: Callable[[float], None], begins: int, end: int, stood: list[int], number: int
) -> Callable[[int], None]:
    """Tells how far both sides are together. stood: where each one stands."""

    def reached(at: int) -> None:
        stood[number] = at
        progress(sum(one - begins for one in stood) / max(1, len(stood) * (end - begins)))

    return reached


class _Pass:
    """One side on its way through the span. names: what the other side calls tags that have another name here."""

    def __init__(
        self, loads: Sequence[Loaded], tags: TagTable, span: Span, begins: int, known: int, names: Mapping[str, str]
    ) -> None:
        assembly = assemble_all(loads, tags)
        self._catalog = catalog_of(loads)
        self.plant = assembly.plant
        self._meaning = Meaning(self.plant, tags.names(), assembly.editions.newest.scales)
        self._many = len(tags)
        self._span = span
        self._begins = begins
        self._known = known
        self._names = names
        self._units = tuple(range(len(assembly.units)))
        self._course = Course(assembly.editions, self._units, begins, known)
        self._results = MemoryResults()
        self._watched = {machine.path for machine in self.plant.machines() if machine.state is not None}
        self._warned: list[Warned] = []
        self._downs: dict[str, list[tuple[int, int]]] = {}
        self._side = Side()
        self._forgotten = span.start - DAY

    def go(self, reader: LogReader, end: int, reached: Callable[[int], None]) -> list[Record]:
        """Fold up to `end`; the records that ended there, from the start of the span on."""
        found: list[Record] = []
        for at, records in self._course.follow(self._units, reader, end, self._known, lambda _at: HOUR):
            reached(at)
            kept = [record for record in records if record.kind in OEE_KINDS and record.end > self._forgotten]
            self._results.publish(Publication(self._known, kept))
            for record in records:
                self._note(record)
            found += [self._renamed(record) for record in records if record.end >= self._span.start]
        for record in found:
            self._side.ended[record.kind] = self._side.ended.get(record.kind, 0) + 1
        return found

    def forget(self, before: int) -> None:
        """Nothing is asked any more of what ended before an instant."""
        self._forgotten = before
        self._results.believed = {one: known for one, known in self._results.believed.items() if one.end >= before}

    def oee(self, shifts: Sequence[tuple[str, Period]], plant: Plant) -> dict[tuple[str, Period], Figures]:
        """Of all lines and machines, each over the shifts of its site. plant: whose sites these are."""
        begins = max(self._begins, self._span.start)
        found: dict[tuple[str, Period], Figures] = {}
        for site in dict.fromkeys(site for site, _ in shifts):
            periods = [period for of, period in shifts if of == site]
            lines = [line for line in self.plant.lines if plant.site_of(line.path).path == site]
            machines = [machine for line in lines for machine in line.machines]
            question = Question(lines, machines, calendar_of(plant, site), periods, record_begins=begins)
            answers = oee(self.plant, self._results, self._view(), question, self._catalog)
            found |= {(one.result.asset, periods[one.result.number]): one.result.figures for one in answers}
        return found

    def open(self) -> list[Record]:
        """What is not over where the pass stands."""
        view, end = self._view(), self._course.at
        found = [
            Record(0, "state", path, now.since, end, (("open", True), ("state", now.state)))
            for path, now in view.machines.items()
            if now.state is not None and now.since is not None
        ]
        found += [
            Record(0, "product", path, now.since, end, (("code", now.code), ("open", True), ("product", now.name)))
            for path, now in view.products.items()
        ]
        for one in view.alarms.values():
            told: dict[str, object] = {"open": True, "kind": one.kind, "limit": one.limit, "priority": one.priority}
            told |= {} if one.returned is None else {"returned_at": to_text(one.returned)}
            told |= {} if one.acked is None else {"acked_at": to_text(one.acked)}
            found.append(Record(0, "alarm", one.key, one.start, end, tuple(sorted(told.items()))))
        for one in view.alerts():
            said = (("model", one.model), ("open", True), ("peak", round(one.peak, 2)))
            found.append(Record(0, "alert", one.asset, one.start, end, said))
        for record in found:
            self._note(record)
        return [self._renamed(record) for record in found]

    def found(self, periods: Sequence[Period]) -> Side:
        """What came of it, when all has been noted."""
        start, end = self._span.start, self._span.end
        for intervals in self._downs.values():
            intervals.sort()
        for kind in WARNINGS:
            mine = [one for one in self._warned if one.kind == kind and start <= one.start < end]
            self._side.loads[kind] = [load_of(p.name, p.start, p.end, mine, self._downs, end) for p in periods]
        self._side.failures = failures(self._warned, self._downs, start, end)
        return self._side

    def _view(self) -> LiveView:
        at = self._course.at
        lane = LaneView(self._units, self._course.folds, (), at)
        return view_of(0, at, self._known, [lane], self._meaning, self._many)

    def _note(self, record: Record) -> None:
        """Keep what warnings and failures are told from."""
        if record.end < self._span.start - WITHIN:
            return
        if record.kind in WARNINGS:
            machine = machine_of(record.key, self._watched)
            self._warned.append(Warned(record.start, record.kind, self._name(record.key), machine))
        elif record.kind == "state" and dict(record.data)["state"] == DOWN:
            self._downs.setdefault(record.key, []).append((record.start, record.end))

    def _renamed(self, record: Record) -> Record:
        return replace(record, key=self._name(record.key)) if self._names else record

    def _name(self, key: str) -> str:
        tag, mark, alarm = key.partition("~")
        return f"{self._names.get(tag, tag)}{mark}{alarm}"


def _oee_changes(
    before: Mapping[tuple[str, Period], Figures], after: Mapping[tuple[str, Period], Figures]
) -> list[OeeChange]:
    asked = sorted(before.keys() | after.keys(), key=lambda one: (one[1].start, one[1].end, one[0]))
    each = [OeeChange(asset, p, before.get((asset, p)), after.get((asset, p))) for asset, p in asked]
    return [one for one in each if one.before != one.after]
