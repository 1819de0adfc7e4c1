"""Hugging Face's ``trainer_state.json``, as transformers 5.24.0 wrote it, stopped and resumed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from tracker_files import codes, read_or_refused, series, unpacked

from rldoctor.readers.discover import find_runs


def test_the_state_at_the_end_is_the_run_with_nan_and_its_summary(tmp_path: Path) -> None:
    (run,) = find_runs(unpacked("transformers", tmp_path))
    assert series(run, "step").values.tolist() == [*range(1, 19), 18]
    loss = series(run, "loss").values
    assert np.isnan(loss).tolist() == [False] * 4 + [True] * 14
    # The last row sums the training up: a column of its own, no point of the loss.
    assert series(run, "train_runtime").steps.tolist() == [18]
    assert loss.size == 18


def test_without_it_the_newest_checkpoint_is_the_run(tmp_path: Path) -> None:
    root = unpacked("transformers", tmp_path)
    (root / "trainer_state.json").unlink()
    (run,) = find_runs(root)
    # Resumed from the twelfth step: the history goes on, the last row of the first part included.
    assert run.id.endswith("checkpoint-18")
    assert series(run, "loss").steps.size == 18
    shutil.rmtree(root / "checkpoint-18")
    (run,) = find_runs(root)
    assert run.id.endswith("checkpoint-12")


def test_a_state_cut_at_every_byte_keeps_its_whole_rows(tmp_path: Path) -> None:
    path = unpacked("transformers", tmp_path) / "checkpoint-6/trainer_state.json"
    data = path.read_bytes()
    sizes = []
    first = data.index(b"}", data.index(b"log_history")) + 1
    for size in range(first, data.rindex(b"}"), 3):
        path.write_bytes(data[:size])
        runs = read_or_refused(path)
        assert all("truncated-file" in codes(run) for run in runs)
        sizes.append(max((series(run, "loss").values.size for run in runs), default=0))
    assert sizes == sorted(sizes)
    assert sizes[-1] == 6
