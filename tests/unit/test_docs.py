"""What the documents show is true: plant files are right, commands exist, examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from docs import generate
from twin.cli.main import COMMANDS
from twin.core.batch import batch
from twin.core.instant import FAR_FUTURE, SECOND, from_text
from twin.model.entry import Entry
from twin.model.load import load
from twin.model.report import Report
from twin.model.schema import schema
from twin.model.yaml_text import compose
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors, outlets
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

ROOT = Path(__file__).parents[2]
SECRETS = {"S7_PW": "secret", "MQTT_PASSWORD": "secret", "INFLUX_TOKEN": "secret"}
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]
YAML = [
    (f"{page.relative_to(ROOT).as_posix()}-{number}", text)
    for page in PAGES
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]
LINES = [(name, text) for name, text in YAML if re.search(r"^line:", text, re.MULTILINE)]
"""Descriptions of simulated lines, and scenarios: tests/unit/simulators/description/test_documents.py."""
PLANT_FILES = [one for one in YAML if one not in LINES]
CALLS = sorted(
    {
        (name, tuple(sorted(set(re.findall(r"(?<!\S)--[a-z-]+", rest)))))
        for page in PAGES
        for name, rest in re.findall(r"\btwin ([a-z]+)((?: [^\n`;|&]*)?)", page.read_text(encoding="utf-8"))
        if name in COMMANDS
    }
)

OPTIONS = {
    name: set(re.findall(r"`(--?[a-z-]+)", section))
    for name, section in re.findall(
        r"^## twin ([a-z]+)$(.*?)(?=^## |\Z)", generate.commands(), re.DOTALL | re.MULTILINE
    )
}
"""Command -> the options it takes."""


@pytest.mark.parametrize("text", [t for _, t in PLANT_FILES], ids=[name for name, _ in PLANT_FILES])
def test_plant_files_in_the_documents_are_right(text: str) -> None:
    assert load(text, "page", connectors(), SECRETS, outlets()).tags


@pytest.mark.parametrize("text", [t for _, t in PLANT_FILES], ids=[name for name, _ in PLANT_FILES])
def test_plant_files_in_the_documents_fit_the_schema(text: str) -> None:
    plain = Entry(compose(text, "page"), "", 1, Report("page")).plain()
    assert [error.message for error in Draft7Validator(schema(connectors(), outlets())).iter_errors(plain)] == []


def test_example_plant_file_is_right() -> None:
    text = (ROOT / "examples" / "brno.yaml").read_text(encoding="utf-8")
    assert load(text, "brno.yaml", connectors(), SECRETS).lines


@pytest.mark.parametrize(("name", "options"), CALLS, ids=lambda one: one if isinstance(one, str) else "".join(one))
def test_options_in_the_documents_exist(name: str, options: tuple[str, ...]) -> None:
    assert set(options) - OPTIONS[name] == set()


def test_the_reading_example_prints_what_the_log_holds(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, WallClock())
    now = WallClock().now() // SECOND * SECOND
    log.submit(batch("test", [log.tags.id_of("press/temp")], [now], [61.5])).result()
    log.close()
    example = ROOT / "examples" / "read_log.py"
    done = subprocess.run([sys.executable, example, tmp_path, "press/temp"], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[0].endswith("Z 61.5 0x00000000")


def test_the_lines_for_duckdb_read_what_was_sealed(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "linetwin-data", WallClock())
    reader = LogReader(log.folder)
    at = from_text("2026-11-22T12:00:00Z")
    tags = [log.tags.id_of("my/plant/filler/temp"), log.tags.id_of("my/plant/packer/temp")]
    log.submit(batch("test", [*tags, tags[0]], [at, at, at + 1], [61.5, 1, 63])).result()
    log.submit(batch("test", tags[:1], [at], [62.5])).result()  # the same instant again: the later one counts
    while Sealer(log, reader, Bounds(rows=1, age=0, leave=0)).seal(FAR_FUTURE):
        pass
    page = (ROOT / "docs" / "how-to" / "data.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    reader.close()
    log.close()
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [(row[1], row[-1]) for row in rows] == [("my/plant/filler/temp", "62.5"), ("my/plant/filler/temp", "63.0")]
