"""`python -m benchmarks [--only NAME..] [--runs N] [--short] [--json]`: every benchmark, one after the other."""

import sys

from benchmarks import (
    append,
    computed,
    demo,
    end_to_end,
    folds,
    forwarding,
    history,
    late,
    moment,
    mqtt_ingest,
    oee,
    opcua_ingest,
    opcua_speed,
    page,
    plant_file,
    sealing,
    simulation,
    store,
    viewers,
)
from benchmarks.command import main

PARTS = [
    opcua_speed, opcua_ingest, mqtt_ingest, store, append, sealing, history, forwarding, folds, moment, late, computed,
    end_to_end, oee, simulation, demo, viewers, page, plant_file,
]  # fmt: skip

if __name__ == "__main__":
    sys.exit(main([part.run for part in PARTS]))
