"""Environments played for real, against the shipped table and through the command."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from every import every

from rldoctor import cli
from rldoctor.tasks.entry import tasks_from_settings
from rldoctor.tasks.environment import make
from rldoctor.tasks.find import find_task
from rldoctor.tasks.measure import PlayOptions, measure
from rldoctor.tasks.table import DATA

gym = pytest.importorskip("gymnasium")

Call = Callable[..., tuple[int, str, str]]

CODE = '''
import gymnasium as gym
from gymnasium.spaces import Box, Discrete, MultiDiscrete


class Corridor(gym.Env):
    """Walk right: 1 at the end, -0.01 a step."""

    observation_space = Box(0, 10, (1,))

    def __init__(self, length=5, spaces=None, broken=""):
        self.length, self.broken = length, broken
        self.action_space = spaces or Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        print("a new walk")
        return [0.0], {}

    def step(self, action):
        if self.broken == "raise":
            raise RuntimeError("the simulator is gone")
        self.at = max(0, self.at + int(action) - 1) if self.broken != "nan" else 0
        done = self.at >= self.length
        reward = float("nan") if self.broken == "nan" else 1.0 if done else -0.01
        return [float(self.at)], reward, done, False, {"is_success": done}

    def get_action_meanings(self):
        return ["LEFT", "NOOP", "RIGHT"]


def factory():
    return Corridor(3)


def crashing():
    return Corridor(broken="raise")


def not_a_number():
    return Corridor(broken="nan")


def several():
    return Corridor(spaces=MultiDiscrete([3, 2]), broken="raise")


def no_environment():
    return 3


def failing():
    raise OSError("no licence")


gym.register("Corridor-v0", entry_point=Corridor, max_episode_steps=200, reward_threshold=0.9)
'''


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "corridors.py").write_text(CODE, encoding="utf-8")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["task", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "FetchReach-v4"])
def test_the_table_agrees_with_what_is_played_here(name: str) -> None:
    """Other seeds than the table's, so the means are independent; 4 standard errors: one miss in 16,000."""
    if name.startswith("Fetch"):
        pytest.importorskip("gymnasium_robotics")
    task = find_task(name)
    assert task is not None
    env = make(name)
    met = measure(name, env, PlayOptions(episodes=20, seed=5000))
    env.close()
    spaces = (
        "action",
        "action_dim",
        "action_low",
        "action_high",
        "choices",
        "horizon",
        "solved",
        "success_logged",
    )
    assert [getattr(met, part) for part in spaces] == [getattr(task, part) for part in spaces]
    for here, there in ((met.random, task.random), (met.idle, task.idle)):
        assert (here is None) == (there is None)
        if here is not None and there is not None:
            assert there.episodes >= 20
            apart = math.hypot(here.error or 0.0, there.error or 0.0)
            # A policy that always gets the same leaves no error: then the two are equal.
            assert abs(here.mean - there.mean) <= 4 * apart + 1e-9
            assert here.length == pytest.approx(there.length, rel=0.5)


def test_an_episode_can_be_played_again() -> None:
    env = make("Pendulum-v1")
    first, again = (measure("x", env, PlayOptions(episodes=6, seed=3)) for _ in range(2))
    later = measure("x", env, PlayOptions(episodes=5, seed=4))
    assert first == again
    assert first.random is not None
    assert later.random is not None
    assert first.random.mean != later.random.mean


def test_a_module_and_a_registered_id(call: Call) -> None:
    code, out, err = call("measure", "corridors:Corridor-v0")
    assert code == 0
    assert set(err.splitlines()) == {"a new walk"}
    entry = tomllib.loads(out)["task"]["Corridor-v0"]
    assert entry["action"] == "discrete"
    assert entry["choices"] == 3
    assert entry["horizon"] == 200
    assert entry["solved"] == 0.9
    assert entry["random"]["episodes"] == 20
    # The environment calls action 1 NOOP.
    assert entry["idle"]["mean"] == pytest.approx(-2.0)
    assert entry["idle"]["success"] == 0
    assert entry["success-logged"] is True
    assert entry["source"].startswith("measured: gymnasium ")


def test_a_factory_with_options(call: Call) -> None:
    code, out, _ = call("measure", "corridors:factory", "--episodes", 3, "--max-steps", 50, "--idle", 0)
    entry = tomllib.loads(out)["task"]["factory"]
    assert code == 0
    assert entry["idle"]["length"] == 50
    assert "were stopped after 50 steps" in entry["note"]
    assert "horizon" not in entry


def test_the_entry_is_written_read_and_never_overwritten(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "rldoctor.toml"
    file.write_text('fail-on = "warning"   # ours\n', encoding="utf-8")
    assert call("measure", "corridors:Corridor-v0", "-o", file)[0] == 0
    once = file.read_text(encoding="utf-8")
    assert once.startswith('fail-on = "warning"   # ours\n')
    (task,) = tasks_from_settings(tomllib.loads(once)["task"])
    assert task.random is not None
    assert task.choices == 3

    code, _, err = call("measure", "corridors:Corridor-v0", "-o", file, "--episodes", 2)
    assert code == 2
    assert "has an entry for 'Corridor-v0' already" in err
    assert "--force" in err
    assert file.read_text(encoding="utf-8") == once

    code, out, _ = call("measure", "corridors:Corridor-v0", "-o", file, "--episodes", 2, "--force")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    assert code == 0
    assert "replaced in" in out
    assert data["fail-on"] == "warning"
    assert data["task"]["Corridor-v0"]["random"]["episodes"] == 2


def test_force_replaces_one_section_only(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    header = '[tool.rldoctor.task."Corridor-v0"'
    before = f'[project]\nname = "x"\n\n{header}]\nhorizon = 7\n'
    before += f"{header}.idle]\nmean = 1\nepisodes = 3\n"
    after = '\n# kept\n[tool.rldoctor.task."Corridor-v01"]\nhorizon = 8\n'
    file.write_text(before + after, encoding="utf-8")
    assert call("measure", "corridors:Corridor-v0", "-o", file, "--episodes", 2, "--force")[0] == 0
    tasks = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["rldoctor"]["task"]
    assert tasks["Corridor-v0"]["horizon"] == 200
    assert tasks["Corridor-v0"]["idle"]["mean"] == -2.0
    assert tasks["Corridor-v01"] == {"horizon": 8}


def test_show_finds_the_measured_entry(call: Call) -> None:
    call("measure", "corridors:Corridor-v0", "-o", "rldoctor.toml", "--episodes", 5)
    code, out, _ = call("show", "Corridor-v0")
    assert code == 0
    assert "discrete, 3 in all" in out
    assert "5 episodes" in out


@every(
    ("name", "says"),
    [
        ("NoSuchEnv-v0", "no environment 'NoSuchEnv-v0' is registered"),
        ("CartPol-v1", "did you mean 'CartPole-v1'?"),
        ("no_such_module:Env-v0", "there is no module 'no_such_module'"),
        ("corridors:nothing", "has no 'nothing' that could be called"),
        ("corridors:crashing", "failed in episode 1 (seed 0): RuntimeError: the simulator is gone"),
        ("corridors:not_a_number", "the reward of step 1 is NaN"),
        ("corridors:several", "the simulator is gone"),
        ("corridors:no_environment", "gave a int without reset and step and action_space"),
        ("corridors:failing", "cannot make environment 'corridors:failing': OSError: no licence"),
        ("a b:c", "'a b' is not the name of a Python module"),
    ],
)
def test_what_goes_wrong_is_said(call: Call, name: str, says: str) -> None:
    code, out, err = call("measure", name)
    assert (code, out) == (2, "")
    assert says in err.replace("\n       ", " ")
    assert "hint:" in err


def test_an_idle_action_must_exist(call: Call) -> None:
    code, _, err = call("measure", "corridors:factory", "--idle", 3)
    assert code == 2
    assert "--idle 3 is not an action" in err


def test_gymnasium_may_be_missing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "gymnasium", None)
    code, _, err = call("measure", "CartPole-v1")
    assert code == 2
    assert "needs gymnasium" in err
    assert "pip install" in err


def test_a_file_that_is_no_toml_is_told_before_anything_is_played(call: Call, tmp_path: Path) -> None:
    (tmp_path / "rldoctor.toml").write_text("= 3", encoding="utf-8")
    code, _, err = call("measure", "corridors:crashing", "-o", "rldoctor.toml")
    assert code == 2
    assert "not valid TOML" in err


def test_the_shipped_rows_can_be_made_again(tmp_path: Path) -> None:
    """The same seeds in the same version of gymnasium give the same row, to the last digit that is kept."""
    from rldoctor.tasks.__main__ import main

    file = tmp_path / "measured.csv"
    assert main(["CartPole-v1", "--into", str(file), "--seconds", "1000"]) == 0
    assert main(["NoSuch-v0", "--into", str(file)]) == 2
    made = file.read_text(encoding="utf-8").splitlines()
    shipped = (DATA / "measured.csv").read_text(encoding="utf-8").splitlines()
    assert made[0] == shipped[0]
    (row,) = [line for line in shipped if line.startswith("CartPole-v1,")]
    if f"gymnasium {gym.__version__}," in row:
        assert made[1:] == [row]
    assert main([".*Pole.*", "--again", "--into", str(file), "--episodes", "3"]) == 0
    assert made[1:] != file.read_text(encoding="utf-8").splitlines()[1:]
