"""Plant files on disk, and the plant that a folder was last run with."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED, Event
from twin.runtime.clock import WallClock
from twin.runtime.plant_file import read_plant, stored_plant
from twin.store.log import SqliteLog

WITH_SECRET = """linetwin: 1
plant: acme/brno
connections:
  s7: {opcua: "opc.tcp://${S7_HOST}:4840", ns: "urn:plc", user: twin, password: "${S7_PW}"}
tags:
  a: {from: s7, node: "s=a"}
"""


def test_a_stored_plant_is_served_without_its_secrets(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, WallClock())
    log.submit(Event(1, PLANT_LOADED, "acme/brno", {"digest": "d", "text": WITH_SECRET})).result()
    log.close()
    plant = stored_plant(tmp_path)
    assert plant.path == "acme/brno"
    assert plant.text == WITH_SECRET


def test_a_folder_that_never_ran_a_plant_says_so(tmp_path: Path) -> None:
    SqliteLog(tmp_path, WallClock()).close()
    with pytest.raises(Misconfigured, match="no plant was ever run"):
        stored_plant(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no\.yaml: No such file"):
        read_plant(str(tmp_path / "no.yaml"))
