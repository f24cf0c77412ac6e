"""`python -m benchmarks [--runs N] [--short] [--json]`: every benchmark, one after the other."""

import sys

from benchmarks import append, demo, folds, mqtt_ingest, opcua_ingest, page, viewers
from benchmarks.command import main

if __name__ == "__main__":
    sys.exit(main([opcua_ingest.run, mqtt_ingest.run, append.run, folds.run, demo.run, viewers.run, page.run]))
