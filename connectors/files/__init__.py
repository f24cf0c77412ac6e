"""Files: CSV and Parquet in, once, from the first row to the last. DuckDB is imported only for Parquet."""

from __future__ import annotations

from collections.abc import Sequence

from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Key, Surroundings, TagAddress
from twin.core.ports import Connector


def _build(spec: ConnectionSpec, addresses: Sequence[TagAddress], surroundings: Surroundings) -> Connector:
    from connectors.files.connector import FileConnector  # noqa: PLC0415 - csv and zoneinfo load only for an import

    return FileConnector(spec, surroundings)


def _check(spec: ConnectionSpec, addresses: Sequence[TagAddress]) -> list[tuple[str, str]]:
    return [(one.place, f"{one.tag}: a file names its own tags; leave this one out") for one in addresses]


PLUGIN = ConnectorPlugin(
    protocol="file",
    schemes=("file", ""),
    connection_keys=(
        Key("tz", "text", "zone of times written without one, like Europe/Prague; default: UTC"),
        Key("prefix", "text", "first part of the tags' names; default: the file's name without its ending"),
    ),
    tag_keys=(),
    build=_build,
    check=_check,
)
