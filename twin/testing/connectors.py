"""check_connector: the contract of a connector (twin.core.ports), over a wire that is cut, held and slow to be read."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from twin.core.batch import Batch
from twin.core.errors import LinetwinError, Misconfigured, StoreFailed, Unreachable
from twin.core.inbox import Inbox
from twin.core.plugin import Surroundings
from twin.core.ports import Connector
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.runtime.ports import free_ports
from twin.testing.connector_source import Source, Told
from twin.testing.contract import PATIENCE_S, clause, nothing_left, require, shown
from twin.testing.proxy import FaultProxy

LEAVE_S = 2.0
SLACK_S = 3.0
"""A busy machine may take so much longer to leave."""
SETTLED_S = 0.3
"""What must not happen, an early acknowledgement or reading on, is seen within this."""
SMALL_INBOX = 20
"""Rows that wait in an Inbox while the kit looks at back-pressure."""

OpenSource = Callable[[], AbstractAsyncContextManager[Source]]


class Bench:
    """A source, a folder, and what the connector was lent."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.told = Told()
        self.tags = TagTable()
        self.lent = Surroundings(self.tags, WallClock(), self.told, folder)

    def connector(self, port: int | None = None, *, bad_tag: bool = False) -> Connector:
        """The connector under test."""
        return self.source.connector(self.lent, self.source.port if port is None else port, bad_tag=bad_tag)

    def numbers(self, batches: Sequence[Batch]) -> list[int]:
        """What came of the source's tag: whole numbers from 1 on; other values were there before."""
        return [number for _, number in self.rows(batches)]

    def rows(self, batches: Sequence[Batch]) -> list[tuple[int, int]]:
        """(time, number) of the same."""
        wanted = self.tags.get(self.source.tag)
        columns = [(one.tag.tolist(), one.time.tolist(), one.value.tolist()) for one in batches]
        rows = [row for three in columns for row in zip(*three, strict=True)]
        return [(time, int(value)) for tag, time, value in rows if tag == wanted and value >= 1]


Clause = Callable[[Bench], Coroutine[Any, Any, None]]


def check_connector(open_source: OpenSource) -> None:
    """Run the whole contract, each clause on a source of its own; raises ContractBroken with the clause.

    Clauses that a source has nothing to do with are passed over: a file has no wire that could be cut.
    """
    clauses: tuple[Clause, ...] = (_gives_batches, _leaves_nothing_behind, _is_misconfigured, _spares_neighbours)
    live: tuple[Clause, ...] = (_tells_the_loss, _acknowledges_when_durable, _stops_the_wire)
    wired: tuple[Clause, ...] = (_is_unreachable, _loses_nothing)
    for check in (*clauses, *live, *wired):
        with tempfile.TemporaryDirectory(prefix="linetwin-check-", ignore_cleanup_errors=True) as folder:
            asyncio.run(_on_a_source(open_source, Path(folder), check, live, wired))


async def _on_a_source(
    open_source: OpenSource, folder: Path, check: Clause, live: Sequence[Clause], wired: Sequence[Clause]
) -> None:
    async with open_source() as source:
        if (check in live and not source.live) or (check in wired and not source.port):
            return
        await check(Bench(source, folder))


async def _gives_batches(bench: Bench) -> None:
    source, connector = bench.source, bench.connector()
    with clause("an open connector gives what its source says, whole, in order, in columns that are right"):
        if not source.live:
            await source.say(1, 100)
        taken = await _first_to(bench, connector, 100)
        _require_whole(bench.numbers(taken), 1, 100)
        for one in taken:
            require(one.source == connector.name, f"a batch of {one.source!r}, not of {connector.name!r}")
            inside = (one.tag >= 0) & (one.tag < len(bench.tags))
            require(inside.all(), f"tags {shown(one.tag.tolist())} of {len(bench.tags)} in the table")
            require((one.time > 0).all(), f"times {shown(one.time.tolist())}")
        times = [time for time, _ in bench.rows(taken)]
        require(times == sorted(set(times)), f"times of one tag are not its own, in order: {shown(times)}")
    with clause("a connector may be opened again"):
        first, last = (101, 110) if source.live else (1, 100)
        again = bench.numbers(await _first_to(bench, connector, last, first))
        _require_whole([number for number in again if number >= first], first, last)


async def _leaves_nothing_behind(bench: Bench) -> None:
    source = bench.source
    if not source.live:
        await source.say(1, 100)
    with clause(f"leaving disconnects within {LEAVE_S:g} s and leaves no task and no thread behind"):
        async with nothing_left():
            await _cancelled_while_reading(bench, bench.connector())
    if source.port and source.live:
        with clause(f"leaving disconnects within {LEAVE_S:g} s, also when the other side says nothing any more"):
            async with nothing_left(), FaultProxy(source.port) as wire:
                await _cancelled_while_reading(bench, bench.connector(wire.port), wire)


async def _cancelled_while_reading(bench: Bench, connector: Connector, wire: FaultProxy | None = None) -> None:
    opened = asyncio.Event()

    async def read() -> None:
        async with connector.open() as batches:
            opened.set()
            async for _ in batches:
                pass

    reading = asyncio.create_task(read())
    await _before(opened.wait(), reading)
    if wire is not None:
        wire.hold()
    began = asyncio.get_running_loop().time()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    took = asyncio.get_running_loop().time() - began
    require(took < LEAVE_S + SLACK_S, f"it took {took:.1f} s")


async def _is_misconfigured(bench: Bench) -> None:
    if not bench.source.live:
        await bench.source.say(1, 10)
    with clause("a wrong setting is Misconfigured, in one line that names it"):
        try:
            connector = bench.source.misconfigured(bench.lent)
            if connector is None:
                return
            async with connector.open() as batches:
                await asyncio.wait_for(anext(batches), PATIENCE_S)
        except Misconfigured as error:
            _require_line(error)
        else:
            raise AssertionError("it opened as if all were well")


async def _spares_neighbours(bench: Bench) -> None:
    source = bench.source
    if not source.live:
        await source.say(1, 30)
    connector = bench.connector(bad_tag=True)
    with clause("one bad tag does not take down its neighbours"):
        _require_whole(bench.numbers(await _first_to(bench, connector, 30)), 1, 30)
    with clause("a bad tag is told: a problem, a dead letter or an event"):
        told = [*filter(None, bench.told.problems.values()), *bench.told.letters, *bench.told.events]
        require(told, "nothing was said about it")


async def _tells_the_loss(bench: Bench) -> None:
    if not bench.source.port:
        return
    with clause("a link that is lost ends the iteration with Unreachable, behind what already waits"):
        async with FaultProxy(bench.source.port) as wire, bench.connector(wire.port).open() as batches:
            await _until(bench, batches, 5, 1)
            wire.refuse()
            wire.cut()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    async for _ in batches:
                        pass
            except Unreachable as error:
                _require_line(error)
            else:
                raise AssertionError("the iteration ended without an error")


async def _acknowledges_when_durable(bench: Bench) -> None:
    """In hand are the rows that a store has not confirmed: the last batch taken."""
    connector, in_hand = bench.connector(), set[int]()

    async def fail_to_store() -> None:
        async with connector.open() as batches:
            taken = await _until(bench, batches, 10, 1)
            in_hand.update(bench.numbers(taken[-1:]))
            await _require_held(bench, in_hand)
            raise StoreFailed("no space left")

    with clause("a batch is acknowledged when the next one is asked for, never earlier"):
        with suppress(StoreFailed):
            await fail_to_store()
        if not bench.source.keeps:
            return
        async with connector.open() as batches:
            again = bench.numbers(await _until(bench, batches, 11, 11))
        missing = in_hand.difference(again)
        require(not missing, f"{shown(sorted(missing))} had not been made durable, and did not come again")


async def _require_held(bench: Bench, in_hand: set[int]) -> None:
    for _ in range(int(SETTLED_S / 0.01)):
        held = bench.source.held()
        if held is None:
            return
        gone = in_hand.difference(held)
        require(not gone, f"{shown(sorted(gone))} are acknowledged while they are being made durable")
        await asyncio.sleep(0.01)


async def _stops_the_wire(bench: Bench) -> None:
    source, connector = bench.source, bench.connector()
    if not source.keeps:
        return
    with small_inboxes(), clause("a reader that stands still stops the wire: memory is bounded, and nothing is lost"):
        async with connector.open() as batches:
            await _until(bench, batches, 1, 1)
            await asyncio.wait_for(source.say(2, source.flood), 3 * PATIENCE_S)
            await asyncio.sleep(SETTLED_S)  # all that it would take, it takes now
            taken = await _until(bench, batches, source.flood)
        found = bench.numbers(taken)
        _require_whole(found, 2, source.flood)
        most = len(taken[0])  # what had come while the reader stood still
        require(most < source.flood * 2 // 3, f"{most} of {source.flood} numbers waited: nothing bounds them")


async def _is_unreachable(bench: Bench) -> None:
    (nobody,) = free_ports(1)
    with clause("a source that is not there is Unreachable, in one line that names the place"):
        try:
            async with bench.connector(nobody).open() as batches:
                await asyncio.wait_for(anext(batches), PATIENCE_S)
        except Unreachable as error:
            _require_line(error)
            require(str(nobody) in str(error), f"the port is not named: {error}")
        except LinetwinError as error:
            raise AssertionError(f"{type(error).__name__}: {error}") from error
        else:
            raise AssertionError("it opened as if somebody were there")


async def _loses_nothing(bench: Bench) -> None:
    """Cut three times, somewhere in a message or in the middle of connecting again."""
    if not (bench.source.keeps and bench.source.live):
        return
    taken: list[Batch] = []
    with clause("nothing is lost over a link that is cut, and what came before a cut does not come out of order"):
        async with FaultProxy(bench.source.port) as wire:
            connector = bench.connector(wire.port)
            async with connector.open() as batches:
                taken += await _until(bench, batches, 20, 1)
                saying = asyncio.create_task(bench.source.say(21, 320))
                wire.cut_after(700, "down")
                await _read_on(bench, batches, taken, 320)
            for count in (90, 2500, 400):
                wire.cut_after(count, "down")
                await _supervised(bench, connector, taken, 320)
            await saying
            wire.mend()
            while 320 not in bench.numbers(taken):
                await _supervised(bench, connector, taken, 320)
        _require_whole(list(dict.fromkeys(bench.numbers(taken))), 1, 320)


async def _supervised(bench: Bench, connector: Connector, taken: list[Batch], last: int) -> None:
    """One life of the connection: ends when it breaks, or with the last number."""
    try:
        async with connector.open() as batches:
            await _read_on(bench, batches, taken, last)
    except Unreachable:
        await asyncio.sleep(0.05)  # what the supervisor does, only shorter


async def _read_on(bench: Bench, batches: AsyncIterator[Batch], taken: list[Batch], last: int) -> None:
    with suppress(Unreachable):
        async with asyncio.timeout(PATIENCE_S):
            async for one in batches:
                taken.append(one)
                if last in bench.numbers([one]):
                    return


async def _first_to(bench: Bench, connector: Connector, last: int, first: int = 1) -> list[Batch]:
    """Open, have the source say its numbers unless they are said, and read to the last of them, or to the end."""
    async with connector.open() as batches:
        return await _until(bench, batches, last, first if bench.source.live else 0)


async def _until(bench: Bench, batches: AsyncIterator[Batch], last: int, say_from: int = 0) -> list[Batch]:
    """Batches up to the one with the last number; it is not acknowledged. say_from: have them said first."""
    taken: list[Batch] = []
    async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
        if say_from:
            saying = asyncio.create_task(bench.source.say(say_from, last))
            stack.push_async_callback(_ended, saying)
        async for one in batches:
            taken.append(one)
            if last in bench.numbers([one]):
                return taken
    if bench.source.live:
        raise AssertionError(f"the source ended behind {shown(bench.numbers(taken)[-3:])}")
    return taken


async def _ended(saying: asyncio.Task[None]) -> None:
    await saying


async def _before(waiting: Coroutine[Any, Any, Any], work: asyncio.Task[None]) -> None:
    """Wait for something that work brings about; when the work fails first, raise its error."""
    wait = asyncio.ensure_future(waiting)
    done, _ = await asyncio.wait({wait, work}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    wait.cancel()
    if work in done:
        work.result()
    require(done, "it did not open")


def _require_whole(found: Sequence[int], first: int, last: int) -> None:
    """The numbers once each, in order."""
    wanted = list(range(first, last + 1))
    missing, more = sorted(set(wanted).difference(found)), sorted(set(found).difference(wanted))
    require(not missing, f"{len(missing)} of {last - first + 1} numbers are missing, {shown(missing, 60)}")
    require(not more, f"numbers came that nobody said: {shown(more)}")
    require(list(found) == wanted, f"numbers came twice or out of order: {shown(list(found))}")


def _require_line(error: LinetwinError) -> None:
    require(str(error) and "\n" not in str(error), f"its text is not one line: {str(error)!r}")


@contextmanager
def small_inboxes(bound: int = SMALL_INBOX) -> Generator[None]:
    """Every Inbox made inside that names no bound of its own has this one."""
    before, Inbox.standard = Inbox.standard, bound
    try:
        yield
    finally:
        Inbox.standard = before
