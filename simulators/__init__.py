"""Machines that do not exist, on the other side of the wire: they import nothing of twin or connectors."""
