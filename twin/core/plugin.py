"""Plug-ins describe themselves as data: the keys they read, and one function that builds them.

The same description checks a plant file, suggests the key that was meant, and makes the reference pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.core.instant import MINUTE, SECOND
from twin.core.ports import Archive, Clock, Connector, Outlet, Reporter, TrustStore
from twin.core.tags import TagTable


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a plant file.

    kind: `text`, `secret`, `duration` (becomes int ns), `int`, `number`, `bool`, `choice`, `numbers` (a list),
    `map` or `any`; `named` (names, each with a mapping of `fields`) and `entries` (a list of such mappings), whose
    mappings hold their `place` too. required: the file is wrong without it. doc: one line on its effect, for check and
    reference. refused: what people may write although it is no choice, and why not. fields: keys of the mappings in it.
    locates: it is part of where a tag is found, so tags that are alike in all of these are read from one place.
    """

    name: str
    kind: str
    doc: str
    default: Any = None
    choices: tuple[str, ...] = ()
    required: bool = False
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: tuple[Key, ...] = ()
    locates: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """A connection of the plant file, checked against the keys of its plug-in.

    settings: the plug-in's own keys, defaults filled in, durations in ns. time: the time rule. wait: how long the
    folds wait for what this connection may deliver late, ns. place: `plant.yaml:5`, for errors. prefix: the plant's
    path, which stands before the tags that the connector names itself.
    """

    id: str
    protocol: str
    url: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    time: str = "source"
    wait: int = 1_000_000_000
    stale: int = 0
    place: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class TagAddress:
    """Where one tag of the model is found on the wire: the plug-in's own keys, templates filled in.

    tag: its full path. machine_node: the machine's `node` (OPC UA), which stands before the tag's own.
    settings: keys of the plug-in for tags (`node`, `topic`, `value`, ...), defaults filled in. place: `plant.yaml:20`.
    unit: of the wire's number as the plant file has it, empty where it does not say or scales the number.
    """

    tag: str
    settings: Mapping[str, Any]
    machine_node: str = ""
    type: str = "number"
    place: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one tag made of one message in a dry run. `problem` is empty when it gave a sample.

    value: NaN when there is none; text: what float64 cannot hold. time: ns since 1970 UTC. status: OPC UA StatusCode.
    """

    tag: str
    value: float = float("nan")
    text: str | None = None
    time: int = 0
    status: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the shell lends a plug-in. folder: the data folder (trust lists, own certificate live below it). ran_until:
    the last sign of the run before, ns: what the twin heard up to then it has. None: no run before. owners: tag ->
    connection, of the plant file's tags and of those that connectors name themselves; one mapping for all.
    """

    tags: TagTable
    clock: Clock
    reporter: Reporter
    folder: Path
    ran_until: int | None = None
    owners: dict[str, str] = field(default_factory=dict[str, str])


Messages = Sequence[tuple[str, bytes]]
"""Topic and payload of messages that came together."""


@dataclass(frozen=True, slots=True)
class ConnectorPlugin:
    """One protocol. protocol: the key of a connection that holds its URL: `opcua`, `mqtt`."""

    protocol: str
    schemes: tuple[str, ...]
    connection_keys: tuple[Key, ...]
    tag_keys: tuple[Key, ...]
    build: Callable[[ConnectionSpec, Sequence[TagAddress], Surroundings], Connector]
    check: Callable[[ConnectionSpec, Sequence[TagAddress]], Sequence[tuple[str, str]]] = lambda _c, _t: ()
    """Problems no single key shows, as (place, message): a node that does not parse, a template without a field."""
    trust: Callable[[Path], TrustStore] | None = None
    """The certificates below a data folder, for a protocol whose servers are trusted one by one (`twin trust`)."""
    wait: Callable[[Mapping[str, Any]], int] = lambda _settings: SECOND
    """How long (ns) folds wait for late samples where the plant file does not say, from the connection's settings."""
    dry_run: Callable[[Sequence[TagAddress], str, bytes], Sequence[Tried]] | None = None
    """What the tags would make of one message (topic, payload), without a connection (`twin mqtt test`)."""
    watch: Callable[[ConnectionSpec, str], AbstractAsyncContextManager[AsyncIterator[Messages]]] | None = None
    """All messages that match a filter as they pass, in groups (`twin mqtt watch`)."""
    keeps: bool = False
    """Whether the source keeps for us what comes while we are away, and bears one of us at a time: where a new model
    changes the connection, the connector before leaves first. Else its successor is there before it leaves."""


@dataclass(frozen=True, slots=True)
class OutletSpec:
    """An outlet of the plant file, checked against the keys of its plug-in.

    settings: the plug-in's own keys, defaults filled in, durations in ns. prefix: the plant's path. place: for errors.
    """

    id: str
    protocol: str
    url: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    place: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class OutletPlugin:
    """One kind of outlet. protocol: the key of an outlet that holds its URL: `influx`. Entry point `linetwin.outlets`.

    build: an outlet over the tags of the log, made anew at each start. archive: what reads back what the outlet sent,
    for history older than what is kept here; None where the other side cannot be read.
    """

    protocol: str
    schemes: tuple[str, ...]
    keys: tuple[Key, ...]
    build: Callable[[OutletSpec, TagTable], Outlet]
    archive: Callable[[OutletSpec, TagTable], Archive] | None = None
    check: Callable[[OutletSpec], Sequence[tuple[str, str]]] = lambda _spec: ()
    """Problems no single key shows, as (place, message)."""


COMMON_CONNECTION_KEYS = (
    Key("time", "choice", "whose time a sample carries", "source", ("source", "server", "arrival")),
    Key("wait", "duration", "how long folds wait for late samples; default 1s, OPC UA: sampling and publishing more"),
    Key("stale", "duration", "a tag silent for longer is stale; 0: five times its usual interval", 0),
    Key("every", "duration", "sampling interval asked of the source", None),
)
"""Keys that every connection has, whatever its protocol."""

LONGEST_WAIT = 10 * MINUTE
"""A longer `wait` is a mistake: nothing would be final for so long."""
