from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.acknowledgement import Acknowledgements


def test_nothing_is_confirmed_before_it_is_durable():
    sent = []
    one = Acknowledgements(sent.append)
    first, second = one.group([1, 2], has_rows=True), one.group([3], has_rows=True)
    assert sent == []
    first()
    assert sent == [1, 2]
    second()
    assert sent == [1, 2, 3]


def test_a_group_without_samples_is_confirmed_at_once_when_nothing_waits():
    sent = []
    assert Acknowledgements(sent.append).group([1, 2], has_rows=False) is None
    assert sent == [1, 2]


def test_a_group_without_samples_waits_for_the_one_before():
    sent = []
    one = Acknowledgements(sent.append)
    durable = one.group([1], has_rows=True)
    one.group([2], has_rows=False)
    assert sent == []
    durable()
    assert sent == [1, 2]


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=30))
def test_confirmations_come_in_order_and_only_for_what_is_durable(steps):
    sent, arrived, waiting = [], 0, []
    one = Acknowledgements(sent.append)
    for size, has_rows, finish in steps:
        done = one.group(range(arrived, arrived + size), has_rows)
        if done is not None:
            waiting.append((done, arrived))
        arrived += size
        if finish and waiting:
            waiting.pop(0)[0]()
        assert sent == list(range(len(sent)))
        if waiting:
            assert len(sent) <= waiting[0][1]
        else:
            assert len(sent) == arrived
    for done, _ in waiting:
        done()
    assert sent == list(range(arrived))
    assert len(one) == 0
