"""Finds plug-ins through entry points, built-in ones too: `linetwin.connectors`, `linetwin.lines`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import cast

from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectorPlugin
from twin.core.ports import SimulatedLine


def connectors() -> dict[str, ConnectorPlugin]:
    """Every installed connector plug-in, by the key that names its URL in a plant file."""
    found = {entry.name: cast(ConnectorPlugin, _load(entry)) for entry in _entries("linetwin.connectors")}
    return {plugin.protocol: plugin for plugin in found.values()}


def connector(protocol: str) -> ConnectorPlugin:
    """One connector plug-in; its driver is imported only when it builds a connector."""
    plugins = connectors()
    if protocol not in plugins:
        raise Misconfigured(f"no connector for {protocol!r} is installed; there are: {', '.join(sorted(plugins))}")
    return plugins[protocol]


def line(name: str) -> SimulatedLine:
    """A simulated line by its name."""
    lines = {entry.name: entry for entry in _entries("linetwin.lines")}
    if name not in lines:
        raise Misconfigured(f"no simulated line {name!r}; there are: {', '.join(sorted(lines))}")
    return cast(SimulatedLine, _load(lines[name]))


def _entries(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda entry: entry.name)


def _load(entry: EntryPoint) -> object:
    return entry.load()
