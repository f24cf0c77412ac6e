"""Units and ranges that a server tells, on asyncua's server and on node-opcua's."""

from __future__ import annotations

from pathlib import Path

from asyncua import Server, ua

from tests.wire.opcua.plant import Plc, eventually, setup
from tests.wire.opcua.test_groups import node_only
from tests.wire.opcua.test_node_opcua import node_server
from twin.core.tags import NO_FACTS, Facts


async def test_unit_and_range_come_of_the_server_and_a_difference_is_told(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        celsius = ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", 4408652, ua.LocalizedText("°C"))
        for name, unit in (("temp", celsius), ("n", ua.EUInformation(DisplayName=ua.LocalizedText("bottles")))):
            node = plc.nodes[name]
            await node.add_property(0, "EngineeringUnits", unit)
        await plc.nodes["temp"].add_property(0, "EURange", ua.Range(-20.0, 150.0))
        test = setup(plc.url, tmp_path, {"temp": "Line.temp", "n": "Line.n", "total": "Line.total"}, unit={"n": "bar"})
        async with test.connector.open():
            await eventually(lambda: bool(test.record.notices.get("units")))
    facts = {name: test.tags.facts(test.tags.get(name) or 0) for name in ("temp", "n", "total")}
    assert facts == {"temp": Facts("degC", (-20.0, 150.0)), "n": Facts("bottles"), "total": NO_FACTS}
    assert test.record.notices["units"].endswith("the plant file's counts: n (bar there, bottles here)")


@node_only
async def test_another_stack_tells_them_too(tmp_path: Path) -> None:
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, {"level": "Tank.level"})
        async with test.connector.open():
            await eventually(lambda: test.tags.facts(0) != NO_FACTS)
    assert test.tags.facts(0) == Facts("cm", (0.0, 200.0))
    assert test.record.notices["units"] == ""


async def test_a_server_that_does_not_let_us_browse_gives_values_all_the_same(tmp_path: Path) -> None:
    async def shut(server: Server) -> None:
        server.iserver.view_service.browse = None

    async with Plc().running(shut) as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"})
        async with test.connector.open() as batches:
            await anext(batches)
            await plc.write("n", 2.0)
            assert test.values([await anext(batches)], "n") == [2.0]
    assert test.tags.facts(0) == NO_FACTS
