"""Parquet files of Neptune's exporter. Needs ``pyarrow`` to read them, not to find them."""

from rldoctor.readers.neptune.reader import NeptuneReader

__all__ = ["NeptuneReader"]
