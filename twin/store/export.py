"""Samples out of the log as files: long form, one row per (tag, time), the numbers as the wire gave them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE, HOUR, to_text
from twin.core.rows import Rows, in_order
from twin.store.reader import LogReader

COLUMNS = ("time", "tag", "value", "status", "text")


def write_csv(reader: LogReader, file: TextIO, start: int, end: int, match: str) -> int:
    """Write rows by time, then tag; returns how many. Numbers are the shortest text that reads back exactly.

    value is empty where there is none; status is the OPC UA code in hex; text as it came.
    """
    names = reader.tags().names()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = 0
    for rows in _stretches(reader, start, end, match):
        texts = [""] * len(rows) if rows.text is None else ["" if t is None else t for t in rows.text.tolist()]
        columns = zip(
            rows.time.tolist(), rows.tag.tolist(), rows.value.tolist(), rows.status.tolist(), texts, strict=True
        )
        writer.writerows(
            (to_text(time), names[tag], "" if value != value else repr(value), f"0x{status:08X}", text)  # noqa: PLR0124
            for time, tag, value, status, text in columns
        )
        written += len(rows)
    return written


def write_parquet(reader: LogReader, path: Path, start: int, end: int, match: str) -> int:
    """The same rows as Parquet: tag as text, time as TIMESTAMP in ns, value NULL where there is none."""
    import duckdb  # noqa: PLC0415 - 80 ms and 70 MB that only this format needs

    names = np.array(reader.tags().names(), dtype=object)
    written = 0
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as db:
        db.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        db.execute("CREATE TABLE sample (time TIMESTAMP_NS, tag VARCHAR, value DOUBLE, status UINTEGER, text VARCHAR)")
        for rows in _stretches(reader, start, end, match):
            text = np.full(len(rows), None, dtype=object) if rows.text is None else rows.text
            part = {
                "time": rows.time.view("datetime64[ns]"), "tag": names[rows.tag], "value": rows.value,
                "status": rows.status, "text": text.astype(object),
            }  # fmt: skip
            value = "CASE WHEN isnan(value) THEN NULL ELSE value END"
            db.execute(f"INSERT INTO sample SELECT time, tag, {value}, status, text FROM part")  # noqa: S608
            del part
            written += len(rows)
        try:
            db.execute(f"COPY sample TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.IOException as error:
            raise Misconfigured(f"-o {path}: {error}") from error
    return written


def _stretches(reader: LogReader, start: int, end: int, match: str) -> Iterator[Rows]:
    chosen = _chosen(reader, match)
    for first, last in reader.stretches(start, end, HOUR):
        rows = in_order(reader.read_tags(chosen, first, last, FAR_FUTURE).samples)
        if len(rows):
            yield rows


def _chosen(reader: LogReader, match: str) -> NDArray[np.int32]:
    found = [number for number, name in enumerate(reader.tags().names()) if fnmatchcase(name, match)]
    if not found:
        raise Misconfigured(f"--tag {match}: no tag of this data folder matches; twin export --tag '*' takes all")
    return np.array(found, dtype=np.int32)
