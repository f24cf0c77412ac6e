"""Looking at a server: browse, probe, and the commands that stand on them."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from asyncua import ua

from tests.wire.opcua.plant import URI, Plc, free_port, setup
from twin.cli import browse
from twin.cli.main import main
from twin.core.errors import Misconfigured, Unreachable
from twin.model.load import load
from twin.runtime import plugins


async def printed(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command, run beside the server's event loop."""
    out = io.StringIO()
    with redirect_stdout(out):
        code = await asyncio.to_thread(main, list(arguments))
    return code, out.getvalue()


async def with_unit(plc: Plc) -> None:
    """Give `temp` its engineering unit, as Part 8 has it."""
    unit = ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
    await plc.nodes["temp"].add_property(
        ua.NodeId("temp.unit", plc.index), ua.QualifiedName("EngineeringUnits", 0), unit
    )


async def test_browse_gives_path_address_type_value_and_unit(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        await with_unit(plc)
        test = setup(plc.url, tmp_path, {})
        nodes = {node.path: node for node in await test.connector.browse("Line/*")}
    assert set(nodes) == {f"/Objects/Line/{name}" for name in plc.nodes}
    temp = nodes["/Objects/Line/temp"]
    assert (temp.address, temp.type, temp.value, temp.unit) == (f"nsu={URI};s=Line.temp", "Double", "20.5", "°C")
    assert nodes["/Objects/Line/zones"].type == "Double[]"


async def test_a_large_server_is_browsed_in_few_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Plc().running() as plc:
        for folder in range(30):
            above = await plc.line.add_folder(plc.index, f"area{folder}")
            for number in range(20):
                await above.add_variable(plc.index, f"v{number}", 1.0)
        test = setup(plc.url, tmp_path, {})
        calls: list[int] = []
        from asyncua.client.ua_session import UaSession  # noqa: PLC0415

        whole = UaSession.browse

        async def counted(self: UaSession, parameters: ua.BrowseParameters) -> list[ua.BrowseResult]:
            calls.append(len(parameters.NodesToBrowse))
            return await whole(self, parameters)

        monkeypatch.setattr(UaSession, "browse", counted)
        nodes = await test.connector.browse("area*/v*")
    assert len(nodes) == 600
    assert max(calls) <= 100
    assert len(calls) < 20


async def test_probe_reads_every_tag_and_names_each_problem(tmp_path: Path) -> None:
    tags = {"temp": "Line.temp", "none": "Line.none", "zones": "Line.zones", "recipe": "Line.recipe"}
    tags["field"] = {"node": "Line.zones", "pick": "[1].rAct"}  # type: ignore[assignment]
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags)
        found = {p.tag: (p.value, p.problem) for p in await test.connector.probe()}
    assert found["temp"] == ("20.5", "")
    assert found["recipe"] == ("cola", "")
    assert found["none"][1] == "BadNodeIdUnknown"
    assert found["zones"][1].startswith("array: the tag needs `pick`")
    assert found["field"][1].startswith("pick: not a structure")


async def test_probe_of_no_server_is_unreachable(tmp_path: Path) -> None:
    test = setup(f"opc.tcp://127.0.0.1:{free_port()}", tmp_path, {"temp": "Line.temp"})
    with pytest.raises(Unreachable):
        await test.connector.probe()


async def test_browse_command_lists_and_prints_json(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        code, text = await printed("browse", plc.url, "--match", "Line/t*", "--data", str(tmp_path))
        assert code == 0
        assert [line.split()[0] for line in text.splitlines()] == ["/Objects/Line/temp", "/Objects/Line/total"]
        code, text = await printed("browse", plc.url, "--match", "Line/total", "--json", "--data", str(tmp_path))
    assert [node["address"] for node in json.loads(text)] == [f"nsu={URI};s=Line.total"]


async def test_live_prints_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Plc().running() as plc:
        given = argparse.Namespace(
            source=plc.url, live="Line/temp", user="", security="", data=str(tmp_path), json=False
        )
        looking = asyncio.create_task(browse.live(given))
        text, end = "", time.monotonic() + 15
        while "20.5" not in text and time.monotonic() < end:
            await asyncio.sleep(0.05)
            text += capsys.readouterr().out
        await plc.write("temp", 77.25)
        while "77.25" not in text and time.monotonic() < end:
            await asyncio.sleep(0.05)
            text += capsys.readouterr().out
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
    assert "/Objects/Line/temp  20.5" in text
    assert "2100-03-01T06:00:00Z" in text
    assert "/Objects/Line/temp  77.25" in text


async def test_live_ends_by_itself_after_the_seconds_it_was_given(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        given = ("--live", "Line/temp", "--seconds", "4", "--json", "--data", str(tmp_path))
        code, text = await printed("browse", plc.url, *given)
    assert code == 0
    first = json.loads(text.splitlines()[0])
    assert (first["path"], first["value"], first["status"]) == ("/Objects/Line/temp", 20.5, 0)


async def test_live_of_nothing_says_so(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        given = argparse.Namespace(source=plc.url, live="none*", user="", security="", data=str(tmp_path), json=False)
        with pytest.raises(Misconfigured, match="nothing matches 'none\\*'"):
            await browse.live(given)


async def test_init_writes_a_plant_file_that_connects(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        await with_unit(plc)
        code, text = await printed("init", plc.url, "--match", "Line/*", "--data", str(tmp_path))
        assert code == 0
        plant = load(text, "plant.yaml", plugins.connectors(), {})
        addresses = plant.addresses("c1")
        spec = plant.connections["c1"]
        test = setup(plc.url, tmp_path, {a.tag: dict(a.settings) for a in addresses}, ns=spec.settings["ns"])
        found = {p.tag: p.problem for p in await test.connector.probe()}
    assert len(found) == len(plc.nodes) + 2  # the array has three elements
    assert set(found.values()) == {""}
    assert "  line/temp: {from: c1, node: Line.temp, unit: degC}" in text.splitlines()
    assert "  line/recipe: {from: c1, node: Line.recipe, type: text}" in text.splitlines()
    assert "  line/zones_[0..2]: {from: c1, node: Line.zones, pick: '[{i}]'}" in text.splitlines()


async def test_a_text_that_the_file_takes_for_a_number_is_found_before_the_run(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    async with Plc().running() as plc:
        connection = f"linetwin: 1\nconnections: {{c1: {{opcua: '{plc.url}', ns: '{URI}'}}}}\n"
        file.write_text(f"{connection}tags: {{recipe: {{from: c1, node: Line.recipe}}}}\n")
        code, _ = await printed("check", str(file), "--connect", "--data", str(tmp_path))
        assert code == 1
        file.write_text(f"{connection}tags: {{recipe: {{from: c1, node: Line.recipe, type: text}}}}\n")
        assert (await printed("check", str(file), "--connect", "--data", str(tmp_path)))[0] == 0


async def test_init_takes_units_ranges_names_and_access_from_the_server(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        await with_unit(plc)
        temp = plc.nodes["temp"]
        span = ua.Range(Low=0.0, High=150.0)
        await temp.add_property(ua.NodeId("temp.range", plc.index), ua.QualifiedName("EURange", 0), span)
        await temp.write_attribute(ua.AttributeIds.DisplayName, ua.DataValue(ua.LocalizedText("Motor temperature")))
        hidden = plc.nodes["n"]
        for attribute in (ua.AttributeIds.AccessLevel, ua.AttributeIds.UserAccessLevel):
            await hidden.write_attribute(attribute, ua.DataValue(ua.Variant(2, ua.VariantType.Byte)))
        code, text = await printed("init", plc.url, "--match", "Line/*", "--name", "l1/{name}", "--data", str(tmp_path))
    assert code == 0
    written = text.splitlines()
    at = written.index("  l1/temp: {from: c1, node: Line.temp, unit: degC, display: 'Motor temperature'}")
    assert written[at - 1] == "  # usual range 0 to 150 degC"
    assert "# - /Objects/Line/n: this user may not read it" in written
    assert load(text, "plant.yaml", plugins.connectors(), {}).path == "my/plant"
