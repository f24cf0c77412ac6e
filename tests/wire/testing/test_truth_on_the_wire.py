"""Every plant over real OPC UA and MQTT at different speeds: what a running twin made of it is what really happened."""

from __future__ import annotations

import pytest

from tests.wire.running import eventually
from twin.core.instant import MINUTE, SECOND, from_text, to_text

PLANTS = [
    ("packaging", 20.0, "filler.jam"),
    ("cnc", 10.0, "mill1.jam"),
    pytest.param("packaging", 2.0, "packer.jam", marks=pytest.mark.slow),
    pytest.param("cnc", 20.0, "mill2.jam", marks=pytest.mark.slow),
    pytest.param("pumps", 5.0, "pump1.jam", marks=pytest.mark.slow),
    pytest.param("pumps", 20.0, "pump2.jam", marks=pytest.mark.slow),
    pytest.param("bottling", 5.0, "filler.jam", marks=pytest.mark.slow),
    pytest.param("bottling", 20.0, "packer.jam", marks=pytest.mark.slow),
]
LENGTH = 2 * MINUTE


def clipped(intervals, begin: int, end: int) -> list[tuple[str, str, int, int]]:
    """(machine, state, from, to) within a span, in order."""
    within = ((asset, state, max(start, begin), min(end, stop)) for asset, state, start, stop in intervals)
    return sorted(one for one in within if one[2] < one[3])


def truth_of(line, begin: int, end: int):
    """Intervals of states, and pieces by machine and role."""
    records, at = line.source.truth(), f"{line.plant.path}/"
    states = [(at + r["machine"], r["state"], r["from"], r["to"]) for r in records if r["kind"] == "state"]
    pieces = {
        (at + r["machine"], r["counter"]): sum(begin <= time < end for time in r["times"])
        for r in records
        if r["kind"] == "count"
    }
    return clipped(states, begin, end), pieces


def told_by(wire, machines, begin: int, end: int):
    """The same, as the API says it."""
    states, pieces = [], {}
    for path in machines:
        span = f"asset={path}&from={to_text(begin)}&to={to_text(end)}"
        for one in wire.get(f"/states?{span}")["states"]:
            until = end if one["to"] is None else from_text(one["to"])
            states.append((one["asset"], one["state"], from_text(one["from"]), until))
        for one in wire.get(f"/counts?{span}")["counts"]:
            pieces[one["asset"], one["role"]] = one["pieces"]
    return clipped(states, begin, end), pieces


@pytest.mark.parametrize(("name", "speed", "fault"), PLANTS)
def test_states_and_counts_of_the_twin_are_true(twin_line, name, speed, fault) -> None:
    line = twin_line(name, seed=4, behind="10m")
    line.fault(fault, at="20s")
    begin = int(line.now.timestamp()) * SECOND
    end = begin + LENGTH
    machines = [machine.path for machine in line.plant.machines()]
    with line.on_the_wire(speed) as wire:
        line.run("3m")  # in memory, for the truth; the wire has a life of its own that is the same
        states, pieces = truth_of(line, begin, end)
        assert any(state == "down" for _, state, _, _ in states)

        def is_true() -> bool:
            found_states, found_pieces = told_by(wire, machines, begin, end)
            return found_states == states and all(pieces[key] == n for key, n in found_pieces.items())

        eventually(lambda: from_text(wire.now) > end + MINUTE, 120)
        eventually(is_true)
        assert sum(told_by(wire, machines, begin, end)[1].values()) > 0
