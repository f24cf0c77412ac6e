"""Entries as bytes: packed rows with a checksum, so that many are decoded by one call and a flipped bit is found."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch
from twin.core.errors import Corrupt
from twin.core.event import Event
from twin.core.history import Slice
from twin.core.rows import Samples, no_samples

ROW = np.dtype([("tag", "<i4"), ("time", "<i8"), ("value", "<f8"), ("status", "<u4")])
"""One sample, 24 bytes, little endian on every machine."""

COLUMNS = "recorded, kind, source, tmin, tmax, crc, body, text"
"""Of table `entry`, in order; what `decode` wants."""
WHOLE = 1 << 32
"""Set in `crc` where it covers all of the entry. Those of layouts before the third cover body and text alone."""

Stored = tuple[int, str, str, int, int, int, bytes, bytes | None]
"""recorded, kind, source, tmin, tmax, crc, body, text."""


def encode_batch(recorded: int, batch: Batch) -> Stored:
    """A batch as a row of table `entry`."""
    packed = np.empty(len(batch), dtype=ROW)
    packed["tag"], packed["time"], packed["value"], packed["status"] = batch.tag, batch.time, batch.value, batch.status
    body = packed.tobytes()
    text = None if batch.text is None else json.dumps(batch.text.tolist(), ensure_ascii=False).encode()
    return _sealed(recorded, "", batch.source, int(batch.time.min()), int(batch.time.max()), body, text)


def encode_event(recorded: int, event: Event) -> Stored:
    """An event as a row of table `entry`."""
    return _sealed(recorded, event.kind, event.subject, event.time, event.time, event.to_bytes(), None)


def _sealed(recorded: int, kind: str, source: str, tmin: int, tmax: int, body: bytes, text: bytes | None) -> Stored:
    crc = WHOLE | _checksum(recorded, kind, source, tmin, tmax, body, text)
    return recorded, kind, source, tmin, tmax, crc, body, text


def _checksum(recorded: int, kind: str, source: str, tmin: int, tmax: int, body: bytes, text: bytes | None) -> int:
    """Over everything. Lengths are in it: no byte can move from one column to the next."""
    parts = kind.encode(), source.encode(), body, text or b""
    crc = zlib.crc32(struct.pack("<3q5i", recorded, tmin, tmax, *map(len, parts), text is None))
    for part in parts:
        crc = zlib.crc32(part, crc)
    return crc


def is_whole(stored: Stored) -> bool:
    """Whether an entry is as it was written."""
    recorded, kind, source, tmin, tmax, crc, body, text = stored
    try:
        if not crc & WHOLE:
            return zlib.crc32(text or b"", zlib.crc32(body)) == crc
        return WHOLE | _checksum(recorded, kind, source, tmin, tmax, body, text) == crc
    except (AttributeError, TypeError, struct.error):  # of another type than was written: SQLite keeps types by value
        return False


def decode(stored: Sequence[Stored]) -> Slice:
    """Samples and events of rows of COLUMNS. Raises Corrupt naming the entry."""
    batches: list[tuple[int, bytes, bytes | None]] = []
    events: list[tuple[int, Event]] = []
    for one in stored:
        if not is_whole(one):
            raise Corrupt(f"log entry {one[0]}: its bytes do not match their checksum; restore it from a backup")
        recorded, kind, _, _, _, _, body, text = one
        if kind:
            events.append((recorded, Event.from_bytes(body)))
        else:
            batches.append((recorded, body, text))
    return Slice(_samples(batches), events)


def _samples(batches: Sequence[tuple[int, bytes, bytes | None]]) -> Samples:
    if not batches:
        return no_samples()
    packed = np.frombuffer(b"".join([body for _, body, _ in batches]), dtype=ROW)
    lengths = np.array([len(body) for _, body, _ in batches]) // ROW.itemsize
    recorded = np.repeat(np.array([recorded for recorded, _, _ in batches], dtype=np.int64), lengths)
    columns = [np.ascontiguousarray(packed[name]) for name in ("tag", "time", "value", "status")]
    return Samples(columns[0], columns[1], columns[2], columns[3], recorded, _text(batches, lengths))


def _text(batches: Sequence[tuple[int, bytes, bytes | None]], lengths: NDArray[np.int64]) -> NDArray[np.object_] | None:
    if all(text is None for _, _, text in batches):
        return None
    column = np.full(int(lengths.sum()), None, dtype=object)
    ends = np.cumsum(lengths)
    for (_, _, text), end, length in zip(batches, ends.tolist(), lengths.tolist(), strict=True):
        if text is not None:
            column[end - length : end] = json.loads(text)
    return column
