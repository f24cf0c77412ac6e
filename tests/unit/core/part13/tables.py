"""The example historians of OPC 10000-13 and what it says of them, row by row.

Sources of every expected value here:
CSV: AggregateExamples.csv, to which Annex A of OPC 10000-13 1.05.07 refers (opcfoundation.org/UA/schemas/1.05).
A.n: Annex A of OPC 10000-13 1.04, reference.opcfoundation.org/Core/Part13/v104/docs/A.n, for what the CSV leaves out.

Each cell: the value, then letters of the status. `-` is BadNoData without a value. U is UncertainDataSubNormal, u the
plain Uncertain of a raw row, B Bad, else Good; C Calculated, I Interpolated, P Partial, M MultipleValues.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.core.part13 import Aggregate, Config

NOON = 12 * 3600
START, END, LAST = NOON, NOON + 100, NOON + 90
"""Every table runs from 12:00:00 to 12:01:40; the newest row of every historian is of 12:01:30."""

# (12:00:00 + seconds, value, status): g Good, u Uncertain, b Bad. The entry of 12:00:00 (Bad_NoData, "Point created")
# says that there is no data yet; it is no row.
HISTORIAN_1 = [(10, 10, "g"), (20, 20, "g"), (30, 30, "g"), (40, 40, "b"), (50, 50, "g"), (60, 60, "g"), (70, 70, "u")]
HISTORIAN_1 += [(80, 80, "g"), (90, 90, "g")]
HISTORIAN_2 = [(2, 10, "g"), (25, 20, "g"), (28, 25, "g"), (39, 30, "g"), (42, None, "b"), (48, 40, "g"), (52, 50, "g")]
HISTORIAN_2 += [(72, 60, "g"), (77, 70, "u"), (83, 70, "g"), (86, 80, "g"), (90, 90, "g")]
HISTORIAN_4 = [(2, 1, "g"), (25, 0, "g"), (28, 1, "g"), (39, 1, "g"), (42, None, "b"), (48, 1, "g"), (52, 0, "g")]
HISTORIAN_4 += [(72, 0, "g"), (77, 1, "u"), (83, 1, "g"), (86, 0, "g"), (90, 1, "g")]
HISTORIAN_5 = [(2, 10, "g"), (25, 20, "g"), (28, 10, "g"), (39, 30, "g"), (42, None, "b"), (48, 30, "g"), (52, 50, "g")]
HISTORIAN_5 += [(72, 30, "g"), (77, 70, "u"), (83, 70, "g"), (86, 80, "g"), (90, 70, "g")]

HISTORIANS = {
    1: (HISTORIAN_1, Config(stepped=False, uncertain_is_bad=False)),
    2: (HISTORIAN_2, Config(stepped=False, sloped_extrapolation=True)),
    3: (HISTORIAN_2, Config(stepped=True, percent_bad=50, percent_good=50)),
    4: (HISTORIAN_4, Config(stepped=True)),
    5: (HISTORIAN_5, Config(stepped=False, uncertain_is_bad=False)),
}


@dataclass(frozen=True)
class Table:
    """What the standard prints: cells by interval."""

    aggregate: Aggregate
    source: str
    every: int
    historian: int
    cells: str


def tables(aggregate: Aggregate, source: str, every: int, **historians: str) -> list[Table]:
    return [Table(aggregate, source, every, int(name[1:]), cells) for name, cells in historians.items()]


TABLES = [
    *tables(
        Aggregate.INTERPOLATIVE,
        "CSV",
        5,
        h1="-; -; 10; 15 I; 20; 25 I; 30; 35 UI; 40 UI; 45 UI; 50; 55 I; 60; 65 UI; 70 u; 75 UI; 80; 85 I; 90; 90 UI",
        h2="-; 11.304 I; 13.478 I; 15.652 I; 17.826 I; 20; 25.909 I; 28.182 I; 31.111 UI; 36.667 UI; 45 I; 51.5 I;"
        "54 I; 56.5 I; 59 I; 62.727 UI; 67.273 UI; 76.667 I; 90; 102.5 UI",
        h3="-; 10 I; 10 I; 10 I; 10 I; 20; 25 I; 25 I; 30 I; 30 UI; 40 I; 50 I; 50 I; 50 I; 50 I; 60 I; 60 UI; 70 I;"
        "90; 90 UI",
        h5="-; 11.3043 I; 13.4783 I; 15.6522 I; 17.8261 I; 20; 13.6364 I; 22.7273 I; 30 UI; 30 UI; 40 I; 47 I; 42 I;"
        "37 I; 32 I; 54 UI; 70 UI; 76.6667 I; 70; 70 UI",
    ),
    *tables(
        Aggregate.AVERAGE,
        "CSV",
        5,
        h1="-; -; 10 C; -; 20 C; -; 30 C; -; -; -; 50 C; -; 60 C; -; -; -; 80 C; -; 90 C; -",
        h2="10 C; -; -; -; -; 22.5 C; -; 30 C; -; 40 C; 50 C; -; -; -; 60 C; -; 70 C; 80 C; 90 C; -",
        h3="10 C; -; -; -; -; 22.5 C; -; 30 C; -; 40 C; 50 C; -; -; -; 60 C; -; 70 C; 80 C; 90 C; -",
        h5="10 C; -; -; -; -; 15 C; -; 30 C; -; 30 C; 50 C; -; -; -; 30 C; -; 70 C; 80 C; 70 C; -",
    ),
    *tables(
        Aggregate.TIME_AVERAGE,
        "CSV",
        5,
        h1="-; -; 12.5 C; 17.5 C; 22.5 C; 27.5 C; 32.5 UC; 37.5 UC; 42.5 UC; 47.5 UC; 52.5 C; 57.5 C; 62.5 UC; 67.5 UC;"
        "72.5 UC; 77.5 UC; 82.5 C; 87.5 C; 90 UCP; -",
        h2="10.652 UCP; 12.391 C; 14.565 C; 16.739 C; 18.913 C; 23.682 C; 27.045 C; 29.384 UC; 33.889 UC; 40 UC;"
        "49.45 C; 52.75 C; 55.25 C; 57.75 C; 60.618 UC; 65 UC; 70.515 UC; 83.667 C; 96.25 UCP; -",
        h3="10.652 UCP; 12.391 C; 14.565 C; 16.739 C; 18.913 C; 23.682 C; 27.045 C; 29.384 UC; 33.889 UC; 40 UC;"
        "49.45 C; 52.75 C; 55.25 C; 57.75 C; 60.618 UC; 65 UC; 70.515 UC; 83.667 C; 90 UCP; -",
        h5="10.6522 UCP; 12.3913 C; 14.5652 C; 16.7391 C; 18.9130 C; 13.7273 C; 18.1818 C; 27.0909 UC; 30 UC; 32 UC;"
        "47.1 C; 44.5 C; 39.5 C; 34.5 C; 37.6 UC; 66.8 UC; 71.3333 UC; 75.6667 C; 70 UCP; -",
    ),
    *tables(
        Aggregate.MINIMUM,
        "CSV",
        16,
        h1="10 CP; 20 C; -; 50 C; -; 80 P; -",
        h2="10 CP; 20 C; 30 UC; 40; 60 UC; 70 CP; -",
        h3="10 CP; 20 C; 30 UC; 40; 60 UC; 70 CP; -",
        h5="10 CP; 10 C; 30 UC; 30; 30 C; 70 CMP; -",
    ),
    *tables(
        Aggregate.MAXIMUM,
        "CSV",
        16,
        h1="10 CP; 30 C; -; 60 C; -; 90 CP; -",
        h2="10 CP; 25 C; 30 UC; 50 C; 60 UC; 90 CP; -",
        h3="10 CP; 25 C; 30 UC; 50 C; 60 UC; 90 CP; -",
        h5="10 CP; 20 C; 30 UC; 50 C; 30 C; 80 CP; -",
    ),
    *tables(
        Aggregate.COUNT,
        "CSV",
        16,
        h1="1 CP; 2 C; B; 2 C; 0 UC; 2 CP; -",
        h2="1 CP; 2 C; 1 UC; 2 C; 1 UC; 3 CP; -",
        h3="1 CP; 2 C; 1 C; 2 C; 1 C; 3 CP; -",
        h4="1 CP; 2 C; 1 UC; 2 C; 1 UC; 3 CP; -",
        h5="1 CP; 2 C; 1 UC; 2 C; 1 UC; 3 CP; -",
    ),
    *tables(
        Aggregate.START,
        "CSV",
        16,
        h1="10 P; 20; B; 50; 70 u; 80 P; -",
        h2="10 P; 20; 30; 40; 60; 70 P; -",
        h3="10 P; 20; 30; 40; 60; 70 P; -",
        h5="10 P; 20; 30; 30; 30; 70 P; -",
    ),
    *tables(
        Aggregate.END,
        "CSV",
        16,
        h1="10 P; 30; B; 60; 70 u; 90 P; -",
        h2="10 P; 25; B; 50; 70 u; 90 P; -",
        h3="10 P; 25; B; 50; 70 u; 90 P; -",
        h5="10 P; 10; B; 50; 70 u; 70 P; -",
    ),
    *tables(
        Aggregate.STANDARD_DEVIATION_SAMPLE,
        "CSV",
        20,
        h1="0 CP; 7.071 C; 0 UC; 0 UC; 7.071 CP",
        h2="0 CP; 5 C; 7.071 UC; 0 UC; 10 CP",
        h3="0 CP; 5 C; 7.071 UC; 0 UC; 10 CP",
        h5="0 CP; 10 C; 14.142 UC; 0 UC; 5.7735 CP",
    ),
    # H2 to 12:01:10 only: the copy at hand ends there. H3: report 6227 on the standard (mantis.opcfoundation.org,
    # "fixed in version 1.05"), column "updated".
    *tables(
        Aggregate.TIME_AVERAGE2,
        "A.5",
        5,
        h1="-; -; 12.5 C; 17.5 C; 22.5 C; 27.5 C; 30 UC; 30 UC; -; -; 52.5 C; 57.5 C; 62.5 UC; 67.5 UC; 72.5 UC;"
        "77.5 UC; 82.5 C; 87.5 C; 90 UCP; -",
        h2="10.652 UCP; 12.391 C; 14.565 C; 16.739 C; 18.913 C; 23.682 C; 27.046 C; 29.273 UC; 30 UC; 42.5 UC; 49.45 C;"
        "52.75 C; 55.25 C; 57.75 C; 59.8 UC",
    ),
    *tables(
        Aggregate.TIME_AVERAGE2,
        "report 6227",
        5,
        h3="10 CP; 10 C; 10 C; 10 C; 10 C; 22 C; 25 C; 26 C; 30 UC; 40 UC; 46 C; 50 C; 50 C; 50 C; 56 C; 60 UC",
    ),
    *tables(
        Aggregate.MINIMUM2,
        "A.13",
        16,
        h1="10 UCP; 16 UI; 30 UI; 50 UC; 64 UI; 80 UP; -",
        h2="10 UCP; 16.087 I; 26.818 UI; 40; 56 UI; 70 UCP; -",
        h3="10 CP; 10 I; 25 I; 40; 50 I; 70 CP; -",
    ),
    # Maximum2 returns what MaximumActualTime2 does, at the start of the interval; therefore a raw value that is not the
    # start is Calculated (5.4.3.16, table 27), which is the only change to A.16.
    *tables(
        Aggregate.MAXIMUM2,
        "A.16 by 5.4.3.16",
        16,
        h1="16 UIP; 30 UCM; 30 UI; 64 UI; 80 UI; 90 UCP; -",
        h2="16.087 UIP; 26.818 I; 40 UI; 56 I; 60 UC; 90 UCP; -",
        h3="10 CP; 25 C; 30 C; 50 C; 60 C; 90 CP; -",
    ),
    *tables(
        Aggregate.START_BOUND,
        "A.25",
        16,
        h1="-P; 16 I; 30 UI; -; 64 UI; 80 P; -",
        h2="-P; 16.087 I; 26.818 I; 40; 56 I; -P; -",
        h3="-P; 10 I; 25 I; 40; 50 I; -P; -",
    ),
    *tables(
        Aggregate.DURATION_GOOD,
        "A.29",
        16,
        h1="6000 CP; 16000 C; 0 C; 14000 C; 0 C; 10001 CP; -",
        h2="14000 CP; 16000 C; 10000 C; 16000 C; 13000 C; 7001 CP; -",
        h3="14000 CP; 16000 C; 10000 C; 16000 C; 13000 C; 7001 CP; -",
    ),
]
