"""Values, statuses, types and times over a real wire."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest
from asyncua import ua

from tests.wire.opcua.plant import START, Plc, eventually, setup, until
from twin.core.instant import MILLISECOND, from_text
from twin.core.tags import TagType


def seen(batches, *tags):
    return lambda taken: {t for b in taken for t in b.tag.tolist()} >= set(tags)


async def test_initial_values_of_every_type_come_in_columns(tmp_path: Path) -> None:
    tags = {name: f"Line.{name}" for name in ("temp", "total", "running", "recipe", "serial", "raw")}
    tags["zone2"] = {"node": "Line.zones", "pick": "[1]"}
    tags["zone3"] = {"node": "Line.zones", "pick": "[2]"}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= len(tags))
    rows = {name: (value, text, status) for b in taken for name, value, text, status in test.rows(b)}
    assert rows["temp"] == (20.5, None, 0)
    assert rows["total"] == (7.0, None, 0)
    assert rows["running"] == (1.0, None, 0)
    assert rows["serial"] == (float(2**60), "1152921504606846977", 0)
    assert (rows["zone2"][0], rows["zone3"][0]) == (2.5, 3.5)
    assert math.isnan(rows["recipe"][0])
    assert rows["recipe"][1] == "cola"
    assert rows["raw"][1] == "01ff"
    kinds = [test.tags[test.tags.get(name) or 0].type for name in ("temp", "recipe", "raw")]
    assert kinds == [TagType.NUMBER, TagType.TEXT, TagType.BYTES]
    assert test.record.problems == {}


async def test_status_is_kept_whole_and_bad_has_no_value(tmp_path: Path) -> None:
    uncertain, bad = 0x40920000, 0x808C0000
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"})
        async with test.connector.open() as batches:
            await anext(batches)
            await plc.write("temp", 30.0, status=uncertain, at=START)
            await plc.write("temp", 99.0, status=bad, at=START + timedelta(seconds=1))
            await plc.write("temp", 31.0, at=START + timedelta(seconds=2))
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 3)
    rows = [row for b in taken for row in test.rows(b)]
    assert [status for *_, status in rows] == [uncertain, bad, 0]
    assert rows[0][1] == 30.0
    assert math.isnan(rows[1][1])
    assert rows[2][1] == 31.0
    assert taken[0].time[0] == from_text("2100-03-01T06:00:00Z")


async def test_arrival_rule_ignores_the_clock_of_the_source(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, time="arrival")
        async with test.connector.open() as batches:
            await anext(batches)
            await plc.write("temp", 1.0, at=START)
            batch = await anext(batches)
    assert batch.time[0] > from_text("2026-03-02T00:00:00Z")


async def test_repeats_within_one_message_stay_apart_in_time(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"})
        async with test.connector.open() as batches:
            await anext(batches)
            for value in (1.0, 2.0, 3.0):
                await plc.write("temp", value, at=START)
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 3)
    times = [t for b in taken for t in b.time.tolist()]
    first = from_text("2100-03-01T06:00:00Z")
    assert times == [first, first + 1, first + 2]


async def test_a_bad_node_is_told_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.opcua.link.upkeep.MEND_FIRST_S", 0.2)
    tags = {"temp": "Line.temp", "none": "Line.none", "lost": {"browse_path": "/Objects/Line/nowhere"}}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags)
        async with test.connector.open() as batches:
            first = await anext(batches)
            assert [name for name, *_ in test.rows(first)] == ["temp"]
            assert test.record.problems["none"] == "BadNodeIdUnknown: nsu=urn:test:plc;s=Line.none"
            assert "no variable at /Objects/Line/nowhere" in test.record.problems["lost"]
            await plc.add("none", ua.Variant(5.0, ua.VariantType.Double))
            taken = await until(batches, lambda bs: test.values(bs, "none") == [5.0])
            assert taken
            await eventually(lambda: test.record.problems["none"] == "")


async def test_what_a_tag_cannot_hold_is_a_dead_letter(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"zones": "Line.zones", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            batch = await anext(batches)
            assert [name for name, *_ in test.rows(batch)] == ["temp"]
    assert test.record.letters == [("array: the tag needs `pick`", "nsu=urn:test:plc;s=Line.zones")]


async def test_nodes_are_found_by_browse_path_wildcard_namespace_and_full_text(tmp_path: Path) -> None:
    tags = {
        "path": {"browse_path": "/Objects/Line/temp"},
        "wild": {"node": "Line.total"},
        "full": {"node": f"nsu={'urn:test:plc'};s=Line.n"},
        "clock": {"node": "i=2258"},
    }
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags, ns="urn:*:plc")
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: {r[0] for b in bs for r in test.rows(b)} == set(tags))
    [clock] = test.values(taken[:1], "clock")[:1]
    assert abs(clock - taken[0].time.max()) < 60_000 * MILLISECOND
    assert test.values(taken, "path") == [20.5]


async def test_the_whole_queue_of_a_fast_tag_arrives(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, publishing=100_000_000)
        async with test.connector.open() as batches:
            await anext(batches)
            await plc.count_up("n", 1, 500)
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 500)
    assert test.values(taken, "n") == [float(n) for n in range(1, 501)]


async def test_a_tag_that_had_another_type_is_told(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"recipe": "Line.recipe", "temp": "Line.temp"})
        test.tags.id_of("recipe", TagType.NUMBER)
        async with test.connector.open() as batches:
            batch = await anext(batches)
    assert [name for name, *_ in test.rows(batch)] == ["temp"]
    assert "a tag never changes its type" in test.record.problems["recipe"]
