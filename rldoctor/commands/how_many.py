"""How more than one run is judged, as it was typed."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from rldoctor.errors import UsageError
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class HowMany:
    """``jobs``: processes (0: as many as there are cores); ``limit``: seconds for each run (0: any).

    ``cache``: keep results, and take those of an earlier call. ``backend`` of joblib at ``address``.
    """

    jobs: int = 0
    limit: float = 0.0
    cache: bool = False
    backend: str = ""
    address: str = ""

    @classmethod
    def typed(cls, jobs: str, limit: str, backend: str, address: str, *, cache: bool) -> HowMany:
        """What was typed. UsageError for anything that makes no sense."""
        made = cls(
            int(_number(jobs, "--jobs", whole=True, least=1)) if jobs else 0,
            _number(limit, "--timeout-per-run", whole=False, least=0.0) if limit else 0.0,
            cache,
            backend,
            address,
        )
        if backend:
            from rldoctor.commands.option_kinds import one_of
            from rldoctor.many.cluster import BACKENDS

            one_of(backend, BACKENDS, "--backend")
            if made.limit:
                hint = "use --jobs alone, or the limits of the cluster"
                raise UsageError("--timeout-per-run is for processes of this machine", hint=hint)
        elif address:
            raise UsageError("--address needs --backend", hint="--backend dask or --backend ray")
        return made


def _number(text: str, option: str, *, whole: bool, least: float) -> float:
    try:
        value = float(int(text) if whole else float(text))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= least):
        kind = "a whole number" if whole else "seconds"
        raise UsageError(f"{option} {text}: expected {kind}, {least:g} or more")
    return value


def several(paths: Sequence[str], many: HowMany) -> bool:
    """Whether there may be more than one run to judge; standard input is read here, and once."""
    if "-" in paths:
        return False
    if len(paths) > 1 or many.limit or many.cache:
        return True
    try:
        # The usual run is a folder without folders.
        return any(entry.is_dir() for entry in os.scandir(paths[0]))
    except OSError:
        return False
