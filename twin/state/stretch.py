"""Stretches of time, and layers of them: what one layer says is laid over what the one below says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from twin.core.instant import FAR_PAST, Span

State = Literal["covered", "filled", "missing"]
Why = Literal["", "gap", "lost", "stopped", "uncovered", "never"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) of one tag, ns.

    state: `covered`; `missing`, or may be; `filled`: it was missing, and the source's own history gave it. by:
    `subscription`, `poll`, `messages`; sampling: ns as granted, shorter pulses are not seen; 0: each change. why and
    cause tell what was missing (of `filled` too): `gap`, `lost` connection, `stopped` twin, `uncovered` although the
    link was up, `never` watched before. unfilled: why the source's own history did not give it.
    """

    start: int
    end: int
    state: State
    by: str = ""
    sampling: int = 0
    why: Why = ""
    cause: str = ""
    unfilled: str = ""
    connection: str = ""
    """Whose word this is, while layers are laid."""

    @property
    def length(self) -> int:
        """In ns."""
        return self.end - self.start

    def between(self, start: int, end: int) -> Stretch:
        """The same of another stretch of time."""
        return replace(self, start=start, end=end)


Both = Callable[[Stretch, Stretch], Stretch]
"""(below, above) -> what is true where both are."""


def apart(layer: Iterable[Stretch]) -> list[Stretch]:
    """By their start and without overlap: of two, the one that begins earlier stands whole."""
    found: list[Stretch] = []
    reached = FAR_PAST
    for one in sorted(layer, key=lambda one: one.start):
        if one.end > max(reached, one.start):
            found.append(one.between(max(reached, one.start), one.end))
            reached = one.end
    return found


def laid(below: Sequence[Stretch], above: Sequence[Stretch], both: Both) -> list[Stretch]:
    """One layer over another. below: without a hole; above: by start, without overlap."""
    found: list[Stretch] = []
    number = 0
    for one in below:
        at = one.start
        while number < len(above) and above[number].start < one.end:
            other = above[number]
            start, end = max(other.start, at), min(other.end, one.end)
            if start < end:
                found += [one.between(at, start), both(one, other).between(start, end)]
                at = end
            if other.end > one.end:
                break  # it goes on over the next one
            number += 1
        found.append(one.between(at, one.end))
    return found


def joined(stretches: Iterable[Stretch], span: Span) -> list[Stretch]:
    """What of them lies in the span; neighbours that say the same are one."""
    found: list[Stretch] = []
    for one in stretches:
        start, end = max(one.start, span.start), min(one.end, span.end)
        if start >= end:
            continue
        if found and found[-1].between(start, end) == one.between(start, end):
            found[-1] = found[-1].between(found[-1].start, end)
        else:
            found.append(one.between(start, end))
    return found


def all_of(layers: Sequence[Sequence[Stretch]], span: Span) -> tuple[Stretch, ...]:
    """What is true of something that needs all of these: covered where each is, else as the first that is worst."""
    found = list(layers[0])
    for layer in layers[1:]:
        found = laid(found, layer, lambda one, other: other if _BADNESS[other.state] > _BADNESS[one.state] else one)
    return tuple(joined(found, span))


_BADNESS: dict[State, int] = {"covered": 0, "filled": 1, "missing": 2}
