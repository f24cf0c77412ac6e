"""What is no answer to a query is told as such, however it is built."""

from __future__ import annotations

import pytest

from connectors.influx.answer import points
from twin.core.errors import Undecodable


def answer(values: bytes, columns: bytes = b'"time","v","q"', more: bytes = b"") -> bytes:
    return b'{"results":[{"series":[{%b"columns":[%b],"values":%b}]}]}' % (more, columns, values)


@pytest.mark.parametrize(
    "document",
    [
        b'{"results":[{"series":[5]}]}',
        b'{"results":[{"series":"ab"}]}',
        b"[" * 100_000,
        answer(b"[[1,x,3]]"),
        answer(b"[[1,2]]"),
        answer(b"[[1,2,3],[4,5],[6]]"),
        answer(b"[5]"),
        answer(b"null"),
        answer(b"[[" + b"[" * 100_000 + b"]]"),
        answer(b"[[1,2,9223372036854775808]]"),
        answer(b'[[1,2,"a",3]]', b'"time","v","s","q"', b'"tags":[5],'),
    ],
    ids=range(11),
)
def test_what_is_no_answer(document: bytes) -> None:
    with pytest.raises(Undecodable):
        points(document)


def test_series_without_tags() -> None:
    (found,) = points(answer(b'[[1,2,"a",3]]', b'"time","v","s","q"', b'"tags":null,'))
    assert (found.tag, found.time.tolist(), found.quality.tolist()) == ("", [1], [3])
