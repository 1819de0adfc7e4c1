"""A real project's repository, where the shared corpus is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from aim_repos import codes, read

CORPUS = Path(__file__).parents[3] / "../shared/corpus"


@pytest.mark.corpus
def test_every_labelled_aim_run_is_found_with_sorted_steps() -> None:
    pytest.importorskip("aim")
    if not (CORPUS / "labels.json").is_file():
        pytest.skip("the shared corpus is not beside this checkout")
    labels = [row for row in json.loads((CORPUS / "labels.json").read_text()) if row.get("aim_run")]
    assert len(labels) >= 6
    runs = {run.id: run for folder in {row["dir"] for row in labels} for run in read(CORPUS / folder)}
    for row in labels:
        run = runs[row["aim_run"][:8]]
        assert len(run.tags()) >= 5, run.id
        for series in run.series:
            assert (np.diff(series.steps) > 0).all(), (run.id, series.tag)
            assert np.isfinite(series.values).all(), (run.id, series.tag)
        assert not [note for note in run.notes if "unreadable" in note.code]
    assert sum("aim-duplicate-run" in codes(run) for run in runs.values()) == 1
