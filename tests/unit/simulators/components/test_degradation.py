"""Stochastic laws: lives against their closed form, paths that belong to them."""

from math import exp, sqrt

import numpy as np
import pytest

from simulators.components.degradation import Exponential, Gamma, Wiener
from simulators.components.part import PartSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import SEEDS, duty, ks_p, lives, lognormal_cdf, normal_cdf

WIENER, GAMMA, EXPONENTIAL = Wiener(0.001, 0.01), Gamma(1000.0, 0.2), Exponential(1000.0)


def drawn(law):
    return [law.draw(stream(seed, "path")) for seed in SEEDS]


def inverse_gaussian_cdf(mean, shape):
    def cdf(t):
        far = sqrt(shape / t)
        return normal_cdf(far * (t / mean - 1.0)) + exp(2.0 * shape / mean) * normal_cdf(-far * (t / mean + 1.0))

    return np.vectorize(cdf)


def test_first_passage_of_wiener_is_inverse_gaussian():
    found = np.array([path.life for path in drawn(WIENER)])
    assert ks_p(found, inverse_gaussian_cdf(1000.0, 10_000.0)) > 0.01


def test_increments_of_wiener_are_as_the_process_has_them_and_pass_only_at_the_end():
    paths = drawn(WIENER)
    squares = [np.sum(np.diff(path.index) ** 2) / path.life for path in paths]
    assert np.mean(squares) == pytest.approx(0.01**2, rel=0.02)
    assert all(path.index[0] == 0.0 and path.index[-1] == pytest.approx(1.0) for path in paths)
    assert all(path.index[:-1].max() < 1.0 for path in paths)


def test_wiener_stepped_forward_without_a_known_end_passes_like_those_with_one():
    source = stream(1, "forward")
    steps = 0.001 * 10 + 0.01 * sqrt(10) * source.standard_normal((200, 1000))
    passed = 10.0 * (1 + np.argmax(np.cumsum(steps, axis=1) >= 1.0, axis=1))
    assert np.mean([path.life for path in drawn(WIENER)]) == pytest.approx(np.mean(passed), rel=0.08)


def test_gamma_never_goes_back_and_its_index_has_the_moments_of_its_increments():
    paths = drawn(GAMMA)
    assert all(np.all(np.diff(path.index) >= 0.0) for path in paths)
    early = np.array([float(path.at(np.array([300.0 / path.life]))[0]) for path in paths])
    assert early.mean() == pytest.approx(0.3, rel=0.1)
    assert early.std() == pytest.approx(0.2 * sqrt(0.3), rel=0.2)


def test_gamma_passes_as_its_closed_form_says():
    """P(life <= t) = P(Gamma(shape t) >= 1), an integral of the density in small steps of x."""

    def cdf(t):
        shape, scale = GAMMA.shape(t), GAMMA.scale
        x = (np.arange(20_000) + 0.5) / 20_000
        log_density = (shape - 1.0) * np.log(x) - x / scale
        top = (np.arange(200_000) + 0.5) / 20_000
        whole = (shape - 1.0) * np.log(top) - top / scale
        peak = whole.max()
        return 1.0 - np.exp(log_density - peak).sum() / np.exp(whole - peak).sum()

    found = np.array([path.life for path in drawn(GAMMA)])
    assert ks_p(found, lambda t: np.array([cdf(one) for one in t])) > 0.01


def test_exponential_is_a_straight_line_of_logarithms_with_a_lognormal_life():
    found = np.array([path.life for path in drawn(EXPONENTIAL)])
    assert ks_p(found, lognormal_cdf(1000.0, 0.2)) > 0.01
    logs = np.log(drawn(EXPONENTIAL)[0].index)
    assert np.diff(logs) == pytest.approx(np.full(1000, np.log(100.0) / 1000))


@pytest.mark.parametrize("law", ["wiener", "gamma", "exponential"])
def test_a_part_lives_as_its_law_has_drawn(law):
    spec = PartSpec(law=law, life_h=1.0)
    found = lives(spec, duty(2000), range(20))
    said = [spec.of_law().draw(stream(seed, "life")).life for seed in range(20)]
    assert found == pytest.approx(np.ceil(said), abs=1)
    assert np.mean(found) == pytest.approx(3600.0, rel=0.25)


def test_a_part_goes_the_rest_of_its_way_in_the_time_that_a_fault_leaves():
    part = PartSpec(law="exponential").make(stream(1, "part"))
    part.fault("wear", 1000.0)
    rows = part.advance(duty(1000), {})
    assert part.failed
    assert rows["index"][-1] == pytest.approx(1.0)
    assert rows["vibration"][-1] == pytest.approx(6.0)
