"""Something done by a user without rights: to root every file can be read and written."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")
_NOBODY = 65534


def as_nobody(work: Callable[[], Result]) -> Result:
    """What ``work`` returns in a process of its own, which has given up root where it had it.

    RuntimeError where the process ended without a result.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _give_up_root()
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(work(), stream)
            code = 0
        finally:
            # Nothing that this process was forked from may be done twice.
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    if status or not data:
        raise RuntimeError(f"the process without rights ended with {os.waitstatus_to_exitcode(status)}")
    result: Result = pickle.loads(data)  # of this process's own child
    return result


@cache
def possible() -> bool:
    """Whether such a user may see this program, and can import what was not imported yet."""
    if not hasattr(os, "fork"):
        return False
    return as_nobody(lambda: all(os.access(place, os.R_OK) for place in (__file__, np.__file__)))


def _give_up_root() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
