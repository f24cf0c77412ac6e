"""Component: a part of a machine that lives second by second, wears, fails, and shows it in quantities.

Whatever happens between two events happens to many seconds at once: a duty has one row a second, and a component lives
through all of them in a few array operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.streams import Stream

Series = NDArray[np.float64]
"""One value a second."""

Quantities = Mapping[str, Series]
"""Name of a quantity -> what it was, second by second."""

NEVER_FAILS = float("inf")


@dataclass(frozen=True, slots=True)
class Duty:
    """What a machine asked of its components in seconds that follow each other; four series of one length.

    load: share of full work, 0 where it stands; a machine that turns without work has a little. speed: share of rated
    speed, 0 where it stands. working: 1 where pieces are made, else 0. ambient: degC around the machine.
    """

    load: Series
    speed: Series
    working: Series
    ambient: Series


@dataclass(frozen=True, slots=True)
class Hidden:
    """What no sensor shows. health: 1 new to 0 failed. left_s: seconds at full duty until it fails by wear, or inf."""

    health: float
    left_s: float


class Component(Protocol):
    """One component as it lives. Everything it draws comes from its own stream, so nothing disturbs another's life.

    Cutting the same seconds into other pieces gives the same bytes: running sums go on from the state in the order of
    time (`simulators.components.running`), random numbers are drawn one row a second.
    """

    @property
    def modes(self) -> tuple[str, ...]:
        """What can go wrong with it, the first by default: `wear`, `leak`, `cavitation`."""
        ...

    @property
    def failed(self) -> bool:
        """Whether the machine must stop for it."""
        ...

    @property
    def safe_s(self) -> float:
        """So many seconds it certainly goes on, at the hardest duty there is: the machine looks again by then."""
        ...

    @property
    def hidden(self) -> Hidden:
        """Its state now."""
        ...

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through the seconds of a duty and give its quantities, second by second.

        of: quantities of the components before it in the machine, as `component.quantity`: how they act on each other.
        """
        ...

    def fault(self, mode: str, life_s: float | None) -> None:
        """Damage it now. life_s: seconds at full duty that it still lives, drawn where None (modes that do not end
        a life take how strong it is from the spec). Raises ValueError for a mode it has not.
        """
        ...

    def mend(self, mode: str) -> None:
        """End a fault that is not wear (a leak is closed)."""
        ...

    def replace(self) -> None:
        """A new one, with a new life drawn."""
        ...


class ComponentSpec(Protocol):
    """What a component is: frozen, from the description of a plant, the same for every life.

    gives: names of its quantities. modes: what can go wrong with it, the first by default.
    """

    gives: ClassVar[tuple[str, ...]]
    modes: ClassVar[tuple[str, ...]]

    def make(self, source: Stream) -> Component:
        """One component of a life. source: its own stream."""
        ...


def check_mode(kind: str, mode: str, modes: tuple[str, ...]) -> None:
    """ValueError for a mode that a component has not, naming those it has."""
    if mode not in modes:
        raise ValueError(f"a {kind} has no mode {mode!r}; it has {', '.join(modes)}")
