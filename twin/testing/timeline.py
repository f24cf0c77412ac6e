"""The timeline of a line as text: what a person needs to see why a test failed, in forty lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twin.core.errors import Misconfigured
from twin.testing.answers import State
from twin.testing.line import Line

SLOTS = 72
MOST_MACHINES = 10
MOST_ROWS = 5
"""Of each kind: faults, alerts, alarms."""
WIDEST = 118
SIGNS = {
    "running": "=", "idle": ".", "down": "X", "stopped": "s", "blocked": "b", "starved": "v", "changeover": "c",
    "waiting": "w", "maintenance": "m", "paused": "p", "unknown": "?",
}  # fmt: skip
"""One sign a state; others take a letter of their name. A space: nothing is known."""


def timeline(line: Line) -> str:
    """The states of the machines from the start of the test to now, what broke, what the twin said, the last values."""
    heading = f"{line.source.label}: {line.start:%a %Y-%m-%d %H:%M:%S} to {line.now:%a %H:%M:%S %Z}"
    if line.now <= line.start:
        return f"{heading}; the line has not run since the test began"
    rows = [heading, *_states(line)]
    rows += _section("faults", _faults(line))
    rows += _section("alerts", [str(one) for one in line.alerts()])
    rows += _section("alarms", [str(one) for one in line.alarms()])
    rows += _section("now", _last(line), MOST_MACHINES)
    return "\n".join(row if len(row) <= WIDEST else f"{row[: WIDEST - 3]}..." for row in rows)


def _section(name: str, rows: Sequence[str], most: int = MOST_ROWS) -> list[str]:
    if not rows:
        return [f"{name}: none"]
    more = [f"  ... {len(rows) - most} more"] if len(rows) > most else []
    return [f"{name}:", *(f"  {row}" for row in rows[:most]), *more]


def _faults(line: Line) -> list[str]:
    """Those that have begun, as the simulator tells them; then those still to come."""
    try:
        begun = [str(one) for one in line.truth().faults]
    except Misconfigured:  # a recording: nobody knows
        return []
    coming = [f"{at:%a %H:%M:%S} {what}, not yet" for at, what in line.faults if at >= line.now]
    return begun + coming


def _last(line: Line) -> list[str]:
    view = line.twin.view()
    rows: list[str] = []
    for machine in line.plant.machines():
        values: list[str] = []
        measured_first = sorted(machine.tags.items(), key=lambda item: not line.plant.tags[item[1]].unit)
        for name, path in measured_first:
            tag, spec = line.twin.tags.get(path), line.plant.tags[path]
            if tag is not None and view.tags.time[tag]:
                text = view.tags.text[tag]
                shown = f"{view.tags.value[tag]:.6g}" if text is None else str(text)
                values.append(f"{name} {shown} {spec.unit}".rstrip())
        rows.append(
            f"{machine.name}: {line.state(machine.path) or 'nothing known'}; {', '.join(values) or 'no values'}"
        )
    return rows


# --- states ----------------------------------------------------------------------------------------------------


@dataclass
class _Signs:
    """Gives each state a sign of its own."""

    given: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, state: str) -> str:
        if state not in self.given:
            wanted = [SIGNS.get(state, ""), *state, *state.upper(), *"0123456789"]
            self.given[state] = next(one for one in wanted if one.strip() and one not in self.given.values())
        return self.given[state]

    def legend(self) -> str:
        return "  ".join(f"{sign} {state}" for state, sign in self.given.items())


def _states(line: Line) -> Iterable[str]:
    machines = line.plant.machines()
    slot = (line.now - line.start) / SLOTS
    width = max((len(machine.name) for machine in machines[:MOST_MACHINES]), default=0)
    signs = _Signs()
    yield " " * (width + 2) + _scale(line.start, slot)
    for machine in machines[:MOST_MACHINES]:
        told = line.states(machine.path)
        yield f"{machine.name:{width}}  " + "".join(_slots(told, line.start, line.now, slot, signs))
    if len(machines) > MOST_MACHINES:
        yield f"... {len(machines) - MOST_MACHINES} more machines"
    yield f"a sign is {slot.total_seconds():.6g} s, the state that lasted longest in it: {signs.legend()}"


def _scale(start: datetime, slot: timedelta) -> str:
    """Times above every twelfth slot."""
    return "".join(f"{start + place * slot:%H:%M:%S}".ljust(12) for place in range(0, SLOTS, 12)).rstrip()


def _slots(told: Sequence[State], start: datetime, now: datetime, slot: timedelta, signs: _Signs) -> Iterable[str]:
    """By walking states and slots together."""
    at = 0
    for place in range(SLOTS):
        first, last = start + place * slot, start + (place + 1) * slot
        while at < len(told) and (told[at].end or now) <= first:
            at += 1
        shares: dict[str, timedelta] = {}
        for one in told[at:]:
            if one.time >= last:
                break
            lasted = min(one.end or now, last) - max(one.time, first)
            shares[one.state] = shares.get(one.state, timedelta()) + lasted
        yield signs.of(max(shares, key=lambda state: shares[state])) if shares else " "
