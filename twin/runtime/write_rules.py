"""What stands in the way of a write: everything that is known before anything is sent. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

from twin.core.errors import LinetwinError, Misconfigured
from twin.core.status import BAD
from twin.model.plant import TagSpec, WriteLimits
from twin.runtime.live import LiveView, MachineNow


class Obstacle(Enum):
    """What kind of thing stands in the way."""

    READ_ONLY = auto()
    """The plant file does not let anybody write this tag."""
    VALUE = auto()
    """This value is not allowed."""
    CONFLICT = auto()
    """Not now: another write, another present value, another state of the machine."""
    TOO_SOON = auto()
    """The last write was too short a time ago."""
    DOWN = auto()
    """The connection is not up."""
    CANNOT = auto()
    """Its protocol cannot write."""


class WriteRefused(LinetwinError):
    """A write that was not sent. kind: what stands in its way; wait: s until it may be tried again."""

    def __init__(self, kind: Obstacle, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.kind = kind
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants. value, expected: in the tag's unit. expected: what the caller saw, None: whatever is there.

    until: instant (ns) after which it must not be sent any more. who: name of the caller.
    """

    tag: str
    value: float
    reason: str
    who: str
    until: int
    expected: float | None = None


def check_value(wish: Wish, spec: TagSpec, limits: WriteLimits) -> None:
    """Raise WriteRefused for a value that the plant file does not allow."""
    wrong = ""
    if not math.isfinite(wish.value):
        wrong = "is no number"
    elif limits.values and wish.value not in limits.values:
        wrong = f"is not one of {', '.join(f'{v:g}' for v in limits.values)}"
    elif not limits.values and not limits.low <= wish.value <= limits.high:
        wrong = f"is not in {limits.low:g} to {limits.high:g}{' ' + spec.unit if spec.unit else ''}"
    elif (wish.value - spec.offset) / spec.factor in spec.bad:
        wrong = "is a number that means `no value` on this wire"
    if wrong:
        raise WriteRefused(Obstacle.VALUE, f"tag {wish.tag!r}: {wish.value:g} {wrong}")


def check_sent(wish: Wish, wire: float, spec: TagSpec, limits: WriteLimits) -> None:
    """Raise Misconfigured where rounding to the wire's numbers made another value than may be written."""
    sent = wire * spec.factor + spec.offset
    low, high = (wish.value, wish.value) if limits.values else (limits.low, limits.high)
    room = 1e-9 * max(abs(low), abs(high), abs(spec.factor))
    if not low - room <= sent <= high + room or wire in spec.bad:
        allowed = f"only {wish.value:g}" if limits.values else f"{low:g} to {high:g}"
        raise Misconfigured(f"the nearest that its wire can say is {sent:.15g}, allowed is {allowed}; nothing was sent")


def check_present(wish: Wish, limits: WriteLimits, tag: int | None, view: LiveView) -> None:
    """Raise WriteRefused when the write depends on the present value and that is not known, or is another one."""
    if not limits.step and wish.expected is None:
        return
    columns = view.tags
    known = tag is not None and tag < len(columns.time) and columns.time[tag] > 0
    if not known or columns.stale[tag] or int(columns.status[tag]) & BAD:
        raise WriteRefused(Obstacle.CONFLICT, f"tag {wish.tag!r}: its present value is not known, so nothing is sent")
    now = float(columns.value[tag])
    if wish.expected is not None and now != wish.expected:
        raise WriteRefused(Obstacle.CONFLICT, f"tag {wish.tag!r} is {now:g} now, not {wish.expected:g}; look again")
    if limits.step and abs(wish.value - now) > limits.step:
        text = f"tag {wish.tag!r}: from {now:g} to {wish.value:g} is further than {limits.step:g} in one write"
        raise WriteRefused(Obstacle.VALUE, text)


def check_machine(wish: Wish, limits: WriteLimits, machine: MachineNow | None) -> None:
    """Raise WriteRefused while the tag's machine is in none of the states that the plant file asks for."""
    if not limits.states:
        return
    state = "unknown" if machine is None or machine.state is None else machine.state
    if state not in limits.states:
        allowed = " or ".join(limits.states)
        text = f"tag {wish.tag!r} may be written while its machine is {allowed}; it is {state}"
        raise WriteRefused(Obstacle.CONFLICT, text)
