"""Security over a real wire: a server is strange until somebody trusts it; a password never goes out bare."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asyncua import Server, ua
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.user_managers import UserManager

from connectors.opcua.security.certificate import fingerprint_of
from connectors.opcua.security.choice import POLICIES
from connectors.opcua.security.own import KEY_BITS, application_uri
from connectors.opcua.security.trust import CertificateFolder
from tests.unit.connectors.opcua.certificates import Made, issued, write
from tests.wire.opcua.plant import Plc, setup
from twin.core.errors import Misconfigured, Unreachable

ADDRESS = "urn:test:secure-plc"
BOTH = ("SignAndEncrypt", "Sign")


class Users(UserManager):
    """One user by name and password, and whoever holds the certificate that is set."""

    certificate: bytes = b""
    asked = 0

    def get_user(self, iserver, username=None, password=None, certificate=None):
        self.asked += 1
        if username is None and certificate is not None and certificate == self.certificate:
            return User(role=UserRole.Admin, name="holder")
        return User(role=UserRole.Admin, name=username) if (username, password) == ("twin", "right") else None


def secure_server(
    folder: Path, made: Made | None = None, modes: tuple[str, ...] = BOTH, users: Users | None = None
) -> tuple[Server, object]:
    """A server with every secure policy, its certificate made here."""
    made = made or issued(ADDRESS)
    der, pem = write(made, folder)
    server = Server(user_manager=users or Users())

    async def prepare(server: Server) -> None:
        server.set_security_policy(
            [
                ua.SecurityPolicyType.NoSecurity,
                *(ua.SecurityPolicyType[f"{policy}_{mode}"] for policy in POLICIES for mode in modes),
            ],
            permission_ruleset=SimpleRoleRuleset(),
        )
        await server.set_application_uri(ADDRESS)
        await server.load_certificate(str(der))
        await server.load_private_key(str(pem))

    return server, prepare


USER = {"user": "twin", "password": "right"}


@pytest.mark.parametrize("policy", ["auto", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256Sha256RsaPss"])
async def test_a_new_server_is_rejected_then_trusted_without_restart(tmp_path: Path, policy: str) -> None:
    server, prepare = secure_server(tmp_path)
    async with Plc().running(prepare, server) as plc:
        test = setup(plc.url, tmp_path / "data", {"temp": "Line.temp"}, security=policy, **USER)
        with pytest.raises(Unreachable, match="is not trusted yet: twin trust") as refused:
            async with test.connector.open():
                pass
        store = CertificateFolder(tmp_path / "data")
        [waiting] = store.waiting()
        fingerprint = str(refused.value).split("twin trust ")[1].split(" ")[0]
        assert waiting.fingerprint.startswith(fingerprint)
        store.trust(fingerprint)
        assert store.waiting() == []
        async with test.connector.open() as batches:
            batch = await anext(batches)
    assert test.rows(batch) == [("temp", 20.5, None, 0)]


async def test_a_wrong_password_is_a_setting_to_change(tmp_path: Path) -> None:
    server, prepare = secure_server(tmp_path)
    async with Plc().running(prepare, server) as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, user="twin", password="wrong")
        with pytest.raises(Unreachable):
            async with test.connector.open():
                pass
        store = CertificateFolder(tmp_path)
        store.trust(store.waiting()[0].fingerprint)
        with pytest.raises(Misconfigured, match="refused user 'twin'"):
            async with test.connector.open():
                pass


async def test_a_password_is_not_sent_in_clear_text(tmp_path: Path) -> None:
    async with Plc().running(server=Server(user_manager=Users())) as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, **USER)
        with pytest.raises(Misconfigured, match="allow_plaintext_password"):
            async with test.connector.open():
                pass
        allowed = setup(plc.url, tmp_path, {"temp": "Line.temp"}, **USER, allow_plaintext_password=True)
        async with allowed.connector.open() as batches:
            assert len(await anext(batches)) == 1


async def test_a_policy_that_is_not_offered_names_what_is(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp"}, security="Basic256Sha256")
        with pytest.raises(Misconfigured, match=r"does not offer security Basic256Sha256.*it offers None/None"):
            async with test.connector.open():
                pass


async def test_a_server_that_changes_its_certificate_is_strange_again(tmp_path: Path) -> None:
    server, prepare = secure_server(tmp_path)
    data = tmp_path / "data"
    async with Plc().running(prepare, server) as plc:
        test = setup(plc.url, data, {"temp": "Line.temp"}, security="Basic256Sha256", **USER)
        with pytest.raises(Unreachable):
            async with test.connector.open():
                pass
        store = CertificateFolder(data)
        store.trust(store.waiting()[0].fingerprint)
        async with test.connector.open() as batches:
            await anext(batches)
    server, prepare = secure_server(tmp_path)
    async with Plc(plc.port).running(prepare, server):
        with pytest.raises(Unreachable, match="not trusted yet"):
            async with test.connector.open():
                pass


async def test_our_certificate_is_made_once_and_its_key_is_ours_alone(tmp_path: Path) -> None:
    store = CertificateFolder(tmp_path)
    first, second = await asyncio.gather(asyncio.to_thread(store.own), asyncio.to_thread(store.own))
    assert first.fingerprint == second.fingerprint == fingerprint_of(first.file.read_bytes())
    assert first.file == tmp_path / "pki" / "own.der"
    assert (tmp_path / "pki" / "own.pem").stat().st_mode & 0o077 == 0
    assert application_uri().startswith("urn:")
    assert KEY_BITS >= 2048
