"""Drafts, or a whole plant, to a tag list as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twin.core.plugin import ConnectorPlugin, Key
from twin.model.drafting.drafts import Drafts, exact_duration, needs_namespace
from twin.model.drafting.tag_list import FIRST, escaped
from twin.model.names import expanded, filled
from twin.model.plant import Plant, TagSpec
from twin.model.plant_text import ConnectionDraft, TagDraft
from twin.model.yaml_writing import Setting, number

_SHORT = re.compile(r"[isgb]=")


def tag_list_text(drafts: Drafts, excel: bool = False) -> str:
    """The CSV of all tags, by their paths. Loops are written out; tags that are open are not in it.

    excel: with BOM, semicolons and decimal commas, as spreadsheets of most of Europe open it at a double click.
    """
    connections = {c.name: c for c in drafts.connections}
    cells = [_cells(path, keys, tag, connections[tag.connection], excel) for path, keys, tag in _single(drafts.tags)]
    cells.sort(key=lambda row: row["name"])
    more = sorted({column for row in cells for column in row} - set(FIRST))
    columns = [column for column in FIRST if column == "name" or any(column in row for row in cells)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerow([*columns, *more])
    writer.writerows([escaped(row.get(column, "")) for column in (*columns, *more)] for row in cells)
    return ("\ufeff" if excel else "") + out.getvalue()


def _single(tags: Sequence[TagDraft]) -> Iterator[tuple[str, Mapping[str, Setting], TagDraft]]:
    """Path and keys of each tag, loops written out."""
    for tag in tags:
        for path, i in expanded(tag.path) if not tag.is_open else ():
            yield path, {k: filled(v, {"i": i}) if i and isinstance(v, str) else v for k, v in tag.keys.items()}, tag


def _cells(
    path: str, keys: Mapping[str, Setting], tag: TagDraft, connection: ConnectionDraft, excel: bool
) -> dict[str, str]:
    """The cells of a tag by their columns, the empty ones left out."""
    found = {key: _cell(value, excel) for key, value in keys.items()}
    found |= {"name": path, "connection": tag.connection, "endpoint": connection.url, "type": tag.type}
    found |= {"unit": tag.unit, "description": tag.display, "was": tag.was}
    if not found.get("ns") and needs_namespace(keys.get("node", "")):
        found["ns"] = str(connection.settings.get("ns", ""))
    return {column: cell for column, cell in found.items() if cell}


def _cell(value: Setting, excel: bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value).replace(".", ",") if excel else number(value)
    return json.dumps(value, ensure_ascii=False)


def drafts_of(plant: Plant, plugins: Mapping[str, ConnectorPlugin]) -> Drafts:
    """A plant as drafts: its connections with their address and namespace only, its tags with all that they say."""
    connections: list[ConnectionDraft] = []
    for name, spec in plant.connections.items():
        ns = spec.settings.get("ns")
        connections.append(ConnectionDraft(name, spec.protocol, spec.url, {"ns": ns} if ns else {}))
    keys = {name: plugins[spec.protocol].tag_keys for name, spec in plant.connections.items()}
    tags = tuple(_draft(plant, tag, keys[tag.connection]) for tag in plant.tags.values() if tag.compute is None)
    other = sorted({k for spec in plant.connections.values() for k in _other(spec.settings, plugins[spec.protocol])})
    told = [f"connections: {', '.join(other)}: a tag list has no place for them"] if other else []
    return Drafts(tuple(connections), tags, tuple(told))


def _other(settings: Mapping[str, Any], plugin: ConnectorPlugin) -> list[str]:
    """Keys of a connection that are written, and are none of the tag list's."""
    return [k.name for k in plugin.connection_keys if k.name != "ns" and settings.get(k.name) not in {k.default, None}]


def _draft(plant: Plant, tag: TagSpec, keys: Sequence[Key]) -> TagDraft:
    settings = {k.name: _written(tag.address.settings[k.name], k) for k in keys if _is_given(tag.address.settings, k)}
    if tag.address.machine_node:
        settings["node"] = _whole(tag.address.machine_node + str(settings.get("node", "")), plant, tag)
    return TagDraft(
        plant.short(tag.path),
        tag.connection,
        {**settings, **tag.written},
        tag.type,
        tag.unit,
        tag.display,
        plant.short(tag.was),
    )


def _is_given(settings: Mapping[str, Any], key: Key) -> bool:
    return key.name in settings and settings[key.name] != key.default and settings[key.name] is not None


def _written(value: Any, key: Key) -> Setting:
    return exact_duration(value) if key.kind == "duration" else value


def _whole(node: str, plant: Plant, tag: TagSpec) -> str:
    """A node that was put together, as it is written where no machine stands before it."""
    if not _SHORT.match(node):
        return node
    namespace = tag.address.settings.get("ns") or plant.connections[tag.connection].settings.get("ns") or ""
    return f"nsu={namespace};s={node}"
