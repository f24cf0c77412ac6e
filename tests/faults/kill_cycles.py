"""kill -9 of `twin run` at random instants under MQTT load: what was acknowledged against what is stored.

`python -m tests.faults.kill_cycles --cycles N --seed S` prints one line. Acknowledged: the broker's PUBACK to the
generator. Needs mosquitto; it is never killed, and keeps for the twin's session whatever the twin has not acknowledged.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.generator import Generator, Sample, Sent, plant_text, tag_path
from tests.faults.victim import Victim, eventually, twin
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import in_order
from twin.store.reader import LogReader

RATE = 1500
"""Messages a second."""


@dataclass(frozen=True)
class Outcome:
    """What a run of cycles found. recovery: seconds from a start to the first stored value, for each start seen."""

    seed: int
    cycles: int
    sent: int
    acked: int
    stored: int
    lost: int
    invented: int
    duplicates: int
    duplicates_read: int
    recovery: Sequence[float]
    verify: str
    exit_code: int

    def __str__(self) -> str:
        p50 = statistics.median(self.recovery)
        p99 = sorted(self.recovery)[-max(1, len(self.recovery) // 100)]
        return (
            f"seed {self.seed}, cycles {self.cycles}, sent {self.sent}, acked {self.acked}, stored {self.stored}, "
            f"lost {self.lost}, invented {self.invented}, duplicates {self.duplicates} stored and "
            f"{self.duplicates_read} read, recovery p50 {p50:.2f} s p99 {p99:.2f} s, verify {self.verify}, "
            f"exit {self.exit_code}"
        )


def kill_cycles(cycles: int, seed: int, folder: Path) -> Outcome:
    """Start, load, kill, so often; then start once more, let it drain, stop it properly, and compare."""
    chance = random.Random(seed)
    port = free_port()
    victim = Victim(folder, plant_text(port))
    recovery: list[float] = []
    with mosquitto(folder, port):
        try:
            victim.start()
            eventually(victim.is_ready, 30, "twin run ready for the first time")
            with Generator(port, RATE).running() as sent:
                for _ in range(cycles):
                    _live_and_die(victim, chance, recovery)
                    victim.start()
                recovery.append(victim.until_stored())
            eventually(lambda: sent.acknowledged <= set(stored(victim.data)), 60, "all that was acknowledged, stored")
            code = victim.stop()
        finally:
            victim.end()
    return _compared(seed, cycles, sent, victim, recovery, code)


def _live_and_die(victim: Victim, chance: random.Random, recovery: list[float]) -> None:
    """One life: killed some time after it has stored a value, or somewhere in its start."""
    if chance.random() < 0.75:
        recovery.append(victim.until_stored())
        time.sleep(chance.uniform(0.0, 1.0))
    else:
        time.sleep(chance.uniform(0.0, 1.5))
    victim.kill()


def stored(data: Path) -> Counter[Sample]:
    """Every sample in the log, and how often."""
    reader = LogReader(data)
    try:
        s = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        names = reader.tags().names()
    finally:
        reader.close()
    machine = {tag_path(f"m{number}"): f"m{number}" for number in range(1, 100)}
    rows = zip(s.tag.tolist(), s.time.tolist(), s.value.tolist(), strict=True)
    return Counter((machine[names[tag]], instant, value) for tag, instant, value in rows)


def _duplicates_read(data: Path) -> int:
    """(tag, time) that a reader would see twice, or with another value."""
    reader = LogReader(data)
    try:
        rows = in_order(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples)
    finally:
        reader.close()
    return len(rows) - len(set(zip(rows.tag.tolist(), rows.time.tolist(), strict=True))) + rows.overwritten


def _compared(seed: int, cycles: int, sent: Sent, victim: Victim, recovery: Sequence[float], exit_code: int) -> Outcome:
    found = stored(victim.data)
    verified = twin("verify", "--data", str(victim.data))
    return Outcome(
        seed,
        cycles,
        len(sent.samples),
        len(sent.acknowledged),
        len(found),
        len(sent.acknowledged - set(found)),
        len(set(found) - set(sent.samples)),
        found.total() - len(found),
        _duplicates_read(victim.data),
        recovery,
        "equal" if verified.returncode == 0 and verified.stdout.rstrip().endswith(": equal") else verified.stderr,
        exit_code,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="kill -9 of twin run under MQTT load, and a count of what is lost")
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linetwin-kill-") as folder:
        print(kill_cycles(given.cycles, given.seed, Path(folder)))


if __name__ == "__main__":
    main()
