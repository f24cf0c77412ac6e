"""Identifiers, namespaces and layouts, as a plain client finds them."""

from __future__ import annotations

import struct

import pytest
from asyncua import Client, ua

from tests.wire.simulators.nasty.counting import TYPES, URI
from tests.wire.simulators.nasty.plain import counted, variables, watching


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [
        ("special-ids", ua.NodeIdType.String, None),
        ("long-ids", ua.NodeIdType.String, 3950),
        ("numeric-ids", ua.NodeIdType.Numeric, None),
        ("guid-ids", ua.NodeIdType.Guid, None),
        ("opaque-ids", ua.NodeIdType.ByteString, 9),
    ],
)
async def test_ids_are_of_the_kind_and_lead_to_all_values(name, kind, size):
    async with counted(name) as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: all(len(seen.of(type_.lower())) > 3 for type_ in TYPES))
    assert len(seen.paths) == len(TYPES)
    for node in seen.paths:
        told = ua.NodeIdType.Numeric if isinstance(node.Identifier, int) else node.NodeIdType
        assert told == kind
        assert size is None or len(node.Identifier) == size
    if name == "special-ids":
        assert all(mark in node.Identifier for node in seen.paths for mark in ('"', ";ns=", "/", "%20", "ß", "'", "\\"))


async def namespaces(url):
    async with Client(url) as client:
        return await client.get_namespace_array()


@pytest.mark.parametrize("kind", ["array", "structure"])
async def test_a_machine_is_one_node(kind):
    async with counted(kind, machines=2) as (run, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.values.get("m1", [])) > 5)
    assert seen.values.keys() == {"m0", "m1"}
    counts = []
    for data in seen.values["m1"]:
        values = data.Value.Value if kind == "array" else struct.unpack("<diIfh?", data.Value.Value.Body)
        counts.append(values[1])
        assert values == type(values)(run.value(f"line/m1/{t.lower()}", int(values[1])) for t in TYPES)
    assert counts == list(range(int(counts[0]), int(counts[0]) + len(counts)))


async def test_the_type_of_a_structure_can_be_read():
    async with counted("structure") as (_, addresses), Client(addresses["plc"]) as client:
        node = (await variables(client))["m0"]
        declared = client.get_node(await node.read_data_type())
        definition = await declared.read_data_type_definition()
    assert [field.Name for field in definition.Fields] == [type_.lower() for type_ in TYPES]


async def test_the_host_is_in_the_namespace_and_a_restart_is_another_host():
    async with counted("host-in-namespace") as (_, addresses):
        before = (await namespaces(addresses["plc"]))[-1]
        await addresses.nasty("restart")
        after = (await namespaces(addresses["plc"]))[-1]
    assert before != after
    assert before.startswith("urn:CX-")
    assert before.endswith(after.rpartition(":CX-")[2].partition(":")[2])
    assert before.endswith(":plant:plc")


async def test_the_version_is_in_ids_and_namespace_and_a_restart_raises_it():
    async with counted("program-version") as (_, addresses):
        async with Client(addresses["plc"]) as client:
            first = {p: n.nodeid.Identifier for p, n in (await variables(client)).items()}
        assert (await namespaces(addresses["plc"]))[-1] == f"{URI}/v1.0"
        await addresses.nasty("restart")
        async with Client(addresses["plc"]) as client:
            second = {p: n.nodeid.Identifier for p, n in (await variables(client)).items()}
        assert (await namespaces(addresses["plc"]))[-1] == f"{URI}/v1.1"
    assert first.keys() == second.keys()
    assert {i.replace("V1_0.", "V1_1.") for i in first.values()} == set(second.values())
    assert not set(first.values()) & set(second.values())
