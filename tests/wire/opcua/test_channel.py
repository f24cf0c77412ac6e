"""A channel whose keys are renewed while values flow: nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.opcua.link.channel import Channel
from tests.unit.connectors.opcua.certificates import issued
from tests.unit.connectors.opcua.security.test_trust_folder import put
from tests.wire.opcua.plant import Plc, setup
from tests.wire.opcua.test_keeping import Taking
from tests.wire.opcua.test_trust import ADDRESS, USER, secure_server

LIFETIME_MS = 2500
RENEWALS = 3


async def test_the_keys_of_a_channel_are_renewed_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals: list[int] = []
    open_secure_channel = Channel.open_secure_channel

    async def short(channel: Channel, renew: bool = False) -> Any:
        if renew:
            renewals.append(1)
        channel.secure_channel_timeout = LIFETIME_MS
        return await open_secure_channel(channel, renew)

    monkeypatch.setattr(Channel, "open_secure_channel", short)
    made = issued(ADDRESS)
    put(tmp_path, "trusted", made)
    server, prepare = secure_server(tmp_path / "server", made)
    async with Plc().running(prepare, server) as plc:  # type: ignore[arg-type]
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, queue=1000, **USER)
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            last = 0
            async with asyncio.timeout(60):
                while len(renewals) < RENEWALS:
                    await plc.count_up("n", last + 1, last + 10)
                    last += 10
            await taking.has("n", float(last))
            await taking.end()
    assert taking.values("n") == [float(n) for n in range(last + 1)]
    assert test.record.gaps == []
