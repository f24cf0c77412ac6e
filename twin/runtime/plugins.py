"""Finds plug-ins through entry points, built-in ones too: `linetwin.connectors`, `linetwin.outlets`, `linetwin.lines`,
`linetwin.line_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar, cast

from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectorPlugin, OutletPlugin
from twin.core.simulated import LineFiles, Scenario, SimulatedLine

T = TypeVar("T")


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


def outlets() -> dict[str, OutletPlugin]:
    """Every installed outlet plug-in, by the key that names its URL in a plant file."""
    found = [cast(OutletPlugin, _load(entry)) for entry in _entries("linetwin.outlets")]
    return {plugin.protocol: plugin for plugin in found}


def outlet(protocol: str) -> OutletPlugin:
    """One outlet plug-in; its driver is imported only when it builds an outlet."""
    plugins = outlets()
    if protocol not in plugins:
        raise Misconfigured(f"no outlet for {protocol!r} is installed; there are: {', '.join(sorted(plugins))}")
    return plugins[protocol]


def line(name: str) -> SimulatedLine:
    """A simulated line by its name, or by the YAML file that describes it. Raises Misconfigured."""
    if is_file(name):
        return _read(lambda: _line_files().line(name))
    lines = {entry.name: entry for entry in _entries("linetwin.lines")}
    if name not in lines:
        raise Misconfigured(
            f"no simulated line {name!r}; there are: {', '.join(sorted(lines))}, and files that end in .yaml"
        )
    return cast(SimulatedLine, _load(lines[name]))


def lines() -> list[str]:
    """Names of all simulated lines."""
    return [entry.name for entry in _entries("linetwin.lines")]


def scenario(file: str) -> Scenario:
    """What shall happen to a line, from the YAML file of a scenario or of the line alone. Raises Misconfigured."""
    return _read(lambda: _line_files().scenario(file, _line_of_file))


def recorded_line(
    name: str, columns: tuple[Sequence[str], Any, Any, Any, Any], texts: Any = None, rounds: bool = False
) -> SimulatedLine:
    """A line that gives recorded samples again: see `LineFiles.recording`."""
    return _line_files().recording(name, columns, texts, rounds)


def _line_of_file(name: str) -> SimulatedLine:
    try:
        return line(name)
    except Misconfigured as error:
        raise ValueError(str(error)) from error


def is_file(name: str) -> bool:
    """Whether the name of a line is that of a file."""
    return name.endswith((".yaml", ".yml"))


def _line_files() -> LineFiles:
    readers = _entries("linetwin.line_files")
    if not readers:
        raise Misconfigured("nothing is installed that reads line descriptions; install linetwin again")
    return cast(LineFiles, _load(readers[0]))


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def _entries(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda entry: entry.name)


def _load(entry: EntryPoint) -> object:
    return entry.load()
