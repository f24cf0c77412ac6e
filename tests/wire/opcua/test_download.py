"""A PLC that is programmed anew: its address space saved before and compared after."""

from __future__ import annotations

import json
from pathlib import Path

from asyncua import ua

from tests.wire.opcua.plant import URI, Plc
from tests.wire.opcua.test_browse import printed


async def test_what_a_download_changed_is_told_with_the_tags_it_touches(tmp_path: Path) -> None:
    saved, plant, data = tmp_path / "before.json", tmp_path / "plant.yaml", ("--data", str(tmp_path / "data"))
    async with Plc().running() as plc:
        assert (await printed("browse", plc.url, "--match", "Line/*", "--save", str(saved), *data))[0] == 0
        assert (await printed("browse", plc.url, "--match", "Line/*", "--compare", str(saved), *data))[0] == 0
        port = plc.port
    plant.write_text(
        f"linetwin: 1\nconnections: {{c1: {{opcua: '{plc.url}', ns: '{URI}'}}}}\ntags:\n"
        "  temp: {from: c1, node: Line.temp}\n  total: {from: c1, node: Line.total}\n",
        encoding="utf-8",
    )
    after = Plc(port, before=["urn:another"])

    async def programmed(_server: object) -> None:
        await after.add("temp_1", ua.Variant(20.5, ua.VariantType.Double))

    async with after.running(programmed):
        await after.nodes["temp"].delete()
        await after.nodes["total"].delete()
        code, text = await printed(
            "browse", after.url, "--match", "Line/*", "--compare", str(saved), "--plant", str(plant), "--json", *data
        )
    found = json.loads(text)
    assert code == 1
    kinds = {(change["kind"], change["before"], change["after"]) for change in found["changes"]}
    assert kinds == {
        ("renamed", "/Objects/Line/temp", "/Objects/Line/temp_1"),
        ("removed", "/Objects/Line/total", None),
    }
    assert [line.partition(": ")[0].rpartition(":")[2] for line in found["tags"]] == ["4", "5"]
    assert f"write node: 'nsu={URI};s=Line.temp_1' (if it is the same: " in found["tags"][0]
