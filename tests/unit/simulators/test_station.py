"""One or two machines alone, with times that can be worked out by hand."""

from simulators.agenda import Agenda
from simulators.buffer import Buffer, BufferSpec, Sink, Source
from simulators.condition import Condition
from simulators.station import Station, StationSpec
from simulators.stoppage import Phase, Stop

AT_ONCE = (Phase(Condition.IDLE, 0.0, 0.0),)
DOWN = (Phase(Condition.ABORTED, 1.0, 1.0),)


def spec(name, cycle_ms, **more):
    return StationSpec(name, cycle_ms, start=AT_ONCE, jam=DOWN, repair=DOWN, **more)


def two(first, second, capacity, level=0):
    agenda = Agenda(0)
    buffer = Buffer(BufferSpec("between", capacity, "piece", level))
    a, b = row(agenda, [first, second], [buffer])
    return agenda, a, buffer, b


def row(agenda, specs, buffers=()):
    ends = [Source(), *buffers, Sink()]
    stations = [Station(s, place, agenda, 1, ends[place], ends[place + 1]) for place, s in enumerate(specs)]
    for station in stations:
        station.begin()
    return stations


def live(agenda, until):
    while agenda.advance(until):
        pass


def test_a_machine_alone_makes_a_piece_each_cycle():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
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
    [alone] = row(agenda, [spec("a", 500)])
    agenda.at(300, 0, lambda _: alone.interrupt(Stop("jam", [(Condition.ABORTED, 1000)])))
    live(agenda, 1500)
    assert (alone.total, alone.condition) == (0, Condition.RUNNING)
    live(agenda, 1501)
    assert alone.total == 1


def test_a_second_stop_waits_for_the_first():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
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


def at_once(agenda, time, act):
    agenda.at(time, 0, lambda _: act())


def parallel(level, capacity=10, **more):
    """Two machines that take from one buffer which nobody fills."""
    agenda = Agenda(0)
    buffer = Buffer(BufferSpec("before", capacity, "piece", level))
    stations = [Station(spec(name, 1000, **more), place, agenda, 1, buffer, Sink()) for place, name in enumerate("ab")]
    for station in stations:
        station.begin()
    return agenda, buffer, *stations


def test_parallel_machines_share_what_there_is_the_first_of_the_flow_before_the_other():
    agenda, buffer, a, b = parallel(level=3)
    live(agenda, 2500)
    assert (a.total, b.total, buffer.level) == (2, 1, 0)
    assert (a.condition, b.condition) == (Condition.STARVED, Condition.STARVED)
    at_once(agenda, 3000, lambda: buffer.put(0))
    live(agenda, 4001)
    assert (a.total, b.total) == (3, 1)


def test_a_rest_that_is_too_little_for_a_piece_is_cleared_when_the_next_order_comes():
    agenda, buffer, a, b = parallel(level=5, takes=4)
    live(agenda, 1500)
    assert (a.total, b.total, buffer.runs) == (1, 0, [(0, 1)])
    for _ in range(4):
        at_once(agenda, 2000, lambda: buffer.put(7))
    live(agenda, 3500)
    assert (a.total, a.order, buffer.level, buffer.cleared) == (2, 7, 0, 1)


def test_a_changeover_comes_before_the_first_piece_of_another_order():
    agenda, quick, _, slow = two(spec("quick", 100), spec("slow", 1000), capacity=3)
    changes = []

    def prepare(station, order):
        changes.append((agenda.now, order))
        station.cycle_ms = 500
        return Stop("changeover", [(Condition.STOPPED, 2000)], reason=4)

    slow.prepare = prepare
    at_once(agenda, 150, lambda: quick.infeed.refill(9))
    live(agenda, 10_000)
    assert [s.cause for s in slow.stops] == ["start", "changeover"]
    assert (slow.stops[1].start, slow.stops[1].end, slow.stops[1].reason) == (2100, 4100, 4)
    assert (slow.total, slow.order, changes) == (2 + 11, 9, [(2100, 9)])


def test_a_source_that_runs_dry_starves_its_machine():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
    alone.infeed.refill(3, 2)
    live(agenda, 5000)
    assert (alone.total, alone.order, alone.condition) == (2, 3, Condition.STARVED)
    at_once(agenda, 6000, lambda: alone.infeed.refill(4, 1))
    live(agenda, 7000)
    assert (alone.total, alone.order, alone.outfeed.arrived) == (3, 4, 3)


def test_a_phase_may_be_asked_how_long_it_lasts_when_it_begins():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
    asked = []

    def until_the_hour(now):
        asked.append(now)
        return 3000 - now

    cause = Stop("setting", [(Condition.ABORTED, 1000), (Condition.STOPPED, until_the_hour)])
    at_once(agenda, 100, lambda: alone.interrupt(cause))
    live(agenda, 5000)
    assert (asked, cause.start, cause.end) == ([1100], 100, 3000)


def test_a_stop_is_seen_at_its_begin_and_its_end():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
    seen = []
    alone.watch.append(lambda stop: seen.append((agenda.now, stop.cause, stop.end, alone.reason)))
    at_once(agenda, 100, lambda: alone.interrupt(Stop("jam", [(Condition.ABORTED, 1000)], reason=12)))
    live(agenda, 5000)
    assert seen[1:] == [(100, "jam", None, 12), (1100, "jam", 1100, 0)]


def test_pace_counts_from_the_next_piece_on():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
    at_once(agenda, 600, lambda: alone.pace(0.5))
    live(agenda, 3001)
    assert (alone.total, alone.speed) == (4, 0.5)  # at 500, 1000, 2000, 3000


def test_a_stop_that_waits_may_be_over_before_it_begins():
    agenda = Agenda(0)
    [alone] = row(agenda, [spec("a", 500)])
    ended = []
    jam = Stop("jam", [(Condition.ABORTED, 1000)])
    repair = Stop("bearing", [(Condition.ABORTED, 1000)], lambda: ended.append(agenda.now))
    at_once(agenda, 100, lambda: alone.interrupt(jam))
    at_once(agenda, 200, lambda: alone.interrupt(repair))
    at_once(agenda, 300, lambda: alone.end(repair))
    live(agenda, 5000)
    assert (ended, jam.end, repair.end) == ([300], 1100, None)
    assert [stop.cause for stop in alone.stops] == ["start", "jam"]
