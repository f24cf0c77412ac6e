"""Bytes on disk: the log and its tables in SQLite, sealed history in Parquet, read as one."""
