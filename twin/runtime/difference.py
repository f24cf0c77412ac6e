"""What one set of records has that another has not: added, removed, moved, changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from twin.core.fold import Record

NAMED_BY = {"state": "state", "product": "code"}
"""Kind -> what of its data makes it the same thing: a stop that became a run was removed, it did not move."""


@dataclass(frozen=True, slots=True)
class Difference:
    """moved: of one kind and key, overlapping, with another start or end; changed: over the same time with other data.

    Pairs are (before, after). Which unit a record is of does not count: another model numbers them otherwise.
    """

    added: list[Record] = field(default_factory=list[Record])
    removed: list[Record] = field(default_factory=list[Record])
    moved: list[tuple[Record, Record]] = field(default_factory=list[tuple[Record, Record]])
    changed: list[tuple[Record, Record]] = field(default_factory=list[tuple[Record, Record]])

    @property
    def is_empty(self) -> bool:
        """Whether both are equal."""
        return not (self.added or self.removed or self.moved or self.changed)


def unlike(before: Sequence[Record], after: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """What only one of two has; records of unit 0, in order."""
    old = Counter(replace(one, unit=0) for one in before)
    new = Counter(replace(one, unit=0) for one in after)
    return sorted((old - new).elements(), key=_order), sorted((new - old).elements(), key=_order)


def compared(before: Sequence[Record], after: Sequence[Record]) -> Difference:
    """How to come from one to the other.

    >>> old = Record(0, "alarm", "m/temp~high", 100, 160, ())
    >>> compared([old], [replace(old, start=90), replace(old, start=300, end=310)])  # doctest: +ELLIPSIS
    Difference(added=[Record(..., start=300, end=310, data=())], removed=[], moved=[(Record(...), Record(...))], ...)
    """
    old, new = (_by_thing(records) for records in unlike(before, after))
    found = Difference()
    for thing in sorted(old.keys() | new.keys()):
        _pair(old[thing], new[thing], found)
    return found


def _order(record: Record) -> tuple[int, int, str, str, str]:
    return record.start, record.end, record.kind, record.key, repr(record.data)


def _by_thing(records: Sequence[Record]) -> defaultdict[tuple[str, str, str], list[Record]]:
    found: defaultdict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        name = dict(record.data).get(NAMED_BY.get(record.kind, ""))
        found[record.kind, record.key, str(name)].append(record)
    return found


def _pair(old: Sequence[Record], new: Sequence[Record], found: Difference) -> None:
    """Both in order; those of one side do not overlap each other, so the first that overlap are a pair."""
    i = j = 0
    while i < len(old) and j < len(new):
        one, other = old[i], new[j]
        same_time = (one.start, one.end) == (other.start, other.end)
        if same_time or (one.start < other.end and other.start < one.end):
            (found.changed if same_time else found.moved).append((one, other))
            i, j = i + 1, j + 1
        elif (one.end, one.start) <= (other.end, other.start):
            found.removed.append(one)
            i += 1
        else:
            found.added.append(other)
            j += 1
    found.removed.extend(old[i:])
    found.added.extend(new[j:])
