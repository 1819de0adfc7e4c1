"""The health check on real trainings: warns once, stops when asked, never breaks anything."""

import logging

import pytest

pytest.importorskip("stable_baselines3")

from rldoctor.integrations.sb3 import HealthCheckCallback
from rldoctor.integrations.sb3.settings import live_settings
from rldoctor.training.catalog import find_task
from rldoctor.training.faults import find_fault
from rldoctor.training.train import build_model


def trained(plan, folder, callback, steps):
    from stable_baselines3.common.logger import configure

    model = build_model(plan)
    if folder is not None:
        model.set_logger(configure(str(folder), ["csv"]))
    model.learn(steps, callback=callback, log_interval=1)
    return model


@pytest.fixture
def sick():
    plan = find_task("ppo", "Pendulum-v1").plan().with_hyper(n_steps=64, n_epochs=2)
    return find_fault("lr-zero").sick(plan)


def test_a_finding_is_warned_of_once_and_stops_the_training(sick, tmp_path, caplog):
    check = HealthCheckCallback(every=2000, warn_on="warning", stop_on="warning", select=["POL-01"])
    with caplog.at_level(logging.WARNING, logger="rldoctor"):
        model = trained(sick, tmp_path, check, 20_000)
    assert model.num_timesteps < 20_000
    assert [finding.code for finding in check.findings] == ["POL-01"]
    assert caplog.text.count("POL-01 ") == 1, "warned once, also at the end of the training"
    assert "training stopped at step" in caplog.text


def test_without_stop_on_the_training_runs_to_its_end(sick, tmp_path, caplog):
    check = HealthCheckCallback(every=3000, warn_on="warning", select=["POL-01"])
    with caplog.at_level(logging.WARNING, logger="rldoctor"):
        model = trained(sick, tmp_path, check, 9_216)
    assert model.num_timesteps == 9_216
    assert caplog.text.count("POL-01 ") == 1
    assert "stopped" not in caplog.text


def test_a_log_that_cannot_be_read_is_told_once_and_training_goes_on(sick, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="rldoctor"):
        model = trained(sick, None, HealthCheckCallback(every=256, log_dir=tmp_path / "nowhere"), 1024)
    assert model.num_timesteps == 1024
    assert caplog.text.count("health check failed") == 1


def test_the_model_says_its_own_settings():
    off = dict(
        text.split("=", 1) for text in live_settings(build_model(find_task("sac", "Pendulum-v1").plan()))
    )
    assert off["buffer_size"] == "50000"
    assert off["train_freq"] == "1"
    assert off["ent_coef"] == "auto"
    assert off["target_entropy"] == "-1.0"
    on = dict(
        text.split("=", 1) for text in live_settings(build_model(find_task("ppo", "Pendulum-v1").plan()))
    )
    assert (on["n_envs"], on["clip_range"], on["learning_rate"]) == ("4", "0.2", "0.001")
    assert "target_kl" not in on


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="unknown severity"):
        HealthCheckCallback(stop_on="fatal")
    with pytest.raises(ValueError, match="at least 1"):
        HealthCheckCallback(every=0)
