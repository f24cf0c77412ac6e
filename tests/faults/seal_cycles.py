"""kill -9 aimed at every step of sealing and merging: what was acknowledged against what is stored.

`python -m tests.faults.seal_cycles --cycles N --seed S` prints one line. Each life ends by SIGKILL right after a step
(or in the middle of writing a file), the steps in turn; then one life ends properly, and everything is counted.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.faults.sealing_victim import TAGS
from tests.faults.victim import twin
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import in_order
from twin.store.files import HISTORY, OUTLINE, outline_path
from twin.store.reader import LogReader

STEPS = (
    "writing", "written", "synced", "renamed", "folder synced", "committing", "sealed", "deleted", "merged", "unlinked",
)  # fmt: skip
"""Between `renamed` and `sealed` the file is there and does not count; between `sealed` and `deleted` rows are twice on
disk and count once."""
LAST_LIFE = 300
"""Batches of the life that ends properly."""


@dataclass(frozen=True)
class Outcome:
    """What a run of cycles found. lost, invented, twice: rows. orphans: files on no list after a proper end."""

    seed: int
    cycles: int
    acked: int
    rows: int
    lost: int
    invented: int
    twice: int
    files: int
    sealed: int
    orphans: int
    verify: str

    def __str__(self) -> str:
        return (
            f"seed {self.seed}, cycles {self.cycles}, acked {self.acked} batches, {self.rows} rows stored "
            f"({self.sealed} of them in {self.files} files), lost {self.lost}, invented {self.invented}, "
            f"twice {self.twice}, orphans {self.orphans}, verify {self.verify}"
        )


def life(folder: Path, first: int, step: str, nth: int) -> tuple[list[int], int]:
    """(numbers acknowledged, exit code) of one process."""
    command = [sys.executable, "-m", "tests.faults.sealing_victim", str(folder), str(first), step, str(nth)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    acked: list[int] = []
    try:
        for line in process.stdout:
            if line.endswith("\n"):
                acked.append(int(line))
            if step == "none" and len(acked) == LAST_LIFE:
                process.stdin.close()
        code = process.wait(60)
    finally:
        process.kill()
        error = process.stderr.read() if process.stderr else ""
        for one in (process.stdin, process.stdout, process.stderr):
            if one is not None:
                one.close()
        process.wait()
    if code not in {0, -9}:
        raise RuntimeError(f"{step}: ended with {code}: {error[-2000:]}")
    return acked, code


def seal_cycles(cycles: int, seed: int, folder: Path) -> Outcome:
    """Live and die so often, each time at another step; then live once more, and count."""
    chance = random.Random(seed)
    acked: list[int] = []
    firsts = [0]
    for cycle in range(cycles):
        numbers, code = life(folder, firsts[-1], STEPS[cycle % len(STEPS)], chance.randint(1, 4))
        if code != -9:
            raise RuntimeError(f"step {STEPS[cycle % len(STEPS)]!r} was never reached")
        acked += numbers
        firsts.append((numbers[-1] if numbers else firsts[-1]) + 1000)
    numbers, code = life(folder, firsts[-1], "none", 1)
    if code:
        raise RuntimeError(f"the last life ended with {code}")
    return _compared(cycles, seed, folder, acked + numbers, firsts)


def _compared(cycles: int, seed: int, folder: Path, acked: list[int], firsts: list[int]) -> Outcome:
    with closing(LogReader(folder)) as reader:
        samples = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        counts = reader.counts()
        listed: dict[str, int] = dict(reader.rows("SELECT path, rows FROM file"))
        kept = set(listed) | {path for (path,) in reader.rows("SELECT path FROM gone")}
        kept |= {outline_path(path) for (path,) in reader.rows("SELECT file FROM outline")}
    stored = Counter(samples.value.astype(int).tolist())
    rows = Counter(zip(samples.tag.tolist(), samples.time.tolist(), samples.value.tolist(), strict=True))
    possible = {number for one in acked for number in (one, one + 1)} | set(firsts)  # stored, but killed before told
    files = (*(folder / HISTORY).rglob("*"), *(folder / OUTLINE).rglob("*"))
    there = {path.relative_to(folder).as_posix() for path in files if path.is_file()}
    verified = twin("verify", "--data", str(folder))
    assert counts["samples"] == len(samples)
    assert in_order(samples).overwritten == 0
    return Outcome(
        seed,
        cycles,
        len(acked),
        len(samples),
        sum(len(TAGS) - stored[number] for number in acked if stored[number] < len(TAGS)),
        sum(count for number, count in stored.items() if number not in possible),
        rows.total() - len(rows),
        len(listed),
        sum(listed.values()),
        len(there - kept),
        "equal" if verified.returncode == 0 and verified.stdout.rstrip().endswith(": equal") else verified.stderr,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="kill -9 at every step of sealing and merging, and a count")
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linetwin-seal-") as folder:
        print(seal_cycles(given.cycles, given.seed, Path(folder)))


if __name__ == "__main__":
    main()
