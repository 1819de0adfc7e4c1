"""A language model earns a reward where a policy in an environment has a return: reports say which."""

from __future__ import annotations

import re
from pathlib import Path

import rldoctor
from rldoctor.model.algorithms import called
from rldoctor.report import write
from rldoctor.report.terminal import render

RUNS = Path(__file__).parents[2] / "reference_runs"


def test_a_metric_has_the_name_of_its_field() -> None:
    assert called("episode_return", "grpo") == called("return", "language_model") == "reward"
    assert called("eval_return", "dpo") == "eval reward"
    assert called("episode_return", "ppo") == called("episode_return", "") == "episode return"


def test_curve_and_outcome_of_a_language_model_are_of_a_reward(tmp_path: Path) -> None:
    diagnosis = rldoctor.diagnose(rldoctor.load(RUNS / "language_models" / "length-cap-0")[0])
    text = " ".join(render([diagnosis]).split())
    assert "reward 0.26 at the start" in text
    assert re.search(r"[▁-█] reward, ", text)
    write([diagnosis], "html", tmp_path / "page.html")
    captions = re.findall(r"<figcaption>.*?</figcaption>", (tmp_path / "page.html").read_text("utf-8"))
    assert captions[0].startswith("<figcaption><b>reward</b> <code>")


def test_where_training_and_evaluation_part_it_is_a_reward_too() -> None:
    diagnosis = rldoctor.diagnose(rldoctor.load(RUNS / "language_models" / "hackable-reward-0")[0])
    assert "training (reward): rose and was kept" in diagnosis.outcome_note


def test_a_policy_in_an_environment_keeps_its_return() -> None:
    diagnosis = rldoctor.diagnose(rldoctor.load(RUNS / "faulty/lr-too-high/ppo-Hopper-v5-0")[0])
    assert re.search(r"[▁-█] episode return, ", render([diagnosis]))
