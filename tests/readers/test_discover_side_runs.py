"""Event files that a writer puts into a directory of their own belong to the run above."""

from __future__ import annotations

from pathlib import Path

import pytest

from rldoctor.readers.discover import find_runs

torch_writer = pytest.importorskip("torch.utils.tensorboard")


def test_hparams_of_a_torch_writer_join_the_run(tmp_path: Path) -> None:
    writer = torch_writer.SummaryWriter(str(tmp_path))
    for step in range(20):
        writer.add_scalar("train/loss", 0.1, step)
    writer.add_hparams({"learning_rate": 3e-4, "algo": "ppo"}, {"hparam/return": 1.0})
    writer.close()
    (run,) = find_runs(tmp_path)
    assert {setting.key: setting.value for setting in run.settings}["learning_rate"] == 3e-4
    assert "train/loss" in run.tags()


def test_several_scalars_of_one_chart_join_the_run(tmp_path: Path) -> None:
    writer = torch_writer.SummaryWriter(str(tmp_path))
    for step in range(20):
        writer.add_scalar("train/return", 1.0, step)
        writer.add_scalars("losses", {"actor": 0.1, "critic": 0.2}, step)
    writer.close()
    (run,) = find_runs(tmp_path)
    assert run.tags() >= {"train/return", "losses"}
    assert {series.context.get("series") for series in run.series if series.tag == "losses"} == {
        "actor",
        "critic",
    }
