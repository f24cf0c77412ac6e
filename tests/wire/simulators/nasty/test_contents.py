"""Values that are bad, wrong, many or large, as a plain client sees them."""

from __future__ import annotations

import itertools
import math

from asyncua import ua

from simulators.wire.nasty.contents import BAD, CODES, LARGE, WITH_VALUE
from tests.wire.simulators.nasty.plain import counted, watching


async def test_statuses_take_turns_and_bad_ones_have_no_value():
    async with counted("statuses") as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2 * len(CODES))
    codes = [data.StatusCode.value for data in seen.of("double")]
    assert set(codes) == set(CODES)
    at = CODES.index(codes[1])
    assert codes[1:] == [CODES[(at + n) % len(CODES)] for n in range(len(codes) - 1)]
    for data in seen.of("double"):
        code = data.StatusCode.value
        assert (data.Value.Value is None) == bool(code & BAD and code != WITH_VALUE)


async def test_floats_are_no_numbers_every_other_time():
    async with counted("not-numbers") as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 12)
    values = [data.Value.Value for data in seen.of("double")]
    assert {str(v) for v in values if not math.isfinite(v)} == {"nan", "inf", "-inf"}
    assert sum(map(math.isfinite, values)) >= 6
    assert all(isinstance(data.Value.Value, int) for data in seen.of("int32"))


async def test_every_fifth_value_is_a_text():
    async with counted("string-for-number") as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 10)
    texts = [at for at, data in enumerate(seen.of("double")) if data.Value.VariantType == ua.VariantType.String]
    assert {b - a for a, b in itertools.pairwise(texts)} == {5}
    assert all(data.StatusCode.is_good() for data in seen.of("double"))


async def test_the_first_variable_is_huge():
    async with counted("huge-values", tick=100_000_000) as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2 and len(seen.of("int32")) > 2)
    for data in seen.of("double"):
        assert len(data.Value.Value) == LARGE
        assert data.Value.Value[0] % 1 == 0.5
    assert all(isinstance(data.Value.Value, int) for data in seen.of("int32"))


async def test_every_notification_comes_twice():
    async with counted("duplicates") as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 10)
    values = [data.Value.Value for data in seen.of("double")]
    pairs = len(values) // 2
    assert values[: 2 * pairs : 2] == values[1 : 2 * pairs : 2]
    assert len(set(values)) >= pairs


async def test_nothing_is_said_while_values_change_and_the_subscription_lives():
    async with counted() as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2)
        await addresses.nasty("silent")
        before = len(seen.of("double"))
        async with watching(addresses["plc"]) as other:
            [node] = [node for node, path in other.paths.items() if path == "m0/double"]
            last = seen.of("double")[-1].Value.Value
            read = await reading(addresses["plc"], node, lambda value: value > last + 10)
            assert other.values == {}
    assert read > last + 10
    assert len(seen.of("double")) <= before + 1
    assert seen.ended == []


async def reading(url, node, enough):
    """Read a node until its value is enough."""
    from asyncua import Client  # noqa: PLC0415

    async with Client(url) as client:
        while True:
            value = await client.get_node(node).read_value()
            if enough(value):
                return value
