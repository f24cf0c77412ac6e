"""Power cuts under load: a loop file system is shut down in the instant of an answer, mounted again, all is counted.

`python -m tests.faults.power_cuts --cycles N --seed S` (root) prints one line. What was acknowledged must be there, and
nobody has to do anything for the start. With `--lie 1` commits return before they are on disk: then nearly every cut
must be seen to lose something, or this is worth nothing.
"""

from __future__ import annotations

import random
import threading
import time
from bisect import bisect
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.callers import Caller, Importer, calling
from tests.faults.disks import LoopDisk, loop_disk
from tests.faults.generator import Generator, plant_text
from tests.faults.kill_cycles import FINE, RATE, SERVICE, verify
from tests.faults.ledger import Compared, Ledger, compared, stored
from tests.faults.outcome import Outcome, command, progress
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.store.inspect import damage
from twin.store.reader import LogReader

IN_START = 0.2
"""Share of the cuts that come at any instant, mostly in a start; the others come with an answer."""

MEGABYTES = 1024
"""Of the disk: what a service wrote in fifty lives."""


@dataclass
class Seen:
    """What a run of cuts saw. cuts: their instants, ns. answered: how many of them came with an answer."""

    recovery: list[float] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    answered: int = 0

    def that_lost(self, found: Compared) -> int:
        """How many cuts took rows that the API had answered."""
        return len({bisect(self.cuts, time) for tag, time, _ in found.missing if tag.startswith("rest/")})


class Cutter:
    """Cuts the power as an acknowledgement arrives: what was written and not made durable is young then."""

    def __init__(self, disk: LoopDisk) -> None:
        self._disk = disk
        self._waiting, self._cut = threading.Event(), threading.Event()

    def answered(self) -> None:
        """For the thread of the caller: the instant of an acknowledgement."""
        if self._waiting.is_set():
            self._waiting.clear()
            self._disk.cut()
            self._cut.set()

    def cut_with_next_answer(self) -> None:
        """Returns when it is done."""
        self._cut.clear()
        self._waiting.set()
        if not self._cut.wait(60):
            raise RuntimeError("no answer within 60 s")


def power_cuts(cycles: int, seed: int, folder: Path, lie: int = 0, rate: int = RATE) -> Outcome:
    """Start, load, cut, mount, so often; then start once more, let it drain, stop it properly, and compare.

    lie: 1 makes the service one whose commits return before they are on disk. rate: messages a second.
    """
    chance, port, seen = random.Random(seed), free_port(), Seen()
    more = ("--lie",) if lie else ()
    with (
        mosquitto(folder, port),
        closing(Ledger(folder / "acknowledged")) as ledger,
        loop_disk(folder, MEGABYTES) as disk,
    ):
        victim, cutter = Victim(folder, plant_text(port), command=SERVICE, data=disk.path / "data"), Cutter(disk)
        callers = (
            Caller(lambda: victim.port, ledger, cutter.answered),
            Importer(lambda: victim.port, ledger, folder),
        )
        try:
            victim.start(*more)
            eventually(victim.is_ready, 60, "the service ready for the first time")
            generator = Generator(port, rate, ledger)
            with generator.running(), calling(*callers, ledger=ledger):
                for cycle in range(cycles):
                    progress(f"power cut {cycle + 1} of {cycles}")
                    _live_and_be_cut(victim, disk, cutter, chance, seen)
                    victim.start(*more)
                seen.recovery.append(victim.until_stored(60))
            eventually(lambda: generator.last in stored(victim.data), 60, "all that the broker held, stored")
            code = victim.stop()
            found = compared(ledger, victim.data)
            with closing(LogReader(victim.data)) as reader:
                damaged = damage(reader, lambda _share: None)
            told = {"cuts with an answer": seen.answered, "cuts that lost": seen.that_lost(found)}
            told |= {"starts untold": found.untold, "damaged": len(damaged), "verify": verify(victim.data)}
            told["exit"] = code
        finally:
            victim.end()
    wrong = [*damaged, *([] if told["verify"] in FINE else [f"verify: {told['verify']}"])]
    wrong += [f"{name} {told[name]}" for name in ("starts untold", "exit") if told[name]]
    c = found
    return Outcome(
        "R02 power cut", seed, cycles, c.sent, c.acked, c.stored, c.lost, c.invented, c.twice_read, seen.recovery, told,
        wrong,
    )  # fmt: skip


def _live_and_be_cut(victim: Victim, disk: LoopDisk, cutter: Cutter, chance: random.Random, seen: Seen) -> None:
    """One life, cut off with an answer some time after it has stored something, or in its start."""
    in_start = chance.random() < IN_START
    if not in_start:
        seen.recovery.append(victim.until_stored(60))
    until = time.monotonic() + chance.uniform(0.0, 2.0)
    while time.monotonic() < until and not victim.has_ended():
        time.sleep(0.02)
    if victim.has_ended():
        raise RuntimeError(f"the service ended by itself:\n{victim.output()}")
    if in_start:
        disk.cut()
    else:
        cutter.cut_with_next_answer()
        seen.answered += 1
    seen.cuts.append(time.time_ns())
    victim.kill()
    disk.unmount()
    disk.mount()


if __name__ == "__main__":
    command(
        "power cuts under load, and a count of what is lost",
        power_cuts,
        50,
        lie=(0, "1: commits return before they are on disk, to see that this is found"),
    )
