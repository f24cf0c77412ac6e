"""Sender: pieces of the log to the server, each settled row by row before the cursor may move.

Work blocks, so it runs in a thread of its own; the loop waits for it, and gives it up when nobody waits any more or
when one request takes longer than it may, however it dribbles.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import numpy as np

from connectors.influx import verdict
from connectors.influx.lines import Lines
from connectors.influx.link import Late, Link
from connectors.influx.verdict import Answer
from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice
from twin.core.ports import Refusal
from twin.core.rows import Samples, in_order

T = TypeVar("T")

LEAVE_S = 1.5
"""How long a request that was given up may take to notice."""
_SPREAD = np.int64(0x9E3779B1)
"""Times by this, and ids of tags, seldom meet; where they do, a sort is all that it costs."""
LARGEST = 8 << 20
"""Letters of text in one request."""


class Pace:
    """Rows in one request: fewer after the server or the way to it was too slow or too narrow, then slowly more."""

    MOST = 10_000
    LEAST = 100

    def __init__(self) -> None:
        self.rows = self.MOST

    def slower(self, rows: int) -> None:
        """So many rows were too many."""
        self.rows = max(self.LEAST, min(self.rows, rows) // 2)

    def went(self) -> None:
        """A request went through."""
        self.rows = min(self.MOST, self.rows + self.LEAST)


class InfluxSender:
    """An outlet that is open. One piece at a time."""

    def __init__(self, link: Link, lines: Lines, pace: Pace) -> None:
        self._link = link
        self._lines = lines
        self._pace = pace
        self._some_went = False

    async def send(self, piece: Slice) -> Sequence[Refusal]:
        """Give a piece to the server: see `twin.core.ports.Sender`. Of two rows of one tag and time the later goes."""
        if len(piece.samples) == 0:
            return []
        return await in_thread(self._link, lambda: self._give_all(piece.samples))

    def _give_all(self, samples: Samples) -> list[Refusal]:
        rows, _ = self._lines.arranged(_once(samples))
        refused: list[Refusal] = []
        begin = 0
        while begin < len(rows):
            part = rows.take(slice(begin, begin + self._pace.rows))
            refused += self._give(part)
            begin += len(part)
        return refused

    def _give(self, rows: Samples) -> list[Refusal]:
        if len(rows) > 1 and _letters(rows) > LARGEST:
            return self._give_halves(rows)
        answer = self._asked(rows)
        if answer.status == verdict.SETTLED:
            return []
        if answer.status == verdict.TOO_LARGE:
            self._pace.slower(len(rows))
            return self._give_halves(rows) if len(rows) > 1 else _refused(rows, verdict.words(answer))
        if answer.status not in verdict.SOME_ROWS:
            raise verdict.failure(answer, self._link.to)
        self._require_rows_are_meant(answer, rows)
        return self._apart(rows, answer)

    def _apart(self, rows: Samples, answer: Answer) -> list[Refusal]:
        """Find the rows that it does not take. All others go again, which changes nothing where they went before."""
        if len(rows) == 1 or verdict.dropped(answer) == len(rows):
            return _refused(rows, verdict.words(answer))
        named = self._named(rows, answer)
        if not named:
            return self._give_halves(rows)
        left = np.ones(len(rows), np.bool_)
        left[list(named)] = False
        refused = [one for at, said in named.items() for one in _refused(rows.take(slice(at, at + 1)), said)]
        return refused + (self._give(rows.take(left)) if left.any() else [])

    def _named(self, rows: Samples, answer: Answer) -> dict[int, str]:
        """Row -> the server's words, for lines that it named by number and that are what it shows."""
        found: dict[int, str] = {}
        for line in verdict.named_lines(answer):
            at = line.number - 1
            if 0 <= at < len(rows) and line.begin.strip():
                ours = self._lines.of(rows.take(slice(at, at + 1))).decode("utf-8", "replace")
                if ours.startswith(line.begin.strip()[:100]):
                    found[at] = line.words
        return found

    def _give_halves(self, rows: Samples) -> list[Refusal]:
        middle = len(rows) // 2
        return self._give(rows.take(slice(0, middle))) + self._give(rows.take(slice(middle, len(rows))))

    def _require_rows_are_meant(self, answer: Answer, rows: Samples) -> None:
        """Words that we do not know may be about how we ask. While nothing went through, the first and the last row
        go alone; when neither is taken, the log is not put into quarantine row by row.
        """
        if self._some_went or len(rows) == 1 or verdict.is_about_rows(answer):
            return
        ends = [rows.take(slice(0, 1)), rows.take(slice(len(rows) - 1, len(rows)))]
        if all(self._asked(one).status in verdict.SOME_ROWS for one in ends):
            said = f"{self._link.to.where}: {answer.status}: {verdict.words(answer)}"
            raise Misconfigured(f"{said}; it takes no row at all: check bucket, org and version")

    def _asked(self, rows: Samples) -> Answer:
        try:
            answer = self._link.write(self._lines.of(rows))
        except Late:
            self._pace.slower(len(rows))
            raise
        if answer.status == verdict.SETTLED:
            self._pace.went()
            self._some_went = True
        return answer


async def in_thread(link: Link, work: Callable[[], T]) -> T:
    """What `work`, which uses the link, returns or raises. Unreachable when one request of it takes too long."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if outcome.cancelled():
            return
        if error is None:
            outcome.set_result(value)  # type: ignore[arg-type]
        else:
            outcome.set_exception(error)

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:  # whatever it is goes to who waits
            error = raised
        with suppress(RuntimeError):  # the loop closed before the server answered
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name=f"influx-{link.to.id}", daemon=True).start()
    try:
        while not outcome.done():
            begun = link.requests
            await asyncio.wait({outcome}, timeout=2 * link.to.timeout_s)
            if not outcome.done() and link.requests == begun:
                raise Unreachable(f"{link.to.where}: no whole answer in {2 * link.to.timeout_s:g} s")
    finally:
        if not outcome.done():
            link.abort()
            await asyncio.wait({outcome}, timeout=LEAVE_S)
            outcome.cancel()
    return outcome.result()


def _once(samples: Samples) -> Samples:
    """The rows, of two of one tag and time the later one. Sorted only where there may be two."""
    keys = np.sort(samples.time * _SPREAD + samples.tag)
    return in_order(samples) if (keys[1:] == keys[:-1]).any() else samples


def _letters(rows: Samples) -> int:
    return 0 if rows.text is None else sum(len(text) for text in rows.text.tolist() if text)


def _refused(rows: Samples, cause: str) -> list[Refusal]:
    columns = (rows.recorded.tolist(), rows.tag.tolist(), rows.time.tolist())
    return [Refusal(recorded, tag, time, cause) for recorded, tag, time in zip(*columns, strict=True)]
