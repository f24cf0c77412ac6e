"""Eight hours of each simulated plant: `python -m tests.hours`.

Each plant lives twice through the same hours, with a model that changes, restarts with and without a clean end, people
who say something: once all samples come in order; once 5 % of them come up to two hours late, in random order, some
twice, some with another value first. Printed: of each life what its folder holds and what `twin verify` says; then
whether both came to the same results, whether every correction says why, and whether questions about what was known
have the answers that they had.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.outcome import progress
from tests.hours.lives import Outcome, both
from tests.hours.plants import PLANTS
from twin.core.instant import HOUR


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.hours")
    parser.add_argument("--plants", default=",".join(PLANTS), help="default: %(default)s")
    parser.add_argument("--hours", type=float, default=8, help="default: %(default)s")
    parser.add_argument("--restarts", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--questions", type=int, default=200, help="about what was known (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where the data folders lie (default: a temporary folder)")
    given = parser.parse_args(arguments)
    begun, good = time.monotonic(), True
    with tempfile.TemporaryDirectory(prefix="linetwin-hours-") as temporary:
        folder = Path(given.folder or temporary)
        for name in given.plants.split(","):
            length = int(given.hours * HOUR)
            found = both(name, given.seed, length, given.restarts, given.questions, folder / name, progress)
            progress("")
            print(told(name, found), flush=True)
            good &= not found.wrong
    print(f"seed {given.seed}, {given.hours:g} h of each plant, {time.monotonic() - begun:.0f} s")
    return 0 if good else 1


def told(name: str, found: Outcome) -> str:
    """For people."""
    lines: list[str] = []
    for life, one, seconds in (("in order", found.in_order, found.seconds[0]), ("late", found.late, found.seconds[1])):
        changes = f"{one.editions} editions ({found.loads} loaded while it ran), {found.restarts} restarts"
        lines.append(
            f"{name:10} {life:9} {one.samples} samples, {one.entries} entries, {changes} ({found.kills} kills), "
            f"{one.late} late entries, {one.heals} heals, {one.records} records, {one.corrections} corrections: "
            f"verify {one.verify}, {seconds:.0f} s"
        )
    drawn = ", ".join(f"{many} {what}" for what, many in found.drawn.items())
    same = "equal those in order" if not found.differences else "DIFFER from those in order"
    verdict = "NOT as promised" if found.wrong else "as promised"
    lines.append(
        f"{name:10} {drawn}: {found.compared} results of {found.kinds} kinds {same}; "
        f"{found.late.corrections} corrections and their causes, {found.late.answers} answers as known then: {verdict}"
    )
    return "\n".join([*lines, *(f"    {line}" for line in found.wrong)])


if __name__ == "__main__":
    sys.exit(main())
