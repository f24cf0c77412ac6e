"""Connectors, a folder a protocol. They import nothing of the product but twin.core."""
