"""The page of processed values: what each aggregate of OPC UA Part 13 is, and what it makes of one small series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import SECOND
from twin.core.part13 import Aggregate, Config, processed
from twin.core.part13.quality import CALCULATED, DATA_VALUE, INTERPOLATED, MULTIPLE_VALUES, PARTIAL
from twin.core.status import BAD, UNCERTAIN, is_bad, name

INTRODUCTION = """\
What `twin.core.part13` computes for each interval of time, as OPC UA Part 13 (OPC 10000-13, 1.05) defines it; in
brackets the clause. Two kinds of bounding values say what a tag is at the edge of an interval (3.1.7): *interpolated*
ones pass over Bad rows to the nearest usable ones; *simple* ones, of the aggregates with a 2, take the nearest rows,
and where such a row is Bad there is nothing. So plain aggregates always have a number and say Uncertain; those with a 2
leave out what is not known."""

SETTINGS = (
    (
        "stepped",
        ("a value holds until the next row; sloped: the line between two rows counts. Of the tag: `interpolation`"),
        "stepped",
    ),
    (
        "uncertain_is_bad",
        "rows with an Uncertain status count as Bad (TreatUncertainAsBad)",
        "true",
    ),
    (
        "percent_bad",
        "an interval is Bad if at least this share of it is (PercentDataBad)",
        "100",
    ),
    (
        "percent_good",
        "an interval is Good if at least this share of it is (PercentDataGood); at least 100 - percent_bad",
        "100",
    ),
    (
        "sloped_extrapolation",
        "after the last row the line of the last two goes on; else the last value holds",
        "false",
    ),
)
"""(setting, effect, default)."""

STATUS = """\
The status of a result is an OPC UA StatusCode: Good, UncertainDataSubNormal (0x40A40000), Bad, or BadNoData
(0x809B0000); a Bad one has no value. Its lowest bits say what it is (InfoType DataValue, 0x400, with): Calculated 0x01,
Interpolated 0x02, Partial 0x04 (the interval reaches over the beginning or the end of the data), MultipleValues 0x10.
A raw row that is returned as it is keeps its own status, without bits. Intervals before the first row, and those that
begin where the data ends, are BadNoData. The data ends at the instant up to which the rows are known: for a live tag
that is now, so a stepped value holds until now and is Good; a sloped one is extrapolated from its last row on, and
Uncertain."""

DECIDED = (
    (
        (
            "The table of Maximum for Historian 5 says Good where an Uncertain 70 lies above the Good 30; "
            "5.4.3.11 says Uncertain"
        ),
        "Uncertain, as the text says",
    ),
    (
        'TimeAverage and Total of a stepped tag: "always uses a sloped line between points" (5.4.3.6)',
        "so it is, and seldom what is meant: take `time_average2`, `total2`, or `twa`",
    ),
    (
        "Total of a partial interval: TimeAverage x ProcessingInterval (5.4.3.8)",
        "the whole interval, also the part without data; `total2` counts only what there is",
    ),
    (
        (
            '"Uncertain regions are included with the Good regions", and "treated as Uncertain when the '
            'StatusCode is calculated" (5.4.3.2.1)'
        ),
        "what is Uncertain and not taken as Bad counts as neither Good nor Bad; the tables agree",
    ),
    (
        "percent_good = 100 - percent_bad: the result of percent_good is used (4.2.1.2); 1.04 tests Bad first",
        "Bad is not tested then (report 6227 on the standard, fixed in 1.05): Uncertain below percent_good",
    ),
    (
        'Simple bounds beyond the last row: "may use extrapolation or return an error" (3.1.9)',
        ("the value holds to the end of the data, and the interval ends there; `end_bound` beyond it is BadNoData"),
    ),
    (
        "TimeAverage over the end of the data",
        "extrapolated to the end of the interval, as in the tables; Partial",
    ),
    (
        (
            "The end bound of Minimum2 and Maximum2: just before the end (5.4.2.4), or a row that stands there "
            "(A.16, Historian 2)"
        ),
        "a row that stands at the end is the end bound, as in A.16",
    ),
    (
        "DurationGood of a sloped tag in A.29: 60 s to 64 s counts although the next row is Uncertain",
        "a stretch is as good as where it begins; the start of an interval is its simple bound",
    ),
    (
        (
            'StandardDeviation: Uncertain where rows were ignored by the text, "Always Good" by the table below '
            "it (5.4.3.37, .39)"
        ),
        "Uncertain, as the text and the examples say",
    ),
    (
        "Partial on a Bad result",
        "not set, but by `start_bound` and `end_bound`, as in A.25",
    ),
    (
        'The Bad_NoData entries of the examples, "First archive entry, Point created"',
        "no row: data begins with the first row there is",
    ),
    (
        "A row with a Good status and without a number (a text)",
        "counts as Bad",
    ),
)
"""(where the standard leaves room or contradicts itself, what we do)."""

LEFT_OUT = """\
Not done: reversed time (the end before the start), AnnotationCount, states and transitions, Delta, WorstQuality,
Variance, the actual times of minimum and maximum. The examples of the standard pass cell by cell
(`tests/unit/core/part13/test_tables.py`, which names the source of each table), and every aggregate is compared with a
slow reading of the text in fractions (`test_oracle.py`)."""


@dataclass(frozen=True)
class About:
    """clause, bounds, what it is, what Bad and Uncertain do."""

    clause: str
    bounds: str
    what: str
    quality: str


WEIGHED = "by the share of time that is Good and Bad"
COUNTED = "by the share of rows that are Good and Bad"
SKIPPED = "Uncertain if a row within was not Good"
PASSED = "Uncertain if Bad rows were passed over, or Uncertain ones used"
ABOUT = {
    Aggregate.INTERPOLATIVE: About("5.4.3.4", "interpolated", "value at the start of the interval", PASSED),
    Aggregate.AVERAGE: About("5.4.3.5", "none", "mean of the Good rows", COUNTED),
    Aggregate.TIME_AVERAGE: About("5.4.3.6", "interpolated", "mean over time of the line through the rows", PASSED),
    Aggregate.TIME_AVERAGE2: About("5.4.3.7", "simple", "mean over the time that is not Bad", WEIGHED),
    Aggregate.TOTAL: About("5.4.3.8", "interpolated", "time_average x seconds of the interval", PASSED),
    Aggregate.TOTAL2: About("5.4.3.9", "simple", "time_average2 x seconds that are not Bad", WEIGHED),
    Aggregate.MINIMUM: About(
        "5.4.3.10", "none", "least Good row", "Uncertain if a row is Bad, or an Uncertain one less"
    ),
    Aggregate.MAXIMUM: About(
        "5.4.3.11", "none", "greatest Good row", "Uncertain if a row is Bad, or an Uncertain one more"
    ),
    Aggregate.MINIMUM2: About("5.4.3.15", "simple", "least row or bound that is not Bad", WEIGHED),
    Aggregate.MAXIMUM2: About("5.4.3.16", "simple", "greatest row or bound that is not Bad", WEIGHED),
    Aggregate.RANGE: About("5.4.3.14", "none", "maximum - minimum", "Uncertain if either is"),
    Aggregate.RANGE2: About("5.4.3.19", "simple", "maximum2 - minimum2", "Uncertain if either is"),
    Aggregate.COUNT: About("5.4.3.21", "none", "number of Good rows", COUNTED),
    Aggregate.START: About("5.4.3.24", "none", "first row, whatever its quality", "its own"),
    Aggregate.END: About("5.4.3.25", "none", "last row, whatever its quality", "its own"),
    Aggregate.START_BOUND: About("5.4.3.28", "simple", "value at the start", "that of the bound"),
    Aggregate.END_BOUND: About("5.4.3.29", "simple", "value at the end", "that of the bound"),
    Aggregate.DURATION_GOOD: About("5.4.3.31", "status of the simple", "how long it is Good, ms", "always Good"),
    Aggregate.DURATION_BAD: About("5.4.3.32", "status of the simple", "how long it is Bad, ms", "always Good"),
    Aggregate.PERCENT_GOOD: About(
        "5.4.3.33", "status of the simple", "share of the time that is Good, %", "always Good"
    ),
    Aggregate.PERCENT_BAD: About("5.4.3.34", "status of the simple", "share of the time that is Bad, %", "always Good"),
    Aggregate.STANDARD_DEVIATION_SAMPLE: About("5.4.3.37", "none", "of the Good rows, over n - 1; 0 of one", SKIPPED),
    Aggregate.STANDARD_DEVIATION_POPULATION: About("5.4.3.39", "none", "of the Good rows, over n; 0 of one", SKIPPED),
}

ROWS = [(2, 10.0, 0), (25, 20.0, 0), (28, 25.0, 0), (39, 30.0, 0), (42, np.nan, BAD), (48, 40.0, 0), (52, 50.0, 0)]
ROWS += [(72, 60.0, 0), (77, 70.0, UNCERTAIN), (83, 70.0, 0), (86, 80.0, 0), (90, 90.0, 0)]
EDGES = np.array([16, 32, 48, 64], np.int64) * SECOND
BITS = {CALCULATED: "Calculated", INTERPOLATED: "Interpolated", PARTIAL: "Partial", MULTIPLE_VALUES: "MultipleValues"}


@dataclass(frozen=True)
class _Columns:
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]


def definitions() -> Iterator[tuple[str, ...]]:
    """(aggregate, what it is, bounds, status)."""
    for one in Aggregate:
        about = ABOUT[one]
        yield f"`{one}`", f"{about.what} ({about.clause})", about.bounds, about.quality


def series() -> str:
    """The rows of the example."""
    said = {0: "", UNCERTAIN: " Uncertain", BAD: ""}
    return ", ".join(f"{at} s {'Bad' if status == BAD else f'{value:g}'}{said[status]}" for at, value, status in ROWS)


def examples() -> Iterator[tuple[str, ...]]:
    """(aggregate, of a sloped and of a stepped tag: the value and the status of each interval)."""
    rows = _Columns(
        *(np.array(c, t) for c, t in zip(zip(*ROWS, strict=True), (np.int64, float, np.uint32), strict=True))
    )
    rows = _Columns(rows.time * SECOND, rows.value, rows.status)
    made = [processed(list(Aggregate), rows, EDGES, Config(stepped=stepped), 100 * SECOND) for stepped in (False, True)]
    for one in Aggregate:
        cells = [_cell(found[one].value[at], int(found[one].status[at])) for found in made for at in range(3)]
        yield f"`{one}`", *cells


def _cell(value: float, status: int) -> str:
    bits = [text for bit, text in BITS.items() if status & bit & ~DATA_VALUE]
    severity = name(status & 0xFFFF0000).replace("UncertainSubNormal", "Uncertain")
    number = "" if is_bad(np.array([status], np.uint32))[0] else f"{value:.6g} "
    return number + ", ".join([severity, *bits])
