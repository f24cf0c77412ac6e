"""kill -9 of the whole service under load, at random instants and right after each step of what it does to its files.

`python -m tests.faults.kill_cycles --cycles N --seed S` prints one line. Load: MQTT at QoS 1 (acknowledged: the
broker's PUBACK), POST /samples and an import (acknowledged: the answer). Needs mosquitto; it is never killed, and keeps
for the twin's session whatever the twin has not acknowledged.
"""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.faults.callers import Caller, Importer, calling
from tests.faults.generator import Generator, plant_text
from tests.faults.ledger import Compared, Ledger, compared, stored
from tests.faults.outcome import Outcome, command, progress
from tests.faults.service import STEPS
from tests.faults.victim import Victim, eventually, twin
from tests.wire.mqtt.brokers import free_port, mosquitto
from twin.store.files import HISTORY, OUTLINE, ROLLUP, everything_listed
from twin.store.inspect import damage
from twin.store.reader import LogReader

SERVICE = (sys.executable, "-m", "tests.faults.service")
RATE = 1000
"""Messages a second, beside what the callers send."""
AIMED_S = 180.0
"""A step that is not reached in so long is a fault of this harness."""
UNFOLDED = "nothing folded yet"
FINE = frozenset({"equal", UNFOLDED})
RANDOM = 4
"""One in so many kills is at a random instant; the others are aimed, at each step in turn."""


def kill_cycles(cycles: int, seed: int, folder: Path, steps: Sequence[str] = STEPS) -> Outcome:
    """Start, load, kill, so often; then start once more, let it drain, stop it properly, and compare."""
    chance = random.Random(seed)
    port = free_port()
    victim = Victim(folder, plant_text(port), command=SERVICE)
    recovery: list[float] = []
    copies = 0
    with mosquitto(folder, port), closing(Ledger(folder / "acknowledged")) as ledger:
        callers = Caller(lambda: victim.port, ledger), Importer(lambda: victim.port, ledger, folder)
        try:
            victim.start()
            eventually(victim.is_ready, 60, "the service ready for the first time")
            victim.kill()
            with Generator(port, RATE, ledger).running(), calling(*callers, ledger=ledger):
                for cycle in range(cycles):
                    progress(f"kill {cycle + 1} of {cycles}")
                    aimed = steps[(cycle - cycle // RANDOM) % len(steps)] if cycle % RANDOM != RANDOM - 1 else ""
                    recovery += _live_and_die(victim, chance, aimed)
                    copies += _copy_is_whole(victim.data.with_name("backup"))
                victim.start()
                recovery.append(victim.until_stored(60))
                eventually(victim.is_ready, 60, "the last start ready")
            eventually(lambda: _is_there(ledger, victim.data), 60, "all that was acknowledged, stored")
            code = victim.stop()
        finally:
            victim.end()
    return _told(seed, cycles, recovery, compared(ledger, victim.data), victim.data, code, copies)


def _live_and_die(victim: Victim, chance: random.Random, step: str) -> list[float]:
    """One life; the seconds until it stored, if it lived to see that."""
    if step:
        victim.start("--step", step, "--nth", str(chance.randint(1, 3)))
        until = AIMED_S
    else:
        victim.start()
        until = chance.uniform(0.2, 3.0)
    seen: list[float] = []
    while not victim.has_ended() and victim.seconds() < until:
        if not seen and victim.has_stored():
            seen = [victim.seconds()]
        time.sleep(0.02)
    if step and not victim.has_ended():
        raise RuntimeError(f"step {step!r} was not reached within {AIMED_S:g} s")
    if step and (code := victim.ended()) != -9:
        raise RuntimeError(f"step {step!r}: ended with {code}:\n{victim.output()}")
    if not step:
        victim.kill()
    return seen


def _copy_is_whole(copy: Path) -> int:
    """Whether there is a backup; it must be whole then, whatever was killed. It is put away."""
    if not copy.exists():
        return 0
    with closing(LogReader(copy)) as reader:
        found = damage(reader, lambda _share: None)
    if found:
        raise RuntimeError(f"a backup has its name and is not whole: {found[0]}")
    shutil.rmtree(copy)
    return 1


def _is_there(ledger: Ledger, data: Path) -> bool:
    """Whether everything that was acknowledged and may not be forgotten is in the store."""
    return compared(ledger, data).lost == 0 or ledger.acknowledged <= set(stored(data))


def orphans(data: Path) -> int:
    """Files that are on no list."""
    with closing(LogReader(data)) as reader:
        listed = {path for path, _ in everything_listed(reader)}
        listed |= {path for (path,) in reader.rows("SELECT path FROM gone")}
    files = [path for folder in (HISTORY, OUTLINE, ROLLUP) for path in (data / folder).rglob("*")]
    return sum(path.is_file() and path.relative_to(data).as_posix() not in listed for path in files)


def verify(data: Path) -> str:
    """What `twin verify` says: equal (or that there is no snapshot yet to begin from), or what is wrong."""
    done = twin("verify", "--data", str(data))
    if done.returncode:
        return done.stderr.strip() or done.stdout.strip()
    return "equal" if done.stdout.rstrip().endswith(": equal") else UNFOLDED


def _told(
    seed: int, cycles: int, recovery: Sequence[float], c: Compared, data: Path, code: int, copies: int
) -> Outcome:
    with closing(LogReader(data)) as reader:
        ((files, sealed),) = reader.rows("SELECT count(*), coalesce(sum(rows), 0) FROM file")
    more = {
        "stored twice": c.twice,
        "sealed rows": sealed,
        "files": files,
        "whole backups": copies,
        "orphans": orphans(data),
        "starts untold": c.untold,
        "verify": verify(data),
        "exit": code,
    }
    wrong = [
        f"{name} {value}" for name, value in more.items() if name in {"orphans", "starts untold", "exit"} and value
    ]
    wrong += [f"verify: {more['verify']}"] if more["verify"] not in FINE else []
    return Outcome(
        "R01 kill -9", seed, cycles, c.sent, c.acked, c.stored, c.lost, c.invented, c.twice_read, recovery, more, wrong
    )


if __name__ == "__main__":
    command("kill -9 of the service under load, and a count of what is lost", kill_cycles, 200)
