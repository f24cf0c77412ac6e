"""Node texts, browse paths, picks, namespaces: as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua import CONNECTION_KEYS, PLUGIN
from connectors.opcua.address import (
    BrowsePath,
    NodeText,
    index_of,
    join_path,
    parse_node,
    parse_path,
    parse_pick,
    place_of,
    split_path,
)
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec, TagAddress

NS = "urn:plc"


def address(node: str = "", machine: str = "", **settings: str) -> TagAddress:
    return TagAddress(
        "line/tag", {"node": node, "browse_path": "", "ns": "", "pick": "", **settings}, machine, place="p.yaml:7"
    )


@pytest.mark.parametrize(
    ("machine", "node", "meant"),
    [
        ('"DB_Filler"', '."Stat"."wTotal"', NodeText(NS, "s", '"DB_Filler"."Stat"."wTotal"')),
        ("GVL.stCapper", ".eState", NodeText(NS, "s", "GVL.stCapper.eState")),
        ("i=", "5", NodeText(NS, "s", "i=5")),
        ('ns=3;s="DB"', '."x"', NodeText(3, "s", '"DB"."x"')),
        ("", "plain", NodeText(NS, "s", "plain")),
        ("", "i=2258", NodeText(0, "i", "2258")),
        ("", "s=name;with=signs", NodeText(NS, "s", "name;with=signs")),
        ("", "ns=3;s=a;b=c", NodeText(3, "s", "a;b=c")),
        ("", "nsu=urn:other;i=7", NodeText("urn:other", "i", "7")),
        ("", "ns=2;g=6ba7b810-9dad-11d1-80b4-00c04fd430c8", NodeText(2, "g", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
    ],
)
def test_node_text_means(machine: str, node: str, meant: NodeText) -> None:
    assert place_of(address(node, machine), NS) == meant


@pytest.mark.parametrize(
    ("given_address", "message"),
    [
        (address(), "neither `node` nor `browse_path`"),
        (address("x", browse_path="/Objects/A"), "both `node` and `browse_path`"),
        (address("ns=2;i=minus"), "a number below 2\\*\\*32"),
        (address("ns=2;g=no"), "a GUID"),
        (address("ns=2;b=xyz"), "bytes in hex"),
        (address(browse_path="Line/temp"), "is not a path like"),
        (address(browse_path="/Objects"), "is not a path like"),
    ],
)
def test_what_cannot_be_meant_is_refused(given_address: TagAddress, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        place_of(given_address, NS)


def test_a_plain_text_needs_a_namespace() -> None:
    with pytest.raises(Misconfigured, match="give the connection `ns`"):
        parse_node("plain", "", "", whole=True)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_name_survives_a_browse_path(names: list[str]) -> None:
    path = "/Objects"
    for name in names:
        path = join_path(path, name.replace("&", "&&"))
    if not any("&" in name for name in names):  # `&` before `/` is ambiguous in the notation itself
        assert split_path(path) == ["Objects", *names]


def test_browse_path_may_name_a_namespace_index() -> None:
    assert parse_path("/Objects/2:Line/temp") == BrowsePath(((2, "Line"), (None, "temp")))


@pytest.mark.parametrize("text", ["3", "[a]", "[1", "[1]x", "[-1]", "[1] "])
def test_pick_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="is not a part of an array"):
        parse_pick(text)


def test_pick_steps() -> None:
    assert parse_pick("[3][0].rAct") == (3, 0, "rAct")


URIS = ["http://opcfoundation.org/UA/", "urn:dev", "urn:A:BeckhoffAutomation:Ua:PLC1", "urn:x[1]"]


@pytest.mark.parametrize(
    ("namespace", "index"),
    [(3, 3), ("urn:dev", 1), ("urn:*BeckhoffAutomation:Ua:PLC1", 2), ("urn:x[1]", 3), ("urn:x[*", 3)],
)
def test_namespace_index_of_today(namespace: int | str, index: int) -> None:
    assert index_of(namespace, URIS) == index


@pytest.mark.parametrize(
    ("namespace", "message"), [("urn:none", "has no namespace"), ("urn:*", "matches urn:dev, urn:A")]
)
def test_namespace_that_is_missing_or_ambiguous(namespace: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        index_of(namespace, URIS)


def spec(url: str = "opc.tcp://plc:4840", **settings: object) -> ConnectionSpec:
    defaults = {key.name: key.default for key in CONNECTION_KEYS}
    return ConnectionSpec("s7", "opcua", url, defaults | settings, place="p.yaml:3")


@pytest.mark.parametrize(
    ("connection", "place", "message"),
    [
        (spec("http://plc"), "p.yaml:3", "is not opc.tcp://HOST:PORT"),
        (spec("opc.tcp://me:secret@plc"), "p.yaml:3", "do not belong in the URL"),
        (spec(password="x"), "p.yaml:3", "but no `user`"),
        (spec(user="u", password="x", security="none"), "p.yaml:3", "in clear text"),
        (spec(queue=5000), "p.yaml:3", "queue 5000 is not in 1..1000"),
        (spec(), "p.yaml:7", "has no namespace"),
    ],
)
def test_check_finds_it_without_a_server(connection: ConnectionSpec, place: str, message: str) -> None:
    found = PLUGIN.check(connection, [address("plain")])
    assert any(where == place and message in text for where, text in found)
    assert not any("secret" in text for _, text in found)


def test_check_is_quiet_when_all_is_well() -> None:
    assert PLUGIN.check(spec(ns=NS, user="u", password="x"), [address("plain"), address("x", pick="[1].rAct")]) == []
