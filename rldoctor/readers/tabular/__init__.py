"""Tables as logs: CSV, TSV, JSON lines, monitor files, ``evaluations.npz``."""

from rldoctor.readers.tabular.reader import TabularReader

__all__ = ["TabularReader"]
