"""``rldoctor reference --apply-fix``: from a finished run, from a training, and what cannot be applied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rldoctor.commands.reference import reference
from rldoctor.errors import ReadError, UsageError
from rldoctor.training.console import parse

pytest.importorskip("stable_baselines3")

RUNS = Path(__file__).parents[2] / "reference_runs"
HOPPER = ["--env", "Hopper-v5", "--algo", "ppo", "--apply-fix"]


def sick(fault: str) -> list[str]:
    return ["--fault", fault, "--from", str(RUNS / "faulty" / fault / "ppo-Hopper-v5-0")]


def test_work_for_a_person_is_listed_and_nothing_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reference([*HOPPER, *sick("frozen-actor"), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "none by a program" in said
    assert "not carried out by a program: check-wiring has to be done by a person" in " ".join(said.split())
    assert max(len(line) for line in said.splitlines()) <= 80
    assert not (tmp_path / "out").exists()


def test_a_fixed_run_that_is_there_is_judged_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The healthy run of the same seed stands for the one that --resume finds trained to its end."""
    fixed = tmp_path / "lr-zero" / "ppo-Hopper-v5-0-fixed"
    fixed.mkdir(parents=True)
    for name in ("progress.csv", "config.json"):
        (fixed / name).write_bytes((RUNS / "healthy" / "ppo-Hopper-v5-0" / name).read_bytes())
    (fixed / "model.zip").touch()
    words = [*HOPPER, *sick("lr-zero"), "--out", str(tmp_path), "--resume", "-f", "json"]
    assert reference(words) == 0
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["root"], proof["gone"], proof["came_true"]) == ("CFG-06", "yes", "yes")
    assert proof["seconds"] is None, "nothing was trained, so nothing was timed"
    assert proof["after"] == proof["healthy"] > proof["before"]


@pytest.mark.slow
def test_a_sick_run_is_trained_fixed_and_trained_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--env", "Pendulum-v1", "--algo", "ppo", "--fault", "lr-zero", "--steps", "4096", "--apply-fix"]
    words += ["--set", "n_steps=64", "--set", "n_epochs=2", "--n-envs", "2", "--out", str(tmp_path)]
    assert reference([*words, "-f", "json"]) == 0
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["fix"], proof["old"], proof["new"]) == ("standard-rate", "1e-07", "0.0003")
    home = tmp_path / "lr-zero"
    settings = [
        json.loads((home / name / "config.json").read_text())
        for name in ("ppo-Pendulum-v1-0", "ppo-Pendulum-v1-0-fixed")
    ]
    assert [one.pop("learning_rate") for one in settings] == [1e-7, 3e-4]
    assert settings[0] == settings[1], "one prescription, once, and nothing else"
    assert proof["seconds"] > 0


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--env", "Hopper-v5", "--from", "x"], UsageError, "--from is for --apply-fix"),
        ([*HOPPER, *sick("lr-zero"), "--seeds", "2"], UsageError, "one run, --seeds asks for several"),
        ([*HOPPER, *sick("lr-zero"), "--first-seed", "1"], UsageError, "the seed is 0, not 1"),
        ([*HOPPER, "--from", "/nowhere/at/all"], ReadError, "nowhere"),
        ([*HOPPER, "-f", "html"], UsageError, "html"),
    ],
)
def test_wrong_options_are_told(words: list[str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        reference(words)


def test_the_options_are_those_of_a_training() -> None:
    options = parse([*HOPPER, *sick("lr-zero")])
    assert (options.apply_fix, options.format) == (True, "text")
    assert options.source.name == "ppo-Hopper-v5-0"
