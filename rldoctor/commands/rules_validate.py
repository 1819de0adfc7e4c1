"""``rldoctor rules validate``: done by the laboratory, which stands beside the package in a clone."""

from __future__ import annotations

import sys
from importlib import import_module

from rldoctor.errors import UsageError
from rldoctor.paths import PACKAGE

HOME = "laboratory.validation.command"


def validate(runs: str, record: str, into: str, *, check: bool, table: bool, jobs: int) -> int:
    """See :func:`laboratory.validation.command.validate`. UsageError in an installation without laboratory.

    The package must not import what is not part of it, so the laboratory is looked up by name, and only here.
    """
    clone = PACKAGE.parent
    if not (clone / "laboratory").is_dir():
        raise UsageError(
            "rules are validated in a clone of the repository; this is an installed copy",
            hint="clone it, then: pip install -e . && rldoctor rules validate",
        )
    if str(clone) not in sys.path:
        sys.path.append(str(clone))
    command = import_module(HOME)
    code: int = command.validate(runs, record, into, check=check, table=table, jobs=jobs)
    return code
