"""The live channel: each distinct subscription is looked at and encoded once, whoever watches.

Bound: two messages per viewer. Policy: a viewer that is behind loses what waits and gets a fresh snapshot; one that
takes nothing for `slow_s` is closed with 1013. A slow viewer costs the others nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.api.routes_corrections import correction_shape
from twin.api.subscription import Picture, Subscription, corrected, heartbeat
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin

QUEUE = 2
TRY_AGAIN_LATER = 1013
FRESH_S = 0.001
"""A view that was waited for longer than this has just been made."""
LEAD_S = 0.01
"""Views come by a clock of their own, about as often as deltas: who looks a little before the next one is due gets it
as it is made.
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between two deltas, between two heartbeats, until a viewer that takes nothing is closed."""

    delta_s: float = 0.2
    heartbeat_s: float = 1.0
    slow_s: float = 10.0


class TooSlow(Exception):
    """A viewer took nothing for too long."""


@dataclass(eq=False, slots=True)
class Viewer:
    """One WebSocket. waiting: messages not yet sent. is_behind: it lost messages and needs a snapshot."""

    waiting: deque[str] = field(default_factory=deque[str])
    is_behind: bool = True
    some: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, message: str) -> None:
        """Queue a message, or mark the viewer as behind when two wait already."""
        if self.is_behind:
            return
        if len(self.waiting) >= QUEUE:
            self.waiting.clear()
            self.is_behind = True
        else:
            self.waiting.append(message)
        self.some.set()


class _Channel:
    """One distinct subscription and its viewers. seq: of the last message."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.viewers: set[Viewer] = set()
        self.seq = 0
        self._snapshot: tuple[int, str] | None = None

    def snapshot(self) -> str:
        """As of the last message; made once for all that want it at this moment."""
        if self._snapshot is None or self._snapshot[0] != self.seq:
            self._snapshot = (self.seq, self.picture.snapshot(self.seq))
        return self._snapshot[1]

    def send(self, message: str) -> None:
        """Offer the message that has the next number."""
        self.seq += 1
        for viewer in self.viewers:
            viewer.offer(message)


class Live:
    """All channels. Looks at the twin only while somebody watches."""

    def __init__(self, twin: Twin, pace: Pace | None = None) -> None:
        self._twin = twin
        self._pace = pace or Pace()
        self._channels: dict[Subscription, _Channel] = {}
        self._task: asyncio.Task[None] | None = None
        self._counted: Counter[str] = Counter()

    def figures(self) -> Mapping[str, float]:
        """For /metrics."""
        viewers = sum(len(channel.viewers) for channel in tuple(self._channels.values()))
        names = ("live_messages_total", "live_snapshots_total", "live_closed_slow_total")
        return {"live_viewers": viewers, **{name: self._counted[name] for name in names}}

    async def watch(self, wanted: Subscription, send: Callable[[str], Awaitable[None]]) -> None:
        """Send a snapshot, then what changes, until cancelled. Raises TooSlow, and what `send` raises."""
        channel = self._channels.get(wanted)
        if channel is None:
            channel = self._channels[wanted] = _Channel(Picture(self._twin, wanted))
        viewer = Viewer()
        channel.viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="live")
        try:
            await self._serve(channel, viewer, send)
        finally:
            self._leave(wanted, channel, viewer)

    async def _serve(self, channel: _Channel, viewer: Viewer, send: Callable[[str], Awaitable[None]]) -> None:
        await self._send(send, self._caught_up(channel, viewer))
        while True:
            await viewer.some.wait()
            viewer.some.clear()
            while viewer.is_behind or viewer.waiting:
                if viewer.is_behind:
                    self._counted["live_snapshots_total"] += 1
                    message = self._caught_up(channel, viewer)
                else:
                    message = viewer.waiting.popleft()
                await self._send(send, message)

    def _caught_up(self, channel: _Channel, viewer: Viewer) -> str:
        viewer.is_behind = False
        return channel.snapshot()

    async def _send(self, send: Callable[[str], Awaitable[None]], message: str) -> None:
        try:
            await asyncio.wait_for(send(message), self._pace.slow_s)
        except TimeoutError as error:
            self._counted["live_closed_slow_total"] += 1
            raise TooSlow(f"took nothing for {self._pace.slow_s:g} s") from error

    def _leave(self, wanted: Subscription, channel: _Channel, viewer: Viewer) -> None:
        channel.viewers.discard(viewer)
        if not channel.viewers:
            self._channels.pop(wanted, None)
        if not self._channels and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        """Look at every new view, at most so often; say each second that all is well."""
        loop = asyncio.get_running_loop()
        number, last_correction, beat_at = self._twin.live().number, self._newest_correction(), loop.time()
        while True:
            try:
                view = await asyncio.wait_for(self._fresh(number), self._pace.heartbeat_s)
            except TimeoutError:
                continue  # no view, no heartbeat: the page shall see that the folds stand still
            number, due = view.number, loop.time() + self._pace.delta_s - LEAD_S
            newest = self._newest_correction()
            news, last_correction = self._corrections(last_correction, newest), newest
            is_beat = loop.time() >= beat_at
            beat_at = loop.time() + self._pace.heartbeat_s if is_beat else beat_at
            for channel in tuple(self._channels.values()):
                self._count(channel, channel.picture.delta(channel.seq + 1, view))
                if news:
                    self._count(channel, corrected(channel.seq + 1, view, news))
                if is_beat:
                    self._count(channel, heartbeat(channel.seq + 1, view))
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _fresh(self, number: int) -> LiveView:
        """The next view as it is made. One that waits already is old: the one after it is soon there."""
        begun = asyncio.get_running_loop().time()
        view = await self._twin.next_view(number)
        if asyncio.get_running_loop().time() - begun < FRESH_S:
            view = await self._twin.next_view(view.number)
        return view

    def _count(self, channel: _Channel, message: str | None) -> None:
        if message is not None:
            self._counted["live_messages_total"] += 1
            channel.send(message)

    def _corrections(self, after: int, newest: int) -> list[dict[str, Any]]:
        found = [one for one in tuple(self._twin.corrections) if after < one.number <= newest]
        return [correction_shape(one).model_dump() for one in found]

    def _newest_correction(self) -> int:
        corrections = tuple(self._twin.corrections)
        return corrections[-1].number if corrections else 0
