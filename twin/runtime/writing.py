"""Writes to machines: allowed by the plant file alone, logged before anything is sent, sent once, told as it came out.

A write that is in the log without its end (the process died between) is told as unknown at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict

from twin.core.errors import Misconfigured, StoreFailed, Unreachable
from twin.core.event import WRITE_ASKED, WRITE_DONE, Event
from twin.core.instant import DAY, SECOND
from twin.core.ports import Clock, Connector, Log, Writable, Written
from twin.model.plant import Plant, TagSpec, WriteLimits
from twin.runtime.live import LiveView
from twin.runtime.report import ConnectionReport
from twin.runtime.write_rules import (
    Obstacle,
    Wish,
    WriteRefused,
    check_machine,
    check_present,
    check_sent,
    check_value,
)
from twin.store.reader import LogReader

LOOK_BACK = 30 * DAY
"""A write that never came to an end is looked for in so much of the log when the twin starts."""
MOST_LOOKED_AT = 10_000

_log = logging.getLogger("linetwin")


class Writing:
    """Carries out writes of one plant, one at a time for each tag."""

    def __init__(
        self,
        plant: Plant,
        connectors: Mapping[str, Connector],
        reports: Mapping[str, ConnectionReport],
        log: Log,
        clock: Clock,
    ) -> None:
        self._plant = plant
        self._connectors = connectors
        self._reports = reports
        self._log = log
        self._clock = clock
        self._under_way: set[str] = set()
        self._last: dict[str, int] = {}
        self._tasks: set[asyncio.Task[Written]] = set()

    async def write(self, wish: Wish, tag: int | None, view: LiveView) -> Written:
        """Check a wish against the plant as it is now, log it, send it once, log what came of it.

        tag: its id, None where it never had a value. Raises WriteRefused, StoreFailed: nothing was sent. Once it is
        under way it goes to its end, whoever stops waiting for it.
        """
        spec = self._plant.tags[wish.tag]
        try:
            target = self._allowed(wish, spec, tag, view)
        except WriteRefused as refused:
            body = {"asked": 0, "outcome": "refused", "text": str(refused), **_wished(wish)}
            await self._log.note(Event(self._clock.now(), WRITE_DONE, wish.tag, body, wish.who))
            raise
        self._under_way.add(wish.tag)
        task = asyncio.create_task(self._carry_out(wish, spec, target))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def resume(self, reader: LogReader) -> None:
        """Tell what the run before left without an end, and remember when tags were written: `every` holds on."""
        self._last = await tell_unfinished(reader, self._log, self._clock)

    def turn(self, plant: Plant, connectors: Mapping[str, Connector], reports: Mapping[str, ConnectionReport]) -> None:
        """Go on under another model. When tags were written, and what is under way, stays known."""
        self._plant, self._connectors, self._reports = plant, connectors, reports

    async def finish(self) -> None:
        """Wait for what is under way: a twin that ends leaves no write without its end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _allowed(self, wish: Wish, spec: TagSpec, tag: int | None, view: LiveView) -> Writable:
        """The connector that can carry it out. Raises WriteRefused."""
        limits = spec.write
        if limits is None:
            raise WriteRefused(
                Obstacle.READ_ONLY, f"tag {wish.tag!r} is read only; `write: {{low: .., high: ..}}` in the plant file"
            )
        check_value(wish, spec, limits)
        self._check_turn(wish, limits)
        check_machine(wish, limits, view.machines.get(self._machine(wish.tag)))
        check_present(wish, limits, tag, view)
        return self._target(spec)

    def _check_turn(self, wish: Wish, limits: WriteLimits) -> None:
        if wish.tag in self._under_way:
            raise WriteRefused(Obstacle.CONFLICT, f"tag {wish.tag!r} is being written by another caller just now")
        left = self._last.get(wish.tag, -limits.every) + limits.every - self._clock.now()
        if left > 0:
            again = left / SECOND
            text = f"tag {wish.tag!r} was written less than {limits.every / SECOND:g} s ago; again in {again:.1f} s"
            raise WriteRefused(Obstacle.TOO_SOON, text, again)

    def _machine(self, tag: str) -> str:
        """The path of the machine that a tag belongs to, "" for none."""
        return next((machine.path for machine in self._plant.machines() if tag in machine.tags.values()), "")

    def _target(self, spec: TagSpec) -> Writable:
        connector, report = self._connectors.get(spec.connection), self._reports.get(spec.connection)
        if connector is None or report is None or report.state != "up":
            raise WriteRefused(Obstacle.DOWN, f"connection {spec.connection!r} is not up; nothing was sent")
        if not isinstance(connector, Writable):
            raise WriteRefused(Obstacle.CANNOT, f"{report.protocol} connections cannot write")
        return connector

    async def _carry_out(self, wish: Wish, spec: TagSpec, target: Writable) -> Written:
        try:
            asked = await self._log.note(Event(self._clock.now(), WRITE_ASKED, wish.tag, _wished(wish), wish.who))
            self._last[wish.tag] = self._clock.now()
            written = await self._send(wish, spec, target)
            await self._tell(wish, asked, written)
        finally:
            self._under_way.discard(wish.tag)
        return written

    async def _send(self, wish: Wish, spec: TagSpec, target: Writable) -> Written:
        scaled = (spec.factor, spec.offset) != (1.0, 0.0)

        def last_look(wire: float) -> None:
            """How long it took until here, and what the other side's type made of it."""
            if self._clock.now() > wish.until:
                raise Misconfigured("it came too late: its time was over before it could be sent")
            if scaled and spec.write is not None:
                check_sent(wish, wire, spec, spec.write)

        wire = (wish.value - spec.offset) / spec.factor
        try:
            written = await target.write(wish.tag, wire, nearest=scaled, last_look=last_look)
        except (Misconfigured, Unreachable) as error:
            return Written("refused", 0, str(error))
        except Exception as error:  # it may have been sent: whatever failed, the end of a write is told
            _log.exception("write to %s: fault in the connector", wish.tag)
            return Written("unknown", 0, f"fault in the connector: {error!r}")
        return in_unit(written, spec)

    async def _tell(self, wish: Wish, asked: int, written: Written) -> None:
        """Note the end. A disk that fails now keeps nobody from the answer; the next start tells it as unknown."""
        body = {"asked": asked, **asdict(written), **_wished(wish)}
        try:
            await self._log.note(Event(self._clock.now(), WRITE_DONE, wish.tag, body, wish.who))
        except StoreFailed:
            _log.error("write to %s: its end (%s) could not be logged", wish.tag, written.outcome)
        _log.info("write to %s by %s: %s (%s)", wish.tag, wish.who, written.outcome, written.text)


def _wished(wish: Wish) -> dict[str, object]:
    return {"value": wish.value, "reason": wish.reason}


def in_unit(written: Written, spec: TagSpec) -> Written:
    """The same with what was read back in the tag's unit, where the wire's number is scaled."""
    if (spec.factor, spec.offset) == (1.0, 0.0):
        return written
    try:
        held = float(written.read_back) * spec.factor + spec.offset
    except ValueError:
        return written
    return Written(written.outcome, written.status, written.text, f"{held:.15g}")


async def tell_unfinished(reader: LogReader, log: Log, clock: Clock) -> dict[str, int]:
    """Note as unknown what was asked before the last end of the twin and has no end of its own.

    Returns when each tag was asked to be written last.
    """
    now = clock.now()
    found = await asyncio.to_thread(reader.events, now - LOOK_BACK, now, (WRITE_ASKED, WRITE_DONE), MOST_LOOKED_AT)
    ended = {event.body.get("asked") for _, event in found if event.kind == WRITE_DONE}
    for recorded, event in reversed(found):
        if event.kind == WRITE_ASKED and recorded not in ended:
            text = "the twin ended before the answer came: it may have been written"
            body = {"asked": recorded, "outcome": "unknown", "text": text, **event.body}
            await log.note(Event(now, WRITE_DONE, event.subject, body, event.who))
    return {event.subject: event.time for _, event in reversed(found) if event.kind == WRITE_ASKED}
