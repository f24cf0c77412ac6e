"""The example tables of OPC 10000-13 (tables.py names where each value is from)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.core.part13 import tables
from tests.unit.core.part13.columns import LETTERS, STATUS, Rows
from twin.core.instant import MILLISECOND, SECOND
from twin.core.part13 import Aggregate, processed
from twin.core.part13.quality import PARTIAL
from twin.core.status import BAD_NO_DATA

OTHERWISE = {
    # 5.4.3.11: "If an Uncertain value is greater than the maximum Good value the Status is Uncertain_DataSubNormal";
    # at 12:01:17 stands an Uncertain 70 above the Good 30. The table says Good. We follow the text.
    (Aggregate.MAXIMUM, 5): {4: "30 UC"},
}
"""Cells in which the informative tables contradict the normative text."""


def rows_of(historian: list) -> Rows:
    return Rows(
        np.array([tables.NOON + at for at, _, _ in historian], np.int64) * SECOND,
        np.array([np.nan if value is None else value for _, value, _ in historian], np.float64),
        np.array([STATUS[letter] for _, _, letter in historian], np.uint32),
    )


def cells_of(table: tables.Table) -> list[str]:
    cells = [cell.strip() for cell in table.cells.split(";")]
    for at, cell in OTHERWISE.get((table.aggregate, table.historian), {}).items():
        assert cells[at] != cell
        cells[at] = cell
    return cells


def expected(cell: str) -> tuple[float, int]:
    if cell[0] == "-":
        return np.nan, BAD_NO_DATA | (PARTIAL if cell == "-P" else 0)
    value, _, letters = cell.rpartition(" ") if " " in cell else (cell, "", "")
    if value.isalpha():
        value, letters = "nan", value
    status = 0
    for letter in letters:
        status |= LETTERS[letter]
    return float(value), status


@pytest.mark.parametrize(
    "table",
    tables.TABLES,
    ids=lambda table: f"{table.aggregate}-historian{table.historian}-{table.source}",
)
def test_the_example_is_that_of_the_standard(table: tables.Table) -> None:
    historian, config = tables.HISTORIANS[table.historian]
    edges = np.arange(tables.START, tables.END + table.every, table.every, dtype=np.int64)
    edges = np.minimum(edges, tables.END) * SECOND
    edges = edges[: len(cells_of(table)) + 1]
    until = tables.LAST * SECOND + MILLISECOND  # 5.4.2.4: the tables count in milliseconds, to just after the last row
    found = processed([table.aggregate], rows_of(historian), edges, config, until)[table.aggregate]
    want = [expected(cell) for cell in cells_of(table)]
    assert found.value.tolist() == pytest.approx([value for value, _ in want], abs=6e-4, nan_ok=True)
    assert [f"{status:08X}" for status in found.status.tolist()] == [f"{status:08X}" for _, status in want]
