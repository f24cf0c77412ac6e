"""Logging in: three policies, two modes, three identities; what is secret is never to be read on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua

from connectors.opcua.security.choice import NONE_URI
from tests.unit.connectors.opcua.certificates import issued, write
from tests.unit.connectors.opcua.security.test_trust_folder import put
from tests.unit.runtime.test_supervise import ListLog
from tests.wire.opcua.plant import Plc, setup
from tests.wire.opcua.tap import ACTIVATE_SESSION, CREATE_SESSION, Tap, tapped
from tests.wire.opcua.test_trust import ADDRESS, USER, Users, secure_server
from twin.core.errors import Misconfigured
from twin.runtime.clock import WallClock
from twin.runtime.report import ConnectionReport
from twin.runtime.supervise import Supervisor

SERVER, HOLDER = issued(ADDRESS), issued("urn:test:holder", key_number=7)
NAMES = ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
TAGS = {"temp": "Line.temp"}
Shop = tuple[Plc, Users, Tap]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A server that offers everything, behind a tap."""
    users = Users()
    users.certificate = HOLDER.der
    server, prepare = secure_server(tmp_path_factory.mktemp("server"), SERVER, users=users)
    async with Plc().running(prepare, server) as plc, tapped(plc.port) as tap:
        yield plc, users, tap


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that trusts the server."""
    put(tmp_path, "trusted", SERVER)
    return tmp_path


async def flows(tap: Tap, data: Path, **keys: object) -> bytes:
    """Connect and take a value; everything that went up for it."""
    tap.up.clear()
    test = setup(tap.url, data, TAGS, **keys)
    async with test.connector.open() as batches:
        assert test.rows(await anext(batches)) == [("temp", 20.5, None, 0)]
    return tap.said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("mode", ["Sign", "SignAndEncrypt"])
@pytest.mark.parametrize("policy", NAMES)
async def test_a_user_name_in_every_policy_and_mode(shop: Shop, data: Path, policy: str, mode: str) -> None:
    """On a channel that only signs, the password is encrypted by itself; `twin` is to be read there, `right` is not."""
    said = await flows(shop[2], data, security=policy, mode=mode, **USER)
    assert b"right" not in said
    assert (b"\x04\x00\x00\x00twin" in said) == (mode == "Sign")
    assert f"SecurityPolicy#{policy}".encode() in said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("mode", ["Sign", "SignAndEncrypt"])
@pytest.mark.parametrize("policy", NAMES)
async def test_a_users_certificate_in_every_policy_and_mode(
    shop: Shop, data: Path, tmp_path: Path, policy: str, mode: str
) -> None:
    der, pem = write(HOLDER, tmp_path / "user")
    keys = {"user_certificate": str(der), "user_key": str(pem)}
    said = await flows(shop[2], data, security=policy, mode=mode, **keys)
    assert f"SecurityPolicy#{policy}".encode() in said


@pytest.mark.asyncio(loop_scope="module")
async def test_a_strangers_certificate_is_refused_with_its_file(shop: Shop, data: Path, tmp_path: Path) -> None:
    der, pem = write(issued("urn:test:stranger", key_number=8), tmp_path / "user")
    test = setup(shop[2].url, data, TAGS, user_certificate=str(der), user_key=str(pem))
    with pytest.raises(Misconfigured, match=f"refused the user's certificate {der}; make its user known there"):
        async with test.connector.open():
            pass


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_password_is_tried_once(shop: Shop, data: Path) -> None:
    """Some servers lock a user after a few attempts: the supervisor stops, with one message."""
    _, users, tap = shop
    test = setup(tap.url, data, TAGS, user="twin", password="wrong")
    clock, log = WallClock(), ListLog()
    report = ConnectionReport("c1", "opcua", tap.url, clock, log.events.append)
    before = users.asked
    await asyncio.wait_for(Supervisor(test.connector, log, report, clock).run(), 30)
    assert users.asked == before + 1
    assert report.state == "stopped"
    assert report.cause == (
        f"{tap.url} refused user 'twin'; give the right `user` and `password`, "
        "it is not tried again until then (BadUserAccessDenied)"
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_password_is_to_be_read_only_where_the_plant_file_allows_it(shop: Shop, data: Path) -> None:
    """The first half shows that the tap would see it: asyncua's open endpoint would have it encrypted, so it is told
    not to."""
    plc, _, tap = shop
    token = user_token(plc, ua.MessageSecurityMode.None_)
    token.SecurityPolicyUri = NONE_URI
    assert b"right" in await flows(tap, data, security="none", **USER, allow_plaintext_password=True)
    for uri in (NONE_URI, user_token(plc, ua.MessageSecurityMode.Sign).SecurityPolicyUri):
        token.SecurityPolicyUri = uri
        said = await refused(tap, data, "allow_plaintext_password: true", security="none", **USER)
        assert CREATE_SESSION in said


@pytest.mark.asyncio(loop_scope="module")
async def test_a_channel_that_only_signs_and_a_token_in_clear_text(shop: Shop, data: Path) -> None:
    """Also for a token by a policy that is broken."""
    plc, _, tap = shop
    keys = {"security": "Basic256Sha256", "mode": "Sign", **USER}
    tokens = [
        t
        for e in plc.server.iserver.endpoints
        for t in e.UserIdentityTokens
        if e.SecurityMode == ua.MessageSecurityMode.Sign and t.TokenType == ua.UserTokenType.UserName
    ]
    before = [t.SecurityPolicyUri for t in tokens]
    for uri in (NONE_URI, "http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15"):
        for token in tokens:
            token.SecurityPolicyUri = uri
        await refused(tap, data, "allow_plaintext_password: true", **keys)
    for token, uri in zip(tokens, before, strict=True):
        token.SecurityPolicyUri = uri


@pytest.mark.asyncio(loop_scope="module")
async def test_somebody_in_between_who_hides_what_is_secure_gets_nothing(
    shop: Shop, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a password nor a login by certificate, and not even a session."""
    plc, _, tap = shop
    der, pem = write(HOLDER, tmp_path / "user")
    open_ones = [e for e in plc.server.iserver.endpoints if e.SecurityMode == ua.MessageSecurityMode.None_]
    monkeypatch.setattr(plc.server.iserver, "endpoints", open_ones)
    for keys in (USER, {"user_certificate": str(der), "user_key": str(pem)}):
        said = await refused(tap, data, "or somebody in between hides them", **keys)
        assert CREATE_SESSION not in said


def user_token(plc: Plc, mode: ua.MessageSecurityMode) -> ua.UserTokenPolicy:
    """How the server's first endpoint of a mode takes a user name."""
    endpoint = next(e for e in plc.server.iserver.endpoints if e.SecurityMode == mode)
    return next(t for t in endpoint.UserIdentityTokens if t.TokenType == ua.UserTokenType.UserName)


async def refused(tap: Tap, data: Path, words: str, **keys: object) -> bytes:
    """What went up until a setting was found wrong: never a password, never an attempt to log in."""
    tap.up.clear()
    with pytest.raises(Misconfigured, match=words):
        async with setup(tap.url, data, TAGS, **keys).connector.open():
            pass
    assert b"right" not in tap.said
    assert ACTIVATE_SESSION not in tap.said
    return tap.said
