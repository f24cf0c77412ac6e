"""Faults of a disk, of limits and of people, on a service under load: each a function, each a command.

`python -m tests.faults.service_faults NAME` prints one line; NAME: one of FAULTS. Those of disks need root.
"""

from __future__ import annotations

import json
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import groupby
from pathlib import Path

from tests.faults.disks import loop_disk, memory_disk
from tests.faults.kill_cycles import FINE, verify
from tests.faults.ledger import stored
from tests.faults.loaded import Loaded, loaded
from tests.faults.outcome import Outcome, command, progress
from tests.faults.victim import TWIN, eventually, twin
from twin.store.inspect import damage
from twin.store.reader import LogReader

TAG = "rest/r1"
MEGABYTE = 2**20


def _refuses(run: Loaded) -> None:
    """Wait until a post is refused, whatever was answered before."""
    run.caller.statuses.clear()
    eventually(lambda: 503 in run.caller.statuses or 507 in run.caller.statuses, 60, "a post that is refused")


def _reads(run: Loaded) -> bool:
    """Whether samples, states and the page are served."""
    victim = run.victim
    samples = json.loads(victim.get(f"/api/v1/samples?tag={TAG}&from=now-1h") or b"{}").get("samples")
    return bool(samples) and bool(victim.get("/api/v1/states?from=now-1h")) and b"<html" in victim.get("/").lower()


def _link(run: Loaded) -> dict[str, str]:
    """What is said of the connection."""
    answer = json.loads(run.victim.get("/api/v1/connections") or b"{}")
    return answer["connections"][0] if answer else {"state": ""}


def _says(run: Loaded, words: str) -> bool:
    """Whether /readyz names the cause."""
    status, text = run.victim.answer("/readyz")
    return status == 503 and words in text


def _goes_on(run: Loaded) -> float:
    """Seconds until another sample is stored."""
    begun, before = time.monotonic(), run.victim.last()
    eventually(lambda: run.victim.last() > before and run.victim.is_ready(), 60, "it goes on by itself")
    return time.monotonic() - begun


def disk_full(cycles: int, seed: int, folder: Path) -> Outcome:
    """R06: the disk fills up; room comes back."""
    recovery: list[float] = []
    chance = random.Random(seed)
    with memory_disk(folder, 64) as disk, loaded(folder, disk / "data") as run:
        for cycle in range(cycles):
            progress(f"disk full {cycle + 1} of {cycles}")
            ballast = disk / "ballast"
            _fill(ballast)
            _refuses(run)
            eventually(lambda: _link(run)["state"] == "down", 60, "the connection let go")
            run.holds("reads meanwhile", _reads(run))
            run.holds("says why", _says(run, "nothing was acknowledged"))
            time.sleep(chance.uniform(0, 0.5))
            ballast.unlink()
            recovery.append(_goes_on(run))
            eventually(lambda: run.victim.is_ready() and _link(run)["state"] == "up", 60, "the connection back")
        events = json.loads(run.victim.get("/api/v1/events?kind=connection&from=now-1h&limit=1000"))["events"]
        kinds = [kind for kind, _ in groupby(event["kind"] for event in reversed(events))]
        run.holds(
            "each loss told with its end", kinds == ["connection.up", *["connection.lost", "connection.up"] * cycles]
        )
        return run.outcome("R06 disk full", seed, cycles, recovery)


def _fill(ballast: Path) -> None:
    """To the last byte."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x")


def disk_fails(cycles: int, seed: int, folder: Path) -> Outcome:
    """R07: the disk becomes read-only under a running service, as the kernel does it; then at a start."""
    recovery: list[float] = []
    with loop_disk(folder) as disk, loaded(folder, disk.path / "data") as run:
        for cycle in range(cycles):
            progress(f"read-only {cycle + 1} of {cycles}")
            disk.fail()
            _refuses(run)
            run.holds("reads meanwhile", _reads(run))
            run.holds("lives on", not run.victim.has_ended())
            run.holds("says why", _says(run, "nothing was acknowledged"))
            run.victim.kill()
            disk.unmount()
            disk.mount()
            disk.read_only()
            refused = subprocess.run(
                [*TWIN, "run", str(run.victim.file), "--data", str(run.victim.data)],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            run.holds(
                "start refused in one line",
                (
                    refused.returncode == 1
                    and str(run.victim.data) in refused.stderr
                    and len(refused.stderr.splitlines()) == 1
                ),
            )
            disk.unmount()
            disk.mount()
            run.victim.start()
            recovery.append(run.victim.until_stored(60))
        return run.outcome("R07 read-only disk", seed, cycles, recovery)


def few_files(run: Loaded, cycles: int, chance: random.Random) -> list[float]:
    """R08: more callers than the service may have open files."""
    recovery: list[float] = []
    for cycle in range(cycles):
        progress(f"few files {cycle + 1} of {cycles}")
        process = run.victim.process
        limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (64, limits[1]))
        callers = [socket.create_connection(("127.0.0.1", run.victim.port), 5) for _ in range(100)]
        eventually(lambda: len(list(Path(f"/proc/{process.pid}/fd").iterdir())) >= 60, 30, "no file left")  # noqa: B023
        run.holds("lives on", not run.victim.has_ended())
        for one in callers:
            one.close()
        recovery.append(_goes_on(run))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
    run.holds("the same process", run.victim.process.pid == process.pid)
    run.holds("reads", _reads(run))
    return recovery


def second(run: Loaded, cycles: int, chance: random.Random) -> list[float]:
    """R09: a second twin on the same folder."""
    for cycle in range(cycles):
        progress(f"second {cycle + 1} of {cycles}")
        other = twin("run", str(run.victim.file), "--data", str(run.victim.data), "--port", "0")
        run.holds(
            "refused with the process and its address",
            (
                other.returncode == 1
                and f"process {run.victim.process.pid} writes this data folder" in other.stderr
                and f":{run.victim.port}" in other.stderr
            ),
        )
        _goes_on(run)
    run.holds("the first unharmed", _reads(run))
    return []


def terminated(run: Loaded, cycles: int, chance: random.Random) -> list[float]:
    """R10: SIGTERM under load."""
    recovery: list[float] = []
    codes: set[int] = set()
    for cycle in range(cycles):
        progress(f"SIGTERM {cycle + 1} of {cycles}")
        time.sleep(chance.uniform(0.0, 1.0))
        codes.add(run.victim.stop())
        run.victim.start()
        recovery.append(run.victim.until_stored(60))
    run.holds("every exit 0", codes == {0})
    return recovery


def backup(run: Loaded, cycles: int, chance: random.Random) -> list[float]:
    """R12: backups of a folder that is written; each restored elsewhere and compared."""
    for cycle in range(cycles):
        progress(f"backup {cycle + 1} of {cycles}")
        before = set(run.ledger.acknowledged)
        folder = run.victim.data.parent
        copy, elsewhere = folder / f"copy-{cycle}", folder / f"elsewhere-{cycle}"
        told = json.loads(twin("store", "backup", str(copy), "--data", str(run.victim.data), "--json").stdout)
        after = set(run.ledger.sent)
        restored = json.loads(twin("store", "restore", str(copy), "--data", str(elsewhere), "--json").stdout)
        found = stored(elsewhere)
        with closing(LogReader(elsewhere)) as reader:
            kept_from = reader.kept_from() or 0
            whole = damage(reader, lambda _share: None) == []
        missing = {one for one in before - set(found) if one[1] >= kept_from and one[0].startswith("rest/")}
        run.holds("whole", whole and told["damage"] == [] == restored["damage"])
        run.holds("all that was answered before it began", not missing)
        run.holds("nothing that was not sent before it ended", set(found) <= after)
        run.holds("counts equal", told["samples"] == restored["samples"] == found.total())
        run.holds("verified", verify(elsewhere) in FINE)
    return []


PARTS: dict[str, tuple[str, Callable[[Loaded, int, random.Random], list[float]]]] = {
    "few-files": ("R08 64 files", few_files),
    "second": ("R09 second twin", second),
    "terminate": ("R10 SIGTERM", terminated),
    "backup": ("R12 backup and restore", backup),
}


def one_by_one(*names: str) -> Callable[[int, int, Path], Outcome]:
    """Some parts in the same run."""

    def run_parts(cycles: int, seed: int, folder: Path) -> Outcome:
        chance = random.Random(seed)
        with loaded(folder) as run:
            recovery = [seconds for name in names for seconds in PARTS[name][1](run, cycles, chance)]
            return run.outcome(", ".join(PARTS[name][0] for name in names), seed, cycles, recovery)

    return run_parts


FAULTS: dict[str, Callable[[int, int, Path], Outcome]] = {
    "disk-full": disk_full,
    "read-only": disk_fails,
    **{name: one_by_one(name) for name in PARTS},
}

if __name__ == "__main__":
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in FAULTS:
        sys.exit(f"python -m tests.faults.service_faults NAME; NAME is one of {', '.join(FAULTS)}")
    command(f"the fault {name} on a service under load", FAULTS[name], 5)
