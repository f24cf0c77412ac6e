"""Columns of instants as RFC 3339 text: no Python object for each, as a day at 1 Hz has 86,400."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE, SECOND

_TWO = np.array([b"%02d" % n for n in range(60)])
_THREE = np.array([b"%03d" % n for n in range(1000)])
_WHOLE = np.dtype([("open", "S1"), ("minute", "S16"), ("colon", "S1"), ("second", "S2"), ("end", "S3")])
_PARTS = np.dtype(
    [*((name, _WHOLE[name]) for name in ("open", "minute", "colon", "second")), ("point", "S1"), ("ms", "S3"),
     ("us", "S3"), ("ns", "S3"), ("end", "S3")]
)  # fmt: skip
_POINT = 20
"""Where the point before the decimals is."""
_ZERO = ord("0")


def quoted_times(time: NDArray[np.int64]) -> bytes:
    """`"2026-11-22T14:03:12.5Z","2026-11-22T14:03:13Z"`: in UTC, each with as many decimals as it needs."""
    if not len(time):
        return b""
    minute = time // MINUTE
    rest = time - minute * MINUTE
    second = rest // SECOND
    ns = rest - second * SECOND
    is_whole = not ns.any()
    text = np.empty(len(time), _WHOLE if is_whole else _PARTS)
    text["open"], text["colon"], text["end"] = b'"', b":", b'Z",'
    text["minute"] = _minutes(minute)
    text["second"] = _TWO[second]
    if is_whole:
        return text.tobytes()[:-1]
    us = ns // 1000
    text["point"] = b"."
    text["ms"], text["us"], text["ns"] = _THREE[us // 1000], _THREE[us % 1000], _THREE[ns - us * 1000]
    return _without_zeros(text.view(np.uint8).reshape(len(time), _PARTS.itemsize)).tobytes()[:-1]


def times_text(time: NDArray[np.int64]) -> list[str]:
    """The same as a list."""
    return quoted_times(time).decode()[1:-1].split('","') if len(time) else []


def _minutes(minute: NDArray[np.int64]) -> NDArray[Any]:
    """`2026-11-22T14:03` of each row; of neighbours in the same minute it is made once."""
    begins = np.flatnonzero(np.append(True, minute[1:] != minute[:-1]))
    made = np.datetime_as_string(minute[begins].view("datetime64[m]")).astype("S16")
    return np.repeat(made, np.diff(np.append(begins, len(minute))))


def _without_zeros(text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The characters without the zeros at the end of decimals, nor the point where no decimal is left."""
    kept = np.ones(text.shape, np.bool_)
    is_end = np.ones(len(text), np.bool_)
    for place in range(_POINT + 9, _POINT, -1):
        is_end &= text[:, place] == _ZERO
        if not is_end.any():
            break
        kept[:, place] = ~is_end
    kept[:, _POINT] = ~is_end
    return text[kept]
