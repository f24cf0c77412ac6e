"""Processed values of one tag by interval, as OPC UA Part 13 (OPC 10000-13, 1.05) defines them."""

from twin.core.part13.aggregate import Aggregate
from twin.core.part13.config import Config
from twin.core.part13.processing import processed
from twin.core.part13.result import Columns, Processed

__all__ = ["Aggregate", "Columns", "Config", "Processed", "processed"]
