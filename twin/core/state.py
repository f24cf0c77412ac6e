"""The state of folds: tables of named numpy columns. Snapshot, restore, fork, compare, take and put stand here once."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Column = NDArray[Any]

_UNIT = "unit"
_LENGTH = struct.Struct("<I")


class Table:
    """Columns of equal length and the unit every row belongs to; columns are attributes: `table.since[rows]`.

    A fixed table has the same rows for ever (one per tag, machine, counter). A ragged one (open timers, pieces in a
    window) is given new columns by `replace`; its rows are kept sorted by its fold, so equal states are equal bytes.
    """

    def __init__(self, unit: NDArray[np.int32], ragged: bool = False, **columns: Column) -> None:
        self.unit = unit
        self.ragged = ragged
        self.columns: dict[str, Column] = columns

    def __getattr__(self, name: str) -> Column:
        try:
            return self.__dict__["columns"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.unit)

    def replace(self, unit: NDArray[np.int32], **columns: Column) -> None:
        """Give a ragged table new rows: columns that nobody else writes into."""
        self.unit = unit
        self.columns = {name: columns[name].astype(self.columns[name].dtype, copy=False) for name in self.columns}

    def copy(self) -> Table:
        """The same rows in memory of their own."""
        return Table(self.unit.copy(), self.ragged, **{name: column.copy() for name, column in self.columns.items()})

    def take(self, unit: int) -> Table:
        """The rows of one unit, as a ragged table."""
        mine = self.unit == unit
        return Table(self.unit[mine], True, **{name: column[mine] for name, column in self.columns.items()})

    def put(self, unit: int, part: Table) -> None:
        """Put the rows of one unit in place of those held; the inverse of `take`."""
        self.put_all([unit], [part])

    def put_all(self, units: Sequence[int], parts: Sequence[Table]) -> None:
        """Put the rows of some units in place of those held: of many at once as quick as of one."""
        mine = np.isin(self.unit, np.array(units, np.int32)) if len(units) > 1 else self.unit == units[0]
        if not self.ragged:
            held = mine.nonzero()[0]
            at = held[self.unit[held].argsort(kind="stable")]
            ordered = [part for _, part in sorted(zip(units, parts, strict=True), key=lambda one: one[0])]
            for name, column in self.columns.items():
                column[at] = _joined([part.columns[name] for part in ordered])
            return
        unit = np.concatenate([self.unit[~mine], *(part.unit for part in parts)])
        order = unit.argsort(kind="stable")
        columns = {
            n: np.concatenate([c[~mine], *(p.columns[n] for p in parts)])[order] for n, c in self.columns.items()
        }
        self.replace(unit[order], **columns)


def _joined(columns: Sequence[Column]) -> Column:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


def rows(units: NDArray[np.int32], ragged: bool = False, **types: DTypeLike) -> Table:
    """A table with a row for each unit given; zeros, or None in object columns."""
    filled = {name: np.full(len(units), None if np.dtype(t) == object else 0, dtype=t) for name, t in types.items()}
    return Table(units, ragged, **filled)


def rows_by_tag(tags: NDArray[np.int32]) -> NDArray[np.intp]:
    """For each tag id the row that it has in `tags`, -1 for none: one gather finds what a search would.

    The last place stands for all ids past it.
    """
    table = np.full(int(tags.max(initial=-1)) + 2, -1, np.intp)
    table[tags] = np.arange(len(tags))
    return table


def row_of(table: NDArray[np.intp], tag: NDArray[np.int32]) -> NDArray[np.intp]:
    """The rows of tag ids in a table of `rows_by_tag`."""
    return table[np.minimum(tag, len(table) - 1)]


def shared_rows(keys: Sequence[Hashable], others: Sequence[Hashable]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(row, row of others) of each key that both have; keys are unique."""
    place = {key: row for row, key in enumerate(others)}
    pairs = [(row, place[key]) for row, key in enumerate(keys) if key in place]
    both = np.array(pairs, np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def carry_rows(table: Table, row: NDArray[np.intp], before: Table, other: NDArray[np.intp]) -> None:
    """Put into rows of a table what rows of another one hold. Columns have one shape in both."""
    for name, column in table.columns.items():
        column[row] = before.columns[name][other]


State = dict[str, Table]
"""The state of one fold: its tables by name."""


def fork(state: Mapping[str, Table]) -> State:
    """A copy that may be stepped on without touching the first."""
    return {name: table.copy() for name, table in state.items()}


def take(state: Mapping[str, Table], unit: int) -> State:
    """The part of a state that belongs to one unit."""
    return {name: table.take(unit) for name, table in state.items()}


def put(state: Mapping[str, Table], unit: int, part: Mapping[str, Table]) -> None:
    """Put the part of one unit in place of what is held."""
    for name, table in state.items():
        table.put(unit, part[name])


def put_all(state: Mapping[str, Table], units: Sequence[int], parts: Sequence[Mapping[str, Table]]) -> None:
    """Put the parts of some units in place of what is held."""
    for name, table in state.items():
        table.put_all(units, [part[name] for part in parts])


def snapshot(state: Mapping[str, Table]) -> bytes:
    """The state as bytes: equal states are equal bytes (sorted names, one NaN, no padding)."""
    head: dict[str, object] = {}
    bodies: list[bytes] = []
    for name, column in _columns(state):
        body, dtype = _column_bytes(column)
        head[name] = [dtype, list(column.shape), len(body)]
        bodies.append(body)
    header = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    return _LENGTH.pack(len(header)) + header + b"".join(bodies)


def restore(state: Mapping[str, Table], data: bytes) -> State:
    """A state of the shape of `state` (its tables, types, raggedness) with the rows of a snapshot."""
    return fork(restored(state, data))


def restored(state: Mapping[str, Table], data: bytes) -> State:
    """The same for reading alone: columns are where they are in the snapshot."""
    (length,) = _LENGTH.unpack_from(data)
    start = _LENGTH.size + length
    columns = {name: _column_from(data, *place) for name, place in _places(data[_LENGTH.size : start], start).items()}
    return {
        table: Table(
            columns[f"{table}.{_UNIT}"].astype(np.int32, copy=False),
            held.ragged,
            **{name: columns[f"{table}.{name}"] for name in held.columns},
        )
        for table, held in state.items()
    }


@lru_cache(maxsize=1000)
def _places(header: bytes, start: int) -> Mapping[str, tuple[str, tuple[int, ...], int, int]]:
    """Of each column its type, its shape and where it begins and ends: units alike have headers alike."""
    found: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
    for name, (dtype, shape, size) in json.loads(header).items():
        found[name] = dtype, tuple(shape), start, start + size
        start += size
    return found


def equal(one: Mapping[str, Table], other: Mapping[str, Table]) -> bool:
    """Whether two states are equal to the byte."""
    return snapshot(one) == snapshot(other)


def _columns(state: Mapping[str, Table]) -> Iterator[tuple[str, Column]]:
    named = {f"{t}.{_UNIT}": table.unit for t, table in state.items()}
    named |= {f"{t}.{name}": column for t, table in state.items() for name, column in table.columns.items()}
    yield from sorted(named.items())


def _column_bytes(column: Column) -> tuple[bytes, str]:
    if column.dtype == object:
        return json.dumps(column.tolist(), ensure_ascii=False, separators=(",", ":")).encode(), "object"
    if column.dtype.kind == "f":
        column = np.where(np.isnan(column), np.nan, column)
    return np.ascontiguousarray(column).tobytes(), column.dtype.str


def _column_from(data: bytes, dtype: str, shape: tuple[int, ...], start: int, end: int) -> Column:
    if dtype == "object":
        column = np.empty(shape, dtype=object)
        column[:] = json.loads(data[start:end])
        return column
    found = np.frombuffer(data, dtype, math.prod(shape), start)
    return found.reshape(shape) if len(shape) > 1 else found
