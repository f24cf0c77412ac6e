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
from twin.core.instant import SECOND
from twin.model.entry import Entry
from twin.model.load import load
from twin.model.report import Report
from twin.model.schema import schema
from twin.model.yaml_text import compose
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.store.log import SqliteLog

ROOT = Path(__file__).parents[2]
SECRETS = {"S7_PW": "secret", "MQTT_PASSWORD": "secret"}
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]
PLANT_FILES = [
    (f"{page.relative_to(ROOT).as_posix()}-{number}", text)
    for page in PAGES
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]
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
    assert load(text, "page", connectors(), SECRETS).tags


@pytest.mark.parametrize("text", [t for _, t in PLANT_FILES], ids=[name for name, _ in PLANT_FILES])
def test_plant_files_in_the_documents_fit_the_schema(text: str) -> None:
    plain = Entry(compose(text, "page"), "", 1, Report("page")).plain()
    assert [error.message for error in Draft7Validator(schema(connectors())).iter_errors(plain)] == []


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
