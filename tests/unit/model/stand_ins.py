"""Two protocols described with keys like the real ones, for tests that read plant files and connect to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from twin.core.errors import Problems
from twin.core.plugin import ConnectorPlugin, Key, OutletPlugin, OutletSpec
from twin.model.load import load
from twin.model.plant import Plant


def build_nothing(*_: object) -> NoReturn:
    raise AssertionError("reading a plant file builds no connector")


OPCUA = ConnectorPlugin(
    protocol="opcua",
    schemes=("opc.tcp",),
    connection_keys=(
        Key("ns", "text", "namespace of the nodes"),
        Key("user", "text", "user name"),
        Key("password", "secret", "password"),
        Key("security", "choice", "security policy", "auto", ("auto", "none", "Basic256Sha256")),
        Key("publishing", "duration", "publishing interval", 250_000_000),
        Key("queue", "int", "samples per item"),
    ),
    tag_keys=(
        Key("node", "text", "node, after the machine's", locates=True),
        Key("browse_path", "text", "path from Objects", locates=True),
        Key("ns", "text", "namespace, where it is not the connection's", locates=True),
        Key("pick", "text", "part of an array", locates=True),
    ),
    build=build_nothing,
)

MQTT = ConnectorPlugin(
    protocol="mqtt",
    schemes=("mqtt", "mqtts"),
    connection_keys=(Key("user", "text", "user name"), Key("password", "secret", "password")),
    tag_keys=(
        Key("topic", "text", "topic of its messages", required=True, locates=True),
        Key("value", "text", "path of the value in the message", locates=True),
        Key("timestamp", "map", "path and unit of the time in the message"),
    ),
    build=build_nothing,
)


def _problems(spec: OutletSpec) -> list[tuple[str, str]]:
    return [(spec.place, "bucket: has a blank in it")] if " " in spec.settings["bucket"] else []


TSDB = OutletPlugin(
    protocol="tsdb",
    schemes=("http", "https"),
    keys=(
        Key("bucket", "text", "where rows go", "", required=True),
        Key("token", "secret", "who writes"),
        Key("values", "choice", "which numbers", "scaled", ("scaled", "wire")),
    ),
    build=build_nothing,
    check=_problems,
)

OUTLETS = {"tsdb": TSDB}
PLUGINS = {"opcua": OPCUA, "mqtt": MQTT}
EXAMPLE = Path(__file__).parents[3] / "examples" / "brno.yaml"


def loaded(text: str, environment: Mapping[str, str] | None = None) -> Plant:
    return load(text, "plant.yaml", PLUGINS, environment or {"S7_PW": "secret"}, OUTLETS)


def problems(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a text, as the user sees it."""
    try:
        loaded(text, environment)
    except Problems as found:
        return [str(problem) for problem in found.problems]
    return []
