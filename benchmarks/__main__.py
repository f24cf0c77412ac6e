"""`python -m benchmarks [--runs N] [--short] [--json]`: every benchmark, one after the other."""

import sys

from benchmarks import append, demo, folds, history, mqtt_ingest, oee, opcua_ingest, page, sealing, simulation, viewers
from benchmarks.command import main

if __name__ == "__main__":
    parts = [opcua_ingest, mqtt_ingest, append, sealing, history, folds, oee, simulation, demo, viewers, page]
    sys.exit(main([part.run for part in parts]))
