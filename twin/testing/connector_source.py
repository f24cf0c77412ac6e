"""What the author of a connector brings to check_connector: the other side of the wire, played in a test."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection

from twin.core.event import Event
from twin.core.plugin import Surroundings
from twin.core.ports import Connector


class Source(ABC):
    """A device, server or file with one tag, `tag`, on which the kit has it say whole numbers from 1 on.

    One for each clause, fresh. `connector` may be called several times on one source.
    """

    tag = "n"
    """Name under which the samples come."""
    port = 0
    """TCP port on 127.0.0.1 where it listens; 0: there is no wire, as with a file."""
    live = True
    """Goes on while it is read. False: it is read once to its end, and all is said before."""
    keeps = True
    """What was not acknowledged when the link broke comes again."""
    flood = 600
    """So many numbers are said to a reader that stands still."""

    @abstractmethod
    def connector(self, lent: Surroundings, port: int, *, bad_tag: bool = False) -> Connector:
        """The connector under test, for this source behind `port`: the source's own or that of a wire to it.

        bad_tag: with a second tag in the plant file that cannot work while its neighbour does.
        """

    @abstractmethod
    async def say(self, first: int, last: int) -> None:
        """Say the numbers first to last, each at an instant of its own, in order."""

    def held(self) -> Collection[int] | None:
        """The numbers that are sent and not acknowledged. None: this source cannot tell."""
        return None

    def misconfigured(self, lent: Surroundings) -> Connector | None:
        """A connector to this source with a setting that only its user can mend. None: there is no such setting."""
        return None


class Told:
    """A Reporter that remembers what a connector says beside its batches."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()
        self.letters: list[tuple[str, str]] = []
        """(cause, place) of messages that could not be read."""
        self.problems: dict[str, str] = {}
        self.notices: dict[str, str] = {}
        self.gauges: dict[str, float] = {}
        self._lock = threading.Lock()

    def event(self, event: Event) -> None:
        """Remember an event."""
        self.events.append(event)

    def count(self, what: str, n: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self.counts[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """Remember what could not be read."""
        self.letters.append((cause, place))

    def problem(self, tag: str, text: str) -> None:
        """Remember the latest problem of a tag."""
        self.problems[tag] = text

    def notice(self, about: str, text: str) -> None:
        """Remember the latest notice of each subject."""
        self.notices[about] = text

    def gauge(self, what: str, value: float) -> None:
        """Remember the latest figure."""
        self.gauges[what] = value

    def alive(self) -> None:
        """A sign of life says nothing of what came."""
