"""The one entry: rows of a tag and intervals in, one result by aggregate out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.part13 import counted
from twin.core.part13.aggregate import Aggregate
from twin.core.part13.config import Config
from twin.core.part13.ground import Ground
from twin.core.part13.result import Columns, Processed


def processed(
    asked: Sequence[Aggregate], rows: Columns, edges: NDArray[np.int64], config: Config, until: int
) -> dict[Aggregate, Processed]:
    """Each aggregate for each interval [edges[i], edges[i + 1]), ns.

    rows: one tag by time, one row per time, with the nearest row before edges[0] and after edges[-1] where there are
    such (better: the nearest Good ones too; what is not handed over is taken not to exist). until: the instant up to
    which rows are known, of a live tag now. Raises ValueError for edges that do not ascend.
    """
    ground = Ground.of(rows, edges, config, until)
    return {one: MADE[one](ground) for one in asked}


MADE: Mapping[Aggregate, Callable[[Ground], Processed]] = {
    Aggregate.AVERAGE: counted.average,
    Aggregate.MINIMUM: counted.minimum,
    Aggregate.MAXIMUM: counted.maximum,
    Aggregate.RANGE: counted.spread,
    Aggregate.COUNT: counted.count,
    Aggregate.START: counted.start,
    Aggregate.END: counted.end,
    Aggregate.STANDARD_DEVIATION_SAMPLE: counted.standard_deviation_sample,
    Aggregate.STANDARD_DEVIATION_POPULATION: counted.standard_deviation_population,
}
