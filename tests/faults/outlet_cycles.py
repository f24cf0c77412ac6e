"""An InfluxDB that is killed, stopped, slow and refusing, and a twin that is killed beside it: what arrived there.

`python -m tests.faults.outlet_cycles --cycles N --seed S [--outage SECONDS]` prints one line. Real InfluxDB 1.x
(`apt install influxdb`) behind a front that can refuse and delay. Lost: acknowledged and not in InfluxDB at the end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.faults.generator import plant_text
from tests.faults.ledger import Sample
from tests.faults.loaded import Loaded, loaded
from tests.faults.outcome import Outcome, command, progress
from tests.faults.victim import TWIN, eventually
from tests.wire.influx.influxd import Influxd, configured
from twin.runtime.ports import free_ports
from twin.store.outbox import Outbox

OUTLET = """
outlets:
  historian: {{influx: "http://127.0.0.1:{port}", bucket: faults, version: "1", timeout: 3s}}
"""
DRAINED_S = 120.0


class Server:
    """A real InfluxDB 1.x that can be killed and stopped, and its front."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port, rpc, self.front = free_ports(3)
        self._config = folder / "influxdb.conf"
        self._config.write_text(configured(folder, self.port, rpc), encoding="utf-8")
        self.influx = Influxd(self.port)
        self.mode = "pass"
        self.start()
        self.influx.query('CREATE DATABASE "faults"')

    def start(self) -> None:
        """Start it; returns when it answers."""
        program = shutil.which("influxd") or "influxd"
        self._process = subprocess.Popen(
            [program, "run", "-config", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self.influx.answers, 60, "InfluxDB answers")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait(10)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(10)

    def samples(self) -> set[Sample]:
        """Everything that it holds."""
        answer = json.loads(self.influx.query('SELECT v FROM linetwin GROUP BY "tag"', "faults"))
        series = answer["results"][0].get("series", ())
        return {(one["tags"]["tag"], at, float(value)) for one in series for at, value in one["values"]}


class _Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        server: Server = self.server.before
        mode = server.mode
        if mode in {"503", "429"} and body:
            self._answer(int(mode), b'{"error": "busy"}', {"Retry-After": "1"})
            return
        if mode == "slow" and body:
            time.sleep(1.0)
        if mode == "cut" and body:
            self.connection.close()
            return
        kept = {name: self.headers[name] for name in ("Content-Encoding", "Content-Type") if name in self.headers}
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{self.path}", body, kept, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self._answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.read(), dict(error.headers))
        except OSError:
            self.connection.close()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.startswith("X-Influxdb") or name in {"Content-Type", "Retry-After"}:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(b"" if status == 204 else body)

    do_GET = do_HEAD = do_POST = _pass_on  # noqa: N815 - names of the library


@contextmanager
def fronted(folder: Path) -> Iterator[Server]:
    """InfluxDB and its front while the block runs."""
    server = Server(folder / "influx")
    front = ThreadingHTTPServer(("127.0.0.1", server.front), _Front)
    front.daemon_threads = True
    front.before = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: front.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        front.shutdown()
        front.server_close()
        server.close()


def _killed(server: Server, _run: Loaded, seconds: float) -> None:
    server.kill()
    time.sleep(seconds)
    server.start()


def _stopped(server: Server, _run: Loaded, seconds: float) -> None:
    server.kill(signal.SIGSTOP)
    time.sleep(seconds)
    server.kill(signal.SIGCONT)


def _behind(mode: str) -> Callable[[Server, Loaded, float], None]:
    def fault(server: Server, _run: Loaded, seconds: float) -> None:
        server.mode = mode
        time.sleep(seconds)
        server.mode = "pass"

    return fault


def _twin_killed(_server: Server, run: Loaded, seconds: float) -> None:
    time.sleep(seconds / 4)
    run.victim.kill()
    run.victim.start()
    run.victim.until_stored(60)


FAULTS = {
    "killed": _killed,
    "stopped": _stopped,
    "503": _behind("503"),
    "429": _behind("429"),
    "slow": _behind("slow"),
    "cut": _behind("cut"),
    "twin killed": _twin_killed,
}


def outlet_cycles(cycles: int, seed: int, folder: Path, outage: int = 0) -> Outcome:
    """One fault after the other; then all that waits must arrive. outage: seconds that the first one lasts."""
    chance = random.Random(seed)
    recovery: list[float] = []
    with fronted(folder) as server:
        plant = lambda port: plant_text(port) + OUTLET.format(port=server.front)  # noqa: E731
        with loaded(folder, command=(*TWIN, "run"), plant=plant) as run:
            eventually(lambda: bool(server.samples()), 60, "a first sample in InfluxDB")
            for cycle, name in zip(range(cycles), list(FAULTS) * cycles, strict=False):
                progress(f"{name}, {cycle + 1} of {cycles}")
                before = run.victim.last()
                FAULTS[name](server, run, outage if outage and not cycle else chance.uniform(1.0, 4.0))
                run.holds("live goes on", run.victim.last() > before)
                begun, due = time.monotonic(), set(run.ledger.acknowledged)
                eventually(lambda due=due: due <= server.samples(), DRAINED_S + outage, f"drained after {name}")
                recovery.append(time.monotonic() - begun)
            run.load.close()
            run.drained()
            acked = set(run.ledger.acknowledged)
            eventually(lambda: acked <= server.samples(), DRAINED_S, "the last of it in InfluxDB")
            there = server.samples()
            fault = f"R27 InfluxDB outlet, {outage} s away" if outage else "R27 InfluxDB outlet"
            found = run.outcome(fault, seed, cycles, recovery)
            left_out = _left_out(run.victim.data)
    wrong = [*found.wrong, *([f"{len(acked - there)} not in InfluxDB"] if acked - there else [])]
    wrong += [f"{len(there - run.ledger.sent)} in InfluxDB and never sent"] if there - run.ledger.sent else []
    wrong += [f"{rows} {name}" for name, rows in left_out.items() if rows]
    more = {"in InfluxDB": len(there), "missing there": len(acked - there), **left_out, **found.more}
    return Outcome(**{**vars_of(found), "more": more, "wrong": wrong})


def _left_out(data: Path) -> dict[str, int]:
    """Rows that the outlet says were refused, and dropped."""
    with closing(Outbox(data, write=False)) as outbox:
        standing = outbox.standings()["historian"]
    return {"refused": standing.refused, "dropped": standing.dropped}


def vars_of(one: Outcome) -> dict[str, Any]:
    """The fields of an outcome."""
    return json.loads(one.to_json())


if __name__ == "__main__":
    command(
        "an InfluxDB that is away, slow and refusing",
        outlet_cycles,
        14,
        outage=(0, "seconds that the first fault lasts"),
    )
