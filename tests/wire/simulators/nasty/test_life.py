"""What happens to a server while clients are on it, and the way in, as a plain client lives through it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from asyncua import Client, ua
from asyncua.client.ua_client import UaClient
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.uaerrors import BadSessionIdInvalid, BadSessionNotActivated, BadUserAccessDenied
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulators.wire.nasty.door import ELSEWHERE
from tests.wire.simulators.nasty.counting import URI
from tests.wire.simulators.nasty.plain import counted, variables, watching


async def test_a_restart_moves_the_namespace_and_keeps_the_values_going():
    async with counted() as (run, addresses):
        async with Client(addresses["plc"]) as client:
            before = await client.get_namespace_index(URI)
        await addresses.nasty("restart")
        async with Client(addresses["plc"]) as client:
            after = await client.get_namespace_index(URI)
        async with watching(addresses["plc"]) as seen:
            await seen.until(lambda: len(seen.of("double")) > 3)
    assert after == before + 1
    assert {data.Value.Value for data in seen.of("double")} <= {value for _, value in run.sent_of("line/m0/double")}


async def test_a_restart_breaks_every_link():
    async with counted() as (_, addresses):
        client = Client(addresses["plc"], timeout=1)
        await client.connect()
        await addresses.nasty("restart")
        with pytest.raises((ConnectionError, ua.UaError, TimeoutError)):
            await client.nodes.objects.get_children()
        with suppress(ConnectionError, ua.UaError, TimeoutError):
            await client.disconnect()


async def test_a_node_goes_and_comes_back_and_no_item_follows_it():
    async with counted() as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2)
        await addresses.nasty("node-removed")
        await seen.until(lambda: seen.of("double")[-1].StatusCode.value == ua.StatusCodes.BadNodeIdUnknown)
        async with Client(addresses["plc"]) as client:
            assert "m0/double" not in await variables(client)
        others = len(seen.of("int32"))
        await addresses.nasty("node-back")
        await seen.until(lambda: len(seen.of("int32")) > others + 10)
        last = seen.of("double")[-1]
        async with watching(addresses["plc"]) as other:
            await other.until(lambda: len(other.of("double")) > 2)
    assert last.StatusCode.value == ua.StatusCodes.BadNodeIdUnknown
    assert all(data.StatusCode.is_good() for data in other.of("double"))
    assert seen.ended == []


async def test_a_node_becomes_a_string_while_it_is_followed():
    async with counted() as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2)
        await addresses.nasty("node-retyped")
        await seen.until(lambda: isinstance(seen.of("double")[-1].Value.Value, str))
        async with Client(addresses["plc"]) as client:
            assert (
                await (await variables(client))["m0/double"].read_data_type_as_variant_type() == ua.VariantType.String
            )
    text = seen.of("double")[-1].Value.Value
    assert float(text) % 1 == 0.5


async def test_a_half_open_link_carries_nothing_while_a_new_one_works():
    async with counted() as (_, addresses), raw(addresses["plc"]) as client:
        await client.get_namespace_array()
        await addresses.nasty("half-open")
        with pytest.raises(TimeoutError):
            await client.get_namespace_array()
        async with watching(addresses["plc"]) as seen:
            await seen.until(lambda: len(seen.of("double")) > 2)


@asynccontextmanager
async def raw(url):
    """A client that does not say goodbye: nobody would answer."""
    client = Client(url, timeout=0.5)
    await client.connect()
    try:
        yield client
    finally:
        with suppress(ConnectionError, ua.UaError, TimeoutError, asyncio.TimeoutError):
            await client.disconnect()


async def test_sessions_are_closed():
    async with counted() as (_, addresses), raw(addresses["plc"]) as client:
        await addresses.nasty("sessions-closed")
        with pytest.raises((BadSessionIdInvalid, BadSessionNotActivated, BadUserAccessDenied)):
            await client.get_namespace_array()


async def test_subscriptions_are_deleted_and_the_session_lives():
    async with counted() as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2)
        await addresses.nasty("subscriptions-closed")
        before = len(seen.of("double"))
        async with watching(addresses["plc"]) as other:
            await other.until(lambda: len(other.of("double")) > 5)
        assert len(seen.of("double")) <= before + 20


async def test_endpoints_name_a_host_that_is_not_there():
    async with counted("other-host") as (_, addresses):
        client = Client(addresses["plc"])
        endpoints = await client.connect_and_get_server_endpoints()
        async with watching(addresses["plc"]) as seen:
            await seen.until(lambda: len(seen.of("double")) > 2)
    assert {endpoint.EndpointUrl.partition("//")[2].partition(":")[0] for endpoint in endpoints} == {ELSEWHERE}


async def test_without_encryption_nobody_comes_in(tmp_path):
    async with counted("no-none") as (_, addresses):
        client = Client(addresses["plc"], timeout=2)
        endpoints = await client.connect_and_get_server_endpoints()
        assert {endpoint.SecurityMode for endpoint in endpoints} == {ua.MessageSecurityMode.SignAndEncrypt}
        with pytest.raises((ua.UaError, ConnectionError, TimeoutError)):
            await Client(addresses["plc"], timeout=1).connect()
        key, certificate = tmp_path / "key.pem", tmp_path / "own.der"
        usage = [ExtendedKeyUsageOID.CLIENT_AUTH]
        await setup_self_signed_certificate(key, certificate, "urn:test", "localhost", usage, {"commonName": "test"})
        client = Client(addresses["plc"])
        client.application_uri = "urn:test"
        await client.set_security(
            SecurityPolicyBasic256Sha256, certificate, key, mode=ua.MessageSecurityMode.SignAndEncrypt
        )
        async with client:
            assert URI in await client.get_namespace_array()


def test_the_driver_is_the_plain_one():
    """Nothing of ours is in this client."""
    assert Client("opc.tcp://127.0.0.1:1").uaclient.__class__ is UaClient
