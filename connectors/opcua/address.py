"""Where a tag is found on a server: node texts and browse paths as people write them. Pure: no driver, no server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from uuid import UUID

from connectors.opcua.group import level_problems
from connectors.opcua.settings import MOST_PER_SUBSCRIPTION, Settings, settings_of
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec, TagAddress

_FULL = re.compile(r"(?:ns=(?P<index>\d{1,5})|nsu=(?P<uri>[^;]+));(?P<kind>[isgb])=(?P<text>.*)", re.DOTALL)
_SHORT = re.compile(r"(?P<kind>[isgb])=(?P<text>.*)", re.DOTALL)
_PICK = re.compile(r"\[(\d+)\]|\.([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class NodeText:
    """A node id before the server's namespaces are known.

    namespace: an index, or a URI that may hold `*`. kind: `i`, `s`, `g` or `b`, as in OPC 10000-6, 5.3.1.10.
    """

    namespace: int | str
    kind: str
    identifier: str

    def __str__(self) -> str:
        where = f"ns={self.namespace}" if isinstance(self.namespace, int) else f"nsu={self.namespace}"
        return f"{where};{self.kind}={self.identifier}"


@dataclass(frozen=True, slots=True)
class BrowsePath:
    """Names from Objects down: (namespace index or None for any, name)."""

    names: tuple[tuple[int | None, str], ...]

    def __str__(self) -> str:
        return "/Objects/" + "/".join(name for _, name in self.names)


Place = NodeText | BrowsePath
PLAINTEXT_REFUSED = (
    "the password would cross the network in clear text; choose `security` other than none, "
    "or set `allow_plaintext_password: true`"
)

OPEN_REFUSED = (
    "a certificate to log in with needs a channel that is signed: somebody between could use it; "
    "choose `security` other than none"
)


def place_of(address: TagAddress, namespace: str) -> Place:
    """Where a tag is; `namespace` is the connection's. Raises Misconfigured for a text that cannot be meant."""
    path = address.settings.get("browse_path") or ""
    node = address.machine_node + (address.settings.get("node") or "")
    if path and address.settings.get("node"):
        raise Misconfigured("has both `node` and `browse_path`; one of them says where the tag is")
    if path:
        return parse_path(path)
    if not node:
        raise Misconfigured("has neither `node` nor `browse_path`")
    return parse_node(node, address.settings.get("ns") or "", namespace, whole=not address.machine_node)


def parse_node(text: str, own: str, common: str, whole: bool) -> NodeText:
    """A node text. own: the tag's `ns`; common: the connection's. whole: no machine node stands before it.

    >>> parse_node('"DB_Filler"."rTemp"', "", "http://www.siemens.com/simatic-s7-opcua", False).kind
    's'
    >>> str(parse_node("i=2258", "", "urn:plc", True))
    'ns=0;i=2258'
    """
    match = _FULL.fullmatch(text)
    if match is not None:
        index = match["index"]
        return checked(NodeText(int(index) if index is not None else match["uri"], match["kind"], match["text"]))
    match = _SHORT.fullmatch(text) if whole else None
    if match is not None:
        default: int | str = common if match["kind"] == "s" and common else 0  # i=2258 is the standard's own numbering
        return checked(NodeText(own or default, match["kind"], match["text"]))
    if not (own or common):
        raise Misconfigured(f"node {text!r} has no namespace: give the connection `ns`, or write `ns=3;s={text}`")
    return NodeText(own or common, "s", text)


def checked(node: NodeText) -> NodeText:
    """The node, if its identifier fits its kind. Raises Misconfigured."""
    try:
        if node.kind == "i" and not 0 <= int(node.identifier) < 2**32:
            raise ValueError
        if node.kind == "g":
            UUID(node.identifier)
        if node.kind == "b":
            bytes.fromhex(node.identifier)
    except ValueError:
        wanted = {"i": "a number below 2**32", "g": "a GUID", "b": "bytes in hex"}[node.kind]
        raise Misconfigured(f"node {str(node)!r}: after `{node.kind}=` comes {wanted}") from None
    return node


def parse_path(text: str) -> BrowsePath:
    """A browse path; `&` before a `/` makes it part of a name (OPC 10000-4, A.2), `2:Name` names a namespace index."""
    names = split_path(text)
    if not text.startswith("/") or names[:1] != ["Objects"] or len(names) < 2 or not all(names):
        raise Misconfigured(f"browse_path {text!r} is not a path like /Objects/Line/Filler/Temp")
    return BrowsePath(tuple(qualified(name) for name in names[1:]))


def qualified(name: str) -> tuple[int | None, str]:
    """`2:Name` as (2, Name), `Name` as (None, Name)."""
    index, colon, rest = name.partition(":")
    return (int(index), rest) if colon and index.isdigit() and rest else (None, name)


def split_path(text: str) -> list[str]:
    """The names of a path.

    >>> split_path("/Objects/Pump &/ 3/Flow")
    ['Objects', 'Pump / 3', 'Flow']
    """
    parts = re.split(r"(?<!&)/", text.removeprefix("/"))
    return [re.sub(r"&([&/])", r"\1", part) for part in parts]


def join_path(parent: str, name: str) -> str:
    """The path of a child."""
    return f"{parent}/{name.replace('/', '&/')}"


def parse_pick(text: str) -> tuple[int | str, ...]:
    """The steps into an array or structure; none for an empty text. Raises Misconfigured.

    >>> parse_pick("[0].rAct")
    (0, 'rAct')
    """
    steps = list(_PICK.finditer(text))
    if "".join(step[0] for step in steps) != text:
        raise Misconfigured(f"pick {text!r} is not a part of an array or structure like [3], [0][2] or [3].rAct")
    return tuple(int(step[1]) if step[1] else step[2] for step in steps)


def index_of(namespace: int | str, namespaces: Sequence[str]) -> int:
    """The index that a namespace has in this server today. Raises Misconfigured when no or several URIs match."""
    if isinstance(namespace, int):
        return namespace
    found = [i for i, uri in enumerate(namespaces) if uri == namespace]
    found = found or [i for i, uri in enumerate(namespaces) if uri and fnmatchcase(uri, literal_but_star(namespace))]
    if not found:
        raise Misconfigured(f"the server has no namespace {namespace!r}; it has {', '.join(namespaces[1:])}")
    if len(found) > 1:
        raise Misconfigured(f"{namespace!r} matches {', '.join(namespaces[i] for i in found)}; write more of the URI")
    return found[0]


def literal_but_star(pattern: str) -> str:
    """The pattern with `*` as its only wildcard: `[` and `?` occur in URIs."""
    return re.sub(r"([\[?])", r"[\1]", pattern)


def problems(spec: ConnectionSpec, tags: Sequence[TagAddress]) -> Sequence[tuple[str, str]]:
    """What is wrong with a connection and its tags, as (place, message); nothing is asked of a server."""
    try:
        settings = settings_of(spec)
    except Misconfigured as error:
        return [(spec.place, str(error).removeprefix(f"{spec.place}: ")), *place_problems(spec, tags)]
    return [
        *connection_problems(spec, settings),
        *group_problems(settings),
        *place_problems(spec, tags),
        *following_problems(settings, tags),
    ]


def connection_problems(spec: ConnectionSpec, settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with the connection's own keys."""
    where = f"connection {spec.id!r}"
    if settings.password and not settings.user:
        yield spec.place, f"{where} has a password but no `user`"
    if settings.user and settings.user_certificate:
        yield spec.place, f"{where} has both `user` and `user_certificate`; log in with one of them"
    if bool(settings.user_certificate) != bool(settings.user_key):
        yield spec.place, f"{where}: `user_certificate` and `user_key` go together"
    if settings.policy == "none" and settings.user_certificate:
        yield spec.place, f"{where}: {OPEN_REFUSED}"
    if settings.policy == "none" and settings.password and not settings.allow_plaintext_password:
        yield spec.place, f"{where}: {PLAINTEXT_REFUSED}"
    if not 1 <= settings.items_per_subscription <= MOST_PER_SUBSCRIPTION:
        most = f"items_per_subscription {settings.items_per_subscription} is not in 1..{MOST_PER_SUBSCRIPTION}"
        yield spec.place, f"{where}: {most}"
    for text in level_problems(settings.own):
        yield spec.place, f"{where}: {text}"


def group_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with the groups of a connection."""
    for name, level in settings.groups.items():
        for text in level_problems(level):
            yield str(level.get("place") or ""), f"group {name!r} of connection {settings.id!r}: {text}"


def place_problems(spec: ConnectionSpec, tags: Sequence[TagAddress]) -> Iterator[tuple[str, str]]:
    """What is wrong with the places of tags."""
    for tag in tags:
        try:
            place_of(tag, spec.settings.get("ns") or "")
            parse_pick(tag.settings.get("pick") or "")
        except Misconfigured as error:
            yield tag.place, f"tag {tag.tag!r} {error}"


def following_problems(settings: Settings, tags: Sequence[TagAddress]) -> Iterator[tuple[str, str]]:
    """What is wrong with how tags are to be followed."""
    for tag in tags:
        try:
            group = settings.group_of(tag.settings)
        except Misconfigured as error:
            yield tag.place, f"tag {tag.tag!r}: {error}"
            continue
        own = {"deadband": tag.settings.get("deadband"), "mode": "poll" if group.polled else None}
        for text in level_problems(own):
            yield tag.place, f"tag {tag.tag!r}: {text}"
