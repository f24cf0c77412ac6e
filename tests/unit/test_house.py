"""Laws of the house that no other tool keeps: sizes, names, and pages that must not fall behind the code."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from docs import generate
from twin.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
SHIPPED = [p for folder in ("twin", "connectors", "simulators") for p in sorted((ROOT / folder).rglob("*.py"))]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {one["id"]: one for one in PROJECT["tool"]["importlinter"]["contracts"]}
DECISIONS = ROOT / "docs" / "decisions"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_has_one_subject(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400, f"{path}: {lines} lines; split it by subject"
    assert path.stem not in {"utils", "helpers", "manager", "common", "base"}, f"{path}: name its subject"


def test_every_layer_below_the_store_is_pure() -> None:
    names = [name for level in CONTRACTS["layers"]["layers"] for name in level.split(" | ")]
    above = {"cli", "testing", "api", "runtime", "store"}
    below = {f"twin.{name}" for name in names if name not in above}
    assert set(CONTRACTS["pure"]["source_modules"]) == below


def test_every_connector_is_kept_apart() -> None:
    folders = {p.parent.name for p in (ROOT / "connectors").glob("*/__init__.py")}
    assert set(CONTRACTS["connectors-apart"]["modules"]) == {f"connectors.{name}" for name in folders}


def test_connectors_may_use_core_and_nothing_else_of_twin() -> None:
    forbidden = {name for name in CONTRACTS["connectors"]["forbidden_modules"] if name.startswith("twin.")}
    names = {name for level in CONTRACTS["layers"]["layers"] for name in level.split(" | ")}
    assert forbidden == {f"twin.{name}" for name in names - {"core"}}


@pytest.mark.parametrize("page", sorted(generate.PAGES))
def test_generated_page_is_current(page: str) -> None:
    stored = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert stored == generate.PAGES[page](), f"docs/reference/{page} is behind the code: make docs"


def test_every_command_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert {name for name in COMMANDS if f"## twin {name}\n" not in page} == set()


def test_every_decision_is_listed() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in sorted(DECISIONS.glob("[0-9]*.md")) if f"({p.name})" not in index] == []


def test_installed_version_is_the_one_of_the_project_file() -> None:
    assert version("linetwin") == PROJECT["project"]["version"]


def test_changelog_names_the_version() -> None:
    assert f"## {PROJECT['project']['version']} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
