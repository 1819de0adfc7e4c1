"""Films of trained policies: real renderers, real files, read back."""

import math

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")
pytest.importorskip("pygame")
pytest.importorskip("imageio")

from rldoctor.commands.reference import reference
from rldoctor.errors import ReadError, RldoctorError, UsageError
from rldoctor.training.headless import apart, backends, working_backend
from rldoctor.training.plan import Plan
from rldoctor.training.video import SIDE, caption, distance_of, film, success_of

PENDULUM = Plan("ppo", "Pendulum-v1", 64, hyper={"n_steps": 32, "n_epochs": 1}, normalize=True)
FETCH = Plan(
    "sac", "FetchReachDense-v4", 64, hyper={"learning_starts": 10, "batch_size": 8, "buffer_size": 500}
)


def trained(plan, folder):
    from rldoctor.training.control import Control
    from rldoctor.training.train import train

    train(plan, folder, Control(checkpoints=True))


def pictures(path):
    import imageio.v2 as imageio

    with imageio.get_reader(path) as reader:
        return [np.asarray(frame)[..., :3] for frame in reader]


@pytest.mark.slow
def test_the_runner_films_every_seed(tmp_path, capsys):
    words = ["--env", "Pendulum-v1", "--algo", "ppo", "--steps", "64", "--n-envs", "1", "--no-diagnosis"]
    small = ["--set", "n_steps=32", "--set", "n_epochs=1", "--out", str(tmp_path), "--video", "gif"]
    assert reference([*words, *small]) == 0
    path = tmp_path / "ppo-Pendulum-v1-0" / "video.gif"
    assert f"film: {path}" in capsys.readouterr().err
    shown = pictures(path)
    # Three episodes of 200 steps, every second step and the end.
    assert len(shown) == 3 * 101
    assert shown[0].shape == (SIDE, SIDE, 3)
    assert np.abs(shown[5].astype(int) - shown[60]).max() > 50, "something moves"
    assert (shown[0][:34] > 200).any(), "text in the strip"


@pytest.mark.slow
def test_a_goal_task_is_filmed_with_its_distance(tmp_path):
    pytest.importorskip("gymnasium_robotics")
    pytest.importorskip("imageio_ffmpeg")
    try:
        backend = working_backend(FETCH)
    except UsageError as error:
        pytest.skip(f"no OpenGL here: {error}")
    trained(FETCH, tmp_path)
    made = film(FETCH, tmp_path, "mp4", backend)
    assert made.path == tmp_path / "video.mp4"
    assert len(made.returns) == 3
    assert all(0 < distance < 1 for distance in made.distances)
    assert made.successes in (0, 1, 2, 3)
    shown = pictures(made.path)
    assert len(shown) == 3 * 51
    assert shown[0].shape == (SIDE, SIDE, 3)
    assert shown[0][60:].std() > 10, "a scene and no empty picture"
    assert made.path.stat().st_size < 1_000_000


def test_a_policy_without_its_normaliser_is_not_filmed(tmp_path):
    with pytest.raises(ReadError, match="no trained policy"):
        film(PENDULUM, tmp_path)
    (tmp_path / "model.zip").touch()
    with pytest.raises(ReadError, match=r"normaliser\.pkl"):
        film(PENDULUM, tmp_path)


def test_a_backend_that_cannot_draw_is_one_clear_error(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    assert backends() == ("nonsense",)
    with pytest.raises(UsageError, match="nonsense: ") as caught:
        working_backend(Plan("ppo", "InvertedPendulum-v5", 64))
    assert "libosmesa6" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_process_that_dies_is_an_error_too():
    with pytest.raises(RldoctorError, match="code 7"):
        apart(_die, backend="")


def _die():
    import os

    os._exit(7)


def test_captions_and_what_they_say():
    assert caption(12, -3.456, 0.01234, True) == ["step 12   return -3.46", "distance 0.0123   SUCCESS"]
    assert caption(0, 0.0, float("nan"), None) == ["step 0   return 0.00", ""]
    seen = {"achieved_goal": np.array([0.0, 3.0]), "desired_goal": np.array([4.0, 0.0])}
    assert distance_of(seen) == 5
    assert math.isnan(distance_of(np.zeros(3)))
    assert success_of({"is_success": np.float64(0.0)}) is False
    assert success_of({}) is None
