"""A factor that was wrong for a week is mended by one dated line: that week becomes what it should have been."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.unit.api.running import START, Api, HandClock, instant, row, running
from twin.core.instant import SECOND, to_text
from twin.model.load import load
from twin.model.plan.change import MENDS
from twin.runtime.planning import planned
from twin.runtime.plugins import connectors

PLANT = """linetwin: 1
plant: acme
shifts: {day: "Mon-Sun 06:00-18:00", night: "Mon-Sun 18:00-06:00"}
products: {plate: {ideal: {press: 6/min}}}
connections: {s7: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:a", wait: 0s}}
types:
  press:
    tags:
      speed: {node: .speed, unit: rpm, FACTOR, alarms: [{high: 110, priority: 2}]}
      total: {node: .total, counter: {}}
    counts: {total: total}
    state: [{is: running, when: speed > 50}, {is: idle}]
lines: {l1: {machines: {press: {type: press, from: s7, node: press}}}}
"""
PRESS = "acme/l1/press"
DAYS, STEP_H = 7, 24
WHOLE_SHIFTS = DAYS * 86400 - 6 * 3600
WIRE = (60, 90, 40, 120, 90, 30, 130, 20)
"""rpm; half of it is what the wrong factor made of it."""
HALF, WHOLE = "raw: [0, 1000], range: [0, 500]", "raw: [0, 1000], range: [0, 1000]"
WRONG, RIGHT = PLANT.replace("FACTOR", HALF), PLANT.replace("FACTOR", WHOLE)
MENDED = PLANT.replace("FACTOR", f"{WHOLE}, scales: [{{from: {to_text(START)}, {WHOLE}}}]")


async def a_week(api: Api) -> None:
    """A speed and pieces each half hour, a day at a time."""
    halves = range(DAYS * 24 * 2)
    rows = [
        [row(f"{PRESS}/speed", 1 + 1800 * q, WIRE[q % 8]), row(f"{PRESS}/total", 2 + 1800 * q, 70 * q)] for q in halves
    ]
    for first in range(0, len(rows), 2 * STEP_H):
        step = rows[first : first + 2 * STEP_H]
        api.clock.at(1800 * (first + len(step)))
        await api.post([one for both in step for one in both])


async def told(api: Api) -> dict[str, Any]:
    """What people see of the week, without when it came to be known."""
    span = {"from_": instant(0), "to": instant(WHOLE_SHIFTS)}
    alarms = (await api.get("/alarms", **span, limit=1000))["alarms"]
    return {
        "states": plain((await api.get("/states", **span, limit=10_000))["states"]),
        "oee": (await api.get("/oee", **span, by="shift"))["results"],
        "alarms": [(one["id"], one["peak"], one["returned"]) for one in alarms],
        "speed": (await api.get("/samples", tag=f"{PRESS}/speed", **span, limit=10_000))["samples"],
    }


def plain(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("asset", "state", "from", "to")} for one in states]


async def test_a_week_becomes_what_it_should_have_been(tmp_path: Path) -> None:
    async with running(tmp_path / "right", HandClock(), plant_file=RIGHT) as api:
        await a_week(api)
        right = await told(api)
    async with running(tmp_path / "wrong", HandClock(), plant_file=WRONG) as api:
        await a_week(api)
        wrong = await told(api)
        assert all(wrong[name] != right[name] for name in right)

        mended = load(MENDED, "mended.yaml", connectors(), {})
        (told_before,) = [
            one
            for one in await asyncio.to_thread(planned, tmp_path / "wrong", mended, api.clock.now())
            if one.change.effect == MENDS
        ]
        assert (told_before.change.since, told_before.samples) == (START, DAYS * 24 * 2)

        told_of = len((await api.get("/corrections", limit=1000))["corrections"])
        since = await api.twin.load(mended, "ann", "the gearbox has no 2:1")
        api.clock.time = since + SECOND
        await api.seen(0)
        assert await told(api) == right
        found = [one for one in (await api.get("/corrections", limit=1000))["corrections"] if one["number"] > told_of]
        assert found
        assert {cause["kind"] for one in found for cause in one["why"]} == {"plant.loaded"}
        before = await api.get(
            "/states", from_=instant(0), to=instant(WHOLE_SHIFTS), known_at=to_text(since - 1), limit=10_000
        )
        assert plain(before["states"]) == wrong["states"]
