"""A running twin goes on under another model: from the next instant on, and nothing is missed or told twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.runtime.test_pause import BEGIN, HandClock
from twin.core.batch import batch
from twin.core.errors import LinetwinError
from twin.core.event import PLANT_LOADED
from twin.core.instant import FAR_FUTURE, FAR_PAST, SECOND
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.assembly import assemble_all
from twin.runtime.editions import stored_loads
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.runtime.verification import verify
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

PLANT = """linetwin: 1
plant: p
history: {{keep: 90d{groups}}}
connections: {{plc: {{opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc", wait: 0s}}}}
types:
  press:
    tags:
      st: {{node: .st}}
      {temp}: {{node: .temp{was}, alarms: [{{high: {high}}}]}}
    state: {{table: {{3: running, {down}: down}}, value: st}}
tags:
  air: {{from: plc, node: air{air}}}
lines:
  line1: {{machines: {{press: {{type: press, from: plc, node: press}}{more}}}}}
"""
PRESS = "p/line1/press"


def plant(
    high: int = 85, temp: str = "temp", was: str = "", down: int = 4, air: str = "", more: str = "", groups: str = ""
) -> Plant:
    text = PLANT.format(high=high, temp=temp, was=was, down=down, air=air, more=more, groups=groups)
    return load(text, "plant.yaml", connectors(), {})


async def put(twin: Twin, clock: HandClock, **values: float) -> None:
    """Samples of now, and a view that has them; then a second later."""
    ids = twin.tags.ids_of([f"{PRESS}/{name}" for name in values])
    await twin.append(batch("test", ids, [clock.instant] * len(ids), list(values.values())))
    clock.instant += SECOND
    await twin.next_view(twin.live().number + 1)


def alarms(twin: Twin) -> list[str]:
    return sorted(id.partition("@")[0] for id in twin.live().alarms)


def equal(folder: Path) -> bool:
    """What `twin verify` says."""
    reader = LogReader(folder)
    try:
        assembly = assemble_all(stored_loads(folder, reader), reader.tags())
        results = SqliteResults(reader, assembly.names, assembly.editions.codes)
        found = verify(assembly, reader, results, lambda _share: None)
    finally:
        reader.close()
    assert found.units
    return not found.differences


async def test_limits_and_rules_of_another_model_count_from_its_load_on(tmp_path: Path) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(plant(), tmp_path, clock, connect=False) as twin:
        await put(twin, clock, st=3.0, temp=80.0)
        number = twin.live().number
        assert (twin.live().machines[PRESS].state, alarms(twin)) == ("running", [])
        since = await twin.load(plant(high=75, down=5), "ann", "the oil is thinner")
        clock.instant += SECOND
        view = await twin.next_view(twin.live().number + 1)
        assert view.number > number
        assert alarms(twin) == [f"{PRESS}/temp~high"]
        assert next(iter(view.alarms.values())).start == since
        await put(twin, clock, st=4.0)
        assert twin.live().machines[PRESS].state == "unknown"
        await put(twin, clock, st=5.0)
        assert twin.live().machines[PRESS].state == "down"
        (_, told), _ = twin.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))
        assert (told.time, told.who, told.body["why"]) == (since, "ann", "the oil is thinner")
        assert twin.since == since
    assert equal(tmp_path)


async def test_the_model_that_runs_is_loaded_already(tmp_path: Path) -> None:
    async with open_twin(plant(), tmp_path, HandClock(BEGIN), connect=False) as twin:
        assert await twin.load(plant()) == twin.since
        assert len(twin.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))) == 1


async def test_a_renamed_tag_and_a_new_machine_go_on_without_a_stop(tmp_path: Path) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(plant(), tmp_path, clock, connect=False) as twin:
        await put(twin, clock, st=3.0, temp=90.0)
        id_ = twin.tags.get(f"{PRESS}/temp")
        await twin.load(plant(temp="oil", was=", was: temp", more=", saw: {type: press, from: plc, node: saw}"))
        assert twin.tags.get(f"{PRESS}/oil") == id_
        assert twin.tags.get(f"{PRESS}/temp") is None
        await put(twin, clock, oil=91.0)
        assert alarms(twin) == [f"{PRESS}/oil~high"]
        assert list(twin.live().machines) == [PRESS, "p/line1/saw"]
        assert twin.live().machines[PRESS].state == "running"
    assert equal(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (plant(air=", type: text"), "a tag never changes its type"),
        (plant(groups=", groups: {raw: {tags: '*/temp', keep: 9d}}"), "groups of `history:`"),
        (load("linetwin: 1\nplant: q\n", "plant.yaml", connectors(), {}), "this twin runs p"),
    ],
)
async def test_a_model_that_cannot_be_is_refused_and_nothing_changes(tmp_path: Path, wrong: Plant, says: str) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(plant(), tmp_path, clock, connect=False) as twin:
        await put(twin, clock, st=3.0)
        await twin.append(batch("test", [twin.tags.id_of("p/air")], [clock.instant], [6.0]))
        before, tags = twin.plant, len(twin.tags)
        with pytest.raises(LinetwinError, match=says):
            await twin.load(wrong)
        await put(twin, clock, st=4.0)
        assert twin.live().machines[PRESS].state == "down"
        assert (twin.plant, len(twin.tags)) == (before, tags)
        assert len(twin.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))) == 1


async def test_what_comes_while_models_are_loaded_is_folded_once(tmp_path: Path) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(plant(), tmp_path, clock, connect=False) as twin:
        tag = twin.tags.id_of(f"{PRESS}/st")
        done = asyncio.Event()
        sent = 0

        async def send() -> None:
            nonlocal sent
            while not done.is_set():
                clock.instant += SECOND // 100
                await twin.append(batch("test", [tag], [clock.instant], [3.0 + sent % 2]))
                sent += 1

        sending = asyncio.create_task(send())
        for high in range(60, 68):
            before = sent
            await twin.load(plant(high=high))
            while sent < before + 10:
                await twin.next_view(twin.live().number)
        done.set()
        await sending
        clock.instant += 2 * SECOND
        await twin.next_view(twin.live().number + 1)
        assert len(twin.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))) == 9
        rows = twin.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert len(rows) == sent
        times = rows.time.tolist()
        stays = [one.start for one, _ in twin.results.records("state", [PRESS], FAR_PAST, FAR_FUTURE)]
        assert [start for start in stays if start >= times[0]] == times[:-1]
    assert equal(tmp_path)
