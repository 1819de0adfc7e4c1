"""ClearML's offline sessions (a folder or its zip), without the ``clearml`` package."""

from rldoctor.readers.clearml.reader import ClearmlReader

__all__ = ["ClearmlReader"]
