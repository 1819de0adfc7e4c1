"""Sacred's FileStorageObserver (``<id>/run.json``, ``metrics.json``), without the ``sacred`` package."""

from rldoctor.readers.sacred.reader import SacredReader

__all__ = ["SacredReader"]
