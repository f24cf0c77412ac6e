"""What-if on the four plants: does its 80 % interval hold what the simulator makes? `python -m tests.forecasts`.

Two hundred forecasts: of each plant ten lives, of each life five spans of 1 to 8 h after a day to learn from. Printed:
each forecast, then by plant how often the interval held, bias, width and pinball loss, beside two simple rivals.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.forecasts.lives import HORIZONS_H, WHO, Row, life
from twin.forecast.scores import total

PLANTS = ("packaging", "bottling", "cnc", "pumps")
LOWEST, HIGHEST = 0.75, 0.85


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where the coverage over all plants is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.forecasts")
    parser.add_argument("--plants", default=",".join(PLANTS), help="default: %(default)s")
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--lives", type=int, default=10, help="of each plant (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=300)
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    begun = time.monotonic()
    for seed in range(given.first_seed, given.first_seed + given.lives):
        for plant in given.plants.split(","):
            for row in life(plant, seed, HORIZONS_H, given.runs):
                rows.append(row)
                print(_told(row), flush=True)
    print()
    for plant in (*given.plants.split(","), "all"):
        mine = [row for row in rows if plant in {row.plant, "all"}]
        for who in WHO:
            found = total([row.by[who] for row in mine])
            print(
                f"{plant:10} {who:10} n {found.forecasts:3}  inside {found.coverage:6.1%}  bias {found.bias:+6.1%}  "
                f"width {found.width:6.1%}  loss {found.loss:8.2f}"
            )
    ours = total([row.by[WHO[0]] for row in rows]).coverage or 0.0
    print(f"seeds {given.first_seed} to {seed}, {time.monotonic() - begun:.0f} s")
    return 0 if LOWEST <= ours <= HIGHEST else 1


def _told(row: Row) -> str:
    quantiles, scored = row.by[WHO[0]]
    low, middle, high = quantiles[1], quantiles[9], quantiles[17]
    verdict = "in" if scored.inside else "OUT"
    return (
        f"{row.plant:10} seed {row.seed} at {row.hours:5.1f} h for {row.horizon_h} h: {scored.actual:8.0f} made, "
        f"P10 {low:8.0f}  P50 {middle:8.0f}  P90 {high:8.0f}  {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
