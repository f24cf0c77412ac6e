"""The outlet: asks the server which version it is, and gives a sender to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from connectors.influx import verdict
from connectors.influx.lines import Lines
from connectors.influx.link import Link
from connectors.influx.sender import InfluxSender, Pace, in_thread
from connectors.influx.settings import Destination, destination_of
from twin.core.errors import Misconfigured
from twin.core.plugin import OutletSpec
from twin.core.ports import Sender
from twin.core.tags import TagTable


class InfluxOutlet:
    """Rows of the log to one bucket, acknowledged with 204."""

    def __init__(self, spec: OutletSpec, tags: TagTable) -> None:
        self.name = spec.id
        self._to = destination_of(spec)
        self._lines = Lines(self._to.measurement, tags)
        self._pace = Pace()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Sender]:
        """Connect on entering; raises Unreachable or Misconfigured. What stands on leaving is given up."""
        link = Link(self._to)
        try:
            if not self._to.version:
                link.to = await in_thread(link, lambda: _asked(self._to, link))
            yield InfluxSender(link, self._lines, self._pace)
        finally:
            link.abort()
            link.close()


def _asked(to: Destination, link: Link) -> Destination:
    """The destination with the version that the server tells, or that the settings speak of when it tells none."""
    answer = link.ping()
    if answer.status in verdict.AGAIN or answer.status >= 500:
        raise verdict.failure(answer, to)
    version = verdict.version_of(answer) or ("2" if to.org or to.token else "1")
    if version == "2" and not to.org:
        raise Misconfigured(f"{to.where}: org is missing; a server of version 2 needs the organization of the bucket")
    return replace(to, version=version)
