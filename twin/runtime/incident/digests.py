"""Results of a span as checksums that do not depend on how the span was cut into steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from twin.core.batch import canonical
from twin.core.fold import Fold, Outputs, Record, Series, Step
from twin.core.instant import FAR_FUTURE, MINUTE, to_text
from twin.core.state import State, snapshot, take
from twin.runtime.incident.container import json_bytes
from twin.runtime.incident.manifest import Results

STRETCH = 10 * MINUTE
"""Series have a checksum for each so long: where two differ is found to ten minutes."""


_ROW = np.dtype([("time", "<i8"), ("key", "<i4"), ("value", "<f8")])


class Listener(Fold):
    """Stands last among the folds and hears what those before it gave on; has no state and emits nothing."""

    name = "incident_listener"

    def __init__(self, digests: Digests) -> None:
        self.state: State = {}
        self._digests = digests

    def step(self, step: Step) -> Outputs:
        """Take in the series of this step."""
        for name, series in step.series.items():
            self._digests.add_series(name, series)
        return Outputs()


class Digests:
    """Takes in records and series as they come, a step after the other."""

    def __init__(self) -> None:
        self._records = hashlib.sha256()
        self._series: dict[str, dict[int, Any]] = {}
        self.records = 0
        self.begins = FAR_FUTURE
        """Series count from here on."""

    def add_records(self, records: Iterable[Record], units: Sequence[str]) -> None:
        """Those of one step. units: names by number."""
        for one in sorted(
            records, key=lambda r: (r.end, units[r.unit], r.kind, r.key, r.start, json_bytes(dict(r.data)))
        ):
            self._records.update(json_bytes(row_of(one, units)) + b"\n")
            self.records += 1

    def add_series(self, fold: str, series: Series) -> None:
        """Rows of one fold in one step; every row lies in it."""
        order = np.lexsort((series.key, series.time))
        order = order[series.time[order] >= self.begins]
        if not len(order):
            return
        rows = np.empty(len(order), _ROW)
        rows["time"], rows["key"] = series.time[order], series.key[order]
        rows["value"] = canonical(series.value[order])
        stretch = rows["time"] - rows["time"] % STRETCH
        starts = np.flatnonzero(np.diff(stretch, prepend=stretch[0] - 1))
        for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True):
            sums = self._series.setdefault(fold, {}).setdefault(int(stretch[first]), hashlib.sha256())
            sums.update(rows[first:last].tobytes())

    def results(self, folds: Sequence[Fold], units: Mapping[int, str]) -> Results:
        """All of it, with the states that the folds have now. units: number -> name, of those that count."""
        states = {
            name: {
                f"{fold.name}.{table}": hashlib.sha256(snapshot({table: part})).hexdigest()
                for fold in folds
                for table, part in take(fold.state, number).items()
            }
            for number, name in units.items()
        }
        series = {
            fold: [[start, sums.hexdigest()] for start, sums in sorted(of.items())]
            for fold, of in sorted(self._series.items())
        }
        records = self._records.hexdigest()
        digest = hashlib.sha256(json_bytes([records, states, series])).hexdigest()
        return Results(records, states, series, digest)


def row_of(record: Record, units: Sequence[str]) -> list[Any]:
    """A record as JSON values, its unit by name."""
    return [units[record.unit], record.kind, record.key, record.start, record.end, dict(record.data)]


def differing(there: Results, here: Results) -> list[str]:
    """What differs between two results of one span, besides their records: a line each, the earliest series first."""
    lines: list[str] = []
    for fold in sorted({*there.series, *here.series}):
        one, other = ({row[0]: row[1] for row in of.series.get(fold, [])} for of in (there, here))
        first = min((start for start in {*one, *other} if one.get(start) != other.get(start)), default=None)
        if first is not None:
            lines.append(f"series of {fold} differs first within the ten minutes from {to_text(first)}")
    for unit in sorted({*there.states, *here.states}):
        one, other = there.states.get(unit, {}), here.states.get(unit, {})
        names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
        if names:
            lines.append(f"{unit}: state at the end differs in {', '.join(names)}")
    return lines
