"""Truncated files and flipped bits: what is damaged is found and named, the rest is read, no other value is served.

`python -m tests.faults.damage --cycles N` cuts the log, its WAL and the newest file of each kind at every byte of their
last 4 KiB, and flips N bits in copies of a data folder, wherever they fall. One line at the end.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from tests.contract.stores import SetClock
from tests.faults.outcome import Outcome, command, progress
from twin.core.batch import batch
from twin.core.errors import Corrupt, StoreFailed
from twin.core.event import Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR, SECOND, from_text
from twin.core.rows import Samples
from twin.store.inspect import damage
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

START = from_text("2026-03-02T06:00:00Z")
ROWS, COMMITS = 300, 40
TAGS = 4
TAIL = 4096

Row = tuple[str, int, float, int, object]


def written(folder: Path) -> tuple[Path, set[Row], list[int]]:
    """A folder as a kill leaves it, with two days in files; its rows; how long the WAL was after each last commit."""
    clock = SetClock(START)
    log, reader = SqliteLog(folder, clock, room=0), LogReader(folder)
    tags = [log.tags.id_of(f"line/m{number}/temp") for number in range(TAGS)]
    kept: list[int] = []
    for n in range(COMMITS):
        day = n * 3 // COMMITS
        clock.instant = START + day * DAY + (n % (COMMITS // 3)) * ROWS * SECOND
        times = np.repeat(clock.instant + np.arange(ROWS // TAGS) * SECOND, TAGS)
        text = [f"řízek {n}"] * ROWS if n % 7 == 3 else None
        log.submit(batch("s", np.tile(tags, ROWS // TAGS), times, np.arange(ROWS) / 7 + n, 0, text)).result(10)
        log.submit(Event(clock.instant, "note", "line", {"number": n})).result(10)
        kept.append((folder / "log.db-wal").stat().st_size)
        if n == COMMITS * 4 // 5:  # from here on commits are in the WAL alone
            with closing(sqlite3.connect(folder / "log.db")) as other:
                assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        if n == COMMITS * 2 // 3:
            sealer = Sealer(log, reader, Bounds(age=0, leave=0, rows=10**6))
            while sealer.seal(clock.instant + HOUR):
                pass
    truth = set(rows(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples, reader.tags().names()))
    copied = folder.with_name(f"{folder.name}-as-killed")
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("*-shm", "writer.*"))
    reader.close()
    log.close()
    return copied, truth, kept


def rows(s: Samples, names: list[str]) -> list[Row]:
    text = [None] * len(s) if s.text is None else s.text.tolist()
    columns = (s.tag.tolist(), s.time.tolist(), s.value.tolist(), s.status.tolist(), text)
    return [
        (names[tag] if tag < len(names) else f"tag {tag}", time, value, status, one)
        for tag, time, value, status, one in zip(*columns, strict=True)
    ]


def hours(reader: LogReader) -> set[bytes]:
    """All rollups that a read of long ranges may be answered from."""
    tags = np.arange(TAGS, dtype=np.int32)
    found = reader.read_rolled(tags, FAR_PAST, FAR_FUTURE, FAR_FUTURE, lambda rollups: np.ones(len(rollups), np.bool_))
    return {one.tobytes() for one in found.rollups}


def judged(folder: Path, truth: set[Row], true_hours: set[bytes]) -> str:
    """unharmed, named (by the read), found (by the check; the read lacked rows), missing (by neither), WRONG."""
    try:
        with closing(LogReader(folder)) as reader:
            names = reader.tags().names()
            found = set(rows(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples, names))
            shape = reader.read_shape(np.arange(TAGS, dtype=np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE)
            served = found | set(rows(shape.samples, names))
            invented = hours(reader) - true_hours
            told = damage(reader, lambda _share: None)
    except Corrupt:
        return "named"
    except StoreFailed:
        return "refused"
    if served - truth or invented:
        return "found, WRONG until then" if told else "WRONG"
    return "unharmed" if found == truth and not told else "found" if told else "missing"


def neighbours(folder: Path, truth: set[Row]) -> bool:
    """With a file damaged: whether what the log holds alone is read."""
    last = max(time for _, time, *_ in truth)
    with closing(LogReader(folder)) as reader:
        found = rows(reader.read(last - HOUR, FAR_FUTURE, FAR_FUTURE).samples, reader.tags().names())
    return set(found) == {row for row in truth if row[1] >= last - HOUR}


class Trials:
    """Copies of one folder, one file of each changed, and what became of it."""

    def __init__(self, folder: Path) -> None:
        self.whole, self.truth, self.commits = written(folder / "data")
        self._copy = folder / "trial"
        with closing(LogReader(self.whole)) as reader:
            self.hours = hours(reader)
        (self.whole / "log.db-shm").unlink(missing_ok=True)  # of that reader; no kill leaves one that counts
        self.files = sorted(path.relative_to(self.whole) for path in self.whole.rglob("*") if path.is_file())
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []

    def kinds(self) -> list[Path]:
        """The log, its WAL, and the newest file of each folder of files."""
        newest = {path.parts[0]: path for path in self.files}
        return sorted(newest.values())

    def run(self, file: Path, data: bytes, what: str) -> str:
        """Judge the folder with these bytes in place of a file."""
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.whole, self._copy, copy_function=_link)
        (self._copy / file).unlink()
        (self._copy / file).write_bytes(data)
        if file.parts[0].startswith("log.db"):  # SQLite writes into these; the rest is as it was
            for name in ("log.db", "log.db-wal"):
                if name != file.name:
                    (self._copy / name).unlink()
                    shutil.copy(self.whole / name, self._copy / name)
        found = judged(self._copy, self.truth, self.hours)
        if file.suffix in {".parquet", ".rollup"} and not neighbours(self._copy, self.truth):
            found = "neighbours lost"
        self.seen[found] += 1
        return found

    def cut(self, every: int) -> None:
        """Each kind of file, at every byte of its end."""
        for file in self.kinds():
            whole = (self.whole / file).read_bytes()
            for at in range(max(0, len(whole) - TAIL), len(whole), every):
                progress(f"{file} cut at {at}")
                found = self.run(file, whole[:at], "cut")
                torn = file.name == "log.db-wal"  # a tail that may never have been acknowledged: all before it is read
                if found not in {"named", "refused", "found", "unharmed"} and not (torn and found == "missing"):
                    self.wrong.append(f"{file} cut at {at}: {found}")

    def flip(self, bits: int, chance: random.Random) -> None:
        """Bits anywhere."""
        for number in range(bits):
            file = chance.choice(self.files)
            data = bytearray((self.whole / file).read_bytes())
            at, bit = chance.randrange(len(data)), chance.randrange(8)
            progress(f"bit {number + 1} of {bits}: {file}")
            data[at] ^= 1 << bit
            found = self.run(file, bytes(data), "flipped")
            last = file.name == "log.db-wal" and at >= self.commits[-2]
            if found not in {"named", "refused", "found", "unharmed"} and not (last and found == "missing"):
                self.wrong.append(f"{file}, bit {bit} of byte {at}: {found}")


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def damaged(cycles: int, seed: int, folder: Path, every: int = 1) -> Outcome:
    """Cut and flip. every: at each so many bytes only."""
    trials = Trials(folder)
    trials.cut(every)
    cuts = trials.seen.total()
    trials.flip(cycles, random.Random(seed))
    more = {"cuts": cuts, "flipped bits": cycles, **dict(sorted(trials.seen.items()))}
    return Outcome("R05 damaged files", seed, cuts + cycles, more=more, wrong=trials.wrong[:20])


if __name__ == "__main__":
    command("cut files and flip bits, and see what is read", damaged, 200, every=(1, "cut at each so many bytes only"))
