"""What every source is made into, and what all of them need: names, namespaces, what an installation can take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND, SECOND
from twin.core.plugin import COMMON_CONNECTION_KEYS, ConnectorPlugin
from twin.model.keys import TAG_KEYS
from twin.model.naming import segment
from twin.model.plant_text import ConnectionDraft, TagDraft
from twin.model.yaml_writing import Setting

UNITS = {"°C": "degC", "°F": "degF", "℃": "degC", "m³/h": "m3/h", "Ω": "ohm"}
"""Display names of units that a plant file writes otherwise."""

_URI_NODE = re.compile(r"nsu=(?P<uri>[^;]+);s=(?P<text>.+)", re.DOTALL)
_WHOLE = re.compile(r"(?:ns=\d+|nsu=[^;]+);|[isgb]=")
_OWN_NAMESPACE = re.compile(r"(?:ns=\d+|nsu=[^;]+);|[igb]=")
_FIELD = re.compile(r"\{(\w*)\}")
FIELDS = ("path", "grandparent", "parent", "name", "display")
"""What a name template may hold: names below Objects, the display name, or `{path}`, all of them."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """A plant to be. left_out: what of the source is not in it, and why, a line each that begins with its place."""

    connections: tuple[ConnectionDraft, ...]
    tags: tuple[TagDraft, ...]
    left_out: tuple[str, ...] = ()


def namer(template: str) -> Callable[[Sequence[str], str], str]:
    """Makes paths of names (from the top down, at least one) and a display name. Raises Misconfigured.

    >>> namer("{parent}/{name}")(["Line", "Füller 1", "Motor Temp"], "")
    'fuller_1/motor_temp'
    """
    for field in _FIELD.findall(template):
        if field not in FIELDS:
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise Misconfigured(f"--name {template!r}: no {{{field}}}; there are {known}")
    if not _FIELD.search(template):
        raise Misconfigured(f"--name {template!r} gives every tag one name; write {{name}} or {{path}} into it")

    def path(names: Sequence[str], display: str) -> str:
        above = ["", "", *names]
        values = {"name": names[-1], "parent": above[-2], "grandparent": above[-3], "display": display or names[-1]}
        parts: list[str] = []
        for part in template.split("/"):
            if part == "{path}":
                parts += names
            else:
                parts.append(_FIELD.sub(lambda match: values.get(match[1], "_".join(names)), part))
        return "/".join(segment(part) for part in parts if part.strip())

    return path


def with_common_namespace(
    connection: ConnectionDraft, tags: Sequence[TagDraft]
) -> tuple[ConnectionDraft, list[TagDraft]]:
    """The connection with the namespace URI of most of its tags, and the tags (of it alone) with shorter nodes."""
    uris = Counter(match["uri"] for tag in tags if (match := _URI_NODE.fullmatch(str(tag.keys.get("node", "")))))
    if not uris or "ns" in connection.settings:
        return connection, list(tags)
    uri = uris.most_common(1)[0][0]
    shorter = [
        replace(tag, keys={**tag.keys, "node": _shorter(tag.keys["node"], uri)}) if "node" in tag.keys else tag
        for tag in tags
    ]
    return replace(connection, settings={"ns": uri, **connection.settings}), shorter


def _shorter(node: Setting, namespace: str) -> Setting:
    """The node as it is written under a connection that names the namespace."""
    match = _URI_NODE.fullmatch(str(node))
    return node if match is None or match["uri"] != namespace or _WHOLE.match(match["text"]) else match["text"]


def needs_namespace(node: Setting) -> bool:
    """Whether a node text means one thing in one namespace and another in the next: `Line.temp`, `s=Line.temp`."""
    return bool(node) and not _OWN_NAMESPACE.match(str(node))


def exact_duration(length: int) -> str:
    """A length of ns as a plant file has it, nothing rounded.

    >>> exact_duration(1_500_000_000), exact_duration(120_000_000_000), exact_duration(0)
    ('1500ms', '2m', '0s')
    """
    units = (("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", MILLISECOND), ("us", MILLISECOND // 1000))
    unit, size = next(((unit, size) for unit, size in units if length % size == 0 and length), ("s", SECOND))
    return f"{length // size}{unit}"


def fitted(drafts: Drafts, plugins: Mapping[str, ConnectorPlugin]) -> Drafts:
    """The drafts without keys that no installed plug-in reads; each of these is told."""
    told: dict[str, int] = {}
    protocols = {c.name: c.protocol for c in drafts.connections}

    def known(protocol: str, keys: Mapping[str, Setting], names: set[str], what: str) -> dict[str, Setting]:
        for key in keys:
            if key not in names:
                text = f"`{key}` of {what}: {protocol} has no such key in this release"
                told[text] = told.get(text, 0) + 1
        return {key: value for key, value in keys.items() if key in names}

    def connection_keys(protocol: str) -> set[str]:
        return {key.name for key in (*COMMON_CONNECTION_KEYS, *plugins[protocol].connection_keys)}

    def tag_keys(protocol: str) -> set[str]:
        return {key.name for key in (*TAG_KEYS, *plugins[protocol].tag_keys)}

    connections = tuple(
        replace(c, settings=known(c.protocol, c.settings, connection_keys(c.protocol), "a connection"))
        for c in drafts.connections
    )
    names = {protocol: tag_keys(protocol) for protocol in {*protocols.values()}}
    tags = tuple(
        replace(tag, keys=known(protocols[tag.connection], tag.keys, names[protocols[tag.connection]], "a tag"))
        for tag in drafts.tags
    )
    counted = [f"{text}; left out of {n}" for text, n in told.items()]
    return Drafts(connections, tags, (*drafts.left_out, *counted))
