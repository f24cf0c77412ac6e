"""What a server's own history gives of a gap: on node-opcua's historian, and on asyncua's, which cuts in silence."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from asyncua import ua

from connectors.opcua import history
from tests.wire.opcua.plant import Plc, Setup, eventually, setup, until
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node
from twin.core.batch import Batch, concatenate
from twin.core.instant import SECOND
from twin.core.ports import Recovered
from twin.core.tags import TagType

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
BEGIN = int(START.timestamp()) * SECOND


async def recovered(test: Setup, start: int, end: int, *names: str) -> list[Recovered]:
    ids = [test.tags.id_of(name, TagType.TEXT if name == "recipe" else TagType.NUMBER) for name in names]
    return [piece async for piece in test.connector.recover(start, end, ids)]


def all_rows(pieces: list[Recovered]) -> Batch | None:
    batches = [piece.batch for piece in pieces if piece.batch is not None]
    return concatenate(batches) if batches else None


def whole(pieces: list[Recovered]) -> set[int]:
    return {tag for piece in pieces for tag in piece.complete}


def refused(pieces: list[Recovered]) -> dict[int, str]:
    return {tag: cause for piece in pieces for tag, cause in piece.refused.items()}


def values(test: Setup, pieces: list[Recovered], name: str) -> list[float]:
    rows = all_rows(pieces)
    return [] if rows is None else rows.value[rows.tag == test.tags.id_of(name)].tolist()


class TestNode:
    """node-opcua: continuation points, both ends of a range inclusive."""

    pytestmark = needs_node

    async def test_everything_is_there_and_equals_what_was_notified(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "VALUES", 7)
        async with node_server(tmp_path / "pki") as server:
            tags = {"n": "Line.n", "total": "Line.total", "temp": "Line.temp", "none": "Line.none"}
            test = setup(server.url, tmp_path, tags, sampling=20_000_000, queue=1000)
            async with test.connector.open() as batches:
                await anext(batches)
                server.tell(historize=["n", "total"])
                begun = time.time_ns()
                server.tell(count="n", **{"from": 1, "to": 40, "every_ms": 60})
                live = concatenate(await until(batches, lambda bs: 40.0 in test.values(bs, "n")))
            pieces = await recovered(test, begun, time.time_ns(), "n", "total", "temp", "none")
        n = test.tags.id_of("n")
        mine = live.take((live.tag == n) & (live.value > 0))
        rows = all_rows(pieces)
        assert rows is not None
        got = rows.take((rows.tag == n) & (rows.value > 0))
        assert got.value.tolist() == [float(n) for n in range(1, 41)]
        assert set(zip(mine.time, mine.value, mine.status, strict=True)) <= set(
            zip(got.time, got.value, got.status, strict=True)
        )
        assert whole(pieces) == {n, test.tags.id_of("total")}
        causes = refused(pieces)
        assert causes[test.tags.id_of("temp")] == history.NO_HISTORY
        assert causes[test.tags.id_of("none")].startswith("BadNodeIdUnknown")


@pytest.fixture
async def plc():
    """asyncua's server with its own history: what is past the number asked for is left out in silence."""
    async with Plc().running() as one:
        nodes = [one.nodes[name] for name in ("n", "total", "recipe", "zones")]
        await one.server.historize_node_data_change(nodes, period=timedelta(days=3650))
        yield one


async def stored(plc: Plc, name: str, count: int) -> None:
    kept = plc.server.iserver.history_manager.storage._datachanges[plc.nodes[name].nodeid]
    await eventually(lambda: len(kept) >= count)


@pytest.mark.parametrize("each", [1000, 10, 3])
async def test_an_answer_as_long_as_was_allowed_is_not_the_end(
    tmp_path: Path, plc: Plc, monkeypatch: pytest.MonkeyPatch, each: int
) -> None:
    monkeypatch.setattr(history, "VALUES", each)
    test = setup(plc.url, tmp_path, {"n": "Line.n", "total": "Line.total"})
    await plc.count_up("n", 1, 100, START)
    await plc.write("total", 8, ua.VariantType.UInt32, at=START)
    await stored(plc, "n", 101)
    await stored(plc, "total", 2)
    pieces = await recovered(test, BEGIN, BEGIN + SECOND, "n", "total")
    assert values(test, pieces, "n") == [float(n) for n in range(1, 101)]
    rows = all_rows(pieces)
    assert rows is not None
    mine = rows.tag == test.tags.id_of("n")
    assert rows.time[mine].tolist() == [BEGIN + n * 1_000_000 for n in range(1, 101)]
    assert values(test, pieces, "total") == [8.0]
    assert whole(pieces) == {0, 1}


@pytest.mark.parametrize("each", [1000, 10, 4])
async def test_values_of_one_stamp_are_kept_apart_over_answers(
    tmp_path: Path, plc: Plc, monkeypatch: pytest.MonkeyPatch, each: int
) -> None:
    monkeypatch.setattr(history, "VALUES", each)
    test = setup(plc.url, tmp_path, {"n": "Line.n"})
    for n in range(1, 31):
        await plc.write("n", float(n % 7), at=START + timedelta(seconds=n // 3))
        await asyncio.sleep(0.001)
    await stored(plc, "n", 31)
    pieces = await recovered(test, BEGIN, BEGIN + 11 * SECOND, "n")
    rows = all_rows(pieces)
    assert rows is not None
    assert rows.value.tolist() == [float(n % 7) for n in range(1, 31)]
    assert len(np.unique(rows.time)) == 30


async def test_texts_parts_of_arrays_and_statuses_come_as_live(tmp_path: Path, plc: Plc) -> None:
    tags = {"recipe": "Line.recipe", "z": {"node": "Line.zones", "pick": "[1]"}, "n": "Line.n"}
    test = setup(plc.url, tmp_path, tags, {"recipe": "text"})
    await plc.write("recipe", "beer", ua.VariantType.String, at=START)
    await plc.write("zones", [7.5, 8.5], ua.VariantType.Double, at=START)
    await plc.write("n", 4.0, status=0x808C0000, at=START)
    for name in ("recipe", "zones", "n"):
        await stored(plc, name, 2)
    rows = all_rows(await recovered(test, BEGIN, BEGIN + 1, "recipe", "z", "n"))
    assert rows is not None
    got = {name: (value, text, status) for name, value, text, status in test.rows(rows)}
    assert got["recipe"][1] == "beer"
    assert got["z"] == (8.5, None, 0)
    assert np.isnan(got["n"][0])
    assert got["n"][2] == 0x808C0000


async def test_a_history_that_lags_is_told_as_behind(tmp_path: Path, plc: Plc) -> None:
    test = setup(plc.url, tmp_path, {"n": "Line.n"})
    await plc.count_up("n", 1, 20, START)
    await stored(plc, "n", 21)
    manager = plc.server.iserver.history_manager
    kept = manager.storage._datachanges[plc.nodes["n"].nodeid]
    late, kept[11:] = kept[11:], []
    pieces = await recovered(test, BEGIN, BEGIN + SECOND, "n")
    assert values(test, pieces, "n") == [float(n) for n in range(1, 11)]
    assert (whole(pieces), pieces[-1].behind) == (set(), {0: BEGIN + 10_000_000})
    kept += late
    pieces = await recovered(test, BEGIN, BEGIN + SECOND, "n")
    assert (whole(pieces), pieces[-1].behind) == ({0}, {})


async def test_a_value_that_stood_all_along_is_whole(tmp_path: Path, plc: Plc) -> None:
    test = setup(plc.url, tmp_path, {"n": "Line.n"})
    await plc.count_up("n", 1, 3, START)
    await stored(plc, "n", 4)
    pieces = await recovered(test, BEGIN + 60 * SECOND, BEGIN + 90 * SECOND, "n")
    assert (all_rows(pieces), whole(pieces), refused(pieces)) == (None, {0}, {})


async def test_times_that_are_ours_are_in_no_history(tmp_path: Path, plc: Plc) -> None:
    test = setup(plc.url, tmp_path, {"n": "Line.n"}, time="arrival")
    assert refused(await recovered(test, BEGIN, BEGIN + SECOND, "n")) == {0: history.ARRIVAL}
