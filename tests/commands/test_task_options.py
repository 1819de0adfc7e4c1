"""The task of a run as the user says it: ``--env``, ``env`` and tasks of one's own, in every command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from every import every

from rldoctor.api import compare, diagnose, load
from rldoctor.cli import run as cli
from rldoctor.commands.settings import load_settings
from rldoctor.errors import UsageError
from rldoctor.model.finding import Outcome

OWN = """
[PREFIXtask."MyEnv-v0"]
action = "box"
action-dim = 3
horizon = 500
ends-early = false
solved = -20.0
random = { mean = -480.0, std = 12.5, episodes = 20, length = 500.0 }
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A PPO run of SB3 whose returns are a hundred-thousandth of what MyEnv's random policy gets."""
    folder = tmp_path / "runs" / "first"
    folder.mkdir(parents=True)
    names = ["time/total_timesteps", "rollout/ep_rew_mean", "rollout/ep_len_mean", "train/approx_kl"]
    with (folder / "progress.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        table.writerows([2048 * row, -0.0048 - 1e-5 * (row % 3), 500, 0.01] for row in range(1, 41))
    return folder


def rescaled(path: Path, **given: object) -> Outcome:
    found = diagnose(load(path).runs[0], **given)  # type: ignore[arg-type]
    return next(one.outcome for one in found.results if one.code == "REW-12")


@pytest.mark.parametrize(
    ("name", "prefix"), [("rldoctor.toml", ""), ("pyproject.toml", "tool.rldoctor.")], ids=["own", "shared"]
)
def test_a_task_of_the_settings_reaches_the_rules(
    name: str, prefix: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    head = f"[{prefix.rstrip('.')}]\n" if prefix else ""
    (tmp_path / name).write_text(f'{head}env = "MyEnv-v0"\n{OWN.replace("PREFIX", prefix)}')
    assert cli(["analyze", str(tiny), "-f", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "REW-12" in json.dumps(found["runs"][0]["roots"])
    assert cli(["watch", "--once", str(tiny)]) == 0
    assert "The reward is not the task's own" in capsys.readouterr().out
    assert cli(["inspect", str(tiny), "-f", "json"]) == 0
    (seen,) = json.loads(capsys.readouterr().out)["runs"]
    assert seen["task"] == {"id": "MyEnv-v0", "how": "--env MyEnv-v0"}


def test_the_option_wins_over_the_settings(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rldoctor.toml").write_text('env = "MyEnv-v0"\n' + OWN.replace("PREFIX", ""))
    assert cli(["inspect", str(tiny), "--env", "Pendulum-v1"]) == 0
    assert "task: Pendulum-v1 (--env Pendulum-v1)" in capsys.readouterr().out


def test_a_table_of_per_path_may_name_the_task(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = OWN.replace("PREFIX", "") + '[[per-path]]\npath = "runs/first"\nenv = "MyEnv-v0"\n'
    (tmp_path / "rldoctor.toml").write_text(settings)
    assert cli(["analyze", str(tiny), "-f", "json"]) == 1
    assert "MyEnv-v0" in capsys.readouterr().out
    (tmp_path / "rldoctor.toml").write_text(settings.replace('env = "MyEnv-v0"', 'env = "MyEnv-v1"'))
    assert cli(["analyze", str(tiny)]) == 2
    assert (
        "per-path 'runs/first': no task 'MyEnv-v1' is known (did you mean 'MyEnv-v0'?)"
        in capsys.readouterr().err
    )


@every("command", ["analyze", "inspect", "watch", "compare"])
def test_a_name_that_is_no_task(command: str, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(tiny)] * (2 if command == "compare" else 1)
    more = ["--once"] if command == "watch" else []
    assert cli([command, *paths, *more, "--env", "Pendulum-v2"]) == 2
    said = capsys.readouterr()
    assert "no task 'Pendulum-v2' is known (did you mean 'Pendulum-v1'?)" in said.err
    assert said.out == ""


@every(
    ("text", "says"),
    [
        ("task = 3", "rldoctor.toml: 'task': expected a table"),
        (
            '[task."A-v0"]\nhorizn = 3',
            r"rldoctor.toml: task 'A-v0', horizn: no such key \(did you mean 'horizon'\?\)",
        ),
        ('[task."A-v0"]\nhorizon = "x"', "rldoctor.toml: task 'A-v0', horizon: expected a whole number"),
        ("env = 3", "rldoctor.toml: 'env': expected text"),
    ],
)
def test_a_wrong_entry_is_told_where_it_stands(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "rldoctor.toml").write_text(text)
    with pytest.raises(UsageError, match=says):
        load_settings(tmp_path)


def test_from_python(tiny: Path) -> None:
    task = {"solved": -20.0, "ends-early": False, "random": {"mean": -480.0, "std": 12.5, "episodes": 20}}
    assert rescaled(tiny) is Outcome.NOT_MEASURED
    assert rescaled(tiny, env="MyEnv-v0", tasks={"MyEnv-v0": task}) is Outcome.FIRED
    with pytest.raises(UsageError, match="did you mean 'MyEnv-v0'"):
        rescaled(tiny, env="MyEnv-v1", tasks={"MyEnv-v0": task})
    with pytest.raises(UsageError, match="tasks: task 'MyEnv-v0', horizon"):
        rescaled(tiny, tasks={"MyEnv-v0": {"horizon": -1}})
    both = compare(tiny, tiny, ruling={"env": "MyEnv-v0", "tasks": {"MyEnv-v0": task}})
    assert "REW-12" in {root.finding.code for one in both.base.diagnoses for root in one.roots}
