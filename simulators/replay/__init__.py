"""Recordings on the wires of a simulated line: the samples of a file, again, at the instants of another clock."""
