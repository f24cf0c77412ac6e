"""The comparison of simulators: what it says of ours is proved by a test that is there, or is a plain no."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "simulators-compared.md"
RIVALS = ["opc-plc", "opcua-sim", "opc-replay", "Prosys"]
TABLES = re.findall(r"^\| feature \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for table in TABLES for row in table.splitlines()]
PROOF = re.compile(r"\[[^]]*\]\(([^)]+\.py)\) `(test_\w+)`")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_of_ours_names_a_test_that_is_there_or_says_no(row: list[str]) -> None:
    ours, proof = row[1], PROOF.search(row[1])
    assert len(row) == len(RIVALS) + 2
    assert ours.startswith(("[yes]", "**no**"))
    assert proof is not None or ours.startswith("**no**")
    if proof is not None:
        text = (PAGE.parent / proof[1]).resolve().read_text(encoding="utf-8")
        assert re.search(rf"^\s*(?:async )?def {proof[2]}\(", text, re.MULTILINE)


def test_the_first_table_is_of_what_we_have_not_and_the_page_is_linked() -> None:
    first, second = TABLES
    assert all(row.split("|")[2].strip().startswith("**no**") for row in first.splitlines())
    assert second.count("[yes]") > 20
    for page in ("README.md", "how-to/simulate.md"):
        assert "reference/simulators-compared.md" in (PAGE.parents[1] / page).read_text(encoding="utf-8")
