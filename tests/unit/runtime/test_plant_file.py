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


def test_a_plant_of_several_files_is_stored_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "lines").mkdir()
    (tmp_path / "plant.yaml").write_text(WITH_SECRET.replace("tags:", "include: 'lines/*.yaml'\ntags:"))
    (tmp_path / "lines" / "b.yaml").write_text("tags: {b: {from: s7, node: 's=b'}}\n")
    (tmp_path / "lines" / ".b.yaml").write_text("not: read\n")
    plant = read_plant(str(tmp_path / "plant.yaml"), secrets=False)
    assert list(plant.tags) == ["acme/brno/a", "acme/brno/b"]
    log = SqliteLog(tmp_path / "data", WallClock())
    log.submit(Event(1, PLANT_LOADED, "acme/brno", {"digest": plant.digest, "text": plant.text})).result()
    log.close()
    again = stored_plant(tmp_path / "data")
    assert (list(again.tags), again.digest) == (list(plant.tags), plant.digest)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "other.yaml").write_text("tags: {}\n")
    (tmp_path / "site" / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (tmp_path / "site" / "plant.yaml").write_text("include: '*.yaml'\n")
    with pytest.raises(Misconfigured, match=r"site/plant\.yaml:1: include: 'link\.yaml' is a link that leaves"):
        read_plant(str(tmp_path / "site" / "plant.yaml"))


def test_an_included_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"tags: {} # \xe9\n")
    (tmp_path / "plant.yaml").write_text("include: latin.yaml\n")
    with pytest.raises(Misconfigured, match=r"latin\.yaml: not UTF-8 at byte 11"):
        read_plant(str(tmp_path / "plant.yaml"))
