"""A source that numbers and stamps every sample itself and notes what its broker acknowledged (PUBACK)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTMessageInfo, MQTTv5

from tests.faults.ledger import Ledger, Sample

MACHINES = 8
MOST_IN_FLIGHT = 2000
PERIOD_S = 0.05


class Generator:
    """Publishes the running count of each machine at QoS 1, `rate` messages a second, until the block ends."""

    def __init__(self, port: int, rate: int, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rate = rate
        self._waiting: deque[tuple[MQTTMessageInfo, Sample]] = deque()
        self._stop = threading.Event()
        self.last: Sample | None = None
        """The last one sent. The broker hands them on in order: once it is stored, all are that ever will be."""
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.max_inflight_messages_set(MOST_IN_FLIGHT)
        self._client.connect("127.0.0.1", port)
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    @contextmanager
    def running(self) -> Iterator[Ledger]:
        """Publish while the block runs; on leaving, everything sent has been acknowledged."""
        self._client.loop_start()
        self._thread.start()
        try:
            yield self._ledger
            self._stop.set()
            self._thread.join()
        finally:
            self._stop.set()
            self._client.disconnect()
            self._client.loop_stop()

    def _run(self) -> None:
        try:
            self._publish()
        except BaseException as error:
            self._ledger.failure = error

    def _publish(self) -> None:
        number, last, begun = 0, 0, time.monotonic()
        while not self._stop.wait(PERIOD_S):
            self._look_for_acknowledgements()
            due = min(int((time.monotonic() - begun) * self._rate), number + MOST_IN_FLIGHT - len(self._waiting))
            first = max(time.time_ns(), last + 1)
            last = first + due - number
            samples = [(n % MACHINES + 1, first + n - number, n // MACHINES) for n in range(number, due)]
            self._ledger.send((tag_path(f"m{machine}"), instant, float(count)) for machine, instant, count in samples)
            for machine, instant, count in samples:
                self._send(f"m{machine}", instant, count)
            number = due
        self._await_acknowledgements()

    def _send(self, machine: str, instant: int, count: int) -> None:
        payload = b'{"ts": %d, "n": %d}' % (instant, count)
        published = self._client.publish(f"faults/{machine}", payload, qos=1)
        self.last = tag_path(machine), instant, float(count)
        self._waiting.append((published, self.last))

    def _look_for_acknowledgements(self) -> None:
        done: list[Sample] = []
        while self._waiting and self._waiting[0][0].is_published():
            done.append(self._waiting.popleft()[1])
        self._ledger.acknowledge(done)

    def _await_acknowledgements(self) -> None:
        for info, _ in self._waiting:
            info.wait_for_publish(30)
        self._look_for_acknowledgements()
        if self._waiting:
            raise RuntimeError(f"the broker left {len(self._waiting)} messages unacknowledged for 30 s")


PLANT = """
linetwin: 1
plant: faults/plant
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:{port}", wait: 200ms}}
types:
  counting:
    tags:
      total: {{topic: "faults/{{machine}}", value: $.n, timestamp: {{path: $.ts, unit: ns}}, counter: {{}}}}
    counts: {{total: total}}
    state:
      - {{when: "rate(total, 5s) > 0", is: running}}
      - {{is: idle}}
lines:
  line1:
    machines:
      m[1..{machines}]: {{type: counting, from: gw}}
"""


def plant_text(port: int) -> str:
    """The plant file that reads everything the generator sends."""
    return PLANT.format(port=port, machines=MACHINES)


def tag_path(machine: str) -> str:
    """The path of the one tag of a machine."""
    return f"faults/plant/line1/{machine}/total"
