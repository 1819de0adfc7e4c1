"""``python -m rldoctor``, and the entry point ``rldoctor``."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from typing import NoReturn

from rldoctor.later_imports import let_them_wait

# Garbage in cycles is looked for among new objects, and a start makes hundreds of thousands that all stay:
# classes, rules, what the parts of a run mean. At the usual rate that takes a tenth of the time. So many are
# made of a few dozen small runs.
OBJECTS = 400_000


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(OBJECTS)
    let_them_wait()
    # Only now, as most objects of a start are made by imports, and numpy is to find its modules waiting.
    from rldoctor.cli import run

    _end(run())


def _end(code: int) -> NoReturn:
    """End the process without taking it apart.

    Python would empty every module and free every object one by one, 10 ms and more, before the operating
    system takes back all of it at once. What was registered for the end is done, and all that was said is
    written.
    """
    # Threads and processes of a pool are waited for, in an order that the interpreter knows best.
    if threading.active_count() > 1 or "multiprocessing" in sys.modules:
        sys.exit(code)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
