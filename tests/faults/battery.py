"""All faults, one after another, and the page of what was found: `make faults`, or `make faults SHORT=1`. Needs root.

Each row is a command of its own; the page says which, so that one row can be repeated alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.faults.outcome import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reliability.md"


@dataclass(frozen=True)
class Row:
    """A fault. long, short: cycles of these forms; a short 0 leaves it out. promise: what must be so. more: options."""

    module: str
    long: int
    short: int
    promise: str
    more: str = ""


ROWS = (
    Row("kill_cycles", 200, 24, "kill -9 of the whole service, three of four right after a step of seal, merge, sweep, "
        "retention or backup, the fourth at a random instant"),
    Row("power_cuts", 50, 5, "the file system is shut down under the service, four of five times in the instant "
        "of an answer, the fifth at any, mostly in a start, and mounted again"),
    Row("order", 10, 1, "no PUBACK and no 2xx leaves before the fsync that holds its rows has returned (strace); a "
        "cycle is 1,000 samples"),
    Row("damage", 200, 40, "the log, its WAL and the newest file of each kind cut at each byte of their last 4 KiB; a "
        "cycle more is a flipped bit anywhere. Missing: the last commits of a WAL whose end is gone, as after a power "
        "cut; all before them is read. Start: what a twin makes of a damaged log. Each sixteenth cut is looked at with "
        "a start and with all that lies beside; cuts of the WAL that leave the same whole frames are judged once, and "
        "each sixteenth of them"),
    Row("service_faults disk-full", 10, 2, "a tmpfs filled to the last byte: posts are answered with 503, MQTT is not "
        "acknowledged, reads and page go on, /readyz says why, it goes on by itself"),
    Row("service_faults read-only", 10, 1, "ext4 makes itself read-only while the service writes: the same; a start on "
        "a read-only disk ends in one line"),
    Row("service_faults few-files", 10, 2, "64 file descriptors and 100 callers"),
    Row("service_faults second", 10, 2, "a second twin on the same folder is refused with the process and address of "
        "the first, which goes on"),
    Row("service_faults terminate", 20, 3, "SIGTERM under load: drained, exit 0"),
    Row("service_faults backup", 10, 2, "twin store backup under load, restored elsewhere: whole, and nothing missing "
        "that was answered before it began"),
    Row("outlet_cycles", 21, 7, "a real InfluxDB 1.x is killed, stopped (SIGSTOP), answers 503 and 429, is slow, cuts "
        "connections; then the twin is killed: all that was acknowledged arrives there, live data goes on meanwhile; "
        "recovery: until all that waited has arrived"),
    Row("outlet_cycles", 7, 0, "the same, and the first of these outages lasts ten minutes under load", "--outage 600"),
)  # fmt: skip

SHORT_EVERY = 64


@dataclass(frozen=True)
class Found:
    """What a row found, by which command, at which commit, on which day."""

    row: Row
    outcome: Outcome
    command: str
    commit: str
    day: str


INTRODUCTION = """\
What was broken on purpose, and what was lost by it. `make faults` (Linux, root, mosquitto, strace, e2fsprogs) makes
this page; how a run is built and repeated says [the how-to](../how-to/faults.md).

Acknowledged: the broker's PUBACK, or the answer of the API, noted on disk outside of the victim before it counts.
Lost: acknowledged and not stored. Invented: stored and never sent. Read twice: a (tag, time) that a reader would see
more than once. Recovery: seconds from the start, or from the end of the fault, until a sample is stored again; on a
busy machine it is the machine's. Samples that retention was told to forget are not in these numbers."""

LEFT = """\
## What is left

- A flipped bit in the last two commits of the write-ahead log looks like the torn tail of a power cut. SQLite passes
  over what comes after it, and so do we. In any commit before, the damage is named at the next start, a copy of the
  write-ahead log is kept, and `twin store check` names it, too. Reads of other processes before that start see the log
  up to the damage.
- SQLite's pages have no checksum of their own. A log entry has one over all of its columns, a file one over each of
  its blocks, and names of tags are held against their index at each start. A flipped bit in an inner page or an
  index may hide an entry from a read by time; `twin store check` finds it. Results of folds (states, counts, alarms)
  have no checksum; `twin verify` holds them against the log.
- A page that SQLite itself cannot read ends reads of what is on it with an error that says so; there is a backup for
  that.
- The power cut is that of a file system (its shutdown call on a loop device), not of a disk that lies about its cache.
- The disk that fails here can still be read. One that cannot is answered with 503 everywhere."""


def run(row: Row, seed: int, short: bool) -> Found:
    """One row, as its command. What it raised is what it found."""
    cycles = row.short if short else row.long
    command = f"python -m tests.faults.{row.module} --cycles {cycles} --seed {seed}"
    command += f" {row.more}" if row.more else ""
    command += f" --every {SHORT_EVERY}" if short and row.module == "damage" else ""
    given = [sys.executable, *command.split()[1:], "--json"]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    try:
        outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        outcome = Outcome(row.module, seed, cycles, wrong=[f"the run itself failed: {last}"])
    return Found(row, outcome, command, _commit(), f"{datetime.now(UTC):%Y-%m-%d}")


def kept(row: Row, folder: Path | None, make: Callable[[], Found]) -> Found:
    """What a row found before, from the folder, else what it finds now, which is put there."""
    place = None if folder is None else folder / f"{' '.join([row.module, *row.more.split()]).replace(' ', '-')}.json"
    if place is not None and place.exists():
        stored = json.loads(place.read_text(encoding="utf-8"))
        return Found(row, Outcome(**stored["outcome"]), stored["command"], stored["commit"], stored["day"])
    found = make()
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        told = {"command": found.command, "commit": found.commit, "day": found.day, "outcome": asdict(found.outcome)}
        place.write_text(json.dumps(told), encoding="utf-8")
    return found


def page(found: Sequence[Found]) -> str:
    """The page of results."""
    head = "fault", "cycles", "seed", "acknowledged", "stored", "lost", "invented", "read twice", "recovery p50, p99"
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line(_cells(one.outcome)) for one in found]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{platform.system()} {platform.release().split('-')[0]}, {os.cpu_count()} CPUs, {memory:.0f} GiB"
    told = f"linetwin {version('linetwin')}, {machine}, Python {platform.python_version()}; each row says when and how."
    parts = ["# Reliability", "Written by `make faults`; change nothing here.", INTRODUCTION, told, "\n".join(lines)]
    return "\n\n".join([*parts, "## Row by row", *map(_details, found), LEFT]) + "\n"


def _cells(one: Outcome) -> list[str]:
    counted: list[Any] = [one.acked, one.stored, one.lost, one.invented, one.twice_read] if one.sent else ["-"] * 5
    recovery = "-" if (two := one.percentiles()) is None else f"{two[0]:.1f} s, {two[1]:.1f} s"
    told = [f"{value:,}" if isinstance(value, int) else value for value in counted]
    return [one.fault, f"{one.cycles:,}", str(one.seed), *told, recovery]


def _details(one: Found) -> str:
    told = "".join(f", {name} {value}" for name, value in one.outcome.more.items())
    verdict = "; ".join(one.outcome.problems())
    promise = one.row.promise
    return (
        f"### {one.outcome.fault}\n\n{promise[0].upper()}{promise[1:]}.\n"
        f"`{one.command}` at {one.commit}, {one.day}\n\n"
        f"Found: {'**WRONG: ' + verdict + '**' if verdict else 'as promised'}{told}."
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no commit"


def main() -> None:
    parser = argparse.ArgumentParser(description="all faults, and docs/reference/reliability.md")
    parser.add_argument("--short", action="store_true", help="a few cycles of each, about five minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="what each row found; those in it are not run again")
    parser.add_argument("--page", default=str(PAGE), help="where the results are written")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("mounts need root")
    found: list[Found] = []
    rows = [row for row in ROWS if row.short or not given.short]
    for number, row in enumerate(rows, 1):
        print(f"[{number}/{len(rows)}] {row.module} {row.more}...", file=sys.stderr, flush=True)
        found.append(kept(row, given.keep, lambda row=row: run(row, given.seed, given.short)))
        print(f"        {found[-1].outcome}", file=sys.stderr, flush=True)
    Path(given.page).write_text(page(found), encoding="utf-8")
    sys.exit(1 if any(one.outcome.problems() for one in found) else 0)


if __name__ == "__main__":
    main()
