"""A line in a test says what a running twin says of the same samples: its own clock, threads, log file and API."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from simulators.plants import PACKAGING as LINE
from tests.contract.stores import SetClock
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.instant import HOUR, MINUTE, SECOND, from_text, to_text
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.testing import Line, twin_line
from twin.testing.source import Simulated
from twin.testing.times import monday_at_six

SEED = 7
PAST, TEST = 2 * HOUR, 85 * MINUTE
START = monday_at_six("Europe/Prague")


def in_process() -> Line:
    line = twin_line("packaging", seed=SEED, behind=PAST / SECOND)
    line.fault("filler.bearing:30m", at="10m")
    line.fault("packer.jam", at="20m")
    return line.run(TEST / SECOND)


@asynccontextmanager
async def running(folder: Path, models: int):
    """A twin on disk that has lived the same, and a client of its API. models: what it will have learnt before."""
    plant = load(LINE.plant_file({}), "demo", connectors(), os.environ)
    faults = [("filler.bearing:30m", START + 10 * MINUTE), ("packer.jam", START + 20 * MINUTE)]
    clock = SetClock(START - PAST)
    async with open_twin(plant, folder, clock, connect=False) as twin:
        source = Simulated(lambda: LINE.build(SEED, START - PAST, faults), "packaging", plant, twin.tags)
        await lived(twin, clock, source, START)
        while len(twin.reader.events(0, START * 2, ("model.",))) < models:  # the clock may go on: a heal waits for it
            clock.instant += SECOND
            await twin.next_view(twin.live().number)
        await lived(twin, clock, source, START + TEST)
        transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as client:
            yield client


async def lived(twin: Twin, clock: SetClock, source: Simulated, end: int) -> None:
    """Feed it in pieces of five minutes, and wait until all is folded."""
    recorded = 0
    while clock.instant < end:
        clock.instant = min(clock.instant + 5 * MINUTE, end)
        batch = source.samples(clock.instant)
        assert batch is not None
        recorded = await twin.append(batch)
    async with asyncio.timeout(60):
        view = twin.live()
        while view.known < recorded or view.frontier < end - 5 * SECOND:
            view = await twin.next_view(view.number)


def instant(time: datetime | None) -> int | None:
    return None if time is None else from_text(time.isoformat())


def shown(text: str | None) -> int | None:
    return None if text is None else from_text(text)


async def test_a_line_in_a_test_says_what_the_api_of_a_running_twin_says(tmp_path: Path) -> None:
    line = await asyncio.to_thread(in_process)
    span = {"from": to_text(START), "to": to_text(START + TEST)}
    assert all(model.time < START for model in line.twin.models)
    async with running(tmp_path, len(line.twin.models)) as client:

        async def told(path: str, **query: Any) -> dict[str, Any]:
            answer = await client.get(path, params=span | query)
            assert answer.status_code == 200, answer.text
            return answer.json()

        states = (await told("/states"))["states"]
        stops = (await told("/stops", micro=True))["stops"]
        alarms = (await told("/alarms", state="all"))["alarms"]
        alerts = (await told("/alerts"))["alerts"]
        counts = (await told("/counts"))["counts"]
        periods = (await told("/oee"))["results"]
        condition = (await told("/condition"))["machines"]
    short = line.plant.short
    assert sorted((o.machine, o.state, instant(o.time), instant(o.end)) for o in line.states()) == sorted(
        (short(o["asset"]), o["state"], shown(o["from"]), shown(o["to"])) for o in states
    )
    assert sorted((o.machine, o.state, instant(o.time), o.micro) for o in line.stops(micro=True)) == sorted(
        (short(o["asset"]), o["state"], shown(o["from"]), o["micro"]) for o in stops
    )
    assert sorted(o.id for o in line.alarms()) == sorted(o["id"] for o in alarms)
    assert len(alerts) == 1
    assert [(o.title, instant(o.time), instant(o.end), o.score, o.peak, instant(o.onset)) for o in line.alerts()] == [
        (o["title"], shown(o["from"]), shown(o["to"]), o["score"], o["peak"], shown(o["onset"])) for o in alerts
    ]
    for one in counts:
        assert getattr(line.counts(one["asset"]), one["role"]) == one["pieces"]
    for one in periods:
        oee = line.oee(one["asset"])
        assert {name: getattr(oee, name) for name in ("availability", "effectiveness", "quality", "oee", "teep")} == {
            name: one[name] for name in ("availability", "effectiveness", "quality", "oee", "teep")
        }
        assert {name: getattr(oee, name) for name in one["elements"]} == one["elements"]
        assert (oee.produced, oee.good, oee.reject) == tuple(one["pieces"][n] for n in ("produced", "good", "reject"))
        assert [list(flag) for flag in oee.flags] == [[flag["code"], flag["text"]] for flag in one["flags"]]
    for one in condition:
        mine = line.condition(one["asset"])
        assert (mine.state, round(mine.score or 0, 3), instant(mine.onset)) == (
            one["state"],
            one["score"],
            shown(one["onset"]),
        )
