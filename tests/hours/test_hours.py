"""The short form of `python -m tests.hours`: twenty minutes of one plant; and the checks see what they look for."""

from __future__ import annotations

import json
import shutil
from contextlib import closing

import pytest

from tests.hours.checks import differences, explained, journal, unlike
from tests.hours.lives import both
from twin.core.instant import MINUTE
from twin.store.database import Database
from twin.store.schema import open_writer


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """(folder, outcome) of twenty minutes of the pump station."""
    folder = tmp_path_factory.mktemp("hours") / "pumps"
    return folder, both("pumps", 2, 20 * MINUTE, 2, 25, folder, latest=8 * MINUTE)


@pytest.mark.timeout(600)
def test_late_is_as_in_order_and_what_was_known_stays(lived):
    _, found = lived
    assert found.wrong == []
    assert found.late.editions == 6
    assert found.loads == 3
    assert found.kills >= 1
    assert found.late.late > found.in_order.late
    assert found.late.corrections > 5
    assert found.late.answers == 25
    assert found.compared > 200


def test_a_result_that_differs_is_seen(lived, tmp_path):
    folder, _ = lived
    shutil.copytree(folder, tmp_path / "copy")
    results = tmp_path / "copy" / "late" / "results"
    told = json.loads(results.read_text(encoding="utf-8"))
    told["records of state"][0] += "."
    results.write_text(json.dumps(told), encoding="utf-8")
    (only,) = differences(tmp_path / "copy" / "in-order", tmp_path / "copy" / "late")
    assert only.startswith("records of state: 1 only in order, 1 only late")


def test_a_correction_without_a_true_cause_is_seen(lived, tmp_path):
    folder, _ = lived
    shutil.copytree(folder / "late", tmp_path / "late")
    noted = journal(tmp_path / "late")
    assert explained(tmp_path / "late", noted)[1] == []
    with closing(open_writer(tmp_path / "late" / "data")) as writer:
        writer.execute("UPDATE correction SET why = '[]' WHERE number = 1")
    with closing(Database(tmp_path / "late" / "data")) as reader:
        assert reader.rows("SELECT why FROM correction WHERE number = 1") == [("[]",)]
    assert "1 without a why" in explained(tmp_path / "late", noted)[1][0]
    noted.came.clear()
    assert any("did not arrive so" in line for line in explained(tmp_path / "late", noted)[1])


def test_an_answer_that_changed_is_seen(lived):
    folder, _ = lived
    noted = journal(folder / "late")
    noted.again[next(iter(noted.asked))] = "another"
    assert "1 questions" in unlike(noted)[0]
