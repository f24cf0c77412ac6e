"""Incident in a box: a span of the log with all that its results depend on, in one file (docs/decisions/0013)."""
