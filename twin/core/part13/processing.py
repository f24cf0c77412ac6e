"""The one entry: rows of a tag and intervals in, one result by aggregate out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.part13 import counted, extremes, pointwise, timed
from twin.core.part13.aggregate import Aggregate
from twin.core.part13.config import Config
from twin.core.part13.ground import Ground
from twin.core.part13.quality import no_data
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
    if not len(ground.time):
        nothing = Processed(np.full(len(edges) - 1, np.nan), no_data(len(edges) - 1))
        return dict.fromkeys(asked, nothing)
    return {one: ground.once(MADE[one]) for one in asked}


MADE: Mapping[Aggregate, Callable[[Ground], Processed]] = {
    Aggregate.INTERPOLATIVE: pointwise.interpolative,
    Aggregate.AVERAGE: counted.average,
    Aggregate.TIME_AVERAGE: timed.time_average,
    Aggregate.TIME_AVERAGE2: timed.time_average2,
    Aggregate.TOTAL: timed.total,
    Aggregate.TOTAL2: timed.total2,
    Aggregate.MINIMUM: counted.minimum,
    Aggregate.MAXIMUM: counted.maximum,
    Aggregate.MINIMUM2: extremes.minimum2,
    Aggregate.MAXIMUM2: extremes.maximum2,
    Aggregate.RANGE: counted.spread,
    Aggregate.RANGE2: extremes.range2,
    Aggregate.COUNT: counted.count,
    Aggregate.START: counted.start,
    Aggregate.END: counted.end,
    Aggregate.START_BOUND: pointwise.start_bound,
    Aggregate.END_BOUND: pointwise.end_bound,
    Aggregate.DURATION_GOOD: timed.duration_good,
    Aggregate.DURATION_BAD: timed.duration_bad,
    Aggregate.PERCENT_GOOD: timed.percent_good,
    Aggregate.PERCENT_BAD: timed.percent_bad,
    Aggregate.STANDARD_DEVIATION_SAMPLE: counted.standard_deviation_sample,
    Aggregate.STANDARD_DEVIATION_POPULATION: counted.standard_deviation_population,
}
