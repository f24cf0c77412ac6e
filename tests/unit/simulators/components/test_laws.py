"""What holds for every kind of component: any cutting gives the same bytes, damage never heals, no surprise, reset."""

from dataclasses import fields
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.components.kinds import KINDS
from simulators.description.grammar import Grammar, slots_of
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, lived, part, varied

N = 600
MODES = [(kind, mode) for kind, spec in KINDS.items() for mode in spec.modes]
WEARS = {kind for kind, spec in KINDS.items() if "wear" in spec.modes}
WARM_S = {"motor": 20_000}
"""Those that live at full duty as their left_s says only once they are warm."""


def made(kind, seed=1):
    return KINDS[kind]().make(stream(seed, kind))


@pytest.mark.parametrize(("kind", "mode"), MODES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 99), edges=st.lists(st.integers(0, N), max_size=12), end=st.integers(200, N))
def test_any_cutting_gives_the_same_bytes(kind, mode, seed, edges, end):
    acts = {
        100: lambda c: c.fault(mode, 400.0),
        end: lambda c: c.mend(mode),
        550: lambda c: c.replace(),
    }
    life = partial(lived, partial(made, kind, seed), varied(seed, N), acts=acts)
    assert life(edges) == life([]) == life(list(range(90, 130)))


@pytest.mark.parametrize(("kind", "mode"), MODES)
def test_health_never_rises_by_itself_and_is_hidden_between_one_and_zero(kind, mode):
    component = made(kind)
    health = [component.hidden.health]
    whole = varied(3, N)
    for second in range(0, N, 20):
        if second == 100:
            component.fault(mode, 300.0)
        component.advance(part(whole, second, second + 20), {})
        health.append(component.hidden.health)
    assert health == sorted(health, reverse=True)
    assert 0.0 <= health[-1] <= health[0] <= 1.0


@pytest.mark.parametrize(("kind", "mode"), MODES)
@pytest.mark.parametrize("seed", range(2))
def test_it_never_fails_within_the_time_it_calls_safe(kind, mode, seed):
    component = made(kind, seed)
    component.fault(mode, 240.0)
    whole = varied(seed, 1500)
    safe_until = 0.0
    for second in range(1500):
        safe_until = max(safe_until, second + component.safe_s)
        component.advance(part(whole, second, second + 1), {})
        if component.failed:
            assert second + 1 >= safe_until
            break


@pytest.mark.parametrize("kind", sorted(WEARS))
def test_worn_on_purpose_it_lives_as_long_as_was_said_and_a_new_one_is_new(kind):
    component = made(kind)
    new = component.hidden
    component.advance(duty(WARM_S.get(kind, 0)), {})
    component.fault("wear", 120.0)
    assert component.hidden.left_s == pytest.approx(120.0, rel=1e-6)
    component.advance(duty(118), {})
    assert not component.failed
    component.advance(duty(3), {})
    assert component.failed
    assert component.hidden.left_s == 0.0
    component.replace()
    assert not component.failed
    assert component.hidden.health == pytest.approx(new.health)


@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_what_its_spec_says_finite_numbers_second_by_second(kind):
    spec = KINDS[kind]()
    component = spec.make(stream(1, kind))
    assert component.modes == spec.modes
    rows = component.advance(varied(1, N), {})
    assert tuple(rows) == spec.gives
    assert {series.shape for series in rows.values()} == {(N,)}
    assert all(np.isfinite(series).all() for series in rows.values())
    assert all(series.size == 0 for series in component.advance(duty(0), {}).values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_mode_that_there_is_not_is_refused_with_those_there_are(kind):
    with pytest.raises(ValueError, match=rf"has no mode 'rust'; it has {', '.join(KINDS[kind].modes) or 'none'}"):
        made(kind).fault("rust", None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_key_of_its_own_in_a_description(kind):
    assert len(slots_of(KINDS[kind], Grammar())) == len(fields(KINDS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_its_docstring_explains_every_field(kind):
    spec = KINDS[kind]
    assert [field.name for field in fields(spec) if field.name not in (spec.__doc__ or "")] == []
