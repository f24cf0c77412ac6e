"""Truncated files and flipped bits: what is damaged is found and named, the rest is read, no other value is served.

`python -m tests.faults.damage --cycles N` cuts the log, its WAL and the newest file of each kind at every byte of their
last 4 KiB, and flips N bits in copies of a data folder, wherever they fall. One line at the end.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

from tests.faults.damaged_folder import WAL, beside, judged, restarted, written
from tests.faults.outcome import Outcome, command, progress
from twin.core.instant import FAR_PAST
from twin.store.files import HISTORY
from twin.store.wal import FRAME, HEADER, PAGE

TAIL = 4096
EPOCH = date(1970, 1, 1).toordinal()
LOG = ("log.db", WAL)
LOOKED_AT_EVERY = 16
"""At each so manieth cut also: what a twin makes of it when it starts, and what lies beside it in other files."""
MEMORY = Path("/dev/shm")
TOLD = {"named", "refused", "found", "unharmed"}


class Trials:
    """A copy of a folder in memory, where there is such a place; one file of it changed at a time."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.whole, self.truth = written(folder / "data")
        self._copy = place / "trial"
        shutil.copytree(self.whole, self._copy)
        self.files = sorted(path.relative_to(self.whole) for path in self.whole.rglob("*") if path.is_file())
        self._bytes = {file: (self.whole / file).read_bytes() for file in self.files}
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []

    def cut(self, every: int) -> None:
        """The log, its WAL and the newest file of each folder of files, at every byte of their ends."""
        newest = {file.parts[0]: file for file in self.files}
        for file in sorted(newest.values()):
            whole = self._bytes[file]
            same, found = -1, ""
            for at in range(max(0, len(whole) - TAIL), len(whole), every):
                progress(f"{file} cut at {at}")
                torn, more = file.name == WAL, at % LOOKED_AT_EVERY == 0
                frames = (at - HEADER) // (FRAME + PAGE) if torn else at
                if frames == same and not more:  # SQLite counts whole frames, and so do we: there is nothing to tell
                    self.seen[found] += 1
                    continue
                # A torn end that may never have been acknowledged; all before it must be read.
                same, found = frames, self._run(file, whole[:at], at, f"cut at {at}", torn, more)

    def flip(self, bits: int, chance: random.Random) -> None:
        """Bits anywhere."""
        for number in range(bits):
            file = chance.choice(self.files)
            data = bytearray(self._bytes[file])
            at, bit = chance.randrange(len(data)), chance.randrange(8)
            progress(f"bit {number + 1} of {bits}: {file}")
            data[at] ^= 1 << bit
            torn = file.name == WAL and at >= self.truth.in_wal[-3][1]
            self._run(file, bytes(data), at, f"bit {bit} of byte {at}", torn, True)

    def _run(self, file: Path, data: bytes, at: int, what: str, torn: bool, more: bool) -> str:
        """Judge the folder with these bytes in place of a file. torn: as a power cut leaves it, nobody can tell. more:
        start a twin, too, and look at what lies beside it.
        """
        of_log = file.name in LOG
        self._put(file, data)
        sure = self.truth.sure(at) if file.name == WAL else FAR_PAST
        try:
            found = judged(self._copy, self.truth, sure)
            started = restarted(self._copy, self.truth, sure) if of_log and more else ""
            alone = of_log or not more or beside(self._copy, self.truth, self._day_of(file))
        except Exception as error:  # told like all else that must not be
            found, started, alone = f"raised {error!r}", "", True
        self.seen[found] += 1
        self.seen[f"start {started}"] += bool(started)
        if found not in ((TOLD if of_log else {"named"}) | ({"missing"} if torn else set())):
            self.wrong.append(f"{file}, {what}: {found}")
        if started not in {"", "refused", "told"} and not (started == "silent" and (torn or found == "unharmed")):
            self.wrong.append(f"{file}, {what}: {found}, start: {started}")
        if not alone:
            self.wrong.append(f"{file}, {what}: what lies beside it is not read")
        self._put(file, self._bytes[file])
        return found

    def _put(self, file: Path, data: bytes) -> None:
        """This file so, the log as it was: SQLite writes into it."""
        for path in [*self._copy.glob("log.db*"), *self._copy.glob("writer.*")]:
            path.unlink()
        for one in {Path(name) for name in LOG} | {file}:
            (self._copy / one).write_bytes(data if one == file else self._bytes[one])

    def _day_of(self, file: Path) -> int | None:
        """The day whose rows are in it; None of what is derived from such a file."""
        return date.fromisoformat(file.parts[1]).toordinal() - EPOCH if file.parts[0] == HISTORY else None


def damaged(cycles: int, seed: int, folder: Path, every: int = 1) -> Outcome:
    """Cut and flip. every: at each so many bytes only."""
    with tempfile.TemporaryDirectory(prefix="linetwin-", dir=MEMORY if MEMORY.is_dir() else folder) as place:
        trials = Trials(folder, Path(place))
        trials.cut(every)
        cuts = sum(number for name, number in trials.seen.items() if not name.startswith("start "))
        trials.flip(cycles, random.Random(seed))
    seen = {name: number for name, number in sorted(trials.seen.items()) if number}
    more = {"cuts": cuts, "flipped bits": cycles, **seen}
    return Outcome("R05 damaged files", seed, cuts + cycles, more=more, wrong=trials.wrong[:20])


if __name__ == "__main__":
    command("cut files and flip bits, and see what is read", damaged, 200, every=(1, "cut at each so many bytes only"))
