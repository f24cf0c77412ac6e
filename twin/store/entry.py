"""Entries as bytes: packed rows with a checksum, so that many are decoded by one call and a flipped bit is found."""

from __future__ import annotations

import json
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

Stored = tuple[int, str, str, int, int, int, bytes, bytes | None]
"""recorded, kind, source, tmin, tmax, crc, body, text."""


def encode_batch(recorded: int, batch: Batch) -> Stored:
    """A batch as a row of table `entry`."""
    packed = np.empty(len(batch), dtype=ROW)
    packed["tag"], packed["time"], packed["value"], packed["status"] = batch.tag, batch.time, batch.value, batch.status
    body = packed.tobytes()
    text = None if batch.text is None else json.dumps(batch.text.tolist(), ensure_ascii=False).encode()
    crc = zlib.crc32(text or b"", zlib.crc32(body))
    return recorded, "", batch.source, int(batch.time.min()), int(batch.time.max()), crc, body, text


def encode_event(recorded: int, event: Event) -> Stored:
    """An event as a row of table `entry`."""
    body = event.to_bytes()
    return recorded, event.kind, event.subject, event.time, event.time, zlib.crc32(body), body, None


def decode(stored: Sequence[tuple[int, str, int, bytes, bytes | None]]) -> Slice:
    """Samples and events of rows (recorded, kind, crc, body, text). Raises Corrupt naming the entry."""
    batches: list[tuple[int, bytes, bytes | None]] = []
    events: list[tuple[int, Event]] = []
    for recorded, kind, crc, body, text in stored:
        if zlib.crc32(text or b"", zlib.crc32(body)) != crc:
            raise Corrupt(f"log entry {recorded}: its bytes do not match their checksum; restore it from a backup")
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
