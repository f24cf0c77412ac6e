"""Where values are found: identifiers, namespaces, and machines whose values all lie in one node."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from simulators.wire.nasty.quirk import ARRAY, STRUCTURE, Identifier, Quirk
from simulators.wire.nasty.switch import START, Switch

LONGEST = 3950
"""Bytes of the longest identifiers: what fits with its frame into the 4,096 that OPC 10000-3 lets a string id have."""
SPECIAL = ' "q\'" a=1;ns=9;s=x /%20&<b>|#\\ [0].äß€'
FIRST_NUMBER = 100_001


class SpecialIds(Quirk):
    """Everything that someone's parser stumbles over."""

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """The identifier with quotes, separators, escapes and letters beyond ASCII behind it."""
        return f"{identifier}{SPECIAL}"


class LongIds(Quirk):
    """Identifiers as long as they may be."""

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """The identifier in the middle of 3,950 bytes: the first and the last half are the same for all."""
        room = LONGEST - len(str(identifier).encode())
        return "a" * (room // 2) + str(identifier) + "z" * (room - room // 2)


class NumericIds(Quirk):
    """Numbers in the order in which nodes were made."""

    def __init__(self) -> None:
        self._numbers: dict[Identifier, int] = {}

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """A number from 100,001 on."""
        return self._numbers.setdefault(identifier, FIRST_NUMBER + len(self._numbers))


class GuidIds(Quirk):
    """A GUID for each node."""

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """The GUID of a name (RFC 9562, version 5)."""
        return uuid5(NAMESPACE_URL, str(identifier))


class OpaqueIds(Quirk):
    """Bytes, a zero among them."""

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """Nine bytes that are not text."""
        return b"\x00" + sha256(str(identifier).encode()).digest()[:8]


class HostInNamespace(Quirk):
    """TwinCAT's manner: the host's name in the URI, and a PC that was replaced has another name."""

    def namespace(self, uri: str, life: int) -> str:
        """The URI of this host."""
        return f"urn:CX-{4711 + life:06X}:{uri.removeprefix('urn:')}"


class ProgramVersion(Quirk):
    """Whoever generates ids and URIs from the program has new ones after each download."""

    def namespace(self, uri: str, life: int) -> str:
        """The URI with the version of the program."""
        return f"{uri}/v1.{life}"

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """The identifier with the version of the program."""
        return f"V1_{life}.{identifier}"


class Array(Quirk):
    """A machine is one array of Doubles."""

    layout = ARRAY


class Structure(Quirk):
    """A machine is one value of a structure type of its own."""

    layout = STRUCTURE


IDS, NAMESPACE, LAYOUT = "the kind of identifiers", "the namespace", "how a machine's values lie"

SWITCHES: Sequence[Switch] = (
    Switch(
        "special-ids",
        "opcua",
        "identifiers hold quotes, `;ns=`, `/`, `%20`, brackets and umlauts",
        "every value, found by its id",
        SpecialIds,
        START,
        IDS,
    ),
    Switch("long-ids", "opcua", "identifiers are 3,950 bytes long", "every value", LongIds, START, IDS),
    Switch("numeric-ids", "opcua", "identifiers are numbers", "every value", NumericIds, START, IDS),
    Switch("guid-ids", "opcua", "identifiers are GUIDs", "every value", GuidIds, START, IDS),
    Switch("opaque-ids", "opcua", "identifiers are bytes", "every value", OpaqueIds, START, IDS),
    Switch(
        "array",
        "opcua",
        "all values of a machine are one array of Doubles",
        "every change of each element, under a tag of its own",
        Array,
        START,
        LAYOUT,
    ),
    Switch(
        "structure",
        "opcua",
        "all values of a machine are one structure of a type of its own",
        "every change of each field, under a tag of its own",
        Structure,
        START,
        LAYOUT,
    ),
    Switch(
        "host-in-namespace",
        "opcua",
        "the namespace URI holds the host's name; a restart is another host",
        "every value, found by a URI with `*`, after the restart too",
        HostInNamespace,
        START,
        NAMESPACE,
    ),
    Switch(
        "program-version",
        "opcua",
        "identifiers and namespace hold the program's version, which a restart raises",
        "every value, found by browse path, after the restart too",
        ProgramVersion,
        START,
        NAMESPACE,
    ),
)
