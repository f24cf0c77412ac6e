"""Chain: the twists that are on, one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from simulators.streams import stream
from simulators.wire.message import Message
from simulators.wire.nasty.switch import Switch
from simulators.wire.nasty.twist import Twist


class Chain:
    """What the line says goes through every twist that is on, in the order of `switches`.

    The same seed and the same messages give the same result, in whatever pieces they come.
    """

    def __init__(self, switches: Sequence[Switch] = (), seed: int = 0) -> None:
        self._order = [switch.name for switch in switches]
        self._made = {switch.name: switch for switch in switches}
        self._seed = seed
        self._on: dict[str, Twist] = {}

    def __iter__(self) -> Iterator[Twist]:
        return (self._on[name] for name in self._order if name in self._on)

    def on(self, name: str) -> Twist:
        """Begin one; if it is on it stays as it is. Raises KeyError for none of the switches."""
        if name not in self._on:
            twist: Twist = self._made[name].make()
            twist.begin(stream(self._seed, "nasty", name))
            self._on[name] = twist
        return self._on[name]

    def off(self, name: str) -> list[Message]:
        """End one; what it held back, as those behind it make it."""
        if name not in self._on:
            return []
        behind = self._order[self._order.index(name) + 1 :]
        held = self._on.pop(name).close()
        return self._through([self._on[one] for one in behind if one in self._on], held)

    def take(self, messages: Iterable[Message]) -> list[Message]:
        """What is sent where the line sends these."""
        return self._through(list(self), messages)

    def close(self) -> list[Message]:
        """End all of them; what was held back."""
        return [message for name in self._order for message in self.off(name)]

    @staticmethod
    def _through(twists: Sequence[Twist], messages: Iterable[Message]) -> list[Message]:
        for twist in twists:
            messages = [out for message in messages for out in twist.take(message)]
        return list(messages)
