"""A configuration that the log contradicts: the run's own, or one that a later start wrote over it."""

from __future__ import annotations

from pathlib import Path

from rldoctor.api import diagnose
from rldoctor.loading import load
from rldoctor.model.finding import Finding

HEAD = "time/total_timesteps,time/iterations,train/n_updates,rollout/ep_rew_mean,train/approx_kl\n"


def finding(run: Path, settings: Path) -> Finding:
    """What CFG-11 says of a PPO run of three passes per rollout, where ten are written."""
    run.mkdir(parents=True)
    rows = [f"{2048 * n},{n},{3 * n},{n % 7},0.01\n" for n in range(1, 41)]
    (run / "progress.csv").write_text(HEAD + "".join(rows))
    settings.write_text("algo: ppo\nn_epochs: 10\nn_steps: 2048\n")
    (one,) = load(run).runs
    found = {result.code: result.finding for result in diagnose(one).results}["CFG-11"]
    assert found is not None
    return found


def test_its_own_configuration_is_a_warning_with_both_numbers(tmp_path: Path) -> None:
    found = finding(tmp_path / "run", tmp_path / "run/config.yaml")
    assert found.severity.name == "WARNING"
    assert "3 passes over a rollout, 10 configured" in found.message


def test_one_above_the_run_may_be_that_of_a_later_start(tmp_path: Path) -> None:
    found = finding(tmp_path / "name/run", tmp_path / "name/config.yaml")
    assert found.severity.name == "INFO"
    assert "3 passes over a rollout, 10 configured" in found.message
