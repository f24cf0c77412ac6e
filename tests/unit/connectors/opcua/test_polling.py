"""What is read makes a row when it says something new."""

from __future__ import annotations

import math

import numpy as np

from connectors.opcua.polling import Seen
from twin.core.batch import Batch, text_column


def read(text: str | None) -> Batch:
    """One tag of text, read."""
    return Batch(
        "c", np.zeros(1, np.int32), np.ones(1, np.int64), np.full(1, math.nan), np.zeros(1, np.uint32),
        text_column([text]),
    )  # fmt: skip


def test_a_text_that_becomes_none_and_back_is_news_each_time() -> None:
    seen = Seen()
    news = [seen.changed(read(text), "status_value") is not None for text in ("a", "a", None, None, "a")]
    assert news == [True, False, True, False, True]
