"""`twin init`: a plant file from what a server offers, or from a list of tags; or a first test."""

from __future__ import annotations

import argparse
import asyncio
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.cli.browse import offered, plugin_for, server_arguments
from twin.cli.command import DONE, Command
from twin.cli.first_test import first_test
from twin.cli.variables import PASSWORD
from twin.core.errors import Misconfigured
from twin.core.ports import Node

_URI_NODE = re.compile(r"nsu=(?P<uri>[^;]+);s=(?P<text>.*)", re.DOTALL)
_LOOKS_WHOLE = re.compile(r"(?:ns=\d+|nsu=[^;]+);|[isgb]=")
UNITS = {"°C": "degC", "°F": "degF", "℃": "degC", "m³/h": "m3/h", "Ω": "ohm"}
"""Display names of units that a plant file writes otherwise."""
TYPES = {
    **dict.fromkeys(("String", "LocalizedText", "QualifiedName", "NodeId", "Guid", "XmlElement"), "text"),
    "ByteString": "bytes",
}
"""Type of a variable -> type of its tag; all others are numbers."""
ADDRESS = "opc.tcp://192.168.0.1:4840"
"""Stands in a file made from a list of tags: the list does not say where the server is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One tag to be. path: names from the plant down, as people wrote them. node: address. unit: as the source says.

    type: of the tag. is_array: an array needs a decision, which element; until then it is a comment.
    """

    path: tuple[str, ...]
    node: str
    unit: str = ""
    type: str = "number"
    is_array: bool = False


def from_nodes(nodes: Sequence[Node]) -> list[Draft]:
    """Drafts of what a server offers."""
    return [
        Draft(tuple(names_of(n.path)), n.address, n.unit, TYPES.get(n.type, "number"), n.type.endswith("[]"))
        for n in nodes
    ]


def names_of(path: str) -> list[str]:
    """The names of a browse path, without its root."""
    names = [name.replace("&/", "/") for name in re.split(r"(?<!&)/", path.strip("/"))]
    return names[1:] if names[:1] == ["Objects"] and len(names) > 1 else names


def from_csv(file: Path) -> list[Draft]:
    """Drafts of a CSV file: columns name, node and, if there is one, unit. Raises Misconfigured with the line."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: cannot be read as UTF-8 text: {error}") from None
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    missing = {"name", "node"} - set(reader.fieldnames or ())
    if missing:
        raise Misconfigured(f"{file}:1: no column {', '.join(sorted(missing))}; the columns are name,node[,unit]")
    drafts: list[Draft] = []
    for row in reader:
        name, node = (row["name"] or "").strip(), (row["node"] or "").strip()
        if not name or not node:
            raise Misconfigured(f"{file}:{reader.line_num}: name and node must not be empty")
        drafts.append(Draft(tuple(name.strip("/").split("/")), node, (row.get("unit") or "").strip()))
    return drafts


def segment(name: str) -> str:
    """A path segment of [a-z0-9_-] for a name.

    >>> segment("Motor Temp (°C)"), segment("Füller"), segment('"DB_Filler"')
    ('motor_temp_c', 'fuller', 'db_filler')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain.lower()).strip("_") or "tag"


def unique_paths(drafts: Sequence[Draft]) -> Iterator[tuple[str, Draft]]:
    """Each draft with its path; two that would be the same get a number."""
    taken: set[str] = set()
    for draft in drafts:
        path = "/".join(segment(name) for name in draft.path)
        number, free = 2, path
        while free in taken:
            number, free = number + 1, f"{path}_{number}"
        taken.add(free)
        yield free, draft


def common_namespace(drafts: Sequence[Draft]) -> str:
    """The namespace URI of most nodes, or nothing."""
    uris = Counter(match["uri"] for draft in drafts if (match := _URI_NODE.fullmatch(draft.node)))
    return uris.most_common(1)[0][0] if uris else ""


def shorter(node: str, namespace: str) -> str:
    """The node as it is written under a connection that names the namespace."""
    match = _URI_NODE.fullmatch(node)
    if match is None or match["uri"] != namespace or _LOOKS_WHOLE.match(match["text"]):
        return node
    return match["text"]


def quoted(text: str) -> str:
    """A YAML scalar that means exactly this text."""
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return '"' + "".join(c if ord(c) >= 32 and c not in '"\\' else f"\\x{ord(c):02x}" for c in text) + '"'
    return "'" + text.replace("'", "''") + "'"


def connection(protocol: str, url: str, namespace: str, user: str = "", security: str = "") -> str:
    """The settings of a connection, as the command line gave them. A password is named, never written."""
    settings = {protocol: url, "ns": namespace, "user": user, "password": user and f"${{{PASSWORD}}}"}
    settings["security"] = security
    return ", ".join(f"{key}: {quoted(value)}" for key, value in settings.items() if value)


def plant_file(settings: str, drafts: Sequence[Draft], remark: str = "") -> Iterator[str]:
    """The lines of a plant file with flat tags: it runs as it is, and types, states and KPIs are added when wanted."""
    namespace = common_namespace(drafts)
    yield "linetwin: 1"
    yield "plant: my/plant"
    yield "connections:"
    yield f"  c1: {{{settings}}}{remark}"
    yield "tags:"
    for path, draft in unique_paths(drafts):
        type_ = f", type: {draft.type}" if draft.type != "number" else ""
        unit = f", unit: {quoted(UNITS.get(draft.unit, draft.unit))}" if draft.unit else ""
        node = quoted(shorter(draft.node, namespace))
        if draft.is_array:
            yield "  # an array; a tag for each element is"
            yield f"  # {path}_0: {{from: c1, node: {node}, pick: '[0]'{type_}{unit}}}"
        else:
            yield f"  {path}: {{from: c1, node: {node}{type_}{unit}}}"


def run(arguments: argparse.Namespace) -> int:
    """Write the plant file, or the test, to stdout. Raises Misconfigured when there is nothing to write."""
    source = arguments.source
    if arguments.test:
        print(first_test(source), end="")
        return DONE
    if source is None:
        raise Misconfigured("twin init: name a server (opc.tcp://HOST:PORT) or a .csv file, or ask for a --test")
    if source.lower().endswith(".csv"):
        drafts, protocol, url, remark = from_csv(Path(source)), "opcua", ADDRESS, "  # the address of your server"
    elif "://" in source:
        drafts = from_nodes(asyncio.run(offered(arguments, arguments.match)))
        protocol, url, remark = plugin_for(source).protocol, source, ""
    else:
        raise Misconfigured(f"{source!r} is neither the address of a server (opc.tcp://HOST:PORT) nor a .csv file")
    if not drafts:
        raise Misconfigured(f"{source}: no variable matches {arguments.match!r}")
    settings = connection(protocol, url, common_namespace(drafts), arguments.user, arguments.security)
    for line in plant_file(settings, drafts, remark):
        print(line)
    return DONE


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="URL|tags.csv",
        nargs="?",
        help="a server, or a CSV file with columns name,node[,unit]; with --test a plant file, or nothing",
    )
    parser.add_argument(
        "--test", action="store_true", help="write a first pytest file, of PLANT.yaml or a made-up line"
    )
    parser.add_argument("--match", metavar="GLOB", default="*", help="only paths, or ends of paths, that match")
    server_arguments(parser)


COMMAND = Command("init", "write a plant file from a server or a tag list, or a first test", _arguments, run)
