"""One row as one point, as both halves of this folder agree on it (pure).

A point is `measurement,tag=NAME v=21.5,q=0i TIME`: the tag's full path as the one tag key; field `v`, the number; field
`s`, the exact text of what float64 is not; field `q`, the status, always there; the time in ns.

A server joins the fields of two points of one series and time. A row that is written over another one must therefore
say which fields are its own: a bad row without a value does not take away the `v` that stands there. It says so in `q`,
above the 32 bits of the status: 0 for what is usual, which is a number in `v` alone for a tag of numbers, a text in `s`
alone for any other tag. So `q` of a usual row is its status, and `q < 1073741824` is what is good and usual.

An infinity is no float of line protocol: it stands in `s` for people, and in `q` for us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin.core.tags import TagType

TAG = "tag"
"""The one tag key."""
NUMBER = "v"
TEXT = "s"
QUALITY = "q"
"""The fields: float, string, integer."""

STATUS_BITS = 32
_STATUS = (1 << STATUS_BITS) - 1


class Number(IntEnum):
    """Where the number of a row stands: the two low bits above the status."""

    FIELD = 0
    NONE = 1
    INFINITE = 2
    NEGATIVE_INFINITE = 3


HAS_TEXT = 4
"""The bit above: field `s` is the row's text."""


def usual(type: TagType) -> int:
    """What the two stand for 0 in `q`: what nearly all rows of such a tag are."""
    return Number.FIELD if type == TagType.NUMBER else Number.NONE | HAS_TEXT


def quality(
    value: NDArray[np.float64], has_text: NDArray[np.bool_], status: NDArray[np.uint32], usual: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Field `q` of rows. usual: of the tag of each row."""
    code = np.where(np.isnan(value), np.int64(Number.NONE), np.int64(Number.FIELD))
    code[value == np.inf] = Number.INFINITE
    code[value == -np.inf] = Number.NEGATIVE_INFINITE
    code[has_text] |= HAS_TEXT
    return ((code ^ usual) << STATUS_BITS) | status.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What points say, column by column. has_text: where `s` is the row's text; elsewhere it has none."""

    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    has_text: NDArray[np.bool_]


def held(number: NDArray[np.float64], quality: NDArray[np.int64], type: TagType) -> Held:
    """Read rows of one tag back. number: field `v`, NaN where the point has none. The other way round of `quality`."""
    code = (quality >> STATUS_BITS) ^ usual(type)
    where = code & 3
    value = np.where(where == Number.FIELD, number, np.nan)
    value[where == Number.INFINITE] = np.inf
    value[where == Number.NEGATIVE_INFINITE] = -np.inf
    return Held(value, (quality & _STATUS).astype(np.uint32), (code & HAS_TEXT) != 0)


_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\]|%(?=[0-9A-F]{2})")
_WRITTEN = re.compile(r"%([0-9A-F]{2})")


def tag_value(name: str) -> str:
    r"""A tag's name as the server holds it. What no line protocol carries in a tag value (control characters,
    a backslash) is written as in a URL, and so is a % that would look like that.

    >>> tag_value("a b/50%"), tag_value("a\nb"), tag_value("50%2C")
    ('a b/50%', 'a%0Ab', '50%252C')
    """
    return _UNWRITABLE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def tag_name(value: str) -> str:
    """The other way round of `tag_value`."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), value)


_MEANING = re.compile(r"([,= ])")


def prefix(measurement: str, name: str) -> bytes:
    """The beginning of every line of a tag, up to its first field, in UTF-8."""
    escaped = _MEANING.sub(r"\\\1", tag_value(name))
    table = re.sub(r"([, ])", r"\\\1", measurement)
    return f"{table},{TAG}={escaped} ".encode("utf-8", "surrogatepass")


def string(text: str) -> bytes:
    """A text as the value of a field; line breaks stand in it as they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return b'"' + escaped.encode("utf-8", "surrogatepass") + b'"'
