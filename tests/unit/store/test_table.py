"""Tables read back from every form as they were written, to the bit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.instant import to_text
from twin.store.table import Table, arrow_stream, csv_head, csv_text, json_lines, parquet_file

texts = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
texts |= st.sampled_from(["=1+1", "+x", "-7", "-x", "@a", "\t=", "a,b", 'a"b', "\r\n", "-7\n"])
rows = st.tuples(
    st.none() | st.integers(0, 2**62), st.floats(), st.integers(0, 2**32 - 1), st.integers(-(2**63), 2**63 - 1), texts
)
tables = st.lists(st.lists(rows, max_size=6), max_size=3)
Row = tuple[int | None, float, int, int, str | None]
NAMES = ("time", "value", "status", "count", "text")


def table_of(drawn: list[Row]) -> Table:
    nat = np.iinfo(np.int64).min
    return {
        "time": np.array([nat if row[0] is None else row[0] for row in drawn], np.int64).view("datetime64[ns]"),
        "value": np.array([row[1] for row in drawn], np.float64),
        "status": np.array([row[2] for row in drawn], np.uint32),
        "count": np.array([row[3] for row in drawn], np.int64),
        "text": np.array([*(row[4] for row in drawn), None], object)[:-1],
    }


def told(drawn: list[list[Row]]) -> list[tuple[object, ...]]:
    """Rows as they should come back; a number as its text, for -0.0 is not 0.0."""
    return [
        (row[0], None if np.isnan(row[1]) else repr(row[1]), *row[2:]) for part in drawn for row in part
    ]  # fmt: skip


def read(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows of an Arrow table."""
    columns = [table.column(name) for name in NAMES]
    time = columns[0].cast(pa.int64()).to_pylist()
    value = [None if one is None else repr(one) for one in columns[1].to_pylist()]
    return list(zip(time, value, *(column.to_pylist() for column in columns[2:]), strict=True))


@given(drawn=tables)
def test_csv(drawn: list[list[Row]]) -> None:
    parts = [table_of(part) for part in drawn]
    text = csv_head(table_of([])) + "".join(csv_text(part, safe=False) for part in parts)
    head, *found = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == NAMES
    wanted = [
        (
            "" if time is None else to_text(time),  # pyright: ignore[reportArgumentType]
            value or "",
            f"0x{status:08X}",
            str(count),
            some or "",
        )
        for time, value, status, count, some in told(drawn)
    ]
    assert list(map(tuple, found)) == wanted


@given(drawn=tables)
def test_csv_without_formulas(drawn: list[list[Row]]) -> None:
    text = "".join(csv_text(table_of(part), safe=True) for part in drawn)
    for row, (*_, some) in zip(csv.reader(io.StringIO(text, newline="")), told(drawn), strict=True):
        cell = row[-1]
        assert cell in {some or "", f"'{some}"}
        assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"} or cell.removeprefix("-").isdecimal()


@given(drawn=tables)
def test_json_lines(drawn: list[list[Row]]) -> None:
    text = "".join(json_lines(table_of(part)) for part in drawn)
    found = [json.loads(line) for line in text.split("\n")[:-1]]
    words = {"inf": "Infinity", "-inf": "-Infinity"}
    for one, (time, value, *rest) in zip(found, told(drawn), strict=True):
        assert tuple(one) == NAMES
        assert one["time"] == (None if time is None else to_text(time))  # pyright: ignore[reportArgumentType]
        number = one["value"]
        assert (repr(number) if isinstance(number, float) else number) == words.get(str(value), value)
        assert [one[name] for name in NAMES[2:]] == rest


@given(drawn=tables)
def test_arrow(drawn: list[list[Row]]) -> None:
    stream = b"".join(arrow_stream(table_of([]), map(table_of, drawn)))
    assert read(pa.ipc.open_stream(stream).read_all()) == told(drawn)


@settings(max_examples=15)
@given(drawn=tables)
def test_parquet(drawn: list[list[Row]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.parquet"
        with parquet_file(path) as made:
            for part in drawn:
                made.add(table_of(part))
            made.finish(table_of([]))
        assert read(pq.read_table(path)) == told(drawn)
        assert list(Path(folder).iterdir()) == [path]
