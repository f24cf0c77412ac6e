"""What is asked of tags: where their rows are read, and what the plant file says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.api.readable import Readable
from twin.core.history import TagReads
from twin.core.rows import Samples
from twin.core.status import is_bad
from twin.core.tags import TagTable
from twin.model.keys import SLOPED, STEPPED
from twin.model.plant import Plant
from twin.runtime.archive import AS_SENT, values
from twin.runtime.live import Meaning


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """reads: rows with the wire's numbers, or with values where an archive has them so; meaning: what makes values."""

    reads: TagReads
    meaning: Meaning
    plant: Plant
    tags: TagTable

    def interpolation(self, path: str) -> str:
        """`stepped` or `sloped`."""
        spec = self.plant.tags.get(path)
        return STEPPED if spec is None else spec.interpolation

    def is_stepped(self, path: str) -> bool:
        """Whether a value holds until the next row."""
        return self.interpolation(path) != SLOPED

    def values(self, rows: Samples) -> Samples:
        """The same rows with values in the tags' units, statuses with them; no text where it is not the value's."""
        if self._are_values(rows):
            bad = is_bad(rows.status)
            return replace(rows, value=np.where(bad, np.nan, rows.value)) if bad.any() else rows
        value, status = values(self.meaning, rows)
        is_scaled = self.is_scaled(rows.tag) & (rows.recorded != AS_SENT)
        value = np.where(is_scaled | np.isnan(value), value, rows.value)  # -0.0 * 1 + 0 would be 0.0
        text = rows.text
        if text is not None and is_scaled.any():
            text = text.copy()
            text[is_scaled] = None
        return Samples(rows.tag, rows.time, value, status, rows.recorded, text)

    def _are_values(self, rows: Samples) -> bool:
        """Whether they are of one tag of which the number of the wire is the value: nothing then to do row by row."""
        tag = rows.tag[:1]
        return (
            len(tag) > 0
            and not self.is_scaled(tag)[0]
            and not self.meaning.scales.sentinels(int(tag[0]))
            and bool((rows.tag == tag[0]).all())
            and bool((rows.recorded != AS_SENT).all())
        )

    def is_scaled(self, tag: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Of which rows the number of the wire is not the value."""
        return self.meaning.scales.is_scaled(tag)


def readings_of(twin: Readable) -> Readings:
    """Those of a twin, or of its folder."""
    return Readings(twin.past, twin.meaning, twin.plant, twin.tags)
