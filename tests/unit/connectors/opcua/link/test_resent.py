"""Only what is here already, to the bit, and only right after coming back, is left out."""

from __future__ import annotations

import math

import pytest

from connectors.opcua.link.resent import Had
from twin.core.batch import Batch, batch


def rows(*given: tuple[int, int, float], status: int = 0, text: list[str | None] | None = None) -> Batch:
    tags, times, values = zip(*given, strict=True)
    return batch("c", tags, times, values, status, text)


def back(*given: tuple[int, int, float], text: list[str | None] | None = None) -> Had:
    had = Had()
    had.durable(rows(*given, text=text))
    had.coming_back()
    had.came_back()
    return had


def test_the_last_row_sent_again_is_left_out_once() -> None:
    had = back((0, 5, 1.0), (1, 5, math.nan))
    again = rows((0, 5, 1.0), (0, 6, 2.0), (1, 5, math.nan), (2, 5, 1.0))
    left = had.without_resent(again)
    assert left is not None
    assert list(zip(left.tag.tolist(), left.time.tolist(), strict=True)) == [(0, 6), (2, 5)]
    once_more = had.without_resent(rows((0, 5, 1.0)))
    assert once_more is not None


def test_all_of_a_message_may_be_left_out() -> None:
    assert back((3, 5, 1.0)).without_resent(rows((3, 5, 1.0))) is None


def test_what_was_asked_for_again_counts_though_it_is_not_durable() -> None:
    had = Had()
    had.durable(rows((0, 5, 1.0)))
    had.coming_back()
    had.asked_again(rows((0, 6, 2.0)))
    had.came_back()
    assert had.without_resent(rows((0, 6, 2.0))) is None


def test_what_was_neither_durable_nor_asked_for_again_is_not_here() -> None:
    had = back((0, 5, 1.0))
    had.without_resent(rows((0, 6, 2.0)))
    had.coming_back()
    had.came_back()
    assert had.without_resent(rows((0, 6, 2.0))) is not None


@pytest.mark.parametrize("row", [(0, 6, 1.0), (0, 5, 1.5), (0, 5, math.nan)])
def test_what_differs_is_kept(row: tuple[int, int, float]) -> None:
    new = rows(row)
    assert back((0, 5, 1.0)).without_resent(new) is new


def test_another_status_and_any_text_is_kept() -> None:
    assert back((0, 5, 1.0)).without_resent(rows((0, 5, 1.0), status=0x40000000)) is not None
    text = back((0, 5, math.nan), text=["a"])
    assert text.without_resent(rows((0, 5, math.nan), text=["a"])) is not None


def test_without_coming_back_every_row_is_new() -> None:
    had = Had()
    had.durable(rows((0, 5, 1.0)))
    again = rows((0, 5, 1.0))
    assert had.without_resent(again) is again
