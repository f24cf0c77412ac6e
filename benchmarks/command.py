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
    """How long a run measures. window_s: seconds over which CPU is taken. short: a smoke run, its figures are rough."""

    window_s: float
    short: bool


Benchmark = Callable[[Effort], list[Row]]


def main(benchmarks: Sequence[Benchmark]) -> int:
    """Run each as often as asked and print the medians; 1 when one could not run, and says on stderr why."""
    parser = argparse.ArgumentParser(description="Figures of this machine, the rival's in the same run.")
    parser.add_argument("--runs", type=int, help="median of so many runs (default: 3, with --short 1)")
    parser.add_argument("--short", action="store_true", help="a smoke run of a few seconds each; its figures are rough")
    parser.add_argument("--json", action="store_true", help="rows {name, ours, unit, rival, rival_value, ratio}")
    given = parser.parse_args()
    effort = Effort(3.0 if given.short else 10.0, given.short)
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
