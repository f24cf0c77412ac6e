"""The exam: our connector against one nasty server, with every value that the machine really had beside it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from asyncua import Client, ua

from connectors.opcua.security.trust import CertificateFolder
from simulators.wire.serve import Addresses, serve
from tests.wire.opcua.plant import Record, Setup, opcua, setup
from tests.wire.simulators.nasty.counting import URI, Counting
from tests.wire.simulators.nasty.plain import variables
from twin.core.batch import texts
from twin.core.errors import LinetwinError
from twin.core.event import GAP, TAGS_COVERED, TAGS_UNCOVERED
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.testing import FaultProxy

BY_ID, BY_NAME, BY_PATH, BY_PICK, BY_FIELD = "by id", "by name", "by path", "by pick", "by field"
"""How the plant file says where a value is: the id that a plain client found, the id as the program names it, the path
of browse names, a place in its machine's array, a field of its machine's structure."""
SECOND = 1_000_000_000
US = 1000
"""What the wire keeps of a time: 100 ns, and the driver a microsecond."""
SLACK = 2 * SECOND
"""A gap is told in arrival time, which is this much later than the server's at most."""


class Row(NamedTuple):
    """A value that the connector handed over."""

    tag: str
    time: int
    value: float
    text: str | None
    status: int


@dataclass
class Sitting:
    """What came of one exam. thrown: when a switch was thrown, or 0. fell: an error that no connector may have.
    lost: what the judge missed."""

    run: Counting
    record: Record
    rows: list[Row] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    links: int = 0
    thrown: int = 0
    fell: str = ""
    lost: dict[str, list[float]] = field(default_factory=dict)
    tags: TagTable = field(default_factory=TagTable)

    def of(self, tag: str) -> list[Row]:
        return [row for row in self.rows if row.tag == tag]

    def __str__(self) -> str:
        """What helps to understand a verdict."""
        came = {tag: [row.value for row in self.of(tag)][-5:] for tag in self.lost}
        lost = {tag: values for tag, values in self.lost.items() if values}
        return f"lost {lost}, last {came}, gaps {self.gaps}, links {self.links}, {self.record.counts}, {self.refused}"

    @property
    def gaps(self) -> list[tuple[int, int]]:
        return [(e.body["from"] - SLACK, e.body["to"] + SLACK) for e in self.record.events if e.kind == GAP]

    def excused(self, tag: str) -> list[tuple[int, float]]:
        """When values of a tag may be missing: in a gap, and while it was told as not covered, or as read only."""
        number = self.tags.get(tag)
        spans: list[tuple[int, float]] = []
        since: int | None = None
        for event in self.record.events:
            if number not in event.body.get("tags", [number]):
                continue
            if event.kind == GAP:
                spans.append((event.body["from"] - SLACK, event.body["to"] + SLACK))
            elif event.kind == TAGS_UNCOVERED or (event.kind == TAGS_COVERED and event.body["by"] == "poll"):
                since = event.time if since is None else since
            elif event.kind == TAGS_COVERED and since is not None:
                spans.append((since - SLACK, event.time + SLACK))
                since = None
        return spans if since is None else [*spans, (since - SLACK, math.inf)]

    @property
    def told(self) -> str:
        """All that was said in words."""
        events = [str(event.body) for event in self.record.events]
        letters = [cause for cause, _ in self.record.letters]
        told = self.record.problems.values(), self.record.notices.values(), self.refused, self.record.counts
        return "\n".join([*events, *letters, *(text for words in told for text in words)])


@dataclass(frozen=True)
class Paper:
    """One exam. switches: those of the server; then: those that are thrown when values flow, or `cut` for the link.

    seconds: how long the line runs after the first values, or after the switch is thrown, or, for one that makes a link
    anew, after that; and until so many messages have come.
    """

    switches: tuple[str, ...]
    judge: Callable[[Sitting], list[str]]
    then: str = ""
    where: str = BY_ID
    machines: int = 1
    tick: int = SECOND // 10
    seconds: float = 1.5
    trusting: bool = False
    anew: bool = False
    messages: int = 0

    @property
    def name(self) -> str:
        return self.switches[0] if self.switches else self.then.split()[-1]


class StoppedClock:
    """The wall's time, until it is stopped."""

    def __init__(self) -> None:
        self._wall = WallClock()
        self._end = 0

    def now(self) -> int:
        return self._end or self._wall.now()

    def stop(self) -> int:
        self._end = self._wall.now()
        return self._end


async def sit(paper: Paper, folder: Path) -> Sitting:
    """Let the connector sit for a paper."""
    clock = StoppedClock()
    run = Counting(clock.now(), paper.machines, paper.tick)
    async with AsyncExitStack() as stack:
        addresses = await stack.enter_async_context(serve(run, run.wiring, clock, nasty=paper.switches))
        port = int(addresses["plc"].rpartition(":")[2])
        proxy = await stack.enter_async_context(FaultProxy(port))
        tags = await places(paper, run, addresses["plc"])
        test = setup(opcua(proxy), folder, tags, ns=namespace(paper), every=SECOND // 5)
        sitting = Sitting(run, test.record, tags=test.tags)
        following = asyncio.create_task(follow(test, sitting, CertificateFolder(folder) if paper.trusting else None))
        await eventually(lambda: begun(sitting))
        for what in paper.then.split():
            await asyncio.sleep(0.5)
            sitting.thrown = clock.now()
            await throw(what, addresses, proxy)
        if paper.anew:
            await eventually(lambda: linked_anew(sitting))
        await asyncio.sleep(paper.seconds)
        await eventually(lambda: test.record.counts["messages"] >= paper.messages)
        end = clock.stop()
        await eventually(lambda: run.until >= end)
        await quiet(sitting)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return sitting


async def throw(what: str, addresses: Addresses, proxy: FaultProxy) -> None:
    if what == "cut":
        proxy.cut()
    else:
        await addresses.nasty(what)


async def follow(test: Setup, sitting: Sitting, trust: CertificateFolder | None) -> None:
    """What the supervisor does: open, take, and come back after each error that a connector may have."""
    while True:
        try:
            async with test.connector.open() as batches:
                sitting.links += 1
                async for batch in batches:
                    columns = batch.tag, batch.time, batch.value
                    names, times, values = [test.tags[t].name for t in columns[0]], columns[1], columns[2]
                    rest = texts(batch), batch.status.tolist()
                    sitting.rows += map(Row, names, times.tolist(), values.tolist(), *rest)
        except LinetwinError as error:
            sitting.refused.append(str(error))
            for waiting in trust.waiting() if trust is not None else ():
                trust.trust(waiting.fingerprint)
            await asyncio.sleep(0.2)
        except Exception as error:
            sitting.fell = type(error).__name__
            return


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and after a minute go on without it: the judge will see."""
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
                await asyncio.sleep(0.05)


async def quiet(sitting: Sitting) -> None:
    """Wait until all is here, or nothing has come for so many rounds of the loop that nothing will."""
    still, rows = 0, -1
    while still < 30 and not settled(sitting):
        still, rows = (still + 1 if rows == len(sitting.rows) else 0), len(sitting.rows)
        await asyncio.sleep(0.1)


def begun(sitting: Sitting) -> bool:
    """Whether values flow, or it is plain that they will not."""
    count = len(sitting.run.names)
    hopeless = bool(sitting.fell) or len(sitting.refused) >= 2 or len(sitting.record.problems) == count
    return hopeless or len(sitting.rows) >= count


def linked_anew(sitting: Sitting) -> bool:
    """Whether a second link has brought something of every value."""
    late = {row.tag for row in sitting.rows if row.time > sitting.thrown + SECOND // 2}
    return sitting.links > 1 and len(late) == len(sitting.run.names)


def settled(sitting: Sitting) -> bool:
    """Whether the last sample of every value is here, by its value or by its time."""
    last = {row.tag: row for row in sitting.rows}
    newest = sitting.run.newest.items()
    return all(
        name in last and (last[name].value == value or abs(last[name].time - time) < US)
        for name, (time, value, _) in newest
    )


def namespace(paper: Paper) -> str:
    return "urn:*:plant:plc" if "host-in-namespace" in paper.switches else URI


async def places(paper: Paper, run: Counting, url: str) -> dict[str, Any]:
    """Tag -> its keys in the plant file."""
    wired = run.wiring.values
    machine_of = {name: name.split("/")[1] for name in run.names}
    if paper.where == BY_PATH:
        return {name: {"browse_path": "/Objects/PLC1/" + "/".join(place.browse)} for name, place in wired.items()}
    if paper.where == BY_NAME:
        return {name: {"node": place.node} for name, place in wired.items()}
    if paper.where == BY_PICK:
        return {name: {"node": machine_of[name], "pick": f"[{at % 6}]"} for at, name in enumerate(run.names)}
    if paper.where == BY_FIELD:
        return {name: {"node": machine_of[name], "pick": f".{name.rpartition('/')[2]}"} for name in run.names}
    async with Client(url, timeout=60) as client:
        found = {path: node_text(node.nodeid) for path, node in (await variables(client)).items()}
    keys: dict[str, Any] = {name: {"node": found[name.removeprefix("line/")]} for name in run.names}
    if "huge-values" in paper.switches:
        keys[run.names[0]]["pick"] = "[0]"
    return keys


def node_text(node: ua.NodeId) -> str:
    """A node id as people write it."""
    identifier = node.Identifier
    if isinstance(identifier, bytes):
        return f"nsu={URI};b={identifier.hex()}"
    kind = "s" if isinstance(identifier, str) else "i" if isinstance(identifier, int) else "g"
    return f"nsu={URI};{kind}={identifier}"
