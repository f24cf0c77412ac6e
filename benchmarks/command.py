"""The command line that all benchmarks share: how often, how long, for people or for a program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.missing import Missing
from benchmarks.row import Row, middle, to_json, to_table


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a run measures. window_s: seconds over which CPU is taken. short: a smoke run, its figures are rough.

    long_s: seconds over which memory is watched, 0 for as long as the rest.
    """

    window_s: float
    short: bool
    long_s: float = 0.0


Benchmark = Callable[[Effort], list[Row]]


def main(benchmarks: Sequence[Benchmark]) -> int:
    """Run each as often as asked and print the medians; 1 when one could not run, and says on stderr why."""
    parser = argparse.ArgumentParser(description="Figures of this machine, the rival's in the same run.")
    parser.add_argument("--runs", type=int, help="median of so many runs (default: 3, with --short 1)")
    parser.add_argument("--short", action="store_true", help="a smoke run of a few seconds each; its figures are rough")
    parser.add_argument("--json", action="store_true", help="rows {name, ours, unit, rival, rival_value, ratio}")
    parser.add_argument("--long", type=float, default=0.0, metavar="S", help="watch memory for so many seconds, once")
    names = [benchmark.__module__.rpartition(".")[2] for benchmark in benchmarks]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, help="these files alone")
    given = parser.parse_args()
    if given.only:
        benchmarks = [benchmark for benchmark, name in zip(benchmarks, names, strict=True) if name in given.only]
    effort = Effort(3.0 if given.short else 10.0, given.short, given.long)
    runs = given.runs or (1 if given.short else 3)
    rows: list[Row] = []
    missing = False
    for benchmark in benchmarks:
        try:
            rows += middle([benchmark(effort) for _ in range(runs)])
        except Missing as error:
            missing = True
            print(f"not run: {error}", file=sys.stderr)
    print(to_json(rows) if given.json else to_table(rows))
    return int(missing)
