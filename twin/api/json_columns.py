"""Columns as JSON text: what a day at 1 Hz needs is spelled in milliseconds, and reads back to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import CoreConfig, SchemaSerializer, core_schema, to_json

from twin.api.columns import json_texts
from twin.core.time_text import quoted_times
from twin.core.window import run_starts

_NUMBERS = SchemaSerializer(core_schema.list_schema(core_schema.float_schema()), CoreConfig(ser_json_inf_nan="null"))
_LONG = 1000
"""A column of so many is looked through for runs of one value before it is spelled."""
_AT_ONCE = 4096
"""Rows are spelled so many at a time: what is made on the way then stays in the cache, and the memory allocator keeps
it for the next ones; for columns of a day the system would have to clear fresh pages, at twice the time."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A value that is JSON already, in pieces: the columns of a day are 4 MB, and are put together once."""

    pieces: Sequence[bytes]

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)


NULL, NONE = Spelled((b"null",)), Spelled((b"[]",))


def times(time: NDArray[np.int64]) -> Spelled:
    """RFC 3339 in UTC, with as many decimals as are needed."""
    return _in_turn(time, quoted_times)


def same_times(time: NDArray[np.int64]) -> Spelled:
    """The same of instants that many tags have in common, as those of intervals: spelled once."""
    return _spelled_times(time.tobytes())


@lru_cache(maxsize=4)
def _spelled_times(raw: bytes) -> Spelled:
    return Spelled((bytes(times(np.frombuffer(raw, np.int64))),))


def numbers(value: NDArray[np.float64]) -> Spelled:
    """The shortest text that is this number; null for what JSON has no number for."""
    return _in_turn(value, lambda some: _NUMBERS.to_json(some.tolist())[1:-1])


def number_texts(value: Sequence[float]) -> list[str]:
    """The same, a text of each."""
    return _NUMBERS.to_json(value)[1:-1].decode().split(",") if value else []


def time_texts(time: NDArray[np.int64]) -> list[str]:
    """RFC 3339 as in `times`, a JSON text of each."""
    return quoted_times(time).decode().split(",") if len(time) else []


@lru_cache(maxsize=1000)
def quoted(text: str) -> str:
    """A word that many objects have in common (a name, a unit, a state) as JSON."""
    return to_json(text).decode()


def _in_turn(column: NDArray[Any], spell: Callable[[NDArray[Any]], bytes]) -> Spelled:
    pieces: list[bytes] = []
    for start in range(0, len(column), _AT_ONCE):
        pieces += (b"," if pieces else b"[", spell(column[start : start + _AT_ONCE]))
    return Spelled((*(pieces or (b"[",)), b"]"))


def integers(value: NDArray[Any]) -> Spelled:
    """Whole numbers. One that stands in many rows after each other, as Good does, is spelled once."""
    if len(value) >= _LONG:
        starts = run_starts(value)
        if 8 * len(starts) < len(value):
            lengths = np.diff(np.append(starts, len(value))).tolist()
            runs = zip(value[starts].tolist(), lengths, strict=True)
            return Spelled((b"[", b"".join([b"%d," % one * length for one, length in runs])[:-1], b"]"))
    return Spelled((to_json(value.tolist()),))


def texts(value: NDArray[np.float64], text: NDArray[np.object_] | None) -> Spelled:
    """The text column, with a word where a number is infinite; null when no row has any."""
    if text is None and not np.isinf(value).any():
        return NULL
    return Spelled((to_json(json_texts(value, text)),))


def json_object(fields: Mapping[str, Any]) -> Spelled:
    """An object; a field may be Spelled, a list of Spelled, or anything that JSON knows."""
    pieces: list[bytes] = []
    for name, value in fields.items():
        pieces.append(b"%b%b:" % (b"," if pieces else b"{", _name(name)))
        pieces += spelled(value)
    return Spelled((*(pieces or (b"{",)), b"}"))


def json_list(items: Iterable[str]) -> Spelled:
    """A list of what is JSON already."""
    return Spelled((f"[{','.join(items)}]".encode(),))


@lru_cache(maxsize=1000)
def _name(name: str) -> bytes:
    return to_json(name)


def spelled(value: Any) -> Sequence[bytes]:
    """A field as JSON, in pieces."""
    if isinstance(value, Spelled):
        return value.pieces
    if isinstance(value, list) and any(isinstance(one, Spelled) for one in value):  # pyright: ignore[reportUnknownVariableType]
        pieces: list[bytes] = []
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            pieces += (b"," if pieces else b"[", *spelled(one))
        return (*pieces, b"]")
    return (to_json(value, by_alias=True),)
