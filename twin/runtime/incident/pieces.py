"""Entries of a stretch of time as parts of an incident file, and back: a column a part, in numpy's own format."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from twin.core.batch import canonical
from twin.core.errors import Misconfigured
from twin.core.event import Event
from twin.core.history import Slice
from twin.core.instant import FAR_FUTURE
from twin.core.rows import Samples, no_samples
from twin.runtime.incident.container import json_bytes, json_of

COLUMNS = {"recorded": np.int64, "tag": np.int32, "time": np.int64, "value": np.float64, "status": np.uint32}
MOST_ROWS = 2_000_000
"""Of one piece: 16 MB a column."""
MOST_EVENTS = 20_000

Add = Callable[[str, bytes], None]
Read = Callable[[str], bytes]


def folder_of(number: int) -> str:
    """Where the parts of a piece stand in the file."""
    return f"entries/{number:06}"


def cut(found: Slice) -> Iterator[Slice]:
    """A slice in pieces that a reader takes."""
    samples, events = found.samples, found.events
    for at in range(0, max(len(samples), len(events) * MOST_ROWS // MOST_EVENTS, 1), MOST_ROWS):
        first = at // MOST_ROWS * MOST_EVENTS
        yield Slice(samples.take(slice(at, at + MOST_ROWS)), events[first : first + MOST_EVENTS])


def put(add: Add, number: int, piece: Slice) -> None:
    """Write a piece: its columns where it has rows, its events where it has some."""
    folder, s = folder_of(number), piece.samples
    if len(s):
        for name, type_ in COLUMNS.items():
            add(f"{folder}/{name}.npy", _npy(np.asarray(getattr(s, name), type_)))
        if s.text is not None and any(text is not None for text in s.text):
            add(f"{folder}/text.json", json_bytes(s.text.tolist()))
    if piece.events:
        add(f"{folder}/events.json", json_bytes([[recorded, *_fields(event)] for recorded, event in piece.events]))


def get(read: Read, parts: Sequence[str] | Any, path: Path, number: int, tags: int, known: int) -> Slice:
    """A piece, every value looked at. tags: ids are below it; known: so is what was recorded. Raises Misconfigured."""
    folder = folder_of(number)
    try:
        samples = _samples(read, parts, path, folder)
        if len(samples):
            _check_rows(samples, tags, known)
        events: list[tuple[int, Event]] = []
        if (part := f"{folder}/events.json") in parts:
            events = [_event(one, known) for one in _list(json_of(read(part), path, part))]
    except (ValueError, TypeError) as error:
        raise Misconfigured(f"{path}: {folder} makes no sense: {str(error)[:120]}; export it again") from None
    return Slice(samples, events)


def _npy(column: NDArray[Any]) -> bytes:
    body = io.BytesIO()
    npy.write_array(body, np.ascontiguousarray(column), (1, 0), allow_pickle=False)
    return body.getvalue()


def _column(body: bytes, name: str) -> NDArray[Any]:
    """The column of a part; its own header is not believed before its bytes are there."""
    file = io.BytesIO(body)
    if npy.read_magic(file) != (1, 0):
        raise ValueError(f"{name} is no column of ours")
    shape, is_fortran, dtype = npy.read_array_header_1_0(file)
    left = len(body) - file.tell()
    if dtype != COLUMNS[name] or is_fortran or len(shape) != 1 or shape[0] * dtype.itemsize != left:
        raise ValueError(f"{name} is {dtype}{shape} in {left} bytes")
    return np.frombuffer(body, dtype, offset=file.tell())


def _samples(read: Read, parts: Any, path: Path, folder: str) -> Samples:
    there = [name for name in COLUMNS if f"{folder}/{name}.npy" in parts]
    if not there:
        return no_samples()
    if len(there) < len(COLUMNS):
        raise ValueError("it lacks columns")
    columns = {name: _column(read(f"{folder}/{name}.npy"), name) for name in COLUMNS}
    rows = len(columns["tag"])
    if any(len(column) != rows for column in columns.values()) or rows > MOST_ROWS:
        raise ValueError("its columns have not the same length, or too much of it")
    text = None
    if (part := f"{folder}/text.json") in parts:
        texts = _list(json_of(read(part), path, part))
        if len(texts) != rows or not all(one is None or isinstance(one, str) for one in texts):
            raise ValueError("its texts are not those of its rows")
        text = np.empty(rows, dtype=object)
        text[:] = texts
    c = columns
    return Samples(c["tag"], c["time"], canonical(c["value"]), c["status"], c["recorded"], text)


def _check_rows(s: Samples, tags: int, known: int) -> None:
    for name, column, most in (("tag", s.tag, tags - 1), ("time", s.time, FAR_FUTURE), ("recorded", s.recorded, known)):
        if int(column.min()) < 0 or int(column.max()) > most:
            raise ValueError(f"{name} {int(column.min())} to {int(column.max())} lies outside of 0 to {most}")


def _fields(event: Event) -> list[Any]:
    return [event.time, event.kind, event.subject, dict(event.body), event.who]


def _event(found: Any, known: int) -> tuple[int, Event]:
    recorded, time, kind, subject, body, who = found
    texts = isinstance(kind, str) and isinstance(subject, str) and isinstance(who, str)
    numbers = type(recorded) is int and type(time) is int and 0 <= recorded <= known and 0 <= time < FAR_FUTURE
    if not texts or not numbers or not kind or not isinstance(body, dict):
        raise ValueError(f"{found!r:.60} is no event")
    return recorded, Event(time, kind, subject, body, who)


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError("a list is none")
    return found
