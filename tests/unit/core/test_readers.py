"""Readers: pairs of samples and the rows that read their tags."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.readers import Readers

TAGS = st.lists(st.integers(0, 6), max_size=8)


@given(TAGS, TAGS)
def test_every_reader_of_a_sample_is_found_once_in_the_order_of_samples(read: list[int], came: list[int]) -> None:
    sample, reader = Readers(np.array(read, np.int32)).pairs(np.array(came, np.int32))
    expected = [(i, row) for i, tag in enumerate(came) for row, of in enumerate(read) if of == tag]
    assert list(zip(sample.tolist(), reader.tolist(), strict=True)) == expected
