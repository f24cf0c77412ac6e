"""What a run of a fault found: one line for people, one object for the page of results, one exit code."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """acked to twice_read: as the checker has them, samples. recovery: seconds until it stored again, each time.

    more: what else was looked at, in the order shown. wrong: what must not be, a line each; empty is a pass.
    """

    fault: str
    seed: int
    cycles: int
    sent: int = 0
    acked: int = 0
    stored: int = 0
    lost: int = 0
    invented: int = 0
    twice_read: int = 0
    recovery: Sequence[float] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    wrong: Sequence[str] = ()

    def problems(self) -> list[str]:
        """Everything that must not be."""
        counted = {"lost": self.lost, "invented": self.invented, "read twice": self.twice_read}
        return [*self.wrong, *(f"{number} {name}" for name, number in counted.items() if number)]

    def percentiles(self) -> tuple[float, float] | None:
        """p50 and p99 of recovery, seconds."""
        if not self.recovery:
            return None
        return statistics.median(self.recovery), sorted(self.recovery)[-max(1, len(self.recovery) // 100)]

    def __str__(self) -> str:
        told: dict[str, object] = {"seed": self.seed, "cycles": self.cycles}
        if self.sent:
            told |= {name: getattr(self, name) for name in ("sent", "acked", "stored", "lost", "invented")}
            told["read twice"] = self.twice_read
        if found := self.percentiles():
            told |= {"recovery p50": f"{found[0]:.2f} s", "p99": f"{found[1]:.2f} s"}
        told |= self.more
        verdict = "; ".join(self.problems()) or "as promised"
        return f"{self.fault}: " + ", ".join(f"{name} {value}" for name, value in told.items()) + f": {verdict}"

    def to_json(self) -> str:
        """For the page of results."""
        return json.dumps(asdict(self))


def command(text: str, run: Callable[..., Outcome], cycles: int, **more: tuple[int, str]) -> None:
    """The command line of a fault. run: of cycles, seed and an empty folder. more: further options, (default, help)."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--cycles", type=int, default=cycles, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--folder", help="where the data lies (default: a temporary folder)")
    parser.add_argument("--json", action="store_true", help="print an object")
    for name, (default, told) in more.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{told} (default: %(default)s)")
    given = parser.parse_args()
    further = {name: getattr(given, name) for name in more}
    if given.folder:
        Path(given.folder).mkdir(parents=True)
        found = run(given.cycles, given.seed, Path(given.folder), **further)
    else:
        with tempfile.TemporaryDirectory(prefix="linetwin-faults-") as folder:
            found = run(given.cycles, given.seed, Path(folder), **further)
    print(found.to_json() if given.json else found)
    sys.exit(1 if found.problems() else 0)


def progress(text: str) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
