"""Columns of an answer as CSV, JSON lines, Parquet and Arrow. What a column is, its dtype says.

datetime64[ns]: an instant, UTC, NaT where there is none. float64: a number, NaN where there is none. uint32: a
StatusCode. int64: a count. object: a text, None where there is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured, StoreFailed
from twin.core.time_text import times_text
from twin.store.parquet import Parquet, quoted

Table = Mapping[str, NDArray[Any]]

FORMS = ("csv", "parquet", "arrow", "json")
NO_ARROW = "Arrow needs pyarrow, which is not installed: pip install 'linetwin[arrow]', or take parquet"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+\Z")
_SPECIAL = re.compile(r'[",\r\n]')
_DUCK = {"M": "TIMESTAMP_NS", "f": "DOUBLE", "u": "UINTEGER", "i": "BIGINT", "O": "VARCHAR"}


def length(table: Table) -> int:
    """How many rows it has."""
    return len(next(iter(table.values())))


def csv_head(table: Table) -> str:
    """The line of names."""
    return ",".join(table) + "\n"


def csv_text(table: Table, safe: bool) -> str:
    """A line for each row. Numbers are the shortest text that reads back exactly, status is the OPC UA code in hex.

    safe: a text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    columns = [_csv_column(column, safe) for column in table.values()]
    return "\n".join(map(",".join, zip(*columns, strict=True))) + "\n" if length(table) else ""


def _csv_column(column: NDArray[Any], safe: bool) -> Sequence[str]:
    kind = column.dtype.kind
    if kind == "M":
        return ["" if time is None else time for time in _times(column)]
    if kind == "f":
        return ["" if number == "nan" else number for number in map(repr, column.tolist())]
    if kind == "u":
        codes, place = np.unique(column, return_inverse=True)
        return _picked([f"0x{code:08X}" for code in codes.tolist()], place)
    if kind == "i":
        return list(map(str, column.tolist()))
    texts = {text: _cell(text, safe) for text in set(column.tolist())}
    return [texts[text] for text in column.tolist()]


def _times(column: NDArray[Any]) -> Sequence[str | None]:
    is_none = np.isnat(column)
    if not is_none.any():
        return times_text(column.view(np.int64))
    found = np.full(len(column), None, dtype=object)
    found[~is_none] = times_text(column[~is_none].view(np.int64))
    return found.tolist()


def _picked(texts: Sequence[str], place: NDArray[np.intp]) -> list[str]:
    return np.array(texts, dtype=object)[place].tolist()


def _cell(text: str | None, safe: bool) -> str:
    if text is None:
        return ""
    if safe and _FORMULA.match(text) and not _NUMBER.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def json_lines(table: Table) -> str:
    """An object for each row, in a line of its own; what JSON has no number for is null, or `Infinity` as a text."""
    columns = [_json_column(column) for column in table.values()]
    rows = (dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True))
    return "".join(f"{json.dumps(row, ensure_ascii=False, allow_nan=False)}\n" for row in rows)


def _json_column(column: NDArray[Any]) -> Sequence[Any]:
    if column.dtype.kind == "M":
        return _times(column)
    if column.dtype.kind != "f":
        return column.tolist()
    words = {"nan": None, "inf": "Infinity", "-inf": "-Infinity"}
    return [one if np.isfinite(one) else words[str(one)] for one in column.tolist()]


class ParquetFile:
    """Collects tables of the same columns in parts on the disk; memory stays flat however many come."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._parquet = Parquet()
        self._parts: list[Path] = []

    def add(self, table: Table) -> None:
        """Rows of one more table. Raises StoreFailed (a full disk)."""
        part = {name: column for name, column in table.items() if column.dtype.kind != "O"}
        chosen: list[str] = []
        for number, (name, column) in enumerate(table.items()):
            if column.dtype.kind == "O":
                has = np.array([one is not None for one in column.tolist()], np.bool_)
                part |= {name: np.where(has, column, ""), f"has{number}": has}
                chosen.append(f'CASE WHEN has{number} THEN "{name}"::VARCHAR END AS "{name}"')
            elif column.dtype.kind == "f":
                chosen.append(f'CASE WHEN isnan("{name}") THEN NULL ELSE "{name}" END AS "{name}"')
            else:
                chosen.append(f'"{name}"')
        file = self._folder / f"{len(self._parts):06d}.parquet"
        with self._parquet.cursor() as cursor:
            cursor.register("part", part)
            self._copy(cursor, f"SELECT {', '.join(chosen)} FROM part", file)  # noqa: S608
            cursor.unregister("part")
        self._parts.append(file)

    def finish(self, head: Table) -> None:
        """Write the file, rows in the order in which they came. head: a table of the columns, where no row came."""
        columns = ", ".join(f'NULL::{_DUCK[column.dtype.kind]} AS "{name}"' for name, column in head.items())
        parts = ", ".join(quoted(str(part)) for part in self._parts)
        rows = f"SELECT * FROM read_parquet([{parts}])" if parts else f"SELECT {columns} WHERE false"  # noqa: S608
        with self._parquet.cursor() as cursor:
            self._copy(cursor, rows, self._path)

    def close(self) -> None:
        """Give back the query engine."""
        self._parquet.close()

    def _copy(self, cursor: Any, rows: str, file: Path) -> None:
        import duckdb  # noqa: PLC0415 - a cursor is there, so it has been imported

        try:
            cursor.execute(f"COPY ({rows}) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)")
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise StoreFailed(f"{self._path}: {str(error).splitlines()[0]}; is there room on the disk?") from error


@contextmanager
def parquet_file(path: Path) -> Generator[ParquetFile]:
    """A Parquet file to be; its parts stand in a folder beside it while the block runs."""
    try:
        parts = TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror or error}; choose another place") from error
    with parts as folder:
        made = ParquetFile(path, Path(folder))
        try:
            yield made
        finally:
            made.close()


def has_arrow() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def arrow_stream(head: Table, tables: Iterable[Table]) -> Generator[bytes]:
    """The tables as an Arrow IPC stream, a piece for each. head: a table of their columns. Raises Misconfigured where
    pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - optional, 170 MB
    except ImportError as error:
        raise Misconfigured(NO_ARROW) from error
    arrow: Any = pa
    kinds = {
        "M": arrow.timestamp("ns", tz="UTC"),
        "f": arrow.float64(),
        "u": arrow.uint32(),
        "i": arrow.int64(),
        "O": arrow.string(),
    }
    schema = arrow.schema([(name, kinds[column.dtype.kind]) for name, column in head.items()])
    sink = _Taken()
    with arrow.ipc.new_stream(arrow.PythonFile(sink, mode="w"), schema) as writer:
        for table in tables:
            arrays = [_arrow(arrow, column, field.type) for column, field in zip(table.values(), schema, strict=True)]
            writer.write_batch(arrow.record_batch(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _arrow(arrow: Any, column: NDArray[Any], kind: Any) -> Any:
    if column.dtype.kind == "M":
        return arrow.array(column, type=arrow.timestamp("ns")).cast(kind)
    return arrow.array(column, type=kind, mask=np.isnan(column) if column.dtype.kind == "f" else None)


class _Taken:
    """A file whose bytes are taken away as they are written."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, some: Any) -> int:
        self._written.append(bytes(some))
        return len(self._written[-1])

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken
