"""`twin browse`: what a server has to offer, and with --live how it changes."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.cli.snapshot import compare, save
from twin.cli.variables import PASSWORD
from twin.core.batch import Batch, texts
from twin.core.errors import Misconfigured
from twin.core.event import Event
from twin.core.instant import to_text
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Surroundings, TagAddress
from twin.core.ports import Browsable, Connector, Node
from twin.core.status import name as status_name
from twin.core.tags import TagTable
from twin.runtime import plugins
from twin.runtime.clock import WallClock

MOST_NODES = 100_000


class OnStderr:
    """A Reporter for a command: what does not work is told at once, and on a terminal how far a browse has come."""

    def __init__(self) -> None:
        self._progress = Progress("browse")

    def event(self, event: Event) -> None:
        """Gaps are of no concern to who only looks."""

    def count(self, what: str, n: int = 1) -> None:
        """Nothing is counted."""

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """A value that could not be shown."""
        print(f"{place}: {cause}", file=sys.stderr)

    def problem(self, tag: str, text: str) -> None:
        """A node that does not work."""
        if text:
            print(f"{tag}: {text}", file=sys.stderr)

    def notice(self, about: str, text: str) -> None:
        """Something about the link."""
        if text:
            print(text, file=sys.stderr)

    def gauge(self, what: str, value: float) -> None:
        """Of the figures only the nodes seen so far are shown."""
        if what == "browsed":
            self._progress.so_far(f"{value:,.0f} nodes")

    def done(self) -> None:
        """Leave the line of the progress."""
        self._progress.done()

    def alive(self) -> None:
        """Nobody waits for a sign of life."""


def plugin_for(url: str) -> ConnectorPlugin:
    """The connector plug-in of a URL's scheme. Raises Misconfigured."""
    scheme = urlsplit(url).scheme
    installed = plugins.connectors().values()
    for plugin in installed:
        if scheme and scheme in plugin.schemes:
            return plugin
    schemes = ", ".join(sorted(f"{s}://" for plugin in installed for s in plugin.schemes if s))
    raise Misconfigured(f"{url!r} is not the address of a server; addresses begin with {schemes}")


def connector_for(
    arguments: argparse.Namespace,
    tags: Sequence[TagAddress] = (),
    names: TagTable | None = None,
    reporter: OnStderr | None = None,
) -> Connector:
    """A connector to the server of the command line."""
    plugin = plugin_for(arguments.source)
    settings: dict[str, Any] = {key.name: key.default for key in plugin.connection_keys}
    given = {"user": arguments.user, "password": password(arguments), "security": arguments.security}
    settings |= {name: value for name, value in given.items() if value}
    for key in plugin.connection_keys:
        if given.get(key.name) and key.choices and given[key.name] not in key.choices:
            raise Misconfigured(f"--{key.name}: {given[key.name]!r} is not one of {', '.join(key.choices)}")
    unknown = [name for name in given if given[name] and name not in {key.name for key in plugin.connection_keys}]
    if unknown:
        raise Misconfigured(f"--{unknown[0]} means nothing to {plugin.protocol}")
    spec = ConnectionSpec(urlsplit(arguments.source).netloc, plugin.protocol, arguments.source, settings)
    told = OnStderr() if reporter is None else reporter
    surroundings = Surroundings(TagTable() if names is None else names, WallClock(), told, Path(arguments.data))
    return plugin.build(spec, tags, surroundings)


def password(arguments: argparse.Namespace) -> str:
    """The user's password: from the environment, else asked for on a terminal."""
    if not arguments.user or PASSWORD in os.environ:
        return os.environ.get(PASSWORD, "") if arguments.user else ""
    if not sys.stdin.isatty():
        raise Misconfigured(f"--user {arguments.user}: set the environment variable {PASSWORD}")
    return getpass.getpass(f"password of {arguments.user}: ")


async def offered(arguments: argparse.Namespace, match: str) -> Sequence[Node]:
    """The variables of the server whose path matches. Raises Misconfigured when its protocol cannot list them."""
    reporter = OnStderr()
    connector = connector_for(arguments, reporter=reporter)
    if not isinstance(connector, Browsable):
        raise Misconfigured(
            f"{arguments.source}: this protocol has no list of what there is; `twin mqtt watch` listens"
        )
    try:
        return await connector.browse(match, MOST_NODES)
    finally:
        reporter.done()


def table(nodes: Sequence[Node]) -> list[str]:
    """Nodes as columns for people; the widest path sets the width, up to 60."""
    width = min(60, max((len(node.path) for node in nodes), default=0))
    return [f"{n.path:<{width}}  {n.type:<10}  {f'{n.value} {n.unit}'.strip()[:40]:<24}  {n.address}" for n in nodes]


async def live(arguments: argparse.Namespace) -> None:
    """Print every change of the matching variables until interrupted."""
    nodes = await offered(arguments, arguments.live)
    if not nodes:
        raise Misconfigured(f"{arguments.source}: nothing matches {arguments.live!r}; try `twin browse` without --live")
    names = TagTable()
    tags = [TagAddress(node.path, {"node": node.address}) for node in nodes if not node.type.endswith("[]")]
    async with connector_for(arguments, tags, names).open() as batches:
        async for batch in batches:
            for line in lines(batch, names, arguments.json):
                print(line, flush=True)


async def live_for(arguments: argparse.Namespace, seconds: float | None) -> None:
    """The same for so many seconds, connecting included; None: until interrupted."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            await live(arguments)
    except TimeoutError:
        if not limit.expired():
            raise


def lines(batch: Batch, names: TagTable, as_json: bool) -> list[str]:
    """One line a sample."""
    columns = (batch.tag.tolist(), batch.time.tolist(), batch.value.tolist(), batch.status.tolist(), texts(batch))
    line = json_line if as_json else text_line
    rows = zip(*columns, strict=True)
    return [line(names[tag].name, time, value, status, text) for tag, time, value, status, text in rows]


def text_line(path: str, time: int, value: float, status: int, text: str | None) -> str:
    """Time, path, value, and the status when it is not Good."""
    shown = text if text is not None else f"{value:.10g}"
    return f"{to_text(time):<30} {path}  {shown}" + (f"  {status_name(status)}" if status else "")


def json_line(path: str, time: int, value: float, status: int, text: str | None) -> str:
    """The same for a program; no value is null."""
    number = None if math.isnan(value) else value
    return json.dumps({"path": path, "time": to_text(time), "value": number, "status": status, "text": text})


def run(arguments: argparse.Namespace) -> int:
    """List, or show live values until Ctrl-C."""
    if arguments.live:
        with suppress(KeyboardInterrupt):
            asyncio.run(live_for(arguments, arguments.seconds))
        return DONE
    if arguments.plant and not arguments.compare:
        raise Misconfigured("--plant goes with --compare FILE.json")
    nodes = asyncio.run(offered(arguments, arguments.match))
    if arguments.save or arguments.compare:
        if len(nodes) >= MOST_NODES:
            raise Misconfigured(f"{arguments.source}: more than {MOST_NODES:,} variables; take a part with --match")
        return save(arguments, nodes) if arguments.save else compare(arguments, nodes)
    if arguments.json:
        print(json.dumps([asdict(node) for node in nodes], ensure_ascii=False))
        return DONE
    for line in table(nodes):
        print(line)
    print(f"{len(nodes)} variables", file=sys.stderr)
    return DONE


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """How to get into a server, the same for `browse` and `init`."""
    parser.add_argument("--user", metavar="NAME", default="", help=f"user name; the password comes from {PASSWORD}")
    parser.add_argument("--security", metavar="POLICY", default="", help="security policy (default: auto)")
    data_argument(parser)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="URL", help="address of the server: opc.tcp://HOST:PORT")
    parser.add_argument("--match", metavar="GLOB", default="*", help="only paths, or ends of paths, that match")
    parser.add_argument("--live", metavar="GLOB", default="", help="print the values of matching paths as they change")
    parser.add_argument("--save", metavar="FILE.json", default="", help="save what there is, to compare with it later")
    parser.add_argument("--compare", metavar="FILE.json", default="", help="tell what is not as it was saved")
    parser.add_argument("--plant", metavar="PLANT.yaml", default="", help="with --compare: the tags that are touched")
    parser.add_argument("--seconds", metavar="N", type=float, help="with --live: stop after N seconds")
    server_arguments(parser)
    json_argument(parser)


COMMAND = Command("browse", "list what a server has to offer", _arguments, run)
