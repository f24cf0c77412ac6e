"""The names of the aggregates: Part 13's (table 12), in the spelling of the API."""

from __future__ import annotations

from enum import StrEnum


class Aggregate(StrEnum):
    """What may be asked for an interval. Plain: interpolated bounding values; with a 2: simple bounding values."""

    INTERPOLATIVE = "interpolative"
    AVERAGE = "average"
    TIME_AVERAGE = "time_average"
    TIME_AVERAGE2 = "time_average2"
    TOTAL = "total"
    TOTAL2 = "total2"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    MINIMUM2 = "minimum2"
    MAXIMUM2 = "maximum2"
    RANGE = "range"
    RANGE2 = "range2"
    COUNT = "count"
    START = "start"
    END = "end"
    START_BOUND = "start_bound"
    END_BOUND = "end_bound"
    DURATION_GOOD = "duration_good"
    DURATION_BAD = "duration_bad"
    PERCENT_GOOD = "percent_good"
    PERCENT_BAD = "percent_bad"
    STANDARD_DEVIATION_SAMPLE = "standard_deviation_sample"
    STANDARD_DEVIATION_POPULATION = "standard_deviation_population"
