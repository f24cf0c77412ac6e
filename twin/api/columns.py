"""Columns as JSON values, and rows of JSON as a Batch: what goes through comes back the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictFloat, StrictInt, StrictStr

from twin.api.find import tag_named
from twin.api.moment import moment
from twin.api.problem import unprocessable
from twin.api.shapes import Shape
from twin.core.batch import Batch, batch
from twin.core.status import GOOD
from twin.core.tags import TagTable, TagType
from twin.model.plant import Plant

EXACT = 2**53
"""A double holds every integer up to here."""
MOST_DIGITS = 309
"""No double has more before its point."""
_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}


class SampleRow(Shape):
    """One sample. tag: its path. value: the number as the source says it (before the plant file's scale).

    text: the string of a text tag, hex of a bytes tag, `Infinity`, or the digits of an integer past 2^53 (an integer
    may also stand in value with all its digits). status: OPC UA StatusCode; a value of null needs one.
    """

    tag: StrictStr
    time: StrictStr
    value: StrictInt | StrictFloat | None = None
    status: StrictInt | None = Field(default=None, ge=0, lt=2**32)
    text: StrictStr | None = None


def json_values(value: NDArray[np.float64]) -> list[float | None]:
    """Numbers, and None for what JSON has no number for."""
    return [number if math.isfinite(number) else None for number in value.tolist()]


def json_texts(value: NDArray[np.float64], text: NDArray[np.object_] | None) -> list[str | None] | None:
    """The text column, with a word where a number is infinite; None when no row has any."""
    infinite = np.isinf(value)
    texts: list[str | None] = [None] * len(value) if text is None else text.tolist()
    if not infinite.any() and all(one is None for one in texts):
        return None
    for row in np.flatnonzero(infinite).tolist():
        texts[row] = "Infinity" if value[row] > 0 else "-Infinity"
    return texts


def batch_of(
    rows: Sequence[SampleRow], source: str, plant: Plant, tags: TagTable, now: int, new: TagType | None = None
) -> Batch:
    """The rows as one batch. Raises a problem that names the first row that does not fit, then nothing is taken.

    Repeats of (tag, time) go 1 ns apart, so that none replaces another. new: the type of tags that are not there
    yet; None refuses them.
    """
    ids: list[int] = []
    times: list[int] = []
    values: list[float] = []
    statuses: list[int] = []
    texts: list[str | None] = []
    seen: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        place = f"samples[{number}]"
        tag, type_ = _tag(row.tag, plant, tags, new)
        value, text = _parsed(f"{place} {row.tag}", row, type_)
        time = moment(f"{place}.time", row.time, now)
        while (tag, time) in seen:
            time += 1
        seen.add((tag, time))
        ids.append(tag)
        times.append(time)
        values.append(value)
        statuses.append(GOOD if row.status is None else row.status)
        texts.append(text)
    return batch(source, ids, times, values, statuses, texts)


def _tag(name: str, plant: Plant, tags: TagTable, new: TagType | None) -> tuple[int, TagType]:
    if new is not None and name not in plant.tags:
        return tags.id_of(name, new), new
    path = tag_named(plant, tags, name)
    if path in plant.tags and plant.tags[path].compute is not None:
        raise unprocessable(f"tag {path} is computed: it has no samples of its own; send those of the tags it names")
    known = tags.get(path)
    if known is None:
        known = tags.id_of(path, TagType(plant.tags[path].type))
    return known, tags[known].type


def _parsed(place: str, row: SampleRow, type_: TagType) -> tuple[float, str | None]:
    """(value, text) as the log keeps them."""
    if row.value is None and row.text is None:
        if row.status is None:
            raise unprocessable(f"{place}: has no value; give a status that says why (2157641728 is BadNoData)")
        return math.nan, None
    if type_ is TagType.NUMBER:
        return _number(place, row)
    if row.value is not None or row.text is None:
        raise unprocessable(f"{place}: is a {type_} tag; its value goes into `text`")
    return math.nan, _hex(place, row.text) if type_ is TagType.BYTES else _whole(place, row.text)


def _number(place: str, row: SampleRow) -> tuple[float, str | None]:
    if isinstance(row.value, float) and not math.isfinite(row.value):
        raise unprocessable(
            f"{place}: the number does not fit into a double; write text Infinity, or null and a status"
        )
    exact = row.value if row.text is None else _spelled(place, row.text)
    if row.text is not None and row.value is not None and _as_float(place, row.value) != _as_float(place, exact):
        raise unprocessable(f"{place}: value {row.value} and text {row.text!r} are not the same number; give one")
    number = _as_float(place, exact)
    digits = str(exact) if isinstance(exact, int) and abs(exact) > EXACT else None
    return number, digits


def _spelled(place: str, text: str) -> int | float:
    if text in _INFINITE:
        return _INFINITE[text]
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise unprocessable(f"{place}: is a number tag; text {text[:40]!r} is no integer")
    return int(text)


def _as_float(place: str, exact: float | None) -> float:
    try:
        return math.nan if exact is None else float(exact)
    except OverflowError as error:
        raise unprocessable(f"{place}: the number does not fit into a double") from error


def _whole(place: str, text: str) -> str:
    """A text that can be stored: JSON may hold half a character (a lone surrogate)."""
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise unprocessable(f"{place}: text holds half a character; send valid Unicode")
    return text


def _hex(place: str, text: str) -> str:
    try:
        return bytes.fromhex(text).hex()
    except ValueError as error:
        raise unprocessable(f"{place}: is a bytes tag; text {text[:40]!r} is not hex") from error
