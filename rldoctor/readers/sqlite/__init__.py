"""SQLite databases of experiment trackers (MLflow's and trackio's), opened without writing a byte."""

from rldoctor.readers.sqlite.reader import SqliteReader

__all__ = ["SqliteReader"]
