"""Parquet, read through DuckDB: the same two layouts, their types known from the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import duckdb
import numpy as np
from numpy.typing import NDArray

from connectors.files.layout import is_long, tag_names
from connectors.files.task import CHUNK, Task
from connectors.files.time_column import epoch_factor
from twin.core.batch import Batch, batch, concatenate
from twin.core.errors import Misconfigured
from twin.core.tags import TagType

_SETTINGS = {
    "threads": "1",
    "memory_limit": "512MB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_NUMBERS = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "FLOAT", "DOUBLE", "UTINYINT", "USMALLINT", "UINTEGER")
_WIDE_INTEGERS = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")
_TEXTS = ("VARCHAR", "UUID", "ENUM", "DATE", "TIME", "TIMESTAMP", "DECIMAL")


@dataclass(frozen=True, slots=True)
class _Column:
    """value, text: what to ask DuckDB for. name: in the file."""

    name: str
    tag: int
    value: str
    text: str


class Parquet:
    """One file; rows are asked for by their number, a chunk at a time."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._db = duckdb.connect(":memory:", config=dict(_SETTINGS))
        self._types = self._described()
        self._rows = self._ask("SELECT count(*) AS n FROM read_parquet(?)", str(task.path))["n"][0]
        task.rows = int(self._rows)
        self._naive = 0
        self._long = is_long(list(self._types))
        self._time_sql, self._is_naive = self._time_column()
        self._columns = [] if self._long else self._tag_columns()
        self._tags = self._long_tags() if self._long else {}

    def batches(self) -> Iterator[Batch]:
        """All samples, chunk by chunk."""
        for start in range(0, int(self._rows), CHUNK):
            whole = self._long_chunk(start) if self._long else self._wide_chunk(start)
            found = self._task.finished(whole, min(CHUNK, int(self._rows) - start))
            if found is not None:
                yield found
        self._task.closing_notices(0 if self._long else self._naive)

    def close(self) -> None:
        """Give back the file and the memory."""
        self._db.close()

    def _described(self) -> dict[str, str]:
        try:
            rows = self._db.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(self._task.path)]).fetchall()
        except duckdb.Error as error:
            raise Misconfigured(f"{self._task.path}: {str(error).splitlines()[0]}") from None
        return {row[0]: str(row[1]) for row in rows}

    def _ask(self, query: str, *parameters: Any) -> dict[str, NDArray[Any]]:
        columns = self._db.execute(query, list(parameters)).fetchnumpy()
        return cast(dict[str, NDArray[Any]], columns)  # categories come of ENUM columns alone

    def _chunk(self, start: int, wanted: str) -> dict[str, NDArray[Any]]:
        return self._ask(
            f"SELECT {wanted} FROM read_parquet(?, file_row_number = true) "  # noqa: S608 - quoted names of columns
            f"WHERE file_row_number >= ? AND file_row_number < ? ORDER BY file_row_number",
            str(self._task.path),
            start,
            start + CHUNK,
        )

    def _time_column(self) -> tuple[str, bool]:
        """What gives ns, and whether it is wall-clock time. Raises Misconfigured without a time column."""
        if self._long:
            return self._ns("time"), self._types["time"] != "TIMESTAMP WITH TIME ZONE"
        for name, type in self._types.items():
            if type.startswith("TIMESTAMP"):
                self._time_name = name
                return self._ns(name), type != "TIMESTAMP WITH TIME ZONE"
        for name, type in self._types.items():
            factor = self._epoch_factor(name) if type in {*_WIDE_INTEGERS, "DOUBLE", "INTEGER", "UINTEGER"} else None
            if factor is not None:
                self._time_name = name
                return f"CAST({_quoted(name)} * {factor} AS BIGINT)", False
        shown = ", ".join(f"{name} {type}" for name, type in list(self._types.items())[:6])
        raise Misconfigured(f"{self._task.path}: no column of type TIMESTAMP or ms since 1970 (columns: {shown})")

    def _ns(self, name: str) -> str:
        return f"epoch_ns({_quoted(name)})" if self._types[name].startswith("TIMESTAMP") else _quoted(name)

    def _epoch_factor(self, name: str) -> int | None:
        column = _quoted(name)
        ends = f"SELECT min({column}) AS a, max({column}) AS b FROM read_parquet(?)"  # noqa: S608 - a quoted name
        found = self._ask(ends, str(self._task.path))
        if np.ma.is_masked(found["a"]) or self._rows == 0:
            return None
        factors = {epoch_factor(float(found[end][0])) for end in ("a", "b")}
        return factors.pop() if len(factors) == 1 else None

    def _tag_columns(self) -> list[_Column]:
        names, notices = tag_names(list(self._types), self._task.prefix)
        for text in notices.values():
            self._task.notice(text)
        found = [self._tag_column(name, tag) for name, tag in zip(self._types, names, strict=True)]
        return [column for column in found if column is not None]

    def _tag_column(self, name: str, tag: str) -> _Column | None:
        type, quoted = self._types[name], _quoted(name)
        tags = self._task.tags
        if name == self._time_name:
            return None
        if type in _NUMBERS:
            return _Column(name, tags.id_of(tag), f"CAST({quoted} AS DOUBLE)", "NULL")
        if type in _WIDE_INTEGERS:
            digits = f"CASE WHEN abs(CAST({quoted} AS DOUBLE)) >= 9007199254740992 THEN CAST({quoted} AS VARCHAR) END"
            return _Column(name, tags.id_of(tag), f"CAST({quoted} AS DOUBLE)", digits)
        if type == "BLOB":
            return _Column(name, tags.id_of(tag, TagType.BYTES), "NULL", f"lower(hex({quoted}))")
        if type.startswith(_TEXTS):
            return _Column(name, tags.id_of(tag, TagType.TEXT), "NULL", f"CAST({quoted} AS VARCHAR)")
        self._task.notice(f"column {name!r} is {type} and was left out; it is neither number nor text")
        return None

    def _wide_chunk(self, start: int) -> Batch | None:
        wanted = [f"{self._time_sql} AS t"]
        for at, column in enumerate(self._columns):
            wanted += [f"CAST({column.value} AS DOUBLE) AS v{at}", f"CAST({column.text} AS VARCHAR) AS x{at}"]
        found = self._chunk(start, ", ".join(wanted))
        time, right = self._instants(found["t"], start)
        parts = [
            part
            for at, column in enumerate(self._columns)
            if (part := self._part(column.tag, time, right, found[f"v{at}"], found[f"x{at}"])) is not None
        ]
        return concatenate(parts) if parts else None

    def _part(
        self, tag: int, time: NDArray[np.int64], right: NDArray[np.bool_], value: NDArray[Any], text: NDArray[Any]
    ) -> Batch | None:
        """The samples of one column: a row with neither number nor text is none."""
        numbers, texts = _floats(value), _strings(text)
        held = right & (~np.isnan(numbers) | np.array([one is not None for one in texts], dtype=np.bool_))
        rows = np.flatnonzero(held)
        if len(rows) == 0:
            return None
        tags = np.full(len(rows), tag, dtype=np.int32)
        return batch(self._task.source, tags, time[rows], numbers[rows], text=[texts[row] for row in rows.tolist()])

    def _long_chunk(self, start: int) -> Batch | None:
        status = "status" if "status" in self._types else "0"
        text = "text" if "text" in self._types else "NULL"
        found = self._chunk(
            start,
            f"{self._time_sql} AS t, tag, CAST(value AS DOUBLE) AS v, CAST({status} AS BIGINT) AS s, "
            f"CAST({text} AS VARCHAR) AS x",
        )
        time, right = self._instants(found["t"], start)
        names = _strings(found["tag"])
        ids = np.array([-1 if name is None else self._tags[name] for name in names], dtype=np.int32)
        right &= ids >= 0
        if not right.any():
            return None
        codes = np.ma.filled(found["s"], 0).astype(np.uint32)
        texts = _strings(found["x"])
        return batch(self._task.source, ids, time, _floats(found["v"]), codes, texts).take(right)

    def _long_tags(self) -> dict[str, int]:
        """Tag -> id. A tag with a number in any row is a number tag, one with text only a text tag."""
        text = "count(text)" if "text" in self._types else "0"
        query = f"SELECT tag, count(value) AS v, {text} AS x FROM read_parquet(?) GROUP BY tag ORDER BY tag"  # noqa: S608
        seen = self._db.execute(query, [str(self._task.path)]).fetchall()
        types = {str(n): TagType.TEXT if x and not v else TagType.NUMBER for n, v, x in seen if n is not None}
        return {name: self._task.tags.id_of(name, self._task.type_of(name, type)) for name, type in types.items()}

    def _instants(self, ns: NDArray[Any], start: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        right = ~np.ma.getmaskarray(ns)
        for row in np.flatnonzero(~right).tolist():
            self._task.refuse("no time", start + row + 1, "")
        time = np.ma.filled(ns, 0).astype(np.int64)
        if not self._is_naive:
            return time, right
        self._naive += int(right.sum())
        time[right] = self._task.zone.instants(time[right])
        return time, right


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _floats(column: NDArray[Any]) -> NDArray[np.float64]:
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)


def _strings(column: NDArray[Any]) -> Sequence[str | None]:
    missing = np.ma.getmaskarray(column)
    return [None if gone else str(one) for one, gone in zip(np.ma.getdata(column), missing, strict=True)]
