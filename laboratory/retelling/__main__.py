"""``python -m laboratory.retelling --out DIR --into DIR2``: finished runs in a home-made program's words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from laboratory.retelling.retell import retell


def main(arguments: Sequence[str] | None = None) -> int:
    """Write them and say how many."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.retelling", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs, as unpacked or trained")
    parser.add_argument("--into", type=Path, required=True, help="folder of the retold runs")
    parser.add_argument("--bare", action="store_true", help="returns and losses only, no settings")
    options = parser.parse_args(arguments)
    sys.stdout.write(retell(options.out, options.into, bare=options.bare) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
