"""A training that was logged to a folder and to an Aim repository is one run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from aim_repos import codes, open_run

from rldoctor.readers.discover import find_runs

STEPS = range(100, 4100, 100)


def curve(seed: int) -> list[float]:
    """A noisy learning curve."""
    noise = np.random.default_rng(seed).normal(0, 5, len(STEPS))
    return [float(value) for value in np.linspace(0, 100, len(STEPS)) + noise]


def table(folder: Path, seed: int, rows: int = len(STEPS)) -> None:
    """A progress.csv with a schedule that is the same in every seed, and a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{step},{value},{1 - step / 5000}" for step, value in zip(STEPS, curve(seed)[:rows], strict=False)
    ]
    head = "time/total_timesteps,rollout/ep_rew_mean,train/learning_rate"
    (folder / "progress.csv").write_text("\n".join([head, *lines]) + "\n")
    (folder / "config.yaml").write_text("gamma: 0.97\n")


def events(folder: Path, seed: int) -> None:
    """A real event file of the same training."""
    writer = pytest.importorskip("tensorboardX").SummaryWriter(str(folder))
    for step, value in zip(STEPS, curve(seed), strict=True):
        writer.add_scalar("rollout/ep_rew_mean", value, step)
    writer.close()


def tracked(root: Path, seed: int, points: int = len(STEPS)) -> str:
    """The same training in Aim, its tags as Aim's own callback for SB3 has them, and a metric more."""
    run = open_run(root)
    run["hparams"] = {"gamma": 0.97, "batch_size": 64}
    for step, value in list(zip(STEPS, curve(seed), strict=True))[:points]:
        run.track(value, name="ep_rew_mean", step=step, context={"tag": "rollout"})
        run.track(1 - step / 5000, name="learning_rate", step=step, context={"tag": "train"})
        run.track(value / 7, name="approx_kl", step=step, context={"tag": "train"})
    run_hash = str(run.hash)
    run.close()
    return run_hash[:8]


def test_table_event_file_and_repository_of_one_folder_are_one_run(blank: Path) -> None:
    table(blank, seed=1)
    events(blank, seed=1)
    tracked(blank, seed=1)
    (run,) = find_runs(blank)
    assert run.id == blank.name
    assert run.format == "tensorboard + csv + aim"
    tags = [part.tag for part in run.series]
    assert tags.count("rollout/ep_rew_mean") == 1
    assert "ep_rew_mean" not in tags
    assert "learning_rate" not in tags
    assert "approx_kl" in tags
    settings = [(one.key, one.value, one.source) for one in run.settings]
    assert ("gamma", 0.97, "config.yaml:1") in settings
    assert [value for key, value, _ in settings if key.endswith("gamma")] == [0.97]
    assert [value for key, value, _ in settings if key.endswith("batch_size")] == [64]
    assert any(".aim (run " in note.text and "same curves" in note.text for note in run.notes)


def test_each_run_of_a_repository_above_goes_to_its_folder(blank: Path) -> None:
    for seed in (1, 2):
        table(blank / f"seed_{seed}", seed)
        tracked(blank, seed)
    other = tracked(blank, seed=3)
    found = {run.id: run for run in find_runs(blank)}
    assert set(found) == {"seed_1", "seed_2", other}, "the third was logged to Aim only"
    assert found["seed_1"].format == "csv + aim"
    assert "../.aim" in found["seed_1"].files
    kl = next(part for part in found["seed_2"].series if part.tag == "approx_kl")
    assert np.allclose(kl.values * 7, curve(2))


def test_a_killed_run_is_the_twin_of_its_whole_log(blank: Path) -> None:
    table(blank / "exp", seed=1)
    tracked(blank, seed=1, points=25)
    assert [run.id for run in find_runs(blank)] == ["exp"]


def test_one_seed_trained_twice_is_not_guessed(blank: Path) -> None:
    table(blank / "a", seed=1)
    table(blank / "b", seed=1)
    tracked(blank, seed=1)
    found = list(find_runs(blank))
    assert len(found) == 3
    assert [run.format for run in found if "not-attached" in codes(run)] == ["aim"]


def test_a_repository_keeps_a_run_of_which_hardly_a_number_is_known(blank: Path) -> None:
    table(blank / "exp", seed=1, rows=4)
    tracked(blank, seed=1, points=4)
    assert len(find_runs(blank)) == 2


def test_the_settings_beside_a_repository_are_the_folders_own(blank: Path) -> None:
    table(blank, seed=1)
    tracked(blank, seed=2)
    own, stored = sorted(find_runs(blank), key=lambda run: run.format == "aim")
    assert [one.value for one in own.settings if one.key == "gamma"] == [0.97]
    assert "config.yaml" not in {one.source.partition(":")[0] for one in stored.settings}
