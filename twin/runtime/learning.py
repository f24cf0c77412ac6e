"""Learning: what a machine has shown to be normal becomes a model, and the model an event of the log.

A model is learnt once. It stands in the log from the end of what it was learnt from, so the time since is judged by it
too (the folds heal), and every replay uses the same constants.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable
from typing import Any, Protocol

import numpy as np

from twin.core.errors import StoreFailed
from twin.core.event import MODEL_LEARNT, MODEL_REFUSED, Event
from twin.core.instant import HOUR, to_text
from twin.core.ports import Clock
from twin.core.routing import HORIZON
from twin.health.learn import Unfit, learn
from twin.health.model import NAME
from twin.health.reading import ToLearn
from twin.runtime.live import LiveView

PAUSE_S = 2.0
"""Between looks at what there is to learn from."""

_log = logging.getLogger("linetwin")


def learnt(found: ToLearn, now: int) -> Event:
    """The event that a watch's first good hours make: `model.learnt`, or `model.refused` with the reason.

    It is true from the end of what it was learnt from, or from now where that is too long ago to be folded.
    """
    names = [tag.path.rpartition("/")[2] for tag in found.watch.tags]
    margins = np.array([tag.margin for tag in found.watch.tags])
    body: dict[str, Any] = {"model": NAME, "signature": found.watch.signature}
    time = found.end if now - found.end < HORIZON - HOUR else now
    try:
        model = learn(found.rows, found.stood, margins, names)
    except Unfit as reason:
        return Event(time, MODEL_REFUSED, found.watch.path, body | {"reason": str(reason)})
    body |= {"digest": model.digest, "constants": model.body(), "tags": [tag.path for tag in found.watch.tags]}
    body |= {"learnt_from": found.start, "learnt_to": found.end, "rows": len(found.rows)}
    return Event(time, MODEL_LEARNT, found.watch.path, body)


class Learner(Protocol):
    """What the running twin lends: what it shows, its clock, its log."""

    clock: Clock

    def live(self) -> LiveView:
        """The plant now."""
        ...

    async def note(self, event: Event) -> int:
        """Make an event durable."""
        ...


async def keep_learning(twin: Learner) -> None:
    """Learn for every machine that has run for long enough and has no model, until cancelled."""
    noted: set[tuple[str, int]] = set()
    while True:
        await asyncio.sleep(PAUSE_S)
        for found in fresh(twin.live().to_learn(), noted):
            try:
                event = await asyncio.to_thread(learnt, found, twin.clock.now())
            except Exception as error:  # whatever it is: the other machines are learnt, this one from later windows
                _log.error("%s: not learnt: %r", found.watch.path, error, exc_info=True)
                noted.add(_windows(found))
                continue
            _tell(event)
            with contextlib.suppress(StoreFailed):  # a full disk: it is learnt again from the same windows
                await twin.note(event)
                noted.add(_windows(found))


def fresh(found: Iterable[ToLearn], noted: Collection[tuple[str, int]]) -> list[ToLearn]:
    """What has not been noted yet: until the folds have healed, a view still shows the machine without its model."""
    return [one for one in found if _windows(one) not in noted]


def _windows(found: ToLearn) -> tuple[str, int]:
    """Which windows of which watch these are, whenever somebody looks."""
    return found.watch.signature, found.end


def _tell(event: Event) -> None:
    if event.kind == MODEL_LEARNT:
        since, until = to_text(event.body["learnt_from"]), to_text(event.body["learnt_to"])
        _log.info("%s: learnt what is normal from %s to %s", event.subject, since, until)
    else:
        _log.warning("%s: not learnt: %s; the next hours are tried", event.subject, event.body["reason"])
