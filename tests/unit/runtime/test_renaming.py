"""`was`: a tag with another name keeps its id, its samples and what was made of them."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.unit.runtime.test_pause import BEGIN, HandClock
from twin.core.batch import batch
from twin.core.errors import Problems
from twin.core.event import PLANT_LOADED, RUN_STARTED, TAGS_RENAMED
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, SECOND
from twin.core.tags import Tag, TagTable, TagType
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.plugins import connectors
from twin.runtime.renaming import to_rename
from twin.runtime.twin import Twin, open_twin
from twin.store.reader import LogReader


def plant(tags: str) -> Plant:
    connection = 'connections: {plc: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc"}}'
    return load(f"linetwin: 1\nplant: p\n{connection}\ntags:\n  {tags}\n", "plant.yaml", connectors(), os.environ)


async def test_a_tag_of_another_type_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    text = plant("temp: {from: plc, node: t, type: text}")
    async with open_twin(OLD, tmp_path, HandClock(BEGIN), connect=False) as twin:
        await put(twin, "p/temp", BEGIN, 90.0)
    with pytest.raises(Problems) as refused:
        async with open_twin(text, tmp_path, HandClock(BEGIN + SECOND), connect=False):
            pass
    assert str(refused.value) == (
        "plant.yaml:5: p/temp is a number tag in this data folder and text here;"
        " a tag never changes its type: give it another name"
    )
    reader = LogReader(tmp_path)
    assert len(reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED, RUN_STARTED))) == 2
    reader.close()


OLD = plant("temp: {from: plc, node: t, alarms: [{high: 85}]}")
NEW = plant("motor_temp: {from: plc, node: t2, was: temp, alarms: [{high: 85}]}")


async def put(twin: Twin, name: str, at: int, value: float) -> int:
    id_ = twin.tags.id_of(name)
    await twin.append(batch("test", [id_], [at], [value]))
    return id_


async def test_a_renamed_tag_keeps_its_id_its_history_and_its_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(OLD, tmp_path, clock, connect=False) as twin:
        id_ = await put(twin, "p/temp", BEGIN, 90.0)
    clock.instant += 10 * SECOND
    with caplog.at_level(logging.INFO, "linetwin"):
        async with open_twin(NEW, tmp_path, clock, connect=False) as twin:
            assert await put(twin, "p/motor_temp", clock.instant, 91.0) == id_
            rows = twin.reader.read_tags(twin.tags.ids_of(["p/motor_temp"]), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
            assert rows.value.tolist() == [90.0, 91.0]
            assert twin.tags.get("p/temp") is None
            clock.instant += SECOND  # the new model counts from its load on
            while "p/motor_temp~high@2023-11-14T22:13:20Z" not in twin.live().alarms:
                await twin.next_view(twin.live().number)
            assert list(twin.live().alarms) == ["p/motor_temp~high@2023-11-14T22:13:20Z"]  # since before
            ((_, event),) = twin.reader.events(FAR_PAST, FAR_FUTURE, (TAGS_RENAMED,))
            assert event.body == {"names": {"p/temp": "p/motor_temp"}}
        async with open_twin(NEW, tmp_path, clock, connect=False) as twin:
            assert twin.tags.get("p/motor_temp") == id_
            assert len(twin.reader.events(FAR_PAST, FAR_FUTURE, (TAGS_RENAMED,))) == 1
    assert [r.message for r in caplog.records if "goes on" in r.message] == ["p/temp goes on as p/motor_temp"]


async def test_two_series_are_never_joined(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock(BEGIN)
    first_without = plant("motor_temp: {from: plc, node: t2}")
    async with open_twin(OLD, tmp_path, clock, connect=False) as twin:
        await put(twin, "p/temp", BEGIN, 1.0)
    async with open_twin(first_without, tmp_path, clock, connect=False) as twin:
        await put(twin, "p/motor_temp", BEGIN + SECOND, 2.0)
    async with open_twin(NEW, tmp_path, clock, connect=False) as twin:
        assert twin.tags.names() == ["p/temp", "p/motor_temp"]
    [told] = [record.message for record in caplog.records if "both have samples" in record.message]
    assert told.startswith("plant.yaml:5: p/motor_temp was p/temp")


async def test_a_tag_of_another_type_is_another_series(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock(BEGIN)
    async with open_twin(OLD, tmp_path, clock, connect=False) as twin:
        await put(twin, "p/temp", BEGIN, 1.0)
    text = plant("recipe: {from: plc, node: t2, was: temp, type: text}")
    async with open_twin(text, tmp_path, clock, connect=False) as twin:
        assert twin.tags.names()[0] == "p/temp"
    assert "a tag never changes its type" in caplog.text


@pytest.mark.parametrize(("former", "now"), [("text", "number"), ("number", "text")])
def test_a_series_of_another_type_does_not_go_on(former: str, now: str) -> None:
    tags = TagTable([Tag("p/a", TagType(former))])
    model = plant(f"b: {{from: plc, node: t, was: a, type: {now}}}")
    fact = f"that was a {former} tag and a tag never changes its type"
    assert to_rename(model, tags) == ({}, [f"plant.yaml:5: p/b was p/a: {fact}"])


def counting(tag: str) -> Plant:
    connection = 'connections: {plc: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc"}}'
    machine = f"{{from: plc, node: M, tags: {{{tag}}}, counts: {{total: {tag.partition(':')[0]}}}}}"
    text = f"linetwin: 1\nplant: p\n{connection}\nlines: {{l: {{machines: {{m: {machine}}}}}}}\n"
    return load(text, "plant.yaml", connectors(), os.environ)


async def test_what_was_stored_under_a_former_name_is_read_under_the_name_of_now(tmp_path: Path) -> None:
    """Counts and alarms of three models, the second of which renames the counter, the third once more."""
    clock = HandClock(BEGIN - BEGIN % MINUTE)
    begin = clock.instant
    alarm = ", alarms: [{high: 85}]"
    plants = [
        counting(f"total: {{node: t, counter: {{}}{alarm}}}"),
        counting(f"made: {{node: t, counter: {{}}, was: total{alarm}}}"),
        counting(f"pieces: {{node: t, counter: {{}}, was: made{alarm}}}"),
    ]
    value, alarms = 0.0, []
    for number, model in enumerate(plants):
        async with open_twin(model, tmp_path, clock, connect=False) as twin:
            (name,) = model.tags
            id_ = twin.tags.id_of(name)
            for _ in range(12):
                value += 10
                await twin.append(batch("plc", [id_], [clock.instant], [value if value != 60 else 90.0]))
                clock.instant += 15 * SECOND
            until = clock.instant
            while twin.live().frontier < until:
                clock.instant += SECOND
                await twin.next_view(twin.live().number)
            if number < 2:
                continue
            counted = twin.results.columns("count", [name], FAR_PAST, FAR_FUTURE)
            records = [record for record, _ in twin.results.records("count", [name], FAR_PAST, FAR_FUTURE)]
            quarters = twin.results.quarters([name], 0, FAR_FUTURE)[name]
            alarms = twin.results.records("alarm", [f"{name}~high"], FAR_PAST, FAR_FUTURE)
            others = twin.results.columns("count", ["p/l/m/total"], begin + 4 * MINUTE, FAR_FUTURE)
    assert {record.key for record in records} == {"p/l/m/pieces"}
    assert [record.start for record in records] == sorted(record.start for record in records)
    assert records[0].start == begin
    assert int(quarters.pieces.sum()) == sum(dict(record.data)["pieces"] for record in records) > 250
    assert len(counted.start) == len(records)
    assert len(others.start) == 0
    assert {record.key for record, _ in alarms} == {"p/l/m/pieces~high"}
