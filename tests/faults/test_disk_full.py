"""A full disk: nothing is acknowledged that is not stored, reads go on, and it goes on by itself when there is room."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from itertools import groupby

import pytest

from tests.faults.generator import Generator, plant_text, tag_path
from tests.faults.ledger import Ledger, stored
from tests.faults.victim import Victim, eventually, twin
from tests.wire.mqtt.brokers import free_port, mosquitto

if sys.platform != "linux":
    pytest.skip("prlimit exists on Linux only", allow_module_level=True)

from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit

ROOM = 64 * 1024


def link(victim: Victim) -> dict:
    answer = json.loads(victim.get("/api/v1/connections") or b"{}")
    return answer["connections"][0] if answer else {"state": ""}


@pytest.mark.mosquitto
@pytest.mark.timeout(120)
def test_a_full_disk_loses_nothing_and_ends_by_itself(tmp_path):
    port = free_port()
    victim = Victim(tmp_path, plant_text(port))
    with mosquitto(tmp_path, port), closing(Ledger(tmp_path / "acknowledged")) as sent:
        try:
            victim.start()
            eventually(victim.is_ready, 30, "twin run ready")
            with Generator(port, 1000, sent).running():
                victim.until_stored()
                limit = (victim.data / "log.db-wal").stat().st_size + ROOM
                prlimit(victim.process.pid, RLIMIT_FSIZE, (limit, RLIM_INFINITY))
                eventually(lambda: link(victim)["state"] == "down", 30, "the connection let go")
                full_at = victim.last()
                eventually(lambda: link(victim)["attempts"] > 4, 30, "further attempts")
                assert "nothing was acknowledged" in link(victim)["cause"]
                assert json.loads(victim.get(f"/api/v1/samples?tag={tag_path('m1')}&from=now-1h"))["samples"]
                assert json.loads(victim.get("/api/v1/states?from=now-1h"))
                assert victim.last() == full_at
                prlimit(victim.process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
                eventually(lambda: link(victim)["state"] == "up" and victim.is_ready(), 30, "back by itself")
            eventually(lambda: sent.acknowledged <= set(stored(victim.data)), 60, "all that was acknowledged, stored")
            events = json.loads(victim.get("/api/v1/events?kind=connection&from=now-1h"))["events"]
            assert victim.stop() == 0
        finally:
            victim.end()
    kinds = [kind for kind, _ in groupby(event["kind"] for event in reversed(events))]  # tried meanwhile, lost again
    assert kinds == ["connection.up", "connection.lost", "connection.up"]
    assert set(stored(victim.data)) == sent.sent == sent.acknowledged
    verified = twin("verify", "--data", str(victim.data))
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.rstrip().endswith(": equal")
