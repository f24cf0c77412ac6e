"""Callers of the API that number every sample: one posts small requests, one imports files. Both try again for ever."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.ledger import Ledger, Sample
from twin.cli.import_ import build
from twin.cli.remote import RunningTwin
from twin.core.errors import LinetwinError
from twin.core.instant import DAY, to_text
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.runtime.report import ConnectionReport

PAUSE_S = 0.02
ROWS = 10
LATE = 3
"""Every so many requests there are rows of yesterday, whose files are merged; and of a hundred days ago, which
retention forgets."""
FILE_ROWS = 400
TIMEOUT_S = 15


def rows_of(number: int, now: int) -> list[Sample]:
    """One request."""
    found = [(f"rest/r{one}", now, float(number)) for one in range(ROWS)]
    late = [("old/a", now - DAY, float(number)), ("ancient/a", now - 100 * DAY, float(number))]
    return found + (late if number % LATE == 0 else [])


def post(port: int, samples: Sequence[Sample]) -> int:
    """The status of the answer; 0 without one."""
    body = {"samples": [{"tag": tag, "time": to_text(instant), "value": value} for tag, instant, value in samples]}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", "/api/v1/samples?new=number", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return answer.status
    finally:
        connection.close()


class Caller:
    """Posts numbered rows to wherever the victim listens now, each until it is answered with 2xx. statuses: seen.

    on_answer: called in the instant in which rows are acknowledged, before anything else is done.
    """

    def __init__(self, port: Callable[[], int], ledger: Ledger, on_answer: Callable[[], None] = lambda: None) -> None:
        self._port = port
        self._ledger = ledger
        self._on_answer = on_answer
        self._stop = threading.Event()
        self.statuses: set[int] = set()

    def run(self) -> None:
        """For its thread: until stopped and the last request is answered."""
        number = 0
        while not self._stop.wait(PAUSE_S):
            samples = rows_of(number, time.time_ns())
            self._ledger.send(samples)
            while (status := post(self._port(), samples)) // 100 != 2:
                self.statuses.add(status)
                if self._stop.wait(0.1):  # unanswered: it may be there, and need not
                    return
            self._on_answer()
            self.statuses.add(status)
            self._ledger.acknowledge(samples)
            number += 1

    def stop(self) -> None:
        """End soon."""
        self._stop.set()


class Importer:
    """Imports one file after the other as `twin import` does beside a running twin; what a request carried is
    acknowledged by its answer."""

    def __init__(self, port: Callable[[], int], ledger: Ledger, folder: Path) -> None:
        self._port = port
        self._ledger = ledger
        self._folder = folder
        self._stop = threading.Event()

    def run(self) -> None:
        """For its thread."""
        number = 0
        while not self._stop.wait(0.5):
            path = self._folder / f"import-{number}.csv"
            first = time.time_ns()
            samples = [("import/i", first + one, float(number * FILE_ROWS + one)) for one in range(FILE_ROWS)]
            lines = [f"{to_text(instant)},{tag},{value}" for tag, instant, value in samples]
            path.write_text("time,tag,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
            self._ledger.send(samples)
            while not self._imported(path):
                if self._stop.wait(0.2):
                    return
            self._ledger.acknowledge(samples)
            path.unlink()
            number += 1

    def _imported(self, path: Path) -> bool:
        try:
            asyncio.run(self._import(path))
        except LinetwinError:
            return False
        return True

    async def _import(self, path: Path) -> None:
        tags = TagTable()
        report = ConnectionReport("import", "file", str(path), WallClock(), lambda _event: None)
        sink = RunningTwin(f"http://127.0.0.1:{self._port()}", tags)
        async with build(path, None, self._folder, tags, report).open() as batches:
            async for batch in batches:
                await sink.append(batch)

    def stop(self) -> None:
        """End soon."""
        self._stop.set()


@contextmanager
def calling(*callers: Caller | Importer, ledger: Ledger) -> Iterator[None]:
    """These call while the block runs."""

    def run(one: Caller | Importer) -> None:
        try:
            one.run()
        except BaseException as error:
            ledger.failure = error

    threads = [threading.Thread(target=run, args=(one,), daemon=True) for one in callers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in callers:
            one.stop()
        for thread in threads:
            thread.join(60)
