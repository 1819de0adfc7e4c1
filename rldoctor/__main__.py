"""``python -m rldoctor``, and the entry point ``rldoctor``."""

from __future__ import annotations

import gc
import sys

# Garbage in cycles is looked for among new objects, and a start makes hundreds of thousands that all stay:
# classes, rules, what the parts of a run mean. At the usual rate that takes a tenth of the time. So many are
# made of a few dozen small runs.
OBJECTS = 400_000


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(OBJECTS)
    from rldoctor.cli import run  # only now, as most objects of a start are made by imports

    code = run()
    # Python looks for garbage once more before it ends; the operating system takes back all of it anyway.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
