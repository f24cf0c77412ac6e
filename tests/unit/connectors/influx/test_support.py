"""docs/reference/influxdb.md claims no more than tests show: whatever is called tested names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "reference" / "influxdb.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
SUPPORT = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| (InfluxDB|Victoria)", line)]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("cell", [cell for _, *cells in SUPPORT for cell in cells])
def test_support_is_tested_and_named_or_said_not_to_be(cell: str) -> None:
    assert re.match(r"tested: `tests/[\w/]+\.py::\w+`|per documentation|untested", cell), cell


def test_every_server_of_the_table_has_both_halves() -> None:
    assert [len(row) for row in SUPPORT] == [3] * 6
