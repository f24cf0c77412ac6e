"""The archive: rows that were sent, read back with their tags, as columns (twin.core.ports.Archive)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from connectors.influx.answer import Failed, Points, points
from connectors.influx.influxql import EVERYTHING, NUMBERS, next_to, rows
from connectors.influx.point import HAS_TEXT, STATUS_BITS, held, tag_value, usual
from connectors.influx.query import Queries
from connectors.influx.settings import destination_of
from twin.core.errors import Misconfigured, Undecodable
from twin.core.history import Slice
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST
from twin.core.plugin import OutletSpec
from twin.core.rows import Samples, join, no_samples
from twin.core.tags import TagTable, TagType

TAGS_AT_ONCE = 50
"""So many tags in one question for the rows next to an instant."""
STRETCH_OF_3 = 2 * DAY
"""3 Core refuses a query over more than 432 files of 10 minutes each: 72 h."""
MOST_STRETCHES = 400


class InfluxArchive:
    """Reads of one bucket, blocking, for any thread. Raises Unreachable or Misconfigured."""

    def __init__(self, spec: OutletSpec, tags: TagTable) -> None:
        self._to = destination_of(spec)
        self._tags = tags
        self._stretch = int(spec.settings.get("stretch") or 0)
        self._queries = Queries(self._to)
        self._is_3: bool | None = self._to.version == "3" if self._to.version else None

    def close(self) -> None:
        """Give back its connections; its reads are over."""
        self._queries.close()

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """Rows of these tags with start <= time < end, tag by tag; of more than `most`, some more than that."""
        self._require_known(known)
        found: list[Samples] = []
        left = most
        for tag in self._there(tags):
            for first, last in self._stretches(start, end):
                part = self._rows(tag, first, last, None if left is None else left + 1)
                found.append(part)
                if left is not None:
                    left -= len(part)
                    if left < 0:
                        return Slice(join(found), ())
        return Slice(join(found), ())

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int = FAR_PAST) -> Samples:
        """Of each tag the newest row with least <= time of it < time."""
        self._require_known(known)
        return self._next_to(self._there(tags), least, time, newest=True)

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int = FAR_FUTURE) -> Samples:
        """Of each tag the oldest row with time <= time of it < most."""
        self._require_known(known)
        return self._next_to(self._there(tags), time, most, newest=False)

    def _require_known(self, known: int) -> None:
        if known != FAR_FUTURE:
            raise Misconfigured(f"{self._to.where}: it does not know what was known when; ask without known_at")

    def _there(self, tags: NDArray[np.int32]) -> list[int]:
        return [tag for tag in np.unique(tags).tolist() if 0 <= tag < len(self._tags)]

    def _stretches(self, start: int, end: int, backwards: bool = False) -> Iterator[tuple[int, int]]:
        """[start, end) in pieces that the server answers at once, oldest or newest first."""
        length = self._stretch or (STRETCH_OF_3 if self._asked_for_3() else 0)
        if start >= end:
            return
        if not length:
            yield start, end
            return
        if (end - start) // length >= MOST_STRETCHES:
            raise Misconfigured(
                f"{self._to.where}: the span is more than {MOST_STRETCHES} stretches of {length / DAY:g} days; "
                "ask for a shorter one, or give a longer `stretch` if the server takes it"
            )
        edges = [*range(start, end, length), end]
        pieces = list(pairwise(edges))
        yield from reversed(pieces) if backwards else pieces

    def _asked_for_3(self) -> bool:
        """Whether the server is of version 3, asked once."""
        if self._is_3 is None:
            self._is_3 = self._queries.version().lstrip("v").startswith("3")
        return self._is_3

    def _rows(self, tag: int, start: int, end: int, most: int | None) -> Samples:
        name, type_ = self._tags[tag].name, self._tags[tag].type
        table = self._to.measurement
        if type_ == TagType.NUMBER:  # texts are rare there, and dear
            found = self._points(rows(table, name, start, end, NUMBERS, most))
            if not any(_has_text(one, type_) for one in found):
                return join([_samples(tag, type_, one) for one in found])
        found = self._points(rows(table, name, start, end, EVERYTHING, most))
        return join([_samples(tag, type_, one) for one in found])

    def _next_to(self, tags: Sequence[int], start: int, end: int, newest: bool) -> Samples:
        found: list[Samples] = []
        for first in range(0, len(tags), TAGS_AT_ONCE):
            left = {tag_value(self._tags[tag].name): tag for tag in tags[first : first + TAGS_AT_ONCE]}
            for a, b in self._stretches(start, end, backwards=newest):
                if not left:
                    break
                names = [self._tags[tag].name for tag in left.values()]
                for one in self._points(next_to(self._to.measurement, names, a, b, newest)):
                    tag = left.pop(one.tag, None)
                    if tag is not None:
                        found.append(_samples(tag, self._tags[tag].type, one))
        return join(found) if found else no_samples()

    def _points(self, statement: str) -> list[Points]:
        try:
            return [one for document in self._queries.documents(statement) for one in points(document)]
        except Failed as failure:
            raise self._queries.failed(str(failure)) from None
        except Undecodable as error:
            raise Misconfigured(f"{self._to.where}: {error}; is this an InfluxDB?") from error


def _has_text(one: Points, type: TagType) -> bool:
    return bool((((one.quality >> STATUS_BITS) ^ usual(type)) & HAS_TEXT).any())


def _samples(tag: int, type: TagType, one: Points) -> Samples:
    row = held(one.number, one.quality, type)
    text = None
    if one.text is not None and row.has_text.any():
        text = one.text.copy()
        text[~row.has_text] = None
    n = len(one.time)
    return Samples(np.full(n, tag, np.int32), one.time, row.value, row.status, np.zeros(n, np.int64), text)
