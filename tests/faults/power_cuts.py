"""Power cuts under load: a loop file system is shut down at random instants, mounted again, and all is counted.

`python -m tests.faults.power_cuts --cycles N --seed S` (root) prints one line. What was acknowledged must be there, and
nobody has to do anything for the start.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.callers import Caller, Importer, calling
from tests.faults.disks import LoopDisk, loop_disk
from tests.faults.generator import Generator, plant_text
from tests.faults.kill_cycles import FINE, RATE, SERVICE, verify
from tests.faults.ledger import Ledger, compared
from tests.faults.outcome import Outcome, command, progress
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.store.inspect import damage
from twin.store.reader import LogReader


@dataclass
class Seen:
    """What a run of cuts saw."""

    recovery: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Starts that did not come."""


def power_cuts(cycles: int, seed: int, folder: Path, more: Sequence[str] = (), rate: int = RATE) -> Outcome:
    """Start, load, cut, mount, so often; then start once more, let it drain, stop it properly, and compare.

    more: arguments of the service. rate: messages a second.
    """
    chance, port, seen = random.Random(seed), free_port(), Seen()
    with mosquitto(folder, port), closing(Ledger(folder / "acknowledged")) as ledger, loop_disk(folder) as disk:
        victim = Victim(folder, plant_text(port), command=SERVICE, data=disk.path / "data")
        callers = Caller(lambda: victim.port, ledger), Importer(lambda: victim.port, ledger, folder)
        try:
            victim.start(*more)
            eventually(victim.is_ready, 60, "the service ready for the first time")
            with Generator(port, rate, ledger).running(), calling(*callers, ledger=ledger):
                for cycle in range(cycles):
                    progress(f"power cut {cycle + 1} of {cycles}")
                    _live_and_be_cut(victim, disk, chance, seen)
                    victim.start(*more)
                seen.recovery.append(victim.until_stored(60))
            eventually(lambda: bool(more) or compared(ledger, victim.data).lost == 0, 60, "all that was acknowledged")
            code = victim.stop()
            found = compared(ledger, victim.data)
            with closing(LogReader(victim.data)) as reader:
                damaged = damage(reader, lambda _share: None)
            told = {"starts untold": found.untold, "damaged": len(damaged), "verify": verify(victim.data), "exit": code}
        finally:
            victim.end()
    wrong = [*seen.refused, *damaged, *([] if told["verify"] in FINE else [f"verify: {told['verify']}"])]
    wrong += [f"{name} {told[name]}" for name in ("starts untold", "exit") if told[name]]
    c = found
    return Outcome(
        "R02 power cut", seed, cycles, c.sent, c.acked, c.stored, c.lost, c.invented, c.twice_read, seen.recovery, told,
        wrong,
    )  # fmt: skip


def _live_and_be_cut(victim: Victim, disk: LoopDisk, chance: random.Random, seen: Seen) -> None:
    """One life, cut off some time after it has stored something, or in its start."""
    if chance.random() < 0.8:
        seen.recovery.append(victim.until_stored(60))
    until = time.monotonic() + chance.uniform(0.0, 2.0)
    while time.monotonic() < until and not victim.has_ended():
        time.sleep(0.02)
    if victim.has_ended():
        raise RuntimeError(f"the service ended by itself:\n{victim.output()}")
    disk.cut()
    victim.kill()
    disk.unmount()
    disk.mount()


if __name__ == "__main__":
    command("power cuts under load, and a count of what is lost", power_cuts, 50)
