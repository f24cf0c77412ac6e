"""Found: what a line says, as a sequence that is pleasant to assert on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar, overload

from twin.testing.times import Moment, Wall


class Timed(Protocol):
    """A result that began at an instant."""

    @property
    def time(self) -> datetime:
        """When it began."""
        ...


class NotThere(AssertionError):
    """A test asked for something that did not happen, like the first alert of a machine that had none."""


One_co = TypeVar("One_co", bound=Timed, covariant=True)


class Found(Sequence[One_co]):
    """Results in the order of their beginning. what: what they are, for messages: `alerts of filler`."""

    def __init__(self, what: str, found: Iterable[One_co], wall: Wall) -> None:
        self._what = what
        self._found = tuple(found)
        self._wall = wall

    @property
    def first(self) -> One_co:
        """The earliest. Raises NotThere, an AssertionError, when there is none."""
        __tracebackhide__ = True
        return self._at(0)

    @property
    def last(self) -> One_co:
        """The latest. Raises NotThere, an AssertionError, when there is none."""
        __tracebackhide__ = True
        return self._at(-1)

    def between(self, start: Moment, end: Moment) -> Found[One_co]:
        """Those that began in [start, end): lengths since the start of the test (`"10m"`), or datetimes."""
        first, last = self._wall.at(self._wall.ns(start, "between")), self._wall.at(self._wall.ns(end, "between"))
        return self.where(lambda one: first <= one.time < last)

    def where(self, test: Callable[[One_co], bool]) -> Found[One_co]:
        """Those that a function says yes to."""
        return Found(self._what, (one for one in self._found if test(one)), self._wall)

    def _at(self, place: int) -> One_co:
        __tracebackhide__ = True
        if not self._found:
            raise NotThere(f"no {self._what} until {self._wall.text(self._wall.now)}")
        return self._found[place]

    @overload
    def __getitem__(self, index: int) -> One_co: ...
    @overload
    def __getitem__(self, index: slice) -> Found[One_co]: ...
    def __getitem__(self, index: int | slice) -> One_co | Found[One_co]:
        if isinstance(index, slice):
            return Found(self._what, self._found[index], self._wall)
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[One_co]:
        return iter(self._found)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._found)

    def __repr__(self) -> str:
        shown = [f"  {one}" for one in self._found[:SHOWN]]
        more = [f"  ... {len(self) - SHOWN} more"] if len(self) > SHOWN else []
        return "\n".join([f"<{len(self)} {self._what}>", *shown, *more])


SHOWN = 12
"""A repr shows so many."""
