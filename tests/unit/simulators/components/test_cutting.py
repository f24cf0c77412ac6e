"""Tool: Taylor's life, the three phases of its wear land, force and rejects."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.components.tool import ToolSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, ks_p, lives, lognormal_cdf


def test_life_is_taylors_and_scatters():
    spec = ToolSpec()
    assert 180.0 * (spec.life_s / 60.0) ** 0.25 == pytest.approx(500.0)
    assert ks_p(lives(spec, duty(5000)), lognormal_cdf(spec.life_s, 0.15)) > 0.01


def test_a_fifth_more_speed_halves_the_life_and_a_slower_duty_stretches_it():
    fast = replace(ToolSpec(), cutting_m_min=1.2 * 180.0)
    assert fast.life_s / ToolSpec().life_s == pytest.approx(1.2**-4)
    ratio = lives(ToolSpec(), duty(50_000, speed=0.7), range(3)) / lives(ToolSpec(), duty(5000), range(3))
    assert ratio == pytest.approx(np.full(3, 0.7**-4.0), rel=1e-3)
    longer = replace(ToolSpec(), cuts_at="rated")
    assert lives(longer, duty(5000, speed=0.7), range(3)).tolist() == lives(ToolSpec(), duty(5000), range(3)).tolist()


def test_the_wear_land_runs_in_goes_steady_and_ends_steep_at_the_limit():
    land = ToolSpec().land_mm(np.linspace(0.0, 1.0, 1001))
    rate = np.diff(land)
    assert (land[0], land[-1]) == pytest.approx((0.0, 0.3))
    assert np.all(rate > 0.0)
    assert rate[0] > 3.0 * rate[500]
    assert rate[-1] > 3.0 * rate[500]
    assert rate[300:700].max() < 1.2 * rate[300:700].min()


def test_force_goes_with_the_land_and_only_while_it_cuts():
    tool = ToolSpec().make(stream(1, "tool"))
    tool.fault("wear", 100.0)
    rows = tool.advance(duty(100), {})
    assert rows["force"] == pytest.approx(1.5 * rows["wear"])
    assert rows["force"][-1] == pytest.approx(0.45)
    tool.replace()
    assert tool.advance(duty(100, load=0.0, speed=0.0), {})["wear"][-1] == 0.0


def test_a_new_edge_is_as_smooth_as_feed_and_corner_say_and_a_worn_one_makes_rejects():
    tool = ToolSpec().make(stream(1, "tool"))
    new = tool.advance(duty(1), {})
    assert new["roughness"][0] == pytest.approx(1000.0 * 0.04 / 25.6, rel=0.01)
    assert new["reject"][0] < 1e-6
    tool.fault("wear", 600.0)
    worn = tool.advance(duty(600), {})["reject"]
    assert np.all(np.diff(worn) > 0.0)
    assert worn[300] < 0.01
    assert worn[-1] > 0.5


def test_a_chipped_edge_makes_rejects_at_once_and_a_broken_one_stops():
    tool = ToolSpec(used=0.6).make(stream(1, "tool"))
    tool.fault("chipped", None)
    assert tool.advance(duty(1), {})["reject"][0] > 0.9
    assert not tool.failed
    tool.fault("breakage", None)
    assert tool.failed
    assert tool.hidden.left_s == 0.0
    tool.replace()
    assert not tool.failed
    assert tool.advance(duty(1), {})["reject"][0] < 1e-6
