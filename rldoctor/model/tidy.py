"""The findings of a diagnosis as a table, one row each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from rldoctor.model.finding import Diagnosis, Finding

COLUMNS = (
    "rank",
    "code",
    "severity",
    "title",
    "explained_by",
    "onset",
    "share",
    "message",
    "fix",
    "run",
)


def findings_frame(diagnosis: Diagnosis) -> pd.DataFrame:
    """Root causes in order, each followed by the findings it explains.

    ``explained_by`` is the code of the root cause, empty for root causes themselves;
    ``rank`` is that of the root cause, from 1; ``onset`` a step (NaN: not known); ``share`` of the run's
    steps over which it held, in [0, 1] (NaN: no intervals); ``fix`` the text of the first prescription.
    """
    import pandas as pd

    rows = [
        _row(rank, finding, "" if finding is root.finding else root.finding.code, diagnosis)
        for rank, root in enumerate(diagnosis.roots, 1)
        for finding in (root.finding, *root.explains)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"rank": "int64", "onset": "float64", "share": "float64"})


def _row(rank: int, finding: Finding, parent: str, diagnosis: Diagnosis) -> dict[str, object]:
    last = diagnosis.run.last_step
    held = sum(part.end - part.start for part in finding.intervals)
    return {
        "rank": rank,
        "code": finding.code,
        "severity": finding.severity.label,
        "title": finding.title,
        "explained_by": parent,
        "onset": math.nan if finding.onset is None else finding.onset,
        "share": min(1.0, held / last) if finding.intervals and last > 0 else math.nan,
        "message": finding.message,
        "fix": next((one.text for one in finding.prescriptions), ""),
        "run": diagnosis.run.id,
    }
