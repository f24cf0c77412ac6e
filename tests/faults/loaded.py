"""A service under load for the faults of one process: MQTT and REST, every sample numbered, every answer noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.callers import Caller, calling
from tests.faults.generator import Generator, plant_text
from tests.faults.kill_cycles import FINE, SERVICE, verify
from tests.faults.ledger import Ledger, compared
from tests.faults.outcome import Outcome
from tests.faults.victim import Victim, eventually
from tests.wire.mqtt.brokers import free_port, mosquitto

RATE = 400
"""Messages a second."""


@dataclass
class Loaded:
    """A victim, what was sent to it, who posts to it, and all that sends."""

    victim: Victim
    ledger: Ledger
    caller: Caller
    load: ExitStack
    facts: dict[str, bool] = field(default_factory=dict)

    def holds(self, name: str, value: bool) -> None:
        """Something that must be so each time."""
        self.facts[name] = self.facts.get(name, True) and value

    def drained(self) -> None:
        """Wait until all that was acknowledged is stored."""
        eventually(lambda: compared(self.ledger, self.victim.data).lost == 0, 60, "all that was acknowledged, stored")

    def outcome(self, fault: str, seed: int, cycles: int, recovery: Sequence[float]) -> Outcome:
        """End the load, let it drain, stop the service, compare."""
        self.load.close()
        self.drained()
        code = self.victim.stop()
        c = compared(self.ledger, self.victim.data)
        verified = verify(self.victim.data)
        wrong = [f"not: {name}" for name, value in self.facts.items() if not value]
        wrong += [f"verify: {verified}"] if verified not in FINE else []
        wrong += [f"exit {code}"] if code else []
        told = {name: "yes" if value else "no" for name, value in self.facts.items()}
        told |= {"verify": verified, "exit": str(code)}
        return Outcome(
            fault, seed, cycles, c.sent, c.acked, c.stored, c.lost, c.invented, c.twice_read, recovery, told, wrong
        )


@contextmanager
def loaded(
    folder: Path,
    data: Path | None = None,
    command: Sequence[str] = SERVICE,
    plant: Callable[[int], str] = plant_text,
) -> Iterator[Loaded]:
    """Started, ready and under load while the block runs; whatever happens, nothing is left running."""
    port = free_port()
    with mosquitto(folder, port), closing(Ledger(folder / "acknowledged")) as ledger:
        victim = Victim(folder, plant(port), command=command, data=data)
        caller = Caller(lambda: victim.port, ledger)
        try:
            victim.start()
            eventually(victim.is_ready, 60, "the service ready")
            with ExitStack() as load:
                load.enter_context(Generator(port, RATE, ledger).running())
                load.enter_context(calling(caller, ledger=ledger))
                victim.until_stored(60)
                yield Loaded(victim, ledger, caller, load)
        finally:
            victim.end()
