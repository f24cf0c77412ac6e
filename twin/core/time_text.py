"""Columns of instants as RFC 3339 text: no Python object for each, as a day at 1 Hz has 86,400.

Every row is laid out at full width out of tables, and what a row does not need is NUL: taken out of all rows at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE, SECOND

_TWO = np.array([b"%02d" % n for n in range(60)])
_DIGITS = [b"%03d" % n for n in range(1000)]
_LAST = [digits.rstrip(b"0") for digits in _DIGITS]
_GROUP = np.array(_DIGITS + _LAST)
"""Three decimals; 1000 further on without zeros at the end, for what no other decimals follow."""
_POINTED = np.array([b"." + digits for digits in _DIGITS] + [b"." + digits if digits else b"" for digits in _LAST])
"""The first three with their point, which goes where no decimal is left."""
_GROUPS = ("ms", "us", "ns")


def quoted_times(time: NDArray[np.int64]) -> bytes:
    """`"2026-11-22T14:03:12.5Z","2026-11-22T14:03:13Z"`: in UTC, each with as many decimals as it needs."""
    if not len(time):
        return b""
    minute = time // MINUTE
    rest = time - minute * MINUTE
    second = rest // SECOND
    decimals = _decimals(rest - second * SECOND)
    names = _GROUPS[: len(decimals)]
    widths = [(name, f"S{4 - bool(place)}") for place, name in enumerate(names)]
    text = np.empty(len(time), [("minute", "S18"), ("second", "S2"), *widths, ("end", "S3")])
    text["minute"] = _minutes(minute)
    text["second"] = np.take(_TWO, second)
    for name, group in zip(names, decimals, strict=True):
        text[name] = np.take(_GROUP if name != _GROUPS[0] else _POINTED, group)
    text["end"] = b'Z",'
    found = text.tobytes()[:-1]
    return found.translate(None, b"\0") if decimals else found


def times_text(time: NDArray[np.int64]) -> list[str]:
    """The same as a list."""
    return quoted_times(time).decode()[1:-1].split('","') if len(time) else []


def _decimals(ns: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of three decimals as places in the tables above, as few groups as all rows need."""
    found: list[NDArray[np.int64]] = []
    for unit in (1_000_000, 1000, 1):
        if not ns.any():
            break
        group = ns // unit
        ns = ns - group * unit
        found.append(group + 1000 * (ns == 0))
    return found


def _minutes(minute: NDArray[np.int64]) -> NDArray[Any]:
    """`"2026-11-22T14:03:` of each row; of neighbours in the same minute it is made once."""
    begins = np.flatnonzero(np.append(True, minute[1:] != minute[:-1]))
    made = np.datetime_as_string(minute[begins].view("datetime64[m]")).tolist()
    whole = np.array([f'"{one}:'.encode() for one in made])
    return np.repeat(whole, np.diff(np.append(begins, len(minute))))
