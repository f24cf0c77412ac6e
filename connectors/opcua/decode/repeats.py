"""What comes twice is kept once, and what comes with the time of another value is kept beside it. Pure.

A store holds one value for each tag and time. So a sample that differs from the one before it but has its time (a
server whose clock counts whole seconds, a PLC whose clock stands) gets the next nanosecond that is free, and one that
equals it in all (tag, its own time, value, status, text) is a repeat: servers send the last value again when a session
comes back, and some notify twice. A repeat is the same as the sample right before it of that tag and time, no other:
1, 2, 1 at one instant are three samples.

`Apart` remembers the newest sample of each tag from message to message. What was not durable when a link broke is
asked for again, so it can be taken back to what is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import FAR_PAST, SECOND

STANDS = 2 * SECOND
"""A clock that has not moved for so long, while values came and changed, stands."""
LEAST_STEPS = 3
"""So many values on one stamp at least: two may share a stamp by chance after an outage."""
MOST_LATER = 32
"""Messages of which only the last times are noted down yet: the next one of the same tags makes all else needless."""
NEWEST = np.dtype(
    [("time", "<i8"), ("given", "<i8"), ("own", "<i8"), ("value", "<f8"), ("since", "<i8"), ("status", "<u4"),
     ("steps", "<u4")]
)  # fmt: skip
"""time: by the rule, as it came; given: as it was kept; own: the sample's own; since: arrival of the first of it."""


@dataclass(frozen=True, slots=True)
class Came:
    """Rows of a message as they came. own: the samples' own times where the rule keeps others, else None."""

    tag: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[Any] | None = None
    own: NDArray[np.int64] | None = None


@dataclass(slots=True)
class Entry:
    """A message that was taken in. raw: times before they were moved. before: what its tags had, to take it back."""

    mark: int
    rows: Came
    raw: NDArray[np.int64]
    arrival: int
    given: NDArray[np.int64]
    before: tuple[NDArray[Any], NDArray[Any]] | None = None


class Apart:
    """The newest sample of each tag.

    arrival: of the message that is being taken in, set before it. standing: tags whose clock does not move. mark: the
    newest message's number. Of most messages nothing but the last time of a tag is asked, so all else is noted down
    only when it is needed.
    """

    def __init__(self) -> None:
        self.given = np.zeros(0, dtype=np.int64)
        self.newest = np.zeros(0, dtype=NEWEST)
        self.text = np.zeros(0, dtype=object)
        self.arrival = 0
        self.standing: set[int] = set()
        self.mark = 0
        self._safe: dict[tuple[int, int, int], Entry] = {}
        self._unsafe: deque[Entry] = deque()

    def make_room(self, tag: NDArray[np.int32]) -> None:
        """Have a place for every tag."""
        missing = int(tag.max()) + 1 - len(self.newest)
        if missing > 0:
            more = np.zeros(missing + len(self.newest), dtype=NEWEST)
            for name in ("time", "given", "own"):
                more[name] = FAR_PAST
            self.newest = np.concatenate([self.newest, more])
            self.given = np.concatenate([self.given, more["given"]])
            self.text = np.concatenate([self.text, np.full(len(more), None, dtype=object)])

    def remember(self, rows: Came, raw: NDArray[np.int64], given: NDArray[np.int64]) -> None:
        """Rows were kept; `raw` are their times before they were moved, `given` the last ones their tags had."""
        self.mark += 1
        self._unsafe.append(Entry(self.mark, rows, raw, self.arrival, given))
        self.given[rows.tag] = rows.time
        if self.standing:
            self.note()

    def note(self) -> None:
        """Note down all messages."""
        for entry in self._safe.values():
            self._note(entry)
        self._safe.clear()
        for entry in self._unsafe:
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        if entry.before is not None:
            return
        rows, raw = entry.rows, entry.raw
        newest = self.newest[rows.tag]
        entry.before = newest, self.text[rows.tag]
        same = newest["time"] == raw
        now = np.empty(len(raw), dtype=NEWEST)
        now["time"], now["given"], now["value"], now["status"] = raw, rows.time, rows.value, rows.status
        now["own"] = raw if rows.own is None else rows.own
        now["since"] = np.where(same, newest["since"], entry.arrival)
        now["steps"] = np.where(same, newest["steps"] + 1, 0)
        self.newest[rows.tag] = now
        self.text[rows.tag] = None if rows.text is None else rows.text
        stands = (now["steps"] >= LEAST_STEPS) & (entry.arrival - now["since"] > STANDS)
        if self.standing:
            self.standing -= set(rows.tag[now["steps"] == 0].tolist())
        self.standing |= set(rows.tag[stands].tolist())

    def durable(self, mark: int) -> None:
        """Messages up to the one of this mark are safe."""
        while self._unsafe and self._unsafe[0].mark <= mark:
            entry = self._unsafe.popleft()
            if entry.before is None:
                self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        """A safe message that is not noted down: it makes one before it of the same tags needless."""
        tag = entry.rows.tag
        key = (len(tag), int(tag[0]), int(tag[-1]))
        if key in self._safe and not np.array_equal(self._safe[key].rows.tag, tag):
            for old in self._safe.values():  # in the order in which they came
                self._note(old)
            self._safe.clear()
        self._safe.pop(key, None)
        self._safe[key] = entry
        if len(self._safe) > MOST_LATER:
            self._note(self._safe.pop(next(iter(self._safe))))

    def coming_back(self) -> None:
        """Forget what is not durable: it is asked for again."""
        while self._unsafe:
            entry = self._unsafe.pop()
            self.given[entry.rows.tag] = entry.given
            if entry.before is not None:
                self.newest[entry.rows.tag], self.text[entry.rows.tag] = entry.before


def apart(came: Came, before: Apart | None) -> Came:
    """The rows without repeats, each tag and time once. before: the messages before, which learns of this one."""
    known = before or Apart()
    known.make_room(came.tag)
    given = known.given[came.tag]
    kept, raw = came, came.time
    concerned = _concerned(came, known, given)
    if concerned is not None:
        known.note()
        kept, places = _settled(came, known, concerned)
        raw, given = came.time[places], given[places]
    if before is not None and len(kept.tag):
        before.remember(kept, raw, given)
        if kept is not came:
            before.note()
    return kept


def _concerned(came: Came, known: Apart, given: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """Rows of tags of which one may be a repeat, or may have the time of another; None for none."""
    found = came.time <= given
    paired = [came.time] if has_pairs(came.tag, came.time) else []
    if came.own is not None:
        known.note()
        found |= known.newest["own"][came.tag] == came.own
        paired += [came.own] if has_pairs(came.tag, came.own) else []
    for times in paired:
        order = np.lexsort((times, came.tag))
        tag, time = came.tag[order], times[order]
        found[order[1:][(tag[1:] == tag[:-1]) & (time[1:] == time[:-1])]] = True
    return np.flatnonzero(np.isin(came.tag, came.tag[found])) if found.any() else None


def _settled(came: Came, known: Apart, concerned: NDArray[np.intp]) -> tuple[Came, NDArray[np.intp]]:
    """The rows that stay, with the times they are given, and their places; only those concerned are looked at."""
    settled, places = _one_by_one(part(came, concerned), known)
    time, stays = came.time.copy(), np.ones(len(came.tag), dtype=np.bool_)
    stays[concerned] = False
    stays[concerned[places]] = True
    time[concerned[places]] = settled.time
    kept = np.flatnonzero(stays)
    return part(replace(came, time=time), kept), kept


def part(came: Came, rows: NDArray[np.intp]) -> Came:
    """Some of the rows."""
    return Came(
        came.tag[rows], came.time[rows], came.value[rows], came.status[rows],
        None if came.text is None else came.text[rows], None if came.own is None else came.own[rows],
    )  # fmt: skip


def has_pairs(tag: NDArray[np.int32], time: NDArray[np.int64]) -> bool:
    """Whether two rows may have one tag and time: False is certain, True may be wrong."""
    if len(tag) < 2 or bool((tag[1:] > tag[:-1]).all()):
        return False
    key = np.sort(time * 1_000_003 + tag)
    return bool((key[1:] == key[:-1]).any())


def _one_by_one(came: Came, known: Apart) -> tuple[Came, NDArray[np.intp]]:
    """The rows that stay, with the times they are given, and their places: one after the other, as it is seldom."""
    text = [None] * len(came.tag) if came.text is None else came.text.tolist()
    own = came.time if came.own is None else came.own
    texts: dict[int, str | None] = dict(zip(came.tag.tolist(), known.text[came.tag].tolist(), strict=True))
    given: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], tuple[float, int, str | None]] = {}
    for tag, one in zip(came.tag.tolist(), known.newest[came.tag].tolist(), strict=True):
        time, kept, mine, value, _, status, _ = one
        given[tag, time] = kept
        last[tag, mine] = (value, status, texts[tag])
    taken = {(tag, kept) for (tag, _), kept in given.items()}
    places: list[int] = []
    times: list[int] = []
    columns = came.tag.tolist(), came.time.tolist(), own.tolist(), came.value.tolist(), came.status.tolist(), text
    for place, (tag, time, mine, value, status, said) in enumerate(zip(*columns, strict=True)):
        sample = (value, status, said)
        if equal(last.get((tag, mine)), sample):
            continue
        last[tag, mine] = sample
        at = given[tag, time] + 1 if (tag, time) in given else time
        while (tag, at) in taken:
            at += 1
        given[tag, time] = at
        taken.add((tag, at))
        places.append(place)
        times.append(at)
    kept = np.array(places, dtype=np.intp)
    return replace(part(came, kept), time=np.array(times, dtype=np.int64)), kept


def equal(one: tuple[float, int, str | None] | None, other: tuple[float, int, str | None]) -> bool:
    """Whether two samples are the same; NaN is NaN."""
    if one is None or one[1:] != other[1:]:
        return False
    return one[0] == other[0] or (one[0] != one[0] and other[0] != other[0])
