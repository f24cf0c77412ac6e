"""The short way to encode notifications gives the driver's own bytes."""

from datetime import UTC, datetime, timedelta

from asyncua import ua
from asyncua.ua.ua_binary import extensionobject_to_binary
from hypothesis import given
from hypothesis import strategies as st

from simulators.wire.encoding import FORMATS, data_change

MOMENTS = st.one_of(st.none(), st.datetimes(datetime(1590, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
INTEGERS = {"h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1), "i": (-(2**31), 2**31 - 1), "I": (0, 2**32 - 1)}


@st.composite
def variants(draw):
    kind = draw(st.sampled_from([*FORMATS, ua.VariantType.String, ua.VariantType.Null, "array"]))
    if kind == "array":
        return ua.Variant(draw(st.lists(st.floats(), max_size=3)), ua.VariantType.Double)
    if kind == ua.VariantType.String:
        return ua.Variant(draw(st.text(max_size=5)), kind)
    if kind == ua.VariantType.Null:
        return ua.Variant()
    format_ = FORMATS[kind]
    if format_ == "?":
        return ua.Variant(draw(st.booleans()), kind)
    if format_ in "fd":
        return ua.Variant(draw(st.floats(width=32 if format_ == "f" else 64)), kind)
    return ua.Variant(draw(st.integers(*INTEGERS[format_])), kind)


ITEMS = st.lists(
    st.builds(
        ua.MonitoredItemNotification,
        st.integers(0, 2**32 - 1),
        st.builds(
            ua.DataValue,
            variants(),
            st.builds(ua.StatusCode, st.integers(0, 2**32 - 1)),
            MOMENTS,
            MOMENTS,
            st.one_of(st.none(), st.integers(0, 9999)),
        ),
    ),
    max_size=5,
)


@given(ITEMS)
def test_bytes_are_the_drivers(items):
    assert extensionobject_to_binary(data_change(items)) == extensionobject_to_binary(ua.DataChangeNotification(items))


def test_a_shared_moment_is_worked_out_once_and_a_later_one_anew():
    first = datetime(2026, 3, 1, 6, tzinfo=UTC)
    later = first + timedelta(milliseconds=1)
    items = [
        ua.MonitoredItemNotification(7, ua.DataValue(ua.Variant(1.5), ua.StatusCode(0), moment, moment))
        for moment in (first, first, later)
    ]
    assert extensionobject_to_binary(data_change(items)) == extensionobject_to_binary(ua.DataChangeNotification(items))
