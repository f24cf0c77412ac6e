"""`twin check`: one line when the file is right, every problem when it is not, every tag that cannot be read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.unit.model.stand_ins import EXAMPLE, MQTT, OPCUA, PLUGINS
from twin.cli.main import main
from twin.core.batch import Batch, batch
from twin.core.errors import Unreachable
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Surroundings, TagAddress
from twin.core.ports import Probed
from twin.runtime import plugins
from twin.runtime.clock import WallClock
from twin.store.log import SqliteLog


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "connectors", lambda: PLUGINS)
    monkeypatch.setenv("S7_PW", "secret")


def test_a_right_file_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(EXAMPLE)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (f"{EXAMPLE}: acme/brno: 1 line, 3 machines, 16 tags, 3 connections\n", "")


def test_outlets_are_counted_where_there_are_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "plant.yaml"
    outlets = 'outlets: {there: {influx: "http://10.0.1.9:8086", bucket: plant}}\n'
    file.write_text(EXAMPLE.read_text("utf-8") + outlets, encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.endswith("3 connections, 1 outlet\n")


def test_a_group_of_history_that_gets_no_tag_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "plant.yaml"
    groups = '{all: {tags: "*", keep: 30d}, some: {tags: "*/filler/*", keep: 90d}}'
    file.write_text(f"{EXAMPLE.read_text('utf-8')}history: {{groups: {groups}}}\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0
    told = capsys.readouterr().err
    assert told == f"{file}: note: history.groups.some: groups before it take all its tags; put it before them\n"


def test_a_right_file_as_json(capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(EXAMPLE), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"plant": "acme/brno", "lines": 1, "machines": 3, "tags": 16, "connections": 3, "problems": []}


def test_a_wrong_file_shows_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "plant.yaml"
    file.write_text("linetwin: 1\ntyps: {}\nlines: []\n", encoding="utf-8")
    assert main(["check", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{file}:2: unknown key 'typs' (did you mean 'types'?)",
        f"{file}:3: lines: is a list, not a mapping (write `key: value`)",
    ]
    assert main(["check", str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {"problems": err.splitlines()}


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path):
    file = tmp_path / "plant.yaml"
    file.write_bytes(b"\xef\xbb\xbflinetwin: 1\n")
    assert main(["check", str(file)]) == 0


@pytest.mark.parametrize(
    ("content", "fact"), [(None, "No such file or directory"), (b"\xff\xfea", "not UTF-8 at byte 0; save it as UTF-8")]
)
def test_a_file_that_cannot_be_read(
    content: bytes | None, fact: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "plant.yaml"
    if content is not None:
        file.write_bytes(content)
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr().err == f"twin check: {file}: {fact}\n"


@dataclass
class Half:
    """A connector whose every second tag is not there."""

    name: str
    tags: Sequence[TagAddress]

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        raise AssertionError("a check opens nothing")

    async def probe(self) -> Sequence[Probed]:
        problems = ("", "BadNodeIdUnknown: no such node")
        return [Probed(tag.tag, "1", problems[i % 2]) for i, tag in enumerate(self.tags)]


class Away(Half):
    """A connector whose server is not there."""

    async def probe(self) -> Sequence[Probed]:
        raise Unreachable("mqtts://10.0.1.5:8883: no answer in 4 s (is it on?)")


def probing(plugin: ConnectorPlugin, kind: type[Half]) -> ConnectorPlugin:
    def build(spec: ConnectionSpec, tags: Sequence[TagAddress], surroundings: Surroundings) -> Half:
        assert surroundings.folder.name == "data"
        return kind(spec.id, tags)

    return replace(plugin, build=build)


def test_connect_reads_every_tag_and_goes_on_when_one_server_is_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    found = {"opcua": probing(OPCUA, Half), "mqtt": probing(MQTT, Away)}
    monkeypatch.setattr(plugins, "connectors", lambda: found)
    assert main(["check", str(EXAMPLE), "--connect", "--data", str(tmp_path / "data")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "connection s7: packaging/line1/filler/reject: BadNodeIdUnknown: no such node"
    assert lines[-1] == "connection gw: mqtts://10.0.1.5:8883: no answer in 4 s (is it on?)"
    assert len(lines) == 4 + 3 + 1


def test_connect_is_content_when_every_tag_was_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "plant.yaml"
    file.write_text('connections: {s7: {opcua: "opc.tcp://a"}}\ntags: {x: {from: s7, node: y}}\n', encoding="utf-8")
    monkeypatch.setattr(plugins, "connectors", lambda: {"opcua": probing(OPCUA, Half)})
    assert main(["check", str(file), "--connect", "--data", str(tmp_path / "data")]) == 0


def test_a_tag_of_another_type_in_the_data_folder_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, data = tmp_path / "plant.yaml", tmp_path / "data"
    file.write_text('connections: {s7: {opcua: "opc.tcp://a"}}\ntags: {a: {from: s7, node: x, type: text}}\n')
    assert main(["check", str(file), "--data", str(data)]) == 0
    log = SqliteLog(data, WallClock())
    log.submit(batch("test", [log.tags.id_of("a")], [1], [1.0])).result()
    log.close()
    assert main(["check", str(file), "--data", str(data)]) == 2
    assert capsys.readouterr().err == (
        f"{file}:2: a is a number tag in this data folder and text here;"
        " a tag never changes its type: give it another name\n"
    )
