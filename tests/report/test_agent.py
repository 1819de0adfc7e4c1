"""The page for coding agents: short, always of one form, with the cause and the change."""

from pathlib import Path

import pytest
from every import every

import rldoctor
from rldoctor.report import render
from rldoctor.report.agent import HEADINGS
from rldoctor.report.todo import todo

RUNS = Path(__file__).parents[2] / "reference_runs" / "faulty"
# A token is at least three characters of such text on average.
MOST = 3 * 1500
# What whoever reads nothing but the page must be able to name: of the cause, and of the change.
PLANTED = {
    "reward-exp-sharp/ppo-Reacher-v5-exp-0": ("exponential reward", "reward_exponent: 240 -> "),
    "lr-too-high/ppo-Hopper-v5-0": ("learning_rate", "learning_rate: "),
    "clip-range-tiny/ppo-Hopper-v5-0": ("clip_range = 0.0005", "clip_range: 0.0005 -> 0.2"),
    "frozen-actor/ppo-Pendulum-v1-0": ("gradient", "requires_grad"),
    "nan-injected/ppo-Pendulum-v1-0": ("NaN", "VecCheckNan"),
    "gamma-low/sac-Pendulum-v1-1": ("gamma", "gamma: "),
    "buffer-tiny/sac-Hopper-v5-0": ("buffer_size", "buffer_size: "),
    "lr-zero/rsl_rl-ppo-InvertedPendulum-v5-0": (
        "learning_rate = 1e-07",
        "algorithm.learning_rate: 1e-07 -> ",
    ),
    "ent-coef-large/ppo-Pendulum-v1-0": ("ent_coef = 0.5", "ent_coef: 0.5 -> "),
    "grad-clip-tiny/ppo-Pendulum-v1-0": ("max_grad_norm", "max_grad_norm: "),
    "value-clip-tiny/ppo-Hopper-v5-0": ("clip_range_vf = 0.2 keeps the critic", "clip_range_vf to None"),
    "tau-zero/sac-Hopper-v5-0": ("tau = 1e-06 all but freezes", "tau: 1e-06 -> 0.005"),
    "trpo-line-search/trpo-Hopper-v5-0": ("line_search_max_iter = 1", "line_search_max_iter: 1 -> 10"),
    "warmup-too-short/sac-Pendulum-v1-1": ("learning_starts = 0", "learning_starts: 0 -> "),
    "learning-to-die/ppo-Hopper-v5-0": ("end its episodes early", "bonus of at least"),
    "vf-coef-huge/ppo-Hopper-v5-0": ("vf_coef = 10000", "vf_coef: 10000 -> 0.5"),
    "no-target-net/dqn-CartPole-v1-0": ("leaves no target network", "target_update_interval: 1 -> "),
    "lr-annealed-early/ppo-InvertedPendulum-v5-0": ("was used up before", "40,960 steps"),
    "logprob-mismatch/ppo-Hopper-v5-1": ("log-probabilities", "assert that the ratio is 1"),
    "reward-wrong-sign/ppo-FetchReachDense-v4-0": ("not the task's own", "print its reward"),
    "../language_models/entropy-bonus-0": ("entropy_coef = 1 rewards random", "entropy_coef: 1 -> 0"),
    "../language_models/length-cap-0": ("= 4 cuts the answers", "max_completion_length: 4 -> 8"),
}


def sections(text):
    """The lines below each heading of the first run."""
    parts = text.split("\n## ")
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts[1:]}


@every("place", PLANTED)
def test_who_sees_only_the_page_can_name_the_cause_and_the_change(place):
    (diagnosis,) = map(rldoctor.diagnose, rldoctor.load(RUNS / place))
    text = render([diagnosis], "agent")
    cause, change = PLANTED[place]
    found = sections(text)
    assert tuple(found) == HEADINGS
    assert cause in found["Cause"]
    assert change in found["Change"]
    assert diagnosis.roots[0].finding.code in found["Cause"]
    assert (todo(diagnosis).first.change or todo(diagnosis).first.sentence)[:60] in found["Change"]
    assert len(text) <= MOST


@pytest.mark.parametrize("name", ["sick", "healthy", "no_data", "hostile"])
def test_the_headings_stay_whatever_was_found(make, name):
    text = render([make(name)], "agent")
    assert tuple(sections(text)) == HEADINGS
    assert text.startswith("# ")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 1000
    if name in ("healthy", "no_data"):
        assert sections(text)["Cause"].strip() == "- none"


def test_several_runs_are_listed_worst_first(make):
    text = render([make("healthy"), make("sick"), make("no_data")], "agent")
    assert text.startswith("# 3 runs: 1 critical, 1 not enough data, 1 healthy\n")
    assert [line.split(": ")[1] for line in text.splitlines()[2:5]] == [
        "critical",
        "not enough data",
        "healthy",
    ]
    assert text.count("\n## Cause\n") == 3


def test_many_runs_stay_short(make):
    text = render([make("sick")] * 30, "agent")
    assert text.count("\n## Cause\n") == 8
    assert "In full: the first 8." in text
