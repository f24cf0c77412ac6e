"""Writes over a real wire: in the node's own type, once, and told as the server told it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua
from asyncua.common.callback import CallbackType
from asyncua.common.utils import ServiceError

from tests.wire.opcua.plant import Plc, Setup, eventually, opcua, setup
from twin.core.errors import Misconfigured, Unreachable
from twin.core.ports import Writable, Written
from twin.testing import FaultProxy

TAGS = {name: f"Line.{name}" for name in ("temp", "total", "running", "recipe", "level", "fixed", "serial")}
TAGS["zone"] = {"node": "Line.zones", "pick": "[1]"}


class Asked:
    """What a server was asked to write."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def see(self, event: Any, _service: Any) -> None:
        mine = [one for one in event.request_params.NodesToWrite if one.NodeId.NamespaceIndex]
        self.values += [one.Value.Value.Value for one in mine]


async def writable(plc: Plc, seen: Asked, _server: Server) -> None:
    """Every node but one may be written."""
    await plc.add("level", ua.Variant(1.5, ua.VariantType.Float))
    await plc.add("fixed", ua.Variant(3.0, ua.VariantType.Double))
    for name, node in plc.nodes.items():
        if name != "fixed":
            await node.set_writable()
    plc.server.subscribe_server_callback(CallbackType.PreWrite, seen.see)


@asynccontextmanager
async def connected(
    folder: Path, through: Callable[[int], Any] | None = None
) -> AsyncIterator[tuple[Setup, Plc, Any, Asked]]:
    """A connector whose values flow, to a server of which we see each write."""
    plc, seen = Plc(), Asked()
    async with plc.running(lambda server: writable(plc, seen, server)), FaultProxy(plc.port) as wire:
        test = setup(opcua(wire), folder, TAGS, timeout=2_000_000_000)
        async with test.connector.open() as batches:
            await anext(batches)
            yield test, plc, wire, seen


@pytest.mark.parametrize(
    ("tag", "value", "wire", "shown"),
    [
        ("temp", 21.25, 21.25, "21.25"),
        ("total", 12.0, 12, "12"),
        ("running", 0.0, False, "0"),
        ("recipe", "lime", "lime", "lime"),
        ("level", 72.3, 72.3, "72.3"),
    ],
)
async def test_value_goes_out_in_the_nodes_own_type_and_is_read_back(tmp_path, tag, value, wire, shown) -> None:
    async with connected(tmp_path) as (test, plc, _, seen):
        assert isinstance(test.connector, Writable)
        done = await test.connector.write(tag, value)
        held = await plc.nodes[tag].read_value()
    assert (done.outcome, done.status, done.text) == ("done", 0, "written, and read back")
    assert seen.values == [pytest.approx(wire) if isinstance(wire, float) else wire]
    assert type(held) is type(wire)
    assert held == pytest.approx(wire) if isinstance(wire, float) else held == wire
    assert done.read_back.startswith(shown[:4])


async def test_what_does_not_fit_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    async with connected(tmp_path) as (test, _, _, seen):
        for tag, value, fact in (
            ("total", 1.5, "a whole number, not 1.5"),
            ("total", -1.0, "0 to 4294967295, not -1"),
            ("running", 2.0, "0 or 1, not 2"),
            ("temp", "hot", "not the text 'hot'"),
            ("zone", 1.0, "only whole nodes are written"),
            ("level", 1e300, "cannot be written"),
            ("nobody", 1.0, "has no node here"),
        ):
            with pytest.raises(Misconfigured, match=fact):
                await test.connector.write(tag, value)
        rounded = await test.connector.write("total", 11.6, nearest=True)
    assert (rounded.outcome, rounded.read_back) == ("done", "12")
    assert seen.values == [12]


async def test_node_that_is_read_only_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with connected(tmp_path) as (test, _, _, seen):
        done = await test.connector.write("fixed", 4.0)
    assert (done.outcome, done.status) == ("refused", 0x803B0000)
    assert "BadNotWritable" in done.text
    assert seen.values == []


async def test_call_that_the_server_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    """Another server refuses single values: test_node_opcua.py."""

    def refuse(event: Any, _service: Any) -> None:
        if any(one.NodeId.NamespaceIndex for one in event.request_params.NodesToWrite):
            raise ServiceError(ua.StatusCodes.BadOutOfRange)

    async with connected(tmp_path) as (test, plc, _, _seen):
        plc.server.subscribe_server_callback(CallbackType.PreWrite, refuse)
        done = await test.connector.write("temp", 99.0)
        held = await plc.nodes["temp"].read_value()
    assert (done.outcome, done.status) == ("refused", ua.StatusCodes.BadOutOfRange)
    assert "the server refused the call: BadOutOfRange" in done.text
    assert held == 20.5


async def test_nothing_is_sent_while_there_is_no_link(tmp_path: Path) -> None:
    test = setup("opc.tcp://127.0.0.1:1", tmp_path, TAGS)
    with pytest.raises(Unreachable, match="nothing was sent"):
        await test.connector.write("temp", 1.0)


async def test_answer_that_is_lost_is_unknown_read_back_and_never_sent_again(tmp_path: Path) -> None:
    async with connected(tmp_path) as (test, plc, wire, seen):

        def cut(event: Any, _service: Any) -> None:
            if any(each.NodeId.NamespaceIndex for each in event.request_params.NodesToWrite):  # not the server's clock
                wire.cut()

        plc.server.subscribe_server_callback(CallbackType.PostWrite, cut)
        done = await test.connector.write("temp", 33.5)
        held = await plc.nodes["temp"].read_value()
    assert done.outcome == "unknown"
    assert "the answer was lost" in done.text
    assert (done.read_back, held) == ("33.5", 33.5)
    assert "holds what was sent" in done.text
    assert seen.values == [33.5]


async def test_silent_server_is_unknown_too(tmp_path: Path) -> None:
    """The request may have arrived: nobody can say while nothing comes back."""
    async with connected(tmp_path) as (test, _, wire, seen):
        plc_answers = wire.sent_down
        wire.hold("down")
        held = test.connector.write("temp", 44.0)
        with pytest.raises(Unreachable, match="nothing was sent"):
            await held  # the look before the write got no answer either
        assert wire.sent_down == plc_answers
    assert seen.values == []


def every(step: int, last: int) -> list[int]:
    return list(range(1, last, step))


async def cut_at(folder: Path, places: list[int], way: str) -> list[Written | Unreachable]:
    """Write again and again, the link cut behind a byte further on each time; each outcome is held to the truth."""
    outcomes: list[Written | Unreachable] = []
    plc, seen = Plc(), Asked()
    async with plc.running(lambda server: writable(plc, seen, server)), FaultProxy(plc.port) as wire:
        for number, place in enumerate(places):
            test = setup(opcua(wire), folder, {"temp": "Line.temp"}, timeout=10_000_000_000)
            async with test.connector.open() as batches:
                await anext(batches)
                seen.values.clear()
                wire.cut_after(place, way)
                try:
                    done: Written | Unreachable = await test.connector.write("temp", 100.0 + number)
                except Unreachable as error:
                    done = error
            wire.mend()
            await eventually(lambda: wire.open == 0)
            check(done, seen.values, 100.0 + number)
            outcomes.append(done)
    return outcomes


def check(done: Written | Unreachable, asked: list[float], value: float) -> None:
    assert len(asked) <= 1, f"written {len(asked)} times"
    if isinstance(done, Unreachable):
        assert "nothing was sent" in str(done)
        assert asked == []
    elif done.outcome == "done":
        assert asked == [value]
    else:
        assert done.outcome == "unknown"
        assert (done.read_back == f"{value:.15g}") == (asked == [value])


@pytest.mark.parametrize("way", ["up", "down"])
async def test_link_cut_anywhere_never_writes_twice_nor_tells_a_lie(tmp_path: Path, way: str) -> None:
    """R80, short form."""
    outcomes = await cut_at(tmp_path, every(37, 700), way)
    assert {type(one) for one in outcomes} == {Written, Unreachable}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["up", "down"])
async def test_link_cut_behind_each_byte_never_writes_twice(tmp_path: Path, way: str) -> None:
    """R80: 700 cuts each way."""
    outcomes = await cut_at(tmp_path, every(1, 700), way)
    assert {type(one) for one in outcomes} == {Written, Unreachable}
