"""The sockets in the wall: what the shell needs from connectors, stores and clocks, one to three methods each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.history import Slice, TagReads


class Clock(Protocol):
    """The one time of a process: an argument of the shell, never an import. Simulator and twin share it."""

    def now(self) -> int:
        """The instant now, ns since 1970 UTC. It may step back; `recorded` does not."""
        ...


class Connector(Protocol):
    """A source of batches. One method, so that a new protocol is one folder.

    Entering connects. It raises Unreachable (the supervisor tries again, with back-off) or Misconfigured (it
    does not, and shows the setting to change). Being asked for the next batch means that the last one is durable:
    acknowledge to the device there, never earlier. Meanwhile the connector reads on into its Inbox. The iterator
    ends by raising Unreachable when the link is lost. Leaving disconnects, within 2 s, whatever the device does.
    """

    name: str

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        """Connect on entering, disconnect on leaving; not reentrant, but may be opened again."""
        ...


class Reporter(Protocol):
    """What a connector tells about itself beside its batches. All methods may be called from any thread."""

    def event(self, event: Event) -> None:
        """Put a fact into the log: a gap, a link that came up or went. Never blocks."""
        ...

    def count(self, what: str, n: int = 1) -> None:
        """Add to a counter of this connection: `messages`, `values`, `overflow`, `duplicates`."""
        ...

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """One message that could not be read: counted by cause, the first ten of each cause are kept."""
        ...

    def problem(self, tag: str, text: str) -> None:
        """One tag does not work while its neighbours do: `BadNodeIdUnknown: no node ...`. Empty text: mended."""
        ...

    def notice(self, about: str, text: str) -> None:
        """Something about the link that people should know although values flow: a clock that is wrong, an interval
        that was not granted. about: a short fixed word (`clock`, `sampling`). Empty text: it is over.
        """
        ...

    def gauge(self, what: str, value: float) -> None:
        """A figure that stands until the next one, its unit in the name: `clock_offset_s`, `certificate_days`."""
        ...

    def alive(self) -> None:
        """The other side spoke just now, with or without a value: a loss is dated from here."""
        ...


@dataclass(frozen=True, slots=True)
class Node:
    """One thing a server has to offer, as `twin browse` and `twin init` show it.

    display: its name for people. range: what its values usually lie in, in `unit`. shape: lengths of an array, None
    for one value; () when the lengths are not known. access: `r`, `w`, `rw`; empty when the server does not say.
    """

    path: str
    address: str
    type: str = ""
    value: str = ""
    unit: str = ""
    children: bool = False
    display: str = ""
    range: tuple[float, float] | None = None
    shape: tuple[int, ...] | None = None
    access: str = ""


@runtime_checkable
class Browsable(Protocol):
    """A connector whose other side can list what it has."""

    async def browse(self, match: str = "*", limit: int = 10_000) -> Sequence[Node]:
        """Variables whose browse path matches a glob. Raises Unreachable or Misconfigured as `open` does."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What one node held when it was looked at. time: the source's, ns. value: NaN where there is none; text: as people
    read it.
    """

    address: str
    time: int
    value: float
    text: str
    status: int


class Explorer(Protocol):
    """A look round on the other side, while it is open. All methods raise Unreachable when the link is lost."""

    async def children(self, address: str, path: str) -> Sequence[Node]:
        """What stands below a node, folders too; '' is the root. path: of the node, for those of its children."""
        ...

    async def find(self, match: str, limit: int) -> Sequence[Node]:
        """Variables whose path matches a glob."""
        ...

    async def look(self, addresses: Sequence[str]) -> Sequence[Seen]:
        """What these nodes hold now, in order."""
        ...


@runtime_checkable
class Explorable(Protocol):
    """A connector whose other side can be walked through by people."""

    def explore(self) -> AbstractAsyncContextManager[Explorer]:
        """Connect on a link of its own. Raises as `open` does."""
        ...


@dataclass(frozen=True, slots=True)
class Probed:
    """What one tag of the plant file gave when it was read once. `problem` is empty when all is well."""

    tag: str
    value: str = ""
    problem: str = ""


@runtime_checkable
class Probe(Protocol):
    """A connector that can try every tag once: `twin check --connect`."""

    async def probe(self) -> Sequence[Probed]:
        """Read every tag once and report each; one bad tag does not stop the rest."""
        ...


@dataclass(frozen=True, slots=True)
class Recovered:
    """A piece of what a source's own history gave for a gap.

    batch: rows, or None. complete: ids of tags of which this source now gave everything it has of the whole gap.
    refused: tag id -> why there is nothing of it (`BadHistoryOperationUnsupported`). behind: tag id -> where its
    history ends (ns) although more has happened before the gap's end: to be asked again later.
    """

    batch: Batch | None
    complete: Sequence[int] = ()
    refused: Mapping[int, str] = field(default_factory=dict[int, str])
    behind: Mapping[int, int] = field(default_factory=dict[int, int])


@runtime_checkable
class Backfillable(Protocol):
    """A connector whose other side keeps a history of its own: a gap can be read from it afterwards."""

    def recover(self, start: int, end: int, tags: Sequence[int]) -> AsyncGenerator[Recovered]:
        """What the source's history has of these tags in [start, end), ns; each tag ends complete, refused or behind.

        Asked while the connection is up, beside the live values. Raises Unreachable: the gap is tried again later.
        """
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write. outcome: `done`, `refused` (by the other side, nothing was changed) or `unknown` (the
    answer was lost: it may have been written). status: as the other side told it, or the code of what went wrong.
    read_back: what the other side holds afterwards, as text; empty when it could not be read.
    """

    outcome: str
    status: int
    text: str
    read_back: str = ""


@runtime_checkable
class Writable(Protocol):
    """A connector through which a value can be given to the other side."""

    async def write(
        self,
        tag: str,
        value: float | str,
        *,
        nearest: bool = False,
        last_look: Callable[[float], None] = lambda _: None,
    ) -> Written:
        """Write one tag once, in its own type, and read it back. Never repeated by itself.

        nearest: where the other side takes whole numbers, the nearest may be sent (the value was scaled). last_look:
        called with a number as it goes out, just before it does; when that raises Misconfigured, nothing is sent.
        Raises Misconfigured: the value does not fit the tag's type, nothing was sent. Unreachable: nothing was sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for people to judge. fingerprint: SHA-256, `4F:1A:..`. not_before, not_after: ns since 1970 UTC.

    shown_by: the address of the server that showed it last, empty where nobody did.
    """

    fingerprint: str
    subject: str
    not_before: int
    not_after: int
    file: Path
    shown_by: str = ""


class TrustStore(Protocol):
    """Whom a protocol trusts. Files below the data folder: trust given counts from the next attempt to connect."""

    def own(self) -> Certificate:
        """Our certificate, made now if there is none: what the other side must trust."""
        ...

    def following(self) -> Certificate | None:
        """What takes the place of ours on the day it ends, once it is made: trusted in time, nothing stops then."""
        ...

    def advice(self) -> Sequence[str]:
        """Where other makers' tools trust our certificate, a line for each."""
        ...

    def waiting(self) -> Sequence[Certificate]:
        """Certificates that servers showed and nobody has trusted yet."""
        ...

    def trust(self, fingerprint: str) -> Certificate:
        """Trust the one waiting certificate whose fingerprint starts so. Raises Misconfigured for none or several."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that the other side of an outlet will never take. tag: its id. recorded, time: of the row, ns."""

    recorded: int
    tag: int
    time: int
    cause: str


class Sender(Protocol):
    """An outlet that is open."""

    async def send(self, piece: Slice) -> Sequence[Refusal]:
        """Give a stretch of the log to the other side; returns when that has it for good, and would after a power cut.

        Only then the cursor moves past the piece; after a crash between the two it is sent again, to an outlet made
        anew, and then the other side must hold it once. Rows stand in the order of `recorded`, an
        entry is never divided. A row that the other
        side will never take is returned with its cause, and its neighbours go through; nothing is left out in silence.
        When people ask for it, refused rows come again in a piece of their own, with the `recorded` they had.
        Raises Unreachable: nothing is settled, the same piece comes again. Misconfigured: as in `open`.
        """
        ...


class Outlet(Protocol):
    """Where the log goes: a connector's mirror image, fed by a durable cursor.

    Entering connects. It raises Unreachable (tried again, with back-off) or Misconfigured (not tried again, the setting
    is shown). No retry inside. Leaving disconnects, within 2 s, whatever the other side does.
    """

    name: str

    def open(self) -> AbstractAsyncContextManager[Sender]:
        """Connect on entering, disconnect on leaving; not reentrant, but may be opened again."""
        ...


class Archive(TagReads, Protocol):
    """The other side of an outlet, read again. For any thread, blocking; raises Unreachable, or Misconfigured.

    It holds what was sent last for each (tag, time) and knows no `recorded`: rows have 0 there. A `known` other than
    FAR_FUTURE cannot be answered and raises Misconfigured.
    """

    def close(self) -> None:
        """Give back its connections; its reads are over."""
        ...


class Log(Protocol):
    """The writing half of the log."""

    async def append(self, batch: Batch) -> int:
        """Make a batch durable. Returns its `recorded`. Raises StoreFailed: then nothing was acknowledged."""
        ...

    async def note(self, event: Event) -> int:
        """Make an event durable, in the same order as the batches. Returns its `recorded`."""
        ...
