"""One or two machines alone, with times that can be worked out by hand."""

from simulators.agenda import Agenda
from simulators.buffer import Buffer
from simulators.condition import Condition
from simulators.station import StationSpec, connect
from simulators.stoppage import Phase, Stop

AT_ONCE = (Phase(Condition.IDLE, 0.0, 0.0),)
DOWN = (Phase(Condition.ABORTED, 1.0, 1.0),)


def spec(name, cycle_ms, **more):
    return StationSpec(name, cycle_ms, start=AT_ONCE, jam=DOWN, repair=DOWN, **more)


def two(first, second, capacity, level=0):
    agenda = Agenda(0)
    buffer = Buffer(capacity, "piece", level)
    a, b = connect([first, second], [buffer], agenda, seed=1, first_rank=1)
    return agenda, a, buffer, b


def live(agenda, until):
    while agenda.advance(until):
        pass


def test_a_machine_alone_makes_a_piece_each_cycle():
    agenda = Agenda(0)
    [alone] = connect([spec("a", 500)], [], agenda, seed=1, first_rank=1)
    live(agenda, 10_001)
    assert alone.total == 20


def test_blocking_comes_after_service_and_ends_with_the_room_asked_for():
    agenda, quick, buffer, slow = two(spec("quick", 100, restart_room=2), spec("slow", 1000), capacity=3)
    live(agenda, 600)  # done at 100..500: one in the slow machine, three wait, one is held
    assert (quick.condition, quick.total, quick.holding, buffer.level) == (Condition.BLOCKED, 5, True, 3)
    live(agenda, 1101)  # the slow one takes its second at 1100: room for one is not enough
    assert (quick.condition, buffer.level, slow.total) == (Condition.BLOCKED, 2, 1)
    live(agenda, 2101)  # its third at 2100: room for two ends the wait in the same instant
    assert (quick.condition, buffer.level) == (Condition.RUNNING, 2)


def test_a_starved_machine_waits_for_the_level_asked_for():
    agenda, slow, buffer, quick = two(spec("slow", 1000), spec("quick", 100, restart_level=3), capacity=10)
    live(agenda, 3000)
    assert (quick.condition, buffer.level, slow.total) == (Condition.STARVED, 2, 2)
    live(agenda, 3001)
    assert (quick.condition, buffer.level) == (Condition.RUNNING, 2)
    live(agenda, 3301)
    assert (quick.condition, quick.total, buffer.level) == (Condition.STARVED, 3, 0)


def test_a_stop_in_mid_cycle_keeps_the_work_done():
    agenda = Agenda(0)
    [alone] = connect([spec("a", 500)], [], agenda, seed=1, first_rank=1)
    agenda.at(300, 0, lambda _: alone.interrupt(Stop("jam", [(Condition.ABORTED, 1000)])))
    live(agenda, 1500)
    assert (alone.total, alone.condition) == (0, Condition.RUNNING)
    live(agenda, 1501)
    assert alone.total == 1


def test_a_second_stop_waits_for_the_first():
    agenda = Agenda(0)
    [alone] = connect([spec("a", 500)], [], agenda, seed=1, first_rank=1)
    ended = []
    for name, at in (("jam", 100), ("bearing", 200)):
        cause = Stop(name, [(Condition.ABORTED, 1000)], lambda: ended.append(agenda.now))
        agenda.at(at, 0, lambda _, cause=cause: alone.interrupt(cause))
    live(agenda, 10_000)
    assert ended == [1100, 2100]
    assert [(s.cause, s.start, s.end) for s in alone.stops[1:]] == [("jam", 100, 1100), ("bearing", 1100, 2100)]


def test_every_reject_is_a_piece_that_goes_no_further():
    agenda, bad, buffer, _ = two(spec("bad", 100, reject=1.0), spec("after", 100), capacity=10)
    live(agenda, 1001)
    assert (bad.total, bad.reject, buffer.level) == (10, 10, 0)
