"""What all components that wear have in common: a clock of usage that ends in failure, and troubles to be mended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

from simulators.components.component import Hidden, check_mode
from simulators.components.wear import Wear, drawn
from simulators.streams import Stream


class WearSpec(Protocol):
    """modes: `wear`, and the troubles that last until they are mended.

    shortest_s, longest_s: seconds at full duty that a part damaged on purpose still lives, where nobody says.
    """

    modes: ClassVar[tuple[str, ...]]

    @property
    def shortest_s(self) -> float:
        """Seconds."""
        ...

    @property
    def longest_s(self) -> float:
        """Seconds."""
        ...


Spec = TypeVar("Spec", bound=WearSpec)


class Wearing(ABC, Generic[Spec]):
    """A component that fails when its usage reaches its life. kind: its name in messages.

    Usage is in seconds at full duty where a component says nothing else.
    """

    kind: ClassVar[str]

    def __init__(self, spec: Spec, source: Stream, used: float = 0.0) -> None:
        """used: share of its first life that is gone when the plant begins."""
        self._spec = spec
        self._source = source
        self._active: set[str] = set()
        self._wear = self._new(used)

    @abstractmethod
    def _new(self, used: float) -> Wear:
        """The wear of a new part, its life drawn."""

    @property
    def modes(self) -> tuple[str, ...]:
        """Those of its spec."""
        return self._spec.modes

    @property
    def failed(self) -> bool:
        """Whether it is worn out."""
        return self._wear.failed

    @property
    def safe_s(self) -> float:
        """Usage left, at the hardest duty there is."""
        return self._wear.safe_s(self._fastest)

    @property
    def hidden(self) -> Hidden:
        """health: the share of its life that is left."""
        return Hidden(1.0 - self._wear.share, self._wear.left / self._rate)

    def fault(self, mode: str, life_s: float | None) -> None:
        """Wear it to what is left at full duty, or begin a trouble."""
        check_mode(self.kind, mode, self.modes)
        if mode != "wear":
            self._active.add(mode)
            return
        left_s = drawn(self._source, life_s, (self._spec.shortest_s, self._spec.longest_s))
        self._wear.shorten(left_s * self._rate)

    def mend(self, mode: str) -> None:
        """End a trouble; wear does not heal."""
        self._active.discard(mode)

    def replace(self) -> None:
        """A new one without troubles, with a new life."""
        self._active.clear()
        self._wear = self._new(0.0)

    @property
    def _rate(self) -> float:
        """Usage a second at full duty, with the troubles that it has now."""
        return 1.0

    @property
    def _fastest(self) -> float:
        """The most usage that a second can take."""
        return self._rate
