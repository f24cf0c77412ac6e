"""The supervisor: what each kind of failure leads to, what the log is told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.unit.runtime.virtual_time import BEGIN, SECOND, LoopClock, in_virtual_time
from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured, StoreFailed, Unreachable
from twin.core.event import CLOCK_AHEAD, CONNECTION_LOST, CONNECTION_UP, TAGS_COVERED, Event
from twin.runtime.report import ConnectionReport
from twin.runtime.supervise import FIRST_PAUSE_S, LONGEST_PAUSE_S, QUICK_FOR_S, QUICK_PAUSE_S, Supervisor


class ListLog:
    """A log in a list; it fails while `full`."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.events: list[Event] = []
        self.full = False

    async def append(self, item: Batch) -> int:
        self._room()
        self.batches.append(item)
        return len(self.batches)

    async def note(self, event: Event) -> int:
        self._room()
        self.events.append(event)
        return len(self.events)

    def _room(self) -> None:
        if self.full:
            raise StoreFailed("no space left")


def now_s() -> float:
    return asyncio.get_running_loop().time()


def sample(value: float = 1.0, ahead: int = 0) -> Batch:
    return batch("s", [0], [LoopClock().now() + ahead], [value])


class Scripted:
    """A connector with one act for each time it is opened, the last one for ever; notes when."""

    name = "scripted"

    def __init__(self, *acts: Callable[[], AsyncIterator[Batch]] | Exception) -> None:
        self._acts = acts
        self.opened: list[float] = []
        self.closed = 0
        self.acknowledged = 0

    @asynccontextmanager
    async def open(self):
        act = self._acts[min(len(self.opened), len(self._acts) - 1)]
        self.opened.append(now_s())
        if isinstance(act, Exception):
            raise act
        try:
            yield self._counted(act())
        finally:
            self.closed += 1

    async def _counted(self, batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        async for one in batches:
            yield one
            self.acknowledged += 1


def plays(*values: float, then: Exception | None = None, every: float = 0.5):
    """Batches one after the other; then a failure, or silence."""

    async def act():
        for value in values:
            await asyncio.sleep(every)
            yield sample(value)
        if then is not None:
            await asyncio.sleep(every)
            raise then
        await asyncio.Event().wait()

    return act


async def run_for(seconds: float, connector: Scripted, log: ListLog) -> ConnectionReport:
    clock = LoopClock()
    report = ConnectionReport("gw", "scripted", "x://y", clock, log.events.append)
    running = asyncio.create_task(Supervisor(connector, log, report, clock).run())
    await asyncio.wait({running}, timeout=seconds)
    if not running.done():
        running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return report


def told(log: ListLog) -> list[tuple[str, float]]:
    return [(event.kind, (event.time - BEGIN) / SECOND) for event in log.events]


def supervised(seconds: float, *acts) -> tuple[Scripted, ListLog, ConnectionReport]:
    connector, log = Scripted(*acts), ListLog()
    return connector, log, in_virtual_time(run_for(seconds, connector, log))


def test_batches_go_into_the_log_and_are_acknowledged_after_it():
    connector, log, report = supervised(10, plays(1, 2, 3))
    assert [one.value.tolist() for one in log.batches] == [[1], [2], [3]]
    assert connector.acknowledged == 3
    assert report.counters["stored"] == 3
    assert connector.closed == 1


def test_up_is_told_with_the_first_batch_or_after_a_second_of_silence():
    assert told(supervised(10, plays(1, 2))[1]) == [(CONNECTION_UP, 0.5)]
    assert told(supervised(10, plays())[1]) == [(CONNECTION_UP, 1.0)]


def test_pauses_double_up_to_the_longest_with_jitter():
    connector, log, report = supervised(600, Unreachable("nobody there"))
    pauses = [later - earlier for earlier, later in zip(connector.opened, connector.opened[1:], strict=False)]
    assert len(pauses) > 15
    for number, pause in enumerate(pauses):
        usual = min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S)
        assert 0.7 * usual <= pause <= 1.3 * usual
    assert len({round(pause / min(FIRST_PAUSE_S * 2**n, LONGEST_PAUSE_S), 3) for n, pause in enumerate(pauses)}) > 5
    assert told(log) == [(CONNECTION_LOST, 0.0)]
    assert report.counters["reconnects"] == 0
    assert report.attempts == len(connector.opened)
    assert report.next_attempt is not None


def test_a_peer_that_was_up_a_moment_ago_is_tried_about_once_a_second_for_a_minute():
    """A server that restarts is back within a second of its port; jitter keeps many connections apart."""
    connector, _, _ = supervised(300, plays(1, then=Unreachable("cut")), Unreachable("refused"))
    lost = connector.opened[0] + 1.0
    pauses = [(b - a, a - lost) for a, b in zip(connector.opened[1:], connector.opened[2:], strict=False)]
    assert max(pause for pause, since in pauses if since < QUICK_FOR_S) <= 1.3 * QUICK_PAUSE_S
    assert max(pause for pause, since in pauses if since > QUICK_FOR_S + 30) > 0.7 * LONGEST_PAUSE_S
    assert len({round(pause, 3) for pause, since in pauses if since < QUICK_FOR_S}) > 20


def test_a_loss_is_told_once_with_its_cause_from_the_last_good_instant():
    lost = Unreachable("gw: cut off (is the switch on?)")
    _, log, report = supervised(40, plays(1, 2, then=lost, every=2.0), lost, lost, plays(3))
    (_, up), (_, since), (_, again) = told(log)
    assert [event.kind for event in log.events] == [CONNECTION_UP, CONNECTION_LOST, CONNECTION_UP]
    assert (up, since) == (1.0, 4.0)
    assert 6.0 < again < 12.0
    assert log.events[1].body == {"cause": str(lost)}
    assert log.events[2].body == {"attempt": 4}
    assert report.state == "up"
    assert report.cause == ""
    assert report.counters["reconnects"] == 1
    assert [one.value[0] for one in log.batches] == [1, 2, 3]


def test_after_a_success_pauses_begin_small_again():
    lost = Unreachable("cut")
    connector, _, _ = supervised(200, *[lost] * 6, plays(1, then=lost), lost, plays())
    assert connector.opened[7] - connector.opened[6] < 1.0 + 1.3 * FIRST_PAUSE_S
    assert connector.opened[6] - connector.opened[5] > 0.7 * FIRST_PAUSE_S * 32


def test_the_log_says_once_that_it_is_lost_back_and_not_tried_any_more(caplog):
    lost, wrong = Unreachable("cut"), Misconfigured("wrong password")
    with caplog.at_level("INFO", logger="linetwin"):
        supervised(300, plays(1, then=lost), lost, lost, plays(2, then=lost), lost, wrong)
    assert [record.getMessage() for record in caplog.records] == [
        "connection gw: up (x://y)",
        "connection gw: cut",
        "connection gw: up (x://y)",
        "connection gw: cut",
        "connection gw: wrong password",
    ]


def test_a_wrong_setting_stops_it_and_is_shown():
    connector, log, report = supervised(
        600, plays(1, then=Unreachable("cut")), Misconfigured("plant.yaml:5: no such user")
    )
    assert len(connector.opened) == 2
    assert report.state == "stopped"
    assert report.cause == "plant.yaml:5: no such user"
    assert [event.kind for event in log.events] == [CONNECTION_UP, CONNECTION_LOST]


def test_a_fault_in_a_connector_leaves_its_neighbours_alone(caplog):
    async def both():
        faulty, good, log = Scripted(ZeroDivisionError("ours")), Scripted(plays(*range(10))), ListLog()
        reports = await asyncio.gather(run_for(20, faulty, log), run_for(20, good, log))
        return faulty, good, log, reports

    faulty, good, log, (broken, fine) = in_virtual_time(both())
    assert [one.value[0] for one in log.batches] == list(range(10))
    assert good.closed == 1
    assert fine.state == "up"
    assert broken.state == "down"
    assert "fault in the connector: ZeroDivisionError('ours')" in broken.cause
    assert len(faulty.opened) > 3
    assert "fault in its connector" in caplog.text


def test_a_source_that_ends_is_opened_again():
    async def ends():
        yield sample(1)

    connector, _, report = supervised(5, ends)
    assert len(connector.opened) > 2
    assert report.cause == "the source ended"


def test_what_could_not_be_stored_is_not_acknowledged():
    log, connector = ListLog(), Scripted(plays(1, 2))

    async def full_for_a_while():
        log.full = True
        filling = asyncio.get_running_loop().call_later(20, setattr, log, "full", False)
        report = await run_for(100, connector, log)
        filling.cancel()
        return report

    report = in_virtual_time(full_for_a_while())
    assert report.state == "up"
    assert connector.acknowledged == 2
    assert [one.value[0] for one in log.batches] == [1, 2]
    assert connector.closed == len(connector.opened) > 3


def test_a_loss_that_the_full_disk_kept_out_of_the_log_is_told_when_there_is_room():
    log = ListLog()
    connector = Scripted(plays(1, 2, 3, every=2.0))

    async def full_for_a_while():
        loop = asyncio.get_running_loop()
        loop.call_later(3, setattr, log, "full", True)
        loop.call_later(30, setattr, log, "full", False)
        await run_for(100, connector, log)

    in_virtual_time(full_for_a_while())
    kinds = [event.kind for event in log.events]
    assert kinds == [CONNECTION_UP, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_UP]
    assert log.events[1].time == BEGIN + 2 * SECOND < log.events[2].time
    assert log.events[1].body == {"cause": "no space left"}


def test_a_link_that_is_lost_before_it_counts_as_up_ends_what_it_covered():
    gone = plays(then=Unreachable("gone"), every=0.3)
    connector, log, report = supervised(5, plays(1, then=Unreachable("cut")), gone, Unreachable("refused"))
    first, *_, last = told(log)
    assert first == (CONNECTION_UP, 0.5)
    assert [kind for kind, _ in told(log)] == [CONNECTION_UP, CONNECTION_LOST, CONNECTION_LOST]
    assert last[1] == pytest.approx(connector.opened[1], abs=1e-6)  # its last sign of life
    assert report.state == "down"


def test_a_loss_is_never_dated_before_the_link_came_up():
    """Whoever follows the events in the order of their times would take a quiet link for one that is up for ever."""
    _, log, _ = supervised(20, plays(then=Unreachable("cut"), every=3.0), Unreachable("refused"))
    assert told(log) == [(CONNECTION_UP, 1.0), (CONNECTION_LOST, 1.0)]


def test_a_loss_while_the_return_is_being_told_comes_after_it():
    class Slow(ListLog):
        async def note(self, event: Event) -> int:
            number = await super().note(event)
            await asyncio.sleep(1.0)
            return number

    log = Slow()
    in_virtual_time(run_for(20, Scripted(plays(then=Unreachable("cut"), every=1.5), Unreachable("refused")), log))
    assert told(log) == [(CONNECTION_UP, 1.0), (CONNECTION_LOST, 1.0)]


async def test_what_a_source_says_it_covers_is_a_sign_of_life():
    report = ConnectionReport("gw", "scripted", "x://y", LoopClock(), lambda _event: None)
    at = report.alive_at + SECOND
    report.event(Event(at, TAGS_COVERED, "gw", {"tags": [1]}))
    report.event(Event(at + SECOND, CLOCK_AHEAD, "gw", {}))
    assert report.alive_at == at


def test_a_source_whose_clock_runs_ahead_is_named_and_counted():
    async def ahead():
        for _ in range(3):
            await asyncio.sleep(1)
            yield sample(ahead=90 * SECOND)
        await asyncio.Event().wait()

    _, log, report = supervised(10, ahead)
    assert [event.kind for event in log.events if event.kind == CLOCK_AHEAD] == [CLOCK_AHEAD]
    assert report.counters["restamped"] == 3
    assert [(int(one.time[0]) - BEGIN) / SECOND for one in log.batches] == [1, 2, 3]


@pytest.mark.parametrize("acts", [[plays(1)], [Unreachable("cut")]])
def test_it_ends_when_cancelled(acts: Sequence):
    connector, _, _ = supervised(3.3, *acts)
    assert connector.closed == sum(callable(act) for act in acts)


class FailsOnTheWayOut:
    """A connector whose way out ends in an error of the link, which takes the place of the cancellation."""

    name = "fails"

    @asynccontextmanager
    async def open(self):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            raise Unreachable("the link went as it was given up") from None
        yield


def test_an_error_on_the_way_out_does_not_keep_it_from_ending():
    async def told_to_end() -> bool:
        clock = LoopClock()
        report = ConnectionReport("c", "fails", "x", clock, lambda _event: None)
        running = asyncio.create_task(Supervisor(FailsOnTheWayOut(), ListLog(), report, clock).run())
        await asyncio.sleep(1)
        running.cancel()
        await asyncio.wait({running}, timeout=600)
        return running.cancelled()

    assert in_virtual_time(told_to_end())
