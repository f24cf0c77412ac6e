"""Columns as JSON text: what a day at 1 Hz needs is spelled in milliseconds, and reads back to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from twin.api.columns import json_texts
from twin.core.time_text import quoted_times


class Spelled(bytes):
    """A value that is JSON already."""

    __slots__ = ()


def times(time: NDArray[np.int64]) -> Spelled:
    """RFC 3339 in UTC, with as many decimals as are needed."""
    return Spelled(b"[%b]" % quoted_times(time))


def same_times(time: NDArray[np.int64]) -> Spelled:
    """The same of instants that many tags have in common, as those of intervals: spelled once."""
    return _spelled_times(time.tobytes())


@lru_cache(maxsize=4)
def _spelled_times(raw: bytes) -> Spelled:
    return times(np.frombuffer(raw, np.int64))


def numbers(value: NDArray[np.float64]) -> Spelled:
    """The shortest text that is this number; null for what JSON has no number for."""
    return Spelled(to_json(value.tolist(), inf_nan_mode="null"))


def integers(value: NDArray[Any]) -> Spelled:
    """Whole numbers. One that stands everywhere, as Good does, is spelled once."""
    if len(value) and bool((value == value[0]).all()):
        return Spelled(b"[%b]" % b",".join([b"%d" % int(value[0])] * len(value)))
    return Spelled(to_json(value.tolist()))


def texts(value: NDArray[np.float64], text: NDArray[np.object_] | None) -> Spelled:
    """The text column, with a word where a number is infinite; null when no row has any."""
    if text is None and not np.isinf(value).any():
        return Spelled(b"null")
    return Spelled(to_json(json_texts(value, text)))


def json_object(fields: Mapping[str, Any]) -> Spelled:
    """An object; a field may be Spelled, a list of Spelled, or anything that JSON knows."""
    return Spelled(b"{%b}" % b",".join(b"%b:%b" % (to_json(name), spelled(value)) for name, value in fields.items()))


def spelled(value: Any) -> bytes:
    """A field as JSON."""
    if isinstance(value, Spelled):
        return value
    if isinstance(value, list) and any(isinstance(one, Spelled) for one in value):  # pyright: ignore[reportUnknownVariableType]
        return b"[%b]" % b",".join(map(spelled, value))  # pyright: ignore[reportUnknownArgumentType]
    return to_json(value, by_alias=True)
