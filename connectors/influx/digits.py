"""Numbers as decimal digits, a column at a time (pure): no Python object for each.

A column of text is a list of columns of bytes that are read side by side; where a row has nothing, there is NUL, and
whoever joins them leaves NUL out.

Of a float64 the shortest digits are written that read back to the bit, as `repr` does, in a fraction of its time.
How: with k such that value x 10^k has 17 digits before the point, that product is p + err exactly (T. J. Dekker, A
floating-point technique for extending the available precision, 1971, Mul12: 10^k is a float64 up to k = 22), so its
nearest integer is known. 17 digits always do; 16 or 15 do when they differ from the exact product by less than half
the gap to the next float64, scaled alike. Shorter ones are 15 digits that end in zeros. What lies outside the range in
which this is exact is left to `repr`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.generic]
"""One column of bytes: uint8, four digits as uint32, or bytes of fixed length."""

LONGEST = 17
"""Digits that always tell one float64 from the next."""
SMALLEST = 1e-5
_SPLIT = 134_217_729.0
"""2^27 + 1: halves a float64 into two of 26 bits."""


@cache
def _tables() -> tuple[NDArray[np.uint32], ...]:
    """0 to 9999 as four digits; without leading zeros; the same, but 0 is one digit; without trailing zeros."""
    full = np.array([b"%04d" % n for n in range(10_000)], dtype="S4")
    lead = np.array([(b"%d" % n).rjust(4, b"\0") if n else b"" for n in range(10_000)], dtype="S4")
    last = np.array([(b"%d" % n).rjust(4, b"\0") for n in range(10_000)], dtype="S4")
    tail = np.array([(b"%04d" % n).rstrip(b"0") for n in range(10_000)], dtype="S4")
    return tuple(one.view(np.uint32) for one in (full, lead, last, tail))


_INTEGER_POWERS = 10 ** np.arange(LONGEST + 1, dtype=np.int64)
_POWERS = np.array([float(f"1e{n}") for n in range(23)])
_LEAST = np.array([float(f"1e{n}") for n in range(-6, 19)])
"""10^-6 up: where a number of so many digits begins."""
_ZEROS = np.array([b"0" * n for n in range(5)], dtype="S4").view(np.uint32)


def whole(number: NDArray[np.uint64]) -> list[Column]:
    """Whole numbers, without leading zeros."""
    full, lead, least, _ = _tables()
    groups = _groups(number)
    last = groups.pop()
    columns: list[Column] = []
    begun = np.zeros(len(number), np.bool_)
    for group in groups:
        columns.append(_either(begun, group, full, lead))
        begun |= group > 0
    columns.append(_either(begun, last, full, least))
    return columns


def decimal(value: NDArray[np.float64]) -> list[Column]:
    """Finite float64, each as the shortest decimal that reads back to the bit; without an exponent where it may be."""
    size = np.abs(value)
    is_whole = (size < 1e17) & (size == np.floor(size))
    digits = np.where(is_whole, size, 0.0).astype(np.int64)
    places = np.zeros(len(value), np.int64)
    odd = np.empty(0, np.intp)
    if not is_whole.all():
        broken = np.flatnonzero(~is_whole)
        digits[broken], places[broken], sure = _shortest(size[broken])
        odd = broken[~sure]
    integer, fraction = _apart(digits, places)
    columns: list[Column] = [_mark(np.signbit(value), b"-"), *whole(integer.view(np.uint64))]
    if fraction.any():
        columns += [_mark(fraction > 0, b"."), *_behind_the_point(fraction, places)]
    return columns if len(odd) == 0 else _with_repr(columns, value, odd)


def _shortest(size: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """(17 digits, how many of them stand behind the point, whether that is so) of what is no whole number."""
    within = (size >= SMALLEST) & (size < 2.0**53)
    size = np.where(within, size, 1.5)
    exponent = np.floor(np.log10(size)).astype(np.int64)
    exponent -= size < _LEAST[exponent + 6]
    exponent += size >= _LEAST[exponent + 7]
    places = LONGEST - 1 - exponent
    product, error = _times(size, _POWERS[places])
    nearest = np.rint(error)
    beyond = error - nearest
    digits = product.astype(np.int64) + nearest.astype(np.int64)
    half_gap = (size - np.nextafter(size, 0.0)) / 2 * _POWERS[places]
    best = digits
    for unit in (10, 100):
        shorter = (digits + unit // 2 - (beyond < 0)) // unit * unit
        best = np.where(np.abs((shorter - digits) - beyond) < half_gap, shorter, best)
    sure = within & (np.abs(beyond) < half_gap) & (best < _INTEGER_POWERS[LONGEST])
    return np.where(sure, best, 0), np.where(sure, places, 0), sure


def _times(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The product as float64, and exactly what that is short of."""
    product = a * b
    high_a = _SPLIT * a - (_SPLIT * a - a)
    high_b = _SPLIT * b - (_SPLIT * b - b)
    low_a, low_b = a - high_a, b - high_b
    return product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


def _apart(digits: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What stands before the point; what stands behind it as 17 digits, zeros between left out where there are more."""
    unit = _INTEGER_POWERS[np.minimum(places, LONGEST)]
    integer = digits // unit
    return integer, (digits - integer * unit) * (_INTEGER_POWERS[LONGEST] // unit)


def _behind_the_point(fraction: NDArray[np.int64], places: NDArray[np.int64]) -> list[Column]:
    """17 digits without the zeros at their end."""
    full, _, _, tail = _tables()
    last = fraction % 10
    goes_on = last > 0
    columns: list[Column] = [np.where(goes_on, last + ord("0"), 0).astype(np.uint8)] if goes_on.any() else []
    for group in reversed(_groups((fraction // 10).view(np.uint64), 4)):
        if columns or group.any():
            columns.append(_either(goes_on, group, full, tail))
            goes_on |= group > 0
    if (places > LONGEST).any():
        columns.append(_ZEROS[np.maximum(places - LONGEST, 0)])
    return columns[::-1]


def _groups(number: NDArray[np.uint64], least: int = 1) -> list[NDArray[np.intp]]:
    """Four digits each, the highest first; as many groups as the largest number needs, and no fewer than `least`."""
    groups: list[NDArray[np.intp]] = []
    rest = number
    while len(groups) < least or rest.any():
        above = rest // np.uint64(10_000)
        groups.append((rest - above * np.uint64(10_000)).astype(np.intp))
        rest = above
    return groups[::-1]


def _either(where: NDArray[np.bool_], group: NDArray[np.intp], one: NDArray[Any], other: NDArray[Any]) -> Column:
    """The digits of a group from the one table where it holds, elsewhere from the other."""
    return one[group] if where.all() else np.where(where, one[group], other[group])


def _mark(where: NDArray[np.bool_], sign: bytes) -> Column:
    return where.astype(np.uint8) * np.uint8(sign[0])


def _with_repr(columns: list[Column], value: NDArray[np.float64], odd: NDArray[np.intp]) -> list[Column]:
    """Rows for which Python's own shortest digits stand alone."""
    spelled = np.zeros(len(value), dtype="S24")
    spelled[odd] = [repr(one).encode() for one in value[odd].tolist()]
    for column in columns:
        column[odd] = 0
    return [*columns, spelled]
