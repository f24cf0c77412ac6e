"""The clock of usage under every wearing part."""

import numpy as np

from simulators.components.wear import Wear


def test_what_has_failed_cannot_be_shortened_any_more():
    wear = Wear(10.0)
    wear.run(np.full(12, 1.0))
    wear.shorten(5.0)
    assert wear.failed
    assert wear.share == 1.0
    assert wear.run(np.ones(3)).tolist() == [1.0, 1.0, 1.0]
