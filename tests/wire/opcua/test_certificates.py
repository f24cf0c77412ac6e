"""The table of bad certificates: each is refused with its own words before a session or a password leaves us."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import Server
from cryptography.x509.oid import ExtendedKeyUsageOID

from connectors.opcua.security.trust import CertificateFolder
from tests.unit.connectors.opcua.certificates import DAY, NOW, USAGES, Made, issued, revoked, write
from tests.unit.connectors.opcua.security.test_trust_folder import put
from tests.wire.opcua.plant import Plc, Setup, opcua, setup, until
from tests.wire.opcua.tap import ACTIVATE_SESSION, CREATE_SESSION, Tap, tapped
from tests.wire.opcua.test_outages import drained, opened_again
from tests.wire.opcua.test_trust import ADDRESS, USER, secure_server
from twin.core.errors import Unreachable
from twin.testing import FaultProxy

HERE = ("127.0.0.1",)
ROOT = issued("urn:test:root", ca=True, key_number=1)
BETWEEN = issued("urn:test:between", ROOT, ca=True, key_number=2)
THIEF = issued("urn:test:root", ca=True, key_number=3)


@dataclass
class Bad:
    """What a server shows, what we trust before, and what is said. kept: whether it then waits for trust."""

    shows: bytes
    says: str
    trusted: tuple[Made, ...] = ()
    crl: bytes = b""
    kept: bool = False
    keys: dict[str, str] = field(default_factory=dict)


def trusted_but(says: str, **flaw: object) -> Bad:
    """A certificate that is trusted by itself, and still has a flaw."""
    made = issued(ADDRESS, **flaw)  # type: ignore[arg-type]
    return Bad(made.der, says, (made,))


def broken() -> bytes:
    """A certificate whose signature was hit."""
    return issued(ADDRESS).der[:-8] + bytes(8)


UNDER_ROOT = issued(ADDRESS, ROOT)
BAD = {
    "expired": trusted_but("expired on .*; give the server a new", start=NOW - 2 * DAY, end=NOW - DAY),
    "not yet valid": trusted_but("is not valid before .* UTC; set both clocks", start=NOW + DAY, end=NOW + 2 * DAY),
    "wrong application URI": Bad(issued("urn:other").der, f"is for application URI urn:other, but .* is {ADDRESS}"),
    "wrong host": Bad(
        issued(ADDRESS, ROOT, hosts=("plc7",)).der,
        "is for host plc7, not 127.0.0.1; if that is meant, set `certificate_host`",
        (ROOT,),
    ),
    "self-signed and unknown": Bad(issued(ADDRESS).der, "is not trusted yet: twin trust", kept=True),
    "self-signed in place of the trusted one": Bad(
        issued(ADDRESS, key_number=4).der,
        f"is trusted for {ADDRESS}. If that server was given a new one: twin trust",
        (issued(ADDRESS),),
        kept=True,
    ),
    "revoked": Bad(
        UNDER_ROOT.der, "is revoked by its authority CN=urn:test:root", (ROOT,), revoked(ROOT, UNDER_ROOT.certificate)
    ),
    "no key usage": trusted_but("does not say what its key may be used for", usages=None),
    "may not sign": trusted_but("may not sign .key usage digitalSignature", usages=USAGES[1:]),
    "may not encrypt": trusted_but("may not encrypt .key usages keyEnciph", usages=("digital_signature",)),
    "not a server's": trusted_but("is not a server's .extended", purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION),
    "key too short": trusted_but("has a key of 1024 bit, and fewer than 2048 are not safe", bits=1024),
    "unknown authority": Bad(
        UNDER_ROOT.der + ROOT.der, "nor is its authority CN=urn:test:root: put that into trusted/", kept=True
    ),
    "chain incomplete": Bad(
        issued(ADDRESS, BETWEEN).der, "chain is incomplete: put CN=urn:test:between into", (ROOT,), kept=True
    ),
    "forged": Bad(
        issued(ADDRESS, THIEF).der, "carries the name of authority CN=urn:test:root without its signature", (ROOT,)
    ),
    "broken signature": Bad(broken(), "is broken: its signature does not fit its content"),
    "broken bytes": Bad(issued(ADDRESS).der[:200], "cannot be read .*; give the server a new certificate"),
    "no bytes": Bad(b"", "the server offers .* without a certificate"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, Tap]]:
    """A secure server behind a tap, for every row; what it shows is changed in its list of endpoints."""
    server, prepare = secure_server(tmp_path_factory.mktemp("server"))
    async with Plc().running(prepare, server) as plc, tapped(plc.port) as tap:
        yield server, tap


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", BAD)
async def test_a_bad_certificate_is_refused_before_anything_is_said(
    shop: tuple[Server, Tap], tmp_path: Path, row: str
) -> None:
    (server, tap), bad = shop, BAD[row]
    for endpoint in server.iserver.endpoints:
        endpoint.ServerCertificate = bad.shows
    for made in bad.trusted:
        put(tmp_path, "trusted", made)
    if bad.crl:
        put(tmp_path, "crl", bad.crl)
    tap.up.clear()
    test = setup(tap.url, tmp_path, {"temp": "Line.temp"}, **USER, **bad.keys)
    with pytest.raises(Unreachable) as refused:
        async with test.connector.open():
            pass
    said = str(refused.value)
    assert said.startswith(f"connection c1: {tap.url}: ")
    assert re.search(bad.says, said), said
    assert len(tap.up) == 1
    for secret in (b"right", CREATE_SESSION, ACTIVATE_SESSION):
        assert secret not in tap.said
    waiting = CertificateFolder(tmp_path).waiting()
    assert [one.shown_by for one in waiting] == ([tap.url] if bad.kept else [])


def test_every_row_has_words_of_its_own() -> None:
    assert len({bad.says for bad in BAD.values()}) == len(BAD)


@pytest.mark.parametrize(
    ("made", "trusted", "keys"),
    [
        (issued(ADDRESS, BETWEEN), {"trusted": ROOT, "issuers": BETWEEN}, {}),
        (issued(ADDRESS, ROOT, hosts=("plc7",)), {"trusted": ROOT}, {"certificate_host": "plc7"}),
        (issued(ADDRESS, ROOT, hosts=("plc7",)), {"trusted": ROOT}, {"certificate_host": "any"}),
        (issued(ADDRESS, hosts=("plc7",)), {"trusted": issued(ADDRESS, hosts=("plc7",))}, {}),
    ],
    ids=["through an authority", "another host that is meant", "any host", "by itself"],
)
async def test_a_good_certificate_passes(
    tmp_path: Path, made: Made, trusted: dict[str, Made], keys: dict[str, str]
) -> None:
    server, prepare = secure_server(tmp_path / "server", made)
    for kind, one in trusted.items():
        put(tmp_path, kind, made if one.certificate.subject == made.certificate.subject else one)
    async with Plc().running(prepare, server) as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, **USER, **keys)
        async with test.connector.open() as batches:
            assert test.rows(await anext(batches)) == [("temp", 20.5, None, 0)]


async def renewed(folder: Path, first: Made, second: Made, then: Callable[[Setup, str], Awaitable[None]]) -> None:
    """A server that gets another certificate while we are connected; the channel in use lives on until it is cut."""
    server, prepare = secure_server(folder / "server", first)
    async with Plc().running(prepare, server) as plc, FaultProxy(plc.port) as wire:
        test = setup(opcua(wire), folder, {"temp": "Line.temp"}, **USER)
        async with test.connector.open() as batches:
            await anext(batches)
            der, pem = write(second, folder / "second")
            await server.load_certificate(str(der))
            await server.load_private_key(str(pem))
            for endpoint in server.iserver.endpoints:
                endpoint.ServerCertificate = second.der
            for policy in server._policies:
                policy.certificate, policy.private_key = second.certificate, second.key
            await plc.write("temp", 21.5)
            assert test.rows(await anext(batches))[0][1] == 21.5
            wire.cut()
            await drained(batches, [])
        await then(test, opcua(wire))
        await flows_again(test, plc)


async def flows_again(test: Setup, plc: Plc) -> None:
    """A value comes. asyncua's server answers requests of the old connection once after a transfer: one more try."""
    async with asyncio.timeout(30):
        for value in itertools.count(22.0):
            with suppress(Unreachable):
                async with AsyncExitStack() as stack:
                    batches = await opened_again(test, stack)
                    await plc.write("temp", value, at=datetime.now(UTC))
                    await until(batches, lambda bs, wanted=value: wanted in test.values(bs, "temp"))
                    return


async def test_a_new_certificate_of_a_trusted_authority_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "trusted", ROOT)

    async def nobody_is_asked(_test: Setup, _url: str) -> None:
        assert CertificateFolder(tmp_path).waiting() == []

    await renewed(tmp_path, issued(ADDRESS, ROOT), issued(ADDRESS, ROOT, key_number=5), nobody_is_asked)


async def test_a_new_certificate_of_its_own_waits_and_is_told(tmp_path: Path) -> None:
    first, second = issued(ADDRESS), issued(ADDRESS, key_number=5)
    put(tmp_path, "trusted", first)

    async def is_told(test: Setup, url: str) -> None:
        with pytest.raises(Unreachable, match="If that server was given a new one: twin trust"):
            async with test.connector.open():
                pass
        store = CertificateFolder(tmp_path)
        [waiting] = store.waiting()
        assert waiting.shown_by == url
        store.trust(waiting.fingerprint)

    await renewed(tmp_path, first, second, is_told)
