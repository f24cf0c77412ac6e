"""The kinds of records that folds make, and what each holds: the reference page is made from this table."""

from __future__ import annotations

from collections.abc import Mapping

RECORD_KINDS: Mapping[str, str] = {
    "state": "What a machine did from `start` to `end`. key: the machine. data: `state`.",
    "count": "Pieces of one minute in which there were any. key: the counter tag. data: `pieces`, and how often the"
    " counter wrapped, was reset or jumped (`wraps`, `resets`, `jumps`).",
    "product": "What a line made from `start` to `end`. key: the line. data: `code`, as its product tag showed it, and"
    " `product`; null where not known.",
    "alarm": "An alarm from its beginning until it was over and acknowledged. key: the tag and the alarm. data: `kind`,"
    " `limit`, `priority`, `text`, `peak`, `cause`, `activations`, `returned_at`, `acked_at`, `acked_by`, `note`,"
    " `superseded`; what is not there is left out.",
    "alert": "A machine that did not run as it had learnt, from `start` to `end`. key: the machine. data: `peak` and"
    " `score` (1 is the limit), `tags` with their shares, `onset`, `model`, `forecast` (seconds left: 10, 50, 90 %),"
    " `forecast_text`, `limit_tag`, `made_at`.",
    "outage": "A connection gave nothing from `start` to `end`. key: the connection. data: `cause`.",
}
"""Kind -> what it says, what `key` is, what `data` holds."""
