"""Tags by pattern over real wires, on asyncua's server and on node-opcua's."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua

from connectors.opcua import patterns
from tests.wire.opcua.plant import Plc, Setup, eventually, free_port, setup, until
from tests.wire.opcua.test_groups import node_only
from tests.wire.opcua.test_keeping import take_away
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_outages import drained, opened_again
from twin.core.batch import Batch
from twin.core.instant import MILLISECOND
from twin.core.tags import TagType

ALL = {"match": "/Objects/Line/*", "place": "plant.yaml:4"}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow one another at once."""
    monkeypatch.setattr(patterns, "AGAIN_S", 0.1)


def seen(test: Setup, batches: list[Batch]) -> set[str]:
    return {row[0] for batch in batches for row in test.rows(batch)}


def covered(test: Setup, kind: str = "tags.covered") -> set[str]:
    return {test.tags[tag].name for e in test.record.events if e.kind == kind for tag in e.body["tags"]}


async def test_variables_become_tags_beside_those_that_are_listed(tmp_path: Path) -> None:
    wanted = {"line/n", "line/total", "line/running", "line/recipe", "line/serial", "line/raw"}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, subscribe=[ALL])
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: seen(test, bs) >= {*wanted, "temp"})
            await plc.write("n", 5.0)
            taken += await until(batches, lambda bs: 5.0 in test.values(bs, "line/n"))
            await eventually(lambda: covered(test) >= {*wanted, "temp"})
    assert seen(test, taken) == covered(test) == {*wanted, "temp"}
    types = {tag: test.tags[test.tags.get(tag) or 0].type for tag in ("line/total", "line/recipe", "line/raw")}
    assert types == {"line/total": TagType.NUMBER, "line/recipe": TagType.TEXT, "line/raw": TagType.BYTES}
    assert not any(test.record.problems.values())
    assert test.record.notices["subscribe"].startswith("1 arrays are left out")


async def test_type_node_and_group_of_a_pattern(tmp_path: Path) -> None:
    subscribe = [
        {"type": "Double", "name": "{parent}/d_{name}", "group": "fast"},
        {"node": "nsu=urn:test:*;s=Line.t*", "name": "s/{name}", "place": "plant.yaml:5"},
        {"type": "Sbyte", "place": "plant.yaml:6"},
    ]
    groups = {"fast": {"publishing": 50 * MILLISECOND, "queue": 40}}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {}, subscribe=subscribe, groups=groups)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: len(seen(test, bs)) == 3)
            await eventually(lambda: len(covered(test)) == 3)
    assert covered(test) == {"line/d_temp", "line/d_n", "s/total"}
    assert 40 in {e.body["queue"] for e in test.record.events if e.kind == "tags.covered"}
    assert test.record.notices["subscribe"].startswith("plant.yaml:6: no variable is meant")


@pytest.mark.usefixtures("eager")
async def test_a_new_node_is_followed_without_a_restart_and_one_that_goes_is_told(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, subscribe=[{"match": "/Objects/Line/*peed"}])
        async with test.connector.open() as batches:
            await until(batches, lambda bs: "n" in seen(test, bs))
            await plc.add("speed", ua.Variant(3.5, ua.VariantType.Double))
            taken = await until(batches, lambda bs: "line/speed" in seen(test, bs))
            assert test.values(taken, "line/speed") == [3.5]
            await take_away(plc, "speed", said=False)
            await eventually(lambda: "line/speed" in covered(test, "tags.uncovered"))
            await plc.write("n", 9.0)
            await until(batches, lambda bs: 9.0 in test.values(bs, "n"))
    assert test.record.problems["line/speed"].startswith("BadNodeIdUnknown")


async def test_tags_live_on_over_a_restart_of_the_server_and_what_is_new_in_it_is_found(tmp_path: Path) -> None:
    async def more(_server: Server) -> None:
        await again.add("speed", ua.Variant(3.5, ua.VariantType.Double))

    port = free_port()
    again = Plc(port, before=["urn:other"])
    test = setup(f"opc.tcp://127.0.0.1:{port}", tmp_path, {}, subscribe=[{"type": "Double"}])
    async with Plc(port).running() as plc, test.connector.open() as batches:
        await until(batches, lambda bs: seen(test, bs) == {"line/temp", "line/n"})
        await plc.server.stop()
        await drained(batches, [])
    async with again.running(more), AsyncExitStack() as stack:
        batches = await opened_again(test, stack)
        await until(batches, lambda bs: seen(test, bs) == {"line/temp", "line/n", "line/speed"})
    assert len(test.tags) == 3


async def test_clashes_and_limits_are_told_and_stop_nothing(tmp_path: Path) -> None:
    subscribe: list[dict[str, Any]] = [
        {"match": "/Objects/Line/t*", "name": "one", "place": "plant.yaml:4"},
        {"match": "/Objects/Line/n", "name": "listed", "place": "plant.yaml:5"},
        {"match": "/Objects/Line/r*", "name": "{name}", "limit": 2, "place": "plant.yaml:6"},
    ]
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"listed": "Line.serial"}, subscribe=subscribe)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: seen(test, bs) == {"listed", "raw", "recipe"})
    said = {path: text for path, text in test.record.problems.items() if text}
    assert said.keys() == {"/Objects/Line/temp", "/Objects/Line/total", "/Objects/Line/n"}
    assert "would be listed, as a tag that is there already" in said["/Objects/Line/n"]
    assert "plant.yaml:6: 3 variables are meant, 2 are followed: `limit`" in test.record.notices["subscribe"]


async def test_a_server_that_cannot_be_looked_through_gives_what_is_listed(tmp_path: Path) -> None:
    async def shut(server: Server) -> None:
        server.iserver.view_service.browse = None

    async with Plc().running(shut) as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, subscribe=[ALL])
        async with test.connector.open() as batches:
            await anext(batches)
            await eventually(lambda: bool(test.record.notices.get("subscribe")))
            await plc.write("n", 2.0)
            assert test.values([await anext(batches)], "n") == [2.0]
    assert test.record.notices["subscribe"].startswith("the server cannot be looked through")


@node_only
async def test_patterns_on_another_stack(tmp_path: Path) -> None:
    subscribe = [{"match": "Tank/*"}, {"match": "/Objects/Line/*", "type": "Double", "name": "{name}"}]
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, {}, subscribe=subscribe)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: seen(test, bs) == {"tank/level", "temp", "n"})
            server.tell(set="level", value=42.0)
            taken += await until(batches, lambda bs: 42.0 in test.values(bs, "tank/level"))
            await eventually(lambda: test.tags.facts(test.tags.get("tank/level") or 0).unit == "cm")
    assert test.values(taken, "temp") == [20.5]
