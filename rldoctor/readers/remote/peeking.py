"""Whether a reader is only asked what it would read: then the first bytes of a file elsewhere are enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_asking = False


def asking() -> bool:
    """Whether it is."""
    return _asking


@contextmanager
def heads_only() -> Iterator[None]:
    """A reader is asked within this block."""
    global _asking
    _asking = True
    try:
        yield
    finally:
        _asking = False
