"""Which product each line made when: intervals from the tag that shows its code."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.rows import Rows
from twin.core.state import row_of, rows, rows_by_tag
from twin.core.window import stable_order

PRODUCT = "product"
"""Kind of the records."""
NO_CODE = -(2**62)
"""State column `code` while no product is known."""
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """The tag that shows a line's product. line: full path. names: code -> product."""

    unit: int
    line: str
    tag: int
    names: Mapping[int, str] = field(default_factory=dict[int, str])


class Products(Fold):
    """Emits a record `product` when a line's product changes: data `code` and `product`, None where not known.

    A bad value means that the product is not known. A lost connection does not: a recipe is set, not measured, and
    holds until the machine says otherwise. State `line`: code, and since when; since 0 before the first sample.
    """

    name = "products"

    def __init__(self, specs: Sequence[ProductSpec]) -> None:
        self.specs = list(specs)
        tags = sorted({spec.tag for spec in specs})
        self._rows = rows_by_tag(np.array(tags, dtype=np.int32))
        self._lines = [[row for row, spec in enumerate(self.specs) if spec.tag == tag] for tag in tags]
        units = np.array([spec.unit for spec in specs], dtype=np.int32)
        self.state = {"line": rows(units, code=np.int64, since=np.int64)}
        self.state["line"].code[:] = NO_CODE

    def step(self, step: Step) -> Outputs:
        """Follow the codes of [t0, t1)."""
        if not self.specs:
            return Outputs()
        records: list[Record] = []
        for part in (step.rows,) if step.held is None else (step.held, step.rows):
            place, time, code = self._codes(part)
            for at in range(len(place)):
                for line in self._lines[int(place[at])]:
                    records += self._follow(line, int(time[at]), int(code[at]))
        return Outputs(records)

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """The line."""
        return {"line": [spec.line for spec in self.specs]}

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """What the lines made up to now."""
        state = self.state[table]
        known = [(self.specs[row], int(state.code[row]), int(state.since[row])) for row in rows.tolist()]
        return [
            Record(spec.unit, PRODUCT, spec.line, since, at, product_data(spec, code))
            for spec, code, since in known
            if since
        ]

    def _codes(self, r: Rows) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
        """(place of the tag, time, code) where a tag says something else than in its row before, by (tag, time)."""
        place = row_of(self._rows, r.tag)
        picked = np.flatnonzero(place >= 0)
        picked = picked[stable_order(place[picked])]  # rows stand by time
        place = place[picked]
        value = r.meant[picked]
        known = (np.abs(value) < _LARGEST) & (value == np.rint(value))  # neither, where there is no value
        code = np.where(known, value, 0).astype(np.int64)
        code[~known] = NO_CODE
        new = np.ones(len(code), np.bool_)
        new[1:] = (place[1:] != place[:-1]) | (code[1:] != code[:-1])
        return place[new], r.time[picked[new]], code[new]

    def _follow(self, line: int, time: int, code: int) -> list[Record]:
        table, spec = self.state["line"], self.specs[line]
        before, since = int(table.code[line]), int(table.since[line])
        if since and code == before:
            return []
        table.code[line], table.since[line] = code, time
        return [Record(spec.unit, PRODUCT, spec.line, since, time, product_data(spec, before))] if since else []


def product_data(spec: ProductSpec, code: int) -> tuple[tuple[str, int | str | None], ...]:
    """The data of a record: the code and the product's name, None where not known."""
    return ("code", None if code == NO_CODE else code), ("product", spec.names.get(code))
