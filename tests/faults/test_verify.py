"""What the demo showed is what one pass over its log gives, on this kind of CPU and on others."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from tests.faults.victim import twin
from tests.wire.mqtt.brokers import free_port
from twin.core.instant import from_text


def plain_cpu() -> dict[str, str]:
    """Environment in which numpy and OpenBLAS use none of what this CPU can do beyond the least."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": " ".join(found)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of a demo that ran for 20 s, its two hours of history included."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    ran = twin("demo", "--seconds", "20", "--no-open", "--data", str(folder), "--port", str(free_port()))
    assert ran.returncode == 0, ran.stderr
    return folder


def verified(folder, **environment):
    done = twin("verify", "--json", "--data", str(folder), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_pass_over_the_log_of_the_demo_is_what_live_showed(demo):
    found = verified(demo)
    assert found["equal"]
    assert found["units"] >= 1
    assert found["records"] > 500
    assert found["rows"] > 100_000


def test_the_same_on_a_cpu_that_can_do_less(demo):
    assert verified(demo, **plain_cpu())["equal"]


def test_export_gives_the_rows_that_verify_counts(demo, tmp_path):
    done = twin("export", "--data", str(demo), "-o", str(tmp_path / "all.csv"))
    assert done.returncode == 0, done.stderr
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(from_text(row["time"]), row["tag"]) for row in rows]
    assert len(rows) == verified(demo)["rows"]
    assert len(set(keys)) == len(keys)
    assert [time for time, _ in keys] == sorted(time for time, _ in keys)
