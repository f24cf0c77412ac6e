"""One figure of a benchmark beside its rival's, and how figures are printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ratio: ours / rival; None where there is no rival, or its figure is 0."""

    name: str
    ours: float
    unit: str
    rival: str = ""
    rival_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by the rival's."""
        return self.ours / self.rival_value if self.rival_value else None


def middle(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """The median of each figure over runs that give the same rows; of losses the worst, for one lost value counts."""
    return [_middle(of_one_name) for of_one_name in zip(*runs, strict=True)]


def _middle(rows: Sequence[Row]) -> Row:
    choose = max if rows[0].unit == "lost" else median
    rivals = [row.rival_value for row in rows if row.rival_value is not None]
    return replace(rows[0], ours=choose([row.ours for row in rows]), rival_value=choose(rivals) if rivals else None)


def to_json(rows: Sequence[Row]) -> str:
    """The rows as a JSON array."""
    return json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=1)


def to_table(rows: Sequence[Row]) -> str:
    """The rows for people."""
    lines = [("name", "ours", "unit", "rival's", "ratio", "rival")]
    lines += [
        (row.name, _number(row.ours), row.unit, _number(row.rival_value), _number(row.ratio), row.rival) for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
