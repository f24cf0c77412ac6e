"""Corrections for people: what a heal took back beside what it put there, numbered, and what came late to cause it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from twin.core.batch import Batch
from twin.core.engine import Entry
from twin.core.event import Event
from twin.core.fold import Record
from twin.core.history import Cause, Correction, Late, Publication

KEPT = 1000
MOST_CAUSES = 20
"""Further callers and sources of one heal are told together."""
OTHERS = "others"
SAMPLES = "samples"

_Kind = tuple[str, str, str]
"""(kind of entry, who brought it or what it is about, the caller)."""


class Correcting:
    """Numbers the corrections of publications in their order. newest: the last of this run, for live views.

    stored: who brought an entry of the log, (kind, source, who), for those that came before the folds ran.
    """

    def __init__(self, stored: Callable[[int], _Kind]) -> None:
        self.number = 0
        self._stored = stored
        self.newest: deque[Correction] = deque(maxlen=KEPT)
        self._late: dict[int, dict[_Kind, Cause]] = {}

    def ask(self, stored: Callable[[int], _Kind]) -> None:
        """Ask somebody else who brought an entry: the results of another model."""
        self._stored = stored

    def go_on(self, number: int) -> None:
        """Count on behind what runs before this one announced; what came late to them is not waited for any more."""
        self.number = max(self.number, number)
        self._late.clear()

    def told(self, publication: Publication, entries: Sequence[Entry] = ()) -> Publication:
        """The publication with its corrections. entries: those that have just been accepted, the late ones among them.

        What came late is remembered until its unit has been healed.
        """
        self._remember(publication.late, entries)
        found: list[Correction] = []
        for removed, added in paired(publication.removed, publication.corrected):
            self.number += 1
            unit = _order((removed, added))[0]
            end = max(one.end for one in (removed, added) if one is not None)
            why = tuple(cause for cause in self._late.get(unit, {}).values() if cause.start <= end)
            found.append(Correction(self.number, publication.known, removed, added, why))
        for unit in publication.healed:
            self._late.pop(unit, None)
        self.newest.extend(found)
        return replace(publication, corrections=found) if found else publication

    def _remember(self, late: Sequence[Late], entries: Sequence[Entry]) -> None:
        came = {recorded: _kind(item) for recorded, item in entries} if late else {}
        for one in late:
            told = came.get(one.recorded) or self._stored(one.recorded)
            of_unit = self._late.setdefault(one.unit, {})
            key = told if told in of_unit or len(of_unit) < MOST_CAUSES else (told[0], OTHERS, "")
            cause = Cause(*key, one.time, one.time, one.recorded, 1)
            of_unit[key] = of_unit[key].joined(cause) if key in of_unit else cause


def _kind(item: Batch | Event) -> _Kind:
    return (item.kind, item.subject, item.who) if isinstance(item, Event) else (SAMPLES, item.source, "")


def paired(removed: Iterable[Record], added: Iterable[Record]) -> list[tuple[Record | None, Record | None]]:
    """Old and new of one asset and kind side by side: those of one start, then of one end; the rest stands alone.

    A stop that begins two seconds earlier is one correction, not one that goes and another that comes.
    """
    gone, new = sorted(removed), sorted(added)
    found: list[tuple[Record | None, Record | None]] = []
    for place in ("start", "end"):
        by_place: Mapping[tuple[int, str, str, int], Record] = {_at(one, place): one for one in gone}
        pairs = [(by_place.get(_at(one, place)), one) for one in new]
        taken: set[Record] = set()
        for old, one in pairs:
            if old is not None and old not in taken:
                taken.add(old)
                found.append((old, one))
        joined = {one for _, one in found}
        gone = [one for one in gone if one not in taken]
        new = [one for one in new if one not in joined]
    found += [(one, None) for one in gone]
    found += [(None, one) for one in new]
    return sorted(found, key=_order)


def _at(record: Record, place: str) -> tuple[int, str, str, int]:
    return record.unit, record.kind, record.key, record.start if place == "start" else record.end


def _order(pair: tuple[Record | None, Record | None]) -> tuple[int, str, str, int]:
    first = next(one for one in pair if one is not None)
    return first.unit, first.kind, first.key, min(one.start for one in pair if one is not None)
