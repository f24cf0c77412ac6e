"""Connections of a plant file: which protocol, where, and the settings its plug-in reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from twin.core.instant import duration_text
from twin.core.plugin import (
    COMMON_CONNECTION_KEYS,
    LONGEST_WAIT,
    ConnectionSpec,
    ConnectorPlugin,
    Key,
    OutletPlugin,
)
from twin.model.entry import Entry
from twin.model.kinds import settings
from twin.model.names import check_segment
from twin.model.report import suggestion
from twin.model.variables import with_variables

Plugin = TypeVar("Plugin", ConnectorPlugin, OutletPlugin)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection and its plug-in; no plug-in where the connection is wrong and reported."""

    spec: ConnectionSpec
    plugin: ConnectorPlugin | None = None


def read_connections(
    entry: Entry, plugins: Mapping[str, ConnectorPlugin], environment: Mapping[str, str], plant: str = ""
) -> dict[str, Connection]:
    """All connections by their names. Wrong ones are there too, so that tags may name them. Problems are reported."""
    children = {name: with_variables(child, environment) for name, child in entry.children().items()}
    return {name: _read(name, child, plugins, plant) for name, child in children.items()}


def _read(name: str, entry: Entry, plugins: Mapping[str, ConnectorPlugin], plant: str) -> Connection:
    check_name(name, entry)
    plugin = plugin_of(entry, plugins, "connection")
    if plugin is None:
        return Connection(ConnectionSpec(name, "", ""))
    return Connection(_spec(name, entry, plugin, plant), plugin)


def check_name(name: str, entry: Entry) -> None:
    """Report a name that is none."""
    try:
        check_segment(name)
    except ValueError as error:
        entry.problem(str(error))


def plugin_of(entry: Entry, plugins: Mapping[str, Plugin], what: str) -> Plugin | None:
    """The plug-in of the one protocol that is named. what: `connection`, `outlet`."""
    found = entry.children()
    if not entry.is_mapping:
        if entry.is_empty:
            entry.problem("is empty (write a protocol with its address)")
        return None
    named = [name for name in found if name in plugins]
    if len(named) == 1:
        return plugins[named[0]]
    if named:
        entry.problem(f"names {len(named)} protocols ({', '.join(named)}); {a(what)} has one")
        return None
    for name, child in found.items():
        if _looks_like_address(child):
            child.report.add(child.line, f"{entry.path}: no protocol '{name}'{suggestion(name, plugins)}")
            return None
    entry.problem(f"names no protocol (write one of {', '.join(sorted(plugins))} with the address)")
    return None


def a(noun: str) -> str:
    """A noun with its article."""
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _looks_like_address(entry: Entry) -> bool:
    try:
        return "://" in entry.written()
    except ValueError:
        return False


def _spec(name: str, entry: Entry, plugin: ConnectorPlugin, plant: str) -> ConnectionSpec:
    url = Key(plugin.protocol, "text", "address", "", required=True)
    fields = entry.fields((url, *COMMON_CONNECTION_KEYS, *plugin.connection_keys))
    common = settings(fields, COMMON_CONNECTION_KEYS)
    own = {"every": common["every"], **settings(fields, plugin.connection_keys)}
    if common["wait"] is not None:
        _check_wait(fields["wait"], common["wait"])
    return ConnectionSpec(
        id=name,
        protocol=plugin.protocol,
        url=address_of(fields, url, plugin),
        settings=own,
        time=common["time"],
        wait=plugin.wait(own) if common["wait"] is None else common["wait"],
        stale=common["stale"],
        place=entry.place,
        prefix=plant,
    )


def _check_wait(entry: Entry, wait: int) -> None:
    if wait > LONGEST_WAIT:
        longest = duration_text(LONGEST_WAIT)
        entry.problem(f"{duration_text(wait)} is longer than {longest}; nothing would be final for so long")


def address_of(fields: Mapping[str, Entry], key: Key, plugin: ConnectorPlugin | OutletPlugin) -> str:
    """The address, its scheme checked. A message shows the scheme only: a URL may hold secrets."""
    found: dict[str, Any] = settings(fields, (key,))
    url: str = found[key.name]
    scheme = url.partition("://")[0] if "://" in url else ""
    if url and scheme not in plugin.schemes:
        given = f"'{scheme}://' is no" if scheme else "has no"
        known = " or ".join(f"{known}://..." for known in plugin.schemes if known)
        fields[key.name].problem(f"{given} address of {plugin.protocol} (write {known})")
    return url
