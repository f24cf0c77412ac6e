"""check_outlet: the contract of an outlet (twin.core.ports), from an open one to a crash in the middle of a piece."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from twin.core.batch import Batch, batch
from twin.core.errors import LinetwinError, Misconfigured, Unreachable
from twin.core.event import Event
from twin.core.history import Slice
from twin.core.ports import Outlet, Refusal
from twin.core.rows import Samples, join, samples_of
from twin.core.tags import TagTable
from twin.testing.contract import clause, nothing_left, require, shown

OUTLET_TAGS = ("line/filler/temp", "line/filler/total", "line/packer/recipe")
"""Names of the tags 0 to 2 that the kit sends."""
BEGIN = 1_700_000_000_000_000_000
LEAVE_S = 2.0
SLACK_S = 2.0
"""A busy machine may take so much longer to leave."""

Arrived = tuple[str, int, float, int, str | None]
"""(tag, time, value, status, text); NaN where there is no value."""


class OtherSide(ABC):
    """Where an outlet sends to, as the outlet's author sees it in a test: one for each clause, empty at first."""

    @abstractmethod
    def outlet(self, tags: TagTable) -> Outlet:
        """An outlet to this side, made anew as after a restart: it knows what it finds there, and nothing else."""

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """What this side has for good now, read past the outlet; as often as it holds it."""

    def away(self) -> AbstractContextManager[object] | None:
        """This side does not answer while the block runs. None: it cannot be away."""
        return None

    def misconfigured(self, tags: TagTable) -> Outlet | None:
        """An outlet with a setting that only its user can mend. None: there is no such setting."""
        return None

    def unwanted(self) -> Batch | None:
        """Rows of OUTLET_TAGS that this side will never take. None: it takes everything."""
        return None

    def relents(self) -> bool:
        """This side is mended: from now on it takes what was unwanted. False: it cannot be mended."""
        return False


OpenSide = Callable[[], AbstractContextManager[OtherSide]]
Clause = Callable[[OtherSide], Coroutine[Any, Any, None]]


def check_outlet(open_side: OpenSide) -> None:
    """Run the whole contract, each clause on a side of its own; raises ContractBroken with the clause."""
    clauses: tuple[Clause, ...] = (
        _takes_everything,
        _takes_events_alone,
        _has_it_when_it_says_so,
        _holds_it_once,
        _survives_a_crash,
        _leaves_nothing_behind,
        _is_unreachable,
        _is_misconfigured,
        _refuses_by_name,
    )
    for check in clauses:
        with open_side() as side:
            asyncio.run(check(side))


def numbers(first: int, last: int) -> Slice:
    """The entries [first, last), of three rows each: numbers of two tags."""
    n = np.arange(3 * first, 3 * last)
    recorded = (BEGIN + n // 3 * 1000).astype(np.int64)
    status = np.where(n % 11 == 0, 0x80000000, 0).astype(np.uint32)
    return Slice(
        Samples((n % 2).astype(np.int32), BEGIN - 10**9 + n, n.astype(np.float64), status, recorded),
        [(BEGIN + last * 1000, Event(BEGIN, "gap", "c"))],
    )


def odd() -> Slice:
    """Values, statuses and texts that are easily lost or bent."""
    value = [math.nan, -0.0, 5e-324, 1.7976931348623157e308, math.inf, 0.1 + 0.2, 2.0**53]
    status = [0x80000000, 0, 0x40900000, 0, 0, 1, 0]
    text = [None, "", "é;\",'", None, "∞", "x" * 300, "18014398509481985"]
    item = batch("s", [0, 0, 2, 1, 2, 2, 2], BEGIN + np.arange(7), value, status, text)
    return Slice(samples_of([(BEGIN - 1000, item)]), [])


def _table() -> TagTable:
    table = TagTable()
    table.ids_of(OUTLET_TAGS)
    return table


async def _sent(side: OtherSide, *pieces: Slice) -> list[Refusal]:
    refused: list[Refusal] = []
    async with side.outlet(_table()).open() as sender:
        for piece in pieces:
            refused += await sender.send(piece)
    return refused


async def _takes_everything(side: OtherSide) -> None:
    with clause("every row arrives to the bit, or is returned with its cause"):
        refused = await _sent(side, odd(), numbers(0, 50))
        refused += await _sent(side, numbers(50, 60))
        _require_all(side, [odd(), numbers(0, 60)], refused)


async def _takes_events_alone(side: OtherSide) -> None:
    with clause("a piece of events alone is taken like any other"):
        only = Slice(numbers(0, 0).samples, numbers(0, 30).events)
        refused = await _sent(side, only, numbers(0, 30), only)
        _require_all(side, [numbers(0, 30)], refused)


async def _has_it_when_it_says_so(side: OtherSide) -> None:
    with clause("when `send` returns, the other side has every row of the piece for good"):
        async with side.outlet(_table()).open() as sender:
            for first in range(0, 200, 20):
                refused = await sender.send(numbers(first, first + 20))
                require(not refused, f"plain numbers were refused: {shown(refused)}")
                _require_all(side, [numbers(0, first + 20)], [])


async def _holds_it_once(side: OtherSide) -> None:
    with clause("a piece that is sent again, as after a crash before the cursor moved, is held once"):
        await _sent(side, numbers(0, 30))
        await _sent(side, numbers(0, 30), numbers(30, 40))
        await _sent(side, numbers(31, 40), numbers(40, 50))
        _require_all(side, [numbers(0, 50)], [])


async def _survives_a_crash(side: OtherSide) -> None:
    with clause("a piece cut off in the middle is whole, and held once, when it is sent again"):
        done = 0
        for turns in range(12):
            sending = asyncio.create_task(_sent(side, numbers(done, done + 300)))
            for _ in range(turns * turns):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await _sent(side, numbers(done, done + 300))
            done += 300
        _require_all(side, [numbers(0, done)], [])


async def _leaves_nothing_behind(side: OtherSide) -> None:
    with clause(f"leaving disconnects within {LEAVE_S:g} s and leaves no task and no thread behind"):
        async with nothing_left():
            entered = asyncio.get_running_loop().time()
            async with side.outlet(_table()).open() as sender:
                await sender.send(numbers(0, 10))
                entered = asyncio.get_running_loop().time()
            took = asyncio.get_running_loop().time() - entered
            require(took < LEAVE_S + SLACK_S, f"it took {took:.1f} s")
    with clause("an outlet may be opened again"):
        outlet = side.outlet(_table())
        for first in (10, 20):
            async with outlet.open() as sender:
                await sender.send(numbers(first, first + 10))
        _require_all(side, [numbers(0, 30)], [])


async def _is_unreachable(side: OtherSide) -> None:
    await _sent(side, numbers(0, 10))
    away = side.away()
    if away is None:
        return
    told = "a side that is away is Unreachable, when it is opened or when it is sent to; nothing is confirmed"
    with clause(told), away:
        try:
            await _sent(side, numbers(10, 20))
        except Unreachable as error:
            require(str(error) and "\n" not in str(error), f"its text is not one line: {str(error)!r}")
        except LinetwinError as error:
            raise AssertionError(f"{type(error).__name__}: {error}") from error
        else:
            raise AssertionError("`send` returned as if all were well")
    with clause("when it is back, the same piece goes through"):
        await _sent(side, numbers(10, 20))
        _require_all(side, [numbers(0, 20)], [])


async def _is_misconfigured(side: OtherSide) -> None:
    outlet = side.misconfigured(_table())
    if outlet is None:
        return
    with clause("a wrong setting is Misconfigured, in one line that names it"):
        try:
            async with outlet.open() as sender:
                await sender.send(numbers(0, 3))
        except Misconfigured as error:
            require(str(error) and "\n" not in str(error), f"its text is not one line: {str(error)!r}")
        else:
            raise AssertionError("it opened and sent as if all were well")


async def _refuses_by_name(side: OtherSide) -> None:
    unwanted = side.unwanted()
    if unwanted is None:
        return
    with clause("a row that the other side will never take is returned with its cause, and its neighbours go through"):
        between = samples_of([(BEGIN + 20_000 - 500, unwanted)])
        both = Slice(join([numbers(0, 20).samples, between, numbers(20, 40).samples]), [])
        refused = await _sent(side, both)
        _require_all(side, [both], refused)
        require(len(refused) == len(unwanted), f"{len(refused)} rows named for {len(unwanted)}")
        require(all(one.cause for one in refused), f"no cause: {shown(refused)}")
    with clause("sent again alone, a refused row is refused again or taken"):
        again = Slice(between, [])
        refused = await _sent(side, again)
        _require_all(side, [both], refused)
    if not side.relents():
        return
    with clause("when the other side takes the row now, it arrives once when it comes again out of its turn"):
        for _ in range(2):
            refused = await _sent(side, again)
        _require_all(side, [both], refused)
        require(not refused, f"refused again: {shown(refused)}")
        await _sent(side, numbers(31, 40), numbers(40, 50))
        _require_all(side, [both, numbers(40, 50)], [])


def _require_all(side: OtherSide, pieces: Sequence[Slice], refused: Sequence[Refusal]) -> None:
    """Every row of the pieces is there once or refused, and nothing else is there."""
    names = {(one.tag, one.time) for one in refused}
    due = Counter(
        _comparable(row)
        for piece in pieces
        for row in _rows(piece.samples)
        if (OUTLET_TAGS.index(row[0]), row[1]) not in names
    )
    there = Counter(_comparable(row) for row in side.arrived())
    missing, more = due - there, there - due
    require(not missing, f"{missing.total()} rows missing, such as {shown(next(iter(missing), None))}")
    require(not more, f"{more.total()} rows too many or changed, such as {shown(next(iter(more), None))}")


def _rows(samples: Samples) -> list[Arrived]:
    text = [None] * len(samples) if samples.text is None else samples.text.tolist()
    columns = (samples.time, samples.value, samples.status)
    names = [OUTLET_TAGS[tag] for tag in samples.tag.tolist()]
    return list(zip(names, *[column.tolist() for column in columns], text, strict=True))


def _comparable(row: Arrived) -> tuple[Any, ...]:
    name, time, value, status, text = row
    return name, time, "none" if math.isnan(value) else value.hex(), status, text
