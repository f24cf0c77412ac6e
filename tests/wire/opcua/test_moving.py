"""What Telegraf and OPC Publisher were told to read is read, after one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.wire.opcua.plant import URI, Plc
from tests.wire.opcua.test_browse import printed

TELEGRAF = """
[[inputs.opcua_listener]]
  name = "line"
  endpoint = "{url}"
  security_policy = "None"
  subscription_interval = "100ms"
  nodes = [{{name = "temp", id = "nsu={uri};s=Line.temp"}}]
  [[inputs.opcua_listener.group]]
    namespace_uri = "{uri}"
    identifier_type = "s"
    nodes = [{{name = "total", identifier = "Line.total", monitoring_params = {{sampling_interval = "50ms"}}}}]
"""


@pytest.mark.parametrize("source", ["telegraf.toml", "pn.json"])
async def test_the_plant_file_of_another_programs_file_connects(tmp_path: Path, source: str) -> None:
    file, plant = tmp_path / source, tmp_path / "plant.yaml"
    data = ("--data", str(tmp_path / "data"))
    async with Plc().running() as plc:
        nodes = [{"Id": f"{URI}#s=Line.{name}", "OpcSamplingInterval": 100} for name in ("temp", "total")]
        published = json.dumps([{"EndpointUrl": plc.url, "UseSecurity": False, "OpcNodes": nodes}])
        text = TELEGRAF.format(url=plc.url, uri=URI) if source.endswith(".toml") else published
        file.write_text(text, encoding="utf-8")
        code, made = await printed("init", str(file))
        assert code == 0
        plant.write_text(made, encoding="utf-8")
        code, said = await printed("check", str(plant), "--connect", *data)
    assert (code, "2 tags" in said) == (0, True)
