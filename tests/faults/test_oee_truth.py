"""OEE, states and counts of a whole shift of the demo line are the true ones, reckoned here from the truth alone."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx2
import pytest

from simulators.plants import PACKAGING
from tests.contract.stores import SetClock
from tests.faults.simulated_shift import END, START, cut, simulated, true_intervals
from tests.recompute import recomputed, told
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.batch import Batch
from twin.core.instant import HOUR, MINUTE, SECOND, to_text
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

AFTER = END + 20 * MINUTE
"""A stop at the end of the shift is judged whole, so the line lives on."""
BREAKS = ((4 * HOUR, 15 * MINUTE), (6 * HOUR + 3 * MINUTE, 17 * MINUTE))
"""After the start of the shift, and how long: 10:00-10:15 and 12:03-12:20."""
PLANT = PACKAGING.plant_file({}).replace("shifts:\n", 'shifts:\n  breaks: ["10:00-10:15", "12:03-12:20"]\n', 1)
IDEAL = {"filler": 120, "capper": 127, "labeller": 130, "packer": Fraction(23, 2), "palletiser": 3}
"""A minute; as in the plant file, which says ns a piece, rounded."""
BOTTLES = {"filler": 1, "capper": 1, "labeller": 1, "packer": 12, "palletiser": 48}
DELAY = {"down", "stopped", "blocked", "starved"}
MICRO = 60 * SECOND


@asynccontextmanager
async def fed(folder: Path, samples: Batch, names: list[str]):
    """A twin that has lived through the shift, and a client."""
    clock = SetClock(START)
    async with open_twin(load(PLANT, "demo", connectors(), os.environ), folder, clock, connect=False) as twin:
        ids = twin.tags.ids_of(names)
        recorded = 0
        for one in cut(samples, range(START, AFTER, 10 * MINUTE)):
            clock.instant = int(one.time[-1])
            recorded = await twin.append(Batch(one.source, ids[one.tag], one.time, one.value, one.status, one.text))
        await settled(twin, clock, recorded)
        transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as client:
            yield client


async def settled(twin: Twin, clock: SetClock, recorded: int) -> None:
    """Wait until everything is known; then what came behind the frontier is healed when the frontier goes on."""
    async with asyncio.timeout(60):
        view = twin.live()
        while view.known < recorded:
            view = await twin.next_view(view.number)
        clock.instant = AFTER + MINUTE
        while view.frontier < clock.instant - 5 * SECOND:
            view = await twin.next_view(view.number)


def busy() -> list[tuple[int, int]]:
    """Planned busy time."""
    edges = [START, *(edge for after, long in BREAKS for edge in (START + after, START + after + long)), END]
    return list(zip(edges[::2], edges[1::2], strict=True))


def seconds_in(intervals: list[tuple[int, int]]) -> float:
    """Of intervals, what lies in planned busy time."""
    spent = sum(max(0, min(b, d) - max(a, c)) for a, b in intervals for c, d in busy())
    return spent / SECOND


def true_elements(truth: list[dict[str, Any]], machine: str) -> dict[str, float]:
    """Times by element, micro stops told apart by walking the states one by one."""
    states = [(r["state"], r["from"], r["to"]) for r in truth if r["kind"] == "state" and r["machine"] == machine]
    by: dict[str, list[tuple[int, int]]] = {"apt": [], "adet": [], "adot": [], "micro": []}
    stop: list[tuple[int, int]] = []
    for state, start, end in [*states, ("running", AFTER, AFTER)]:
        if state in DELAY:
            stop.append((start, end))
            continue
        if stop:
            long = stop[-1][1] - stop[0][0]
            for name in ("adet",) if long >= MICRO else ("apt", "micro"):
                by[name] += stop
        stop = []
        by["apt" if state == "running" else "adot"].append((start, end))
    return {name: seconds_in(found) for name, found in by.items()}


def true_pieces(truth: list[dict[str, Any]], machine: str, counter: str) -> int:
    """Pieces that were finished in planned busy time."""
    told = [r["times"] for r in truth if r["kind"] == "count" and (r["machine"], r["counter"]) == (machine, counter)]
    return sum(a <= time < b for times in told for time in times for a, b in busy())


def ideal_s(machine: str) -> Fraction:
    return Fraction(round(60 * SECOND / float(IDEAL[machine])), SECOND)


@pytest.mark.parametrize("seed", [11, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (12, 13, 14, 15))])
async def test_oee_states_and_counts_of_a_shift_are_true_and_open_to_their_parts(tmp_path: Path, seed: int) -> None:
    shift = simulated(seed, AFTER)
    async with fed(tmp_path, shift.samples, shift.tags.names()) as client:
        query = {"by": "shift", "from": to_text(START), "to": to_text(END), "explain": 1}
        found = (await client.get("/oee", params=query)).json()["results"]
        by_hour = (await client.get("/oee", params={**query, "by": "hour", "explain": 0})).json()["results"]
        states = (await client.get("/states", params={"from": to_text(START), "to": to_text(END)})).json()["states"]
    line, machines = found[0], {one["asset"].rpartition("/")[2]: one for one in found[1:]}
    pbt = sum(b - a for a, b in busy()) / SECOND
    assert (line["name"], line["so_far"], pbt) == ("early", False, 8 * 3600 - 32 * 60)
    ended = [(one["asset"], one["state"], one["from"], one["to"]) for one in states if one["to"] is not None]
    truly = (
        (f"demo/plant1/{m}", state, a, b) for m, state, a, b in true_intervals(shift.truth) if a < END and b < AFTER
    )
    assert sorted(ended) == sorted((m, state, to_text(a), to_text(b)) for m, state, a, b in truly)
    for name, one in machines.items():
        path = f"packaging/line1/{name}"
        true = true_elements(shift.truth, path)
        good = total = true_pieces(shift.truth, path, "total")
        good -= true_pieces(shift.truth, path, "reject")
        elements = one["elements"]
        assert {key: elements[key] for key in true} == true
        assert (elements["pot"], elements["pdot"], elements["pbt"]) == (8 * 3600, 32 * 60, pbt)
        assert elements["unknown"] == elements["aust"] == 0
        assert (one["pieces"]["produced"], one["pieces"]["good"]) == (total, good)
        assert one["oee"] == float(good * ideal_s(name) / Fraction(pbt))
        assert one["effectiveness"] == float(total * ideal_s(name) / Fraction(round(true["apt"] * SECOND), SECOND))
    bad = sum(true_pieces(shift.truth, f"packaging/line1/{name}", "reject") * BOTTLES[name] for name in machines)
    out = true_pieces(shift.truth, "packaging/line1/palletiser", "total") * 48
    assert line["pieces"] | {"outside": 0} == {
        "produced": out + bad, "good": out, "reject": bad, "rework": 0, "outside": 0, "unit": "bottle",
    }  # fmt: skip
    assert line["oee"] == float(out * ideal_s("filler") / Fraction(pbt))
    assert line["oee"] != sum(one["oee"] for one in machines.values()) / 5
    for one in found:
        assert recomputed(one) == told(one)
    hours = Counter[str]()
    for one in by_hour:
        hours[one["asset"]] += one["pieces"]["produced"] if one["level"] == "machine" else 0
    assert +hours == {one["asset"]: one["pieces"]["produced"] for one in machines.values()}
