"""The same promises against another stack: node-opcua (`npm ci` in tests/wire/node)."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.opcua.security.trust import CertificateFolder
from tests.unit.connectors.opcua.certificates import issued, write
from tests.wire.opcua.plant import free_port, opcua, setup, until
from tests.wire.opcua.tap import tapped
from tests.wire.opcua.test_browse import printed
from tests.wire.opcua.test_outages import drained, opened_again
from twin.core.batch import Batch
from twin.core.errors import Misconfigured, Unreachable
from twin.testing import FaultProxy

FOLDER = Path(__file__).parent.parent / "node"

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH: apt install nodejs npm"),
    pytest.mark.skipif(not (FOLDER / "node_modules").is_dir(), reason="no node_modules: npm ci in tests/wire/node"),
]


class NodeServer:
    """A node-opcua process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    def tell(self, **command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")


@asynccontextmanager
async def node_server(
    folder: Path, port: int = 0, trusts: str = "all", script: str = "server.mjs"
) -> AsyncIterator[NodeServer]:
    """The server, once it listens. trusts: `strict` for one that wants our certificate among its trusted ones."""
    process = await asyncio.create_subprocess_exec(
        "node",
        script,
        str(port or free_port()),
        str(folder),
        trusts,
        cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            while not (line := await process.stdout.readline()).startswith(b'{"ready"'):
                assert line, "the server ended before it was ready"
        yield NodeServer(process, json.loads(line)["ready"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_values_statuses_and_a_bad_node(tmp_path: Path) -> None:
    names = ("temp", "total", "recipe", "running", "serial")
    tags: dict[str, Any] = {name: f"Line.{name}" for name in (*names, "none")}
    tags["zone"] = {"node": "Line.zones", "pick": "[2]"}
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, tags)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= len(names) + 1)
            server.tell(set="temp", value=99.0, status="BadSensorFailure")
            [bad] = await until(batches, lambda bs: len(bs) == 1)
    rows = {name: (value, text) for b in taken for name, value, text, _ in test.rows(b)}
    assert rows["temp"] == (20.5, None)
    assert (rows["total"][0], rows["running"][0], rows["zone"][0]) == (7.0, 1.0, 3.5)
    assert rows["recipe"][1] == "cola"
    assert rows["serial"] == (float(2**60), "1152921504606846977")
    [(name, value, _, status)] = test.rows(bad)
    assert (name, status) == ("temp", 0x808C0000)
    assert math.isnan(value)
    assert test.record.problems["none"].startswith("BadNodeIdUnknown")


async def test_an_outage_with_refused_attempts_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    async with node_server(tmp_path / "pki", port) as server, FaultProxy(port) as proxy:
        test = setup(opcua(proxy), tmp_path, {"n": "Line.n"}, sampling=20_000_000, queue=1000)
        taken: list[Batch] = []
        async with test.connector.open() as batches:
            taken.append(await anext(batches))
            server.tell(count="n", **{"from": 1, "to": 60, "every_ms": 110})
            taken += await until(batches, lambda bs: 10.0 in test.values(bs, "n"))
            proxy.refuse()
            proxy.cut()
            await drained(batches, taken)
        for _ in range(3):
            with pytest.raises(Unreachable):
                async with test.connector.open():
                    pass
        proxy.mend()
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            taken += await until(batches, lambda bs: 60.0 in test.values(bs, "n"))
    assert sorted(set(test.values(taken, "n"))) == [float(n) for n in range(61)]
    assert len(test.values(taken, "n")) == 61
    assert test.record.gaps == []


async def test_a_killed_server_is_subscribed_anew(tmp_path: Path) -> None:
    port = free_port()
    async with node_server(tmp_path / "pki", port) as server:
        test = setup(server.url, tmp_path, {"n": "Line.n"})
        async with test.connector.open() as batches:
            await anext(batches)
            server.process.kill()
            await drained(batches, [])
    async with node_server(tmp_path / "pki", port) as server, AsyncExitStack() as stack:
        batches = await opened_again(test, stack)
        server.tell(set="n", value=5)
        await until(batches, lambda bs: 5.0 in test.values(bs, "n"))
    assert len(test.record.gaps) == 1


async def test_overflow_of_the_servers_queue_is_counted(tmp_path: Path) -> None:
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, {"n": "Line.n"}, sampling=0, queue=3, publishing=1_000_000_000)
        async with test.connector.open() as batches:
            await anext(batches)
            server.tell(count="n", **{"from": 1, "to": 60, "every_ms": 25})
            taken = await until(batches, lambda bs: 60.0 in test.values(bs, "n"))
    assert test.record.counts["overflow"] >= 1
    assert len(test.values(taken, "n")) < 60


async def test_a_user_in_every_policy_and_mode(tmp_path: Path) -> None:
    """By name and by certificate, in both spellings of a policy; the password is never to be read."""
    der, pem = write(issued("urn:test:holder", key_number=7), tmp_path / "user")
    port = free_port()
    async with node_server(tmp_path / "pki", port) as server, tapped(port) as tap:
        keys = {"user": "twin", "password": "right"}
        test = setup(tap.url, tmp_path / "data", {"temp": "Line.temp"}, **keys)
        with pytest.raises(Unreachable, match="not trusted yet"):
            async with test.connector.open():
                pass
        store = CertificateFolder(tmp_path / "data")
        store.trust(store.waiting()[0].fingerprint)
        holder = {"user_certificate": str(der), "user_key": str(pem)}
        for policy in ("auto", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256_Sha256_RsaPss"):
            for mode, who in (("Sign", keys), ("SignAndEncrypt", keys), ("Sign", holder)):
                test = setup(tap.url, tmp_path / "data", {"temp": "Line.temp"}, security=policy, mode=mode, **who)
                async with test.connector.open() as batches:
                    assert test.rows(await anext(batches)) == [("temp", 20.5, None, 0)]
        assert b"right" not in tap.said
        wrong = setup(server.url, tmp_path / "data", {"temp": "Line.temp"}, **keys | {"password": "wrong"})
        with pytest.raises(Misconfigured, match="refused user 'twin'"):
            async with wrong.connector.open():
                pass


async def test_a_server_that_does_not_trust_us_says_so_until_it_does(tmp_path: Path) -> None:
    async with node_server(tmp_path / "pki", trusts="strict") as server:
        keys = {"user": "twin", "password": "right", "security": "Basic256Sha256"}
        test = setup(server.url, tmp_path / "data", {"temp": "Line.temp"}, **keys)
        with pytest.raises(Unreachable, match="not trusted yet"):
            await test.connector.browse()
        store = CertificateFolder(tmp_path / "data")
        store.trust(store.waiting()[0].fingerprint)
        with pytest.raises(Unreachable, match=r"refused our certificate \(BadSecurityChecksFailed\); trust"):
            await test.connector.browse()
        with pytest.raises(Unreachable, match="refused our certificate"):
            async with test.connector.open():
                pass
        [ours] = (tmp_path / "pki" / "rejected").glob("*.pem")
        trusted = tmp_path / "pki" / "trusted" / "certs" / ours.name
        ours.rename(trusted)
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            assert test.rows(await anext(batches)) == [("temp", 20.5, None, 0)]


async def test_what_init_writes_with_a_user_connects_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--data", str(tmp_path / "data"))
    async with node_server(tmp_path / "pki") as server:
        command = ("init", server.url, "--user", "twin", "--security", "Basic256Sha256", *data)
        monkeypatch.setenv("LINETWIN_PASSWORD", "right")
        assert (await printed(*command))[0] == 1
        store = CertificateFolder(tmp_path / "data")
        store.trust(store.waiting()[0].fingerprint)
        _, text = await printed(*command)
        assert {"    user: twin", "    password: '${LINETWIN_PASSWORD}'"} <= set(text.splitlines())
        assert "    security: Basic256Sha256" in text.splitlines()
        assert "right" not in text
        assert "aliases" not in text
        (tmp_path / "plant.yaml").write_text(text, encoding="utf-8")
        assert (await printed("check", str(tmp_path / "plant.yaml"), "--connect", *data))[0] == 0


async def test_browse(tmp_path: Path) -> None:
    async with node_server(tmp_path / "pki") as server:
        nodes = await setup(server.url, tmp_path, {}).connector.browse("/Objects/Line/*")
    assert {n.path.rpartition("/")[2]: n.type for n in nodes}["zones"] == "Double[]"
    assert len(nodes) == 8


async def test_write_is_taken_clamped_or_refused_as_the_server_says(tmp_path: Path) -> None:
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, {"speed": "Line.speed", "total": "Line.total"})
        async with test.connector.open() as batches:
            await anext(batches)
            taken = await test.connector.write("speed", 72.5)
            clamped = await test.connector.write("speed", 90.0)
            refused = await test.connector.write("speed", 120.0)
            counted = await test.connector.write("total", 9.0)
    assert (taken.outcome, taken.read_back, taken.text) == ("done", "72.5", "written, and read back")
    assert (clamped.outcome, clamped.read_back) == ("done", "80")
    assert "clamped" in clamped.text
    assert (refused.outcome, refused.status, refused.read_back) == ("refused", 0x803C0000, "80")
    assert "BadOutOfRange" in refused.text
    assert (counted.outcome, counted.read_back) == ("done", "9")
