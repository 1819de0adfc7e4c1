"""What a reader has to look at: the first screen, the length of the page, paper, phone, bytes."""

from pathlib import Path

import pytest
from chromium import CHROMIUM, Browser
from every import every
from page_sizes import sizes

import rldoctor
from rldoctor.report import write

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")]
RUNS = Path(__file__).parents[2] / "reference_runs"
# One root or several, with and without a contradiction of the log, seven algorithms, four frameworks.
SICK = (
    "reward-exp-sharp/ppo-Reacher-v5-exp-0",
    "lr-too-high/ppo-Hopper-v5-0",
    "clip-range-tiny/ppo-Hopper-v5-0",
    "alpha-fixed-high/sac-Pendulum-v1-0",
    "nan-injected/ppo-Pendulum-v1-0",
    "no-target-net/dqn-CartPole-v1-0",
    "gamma-low/sac-Pendulum-v1-1",
    "buffer-tiny/td3-Pendulum-v1-0",
    "lr-zero/rsl_rl-ppo-InvertedPendulum-v5-0",
    "frozen-critic/ppo-Hopper-v5-1",
    "tau-zero/sac-Hopper-v5-0",
    "trpo-line-search/trpo-Hopper-v5-0",
    "lr-spike/ppo-InvertedPendulum-v5-0",
    "logprob-mismatch/ppo-Pendulum-v1-1",
    "saturated-start/sac-Reacher-v5-0",
    "target-entropy-high/cleanrl-sac-Pendulum-v1-0",
    "no-target-net/ddpg-HalfCheetah-v5-0",
    "../language_models/entropy-bonus-0",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@every("place", SICK)
def test_a_sick_run_is_seen_on_the_first_screen_and_read_in_four(browser, tmp_path, place):
    diagnoses = [rldoctor.diagnose(run) for run in rldoctor.load(RUNS / "faulty" / place)]
    write(diagnoses, "html", tmp_path / "page.html")
    one = sizes(browser, tmp_path / "page.html")
    # A change that is a sentence and not a line to copy may be longer than a phone is high.
    assert 0 < one.first["wide"] <= 0.9
    assert 0 < one.first["phone"] <= 1.05
    assert one.screens["wide"] <= 3
    assert one.screens["phone"] <= 4
    assert one.paper <= 3
    assert one.bytes < 1_000_000


def test_many_runs_are_a_table_and_their_curves(browser, tmp_path):
    places = [
        path
        for kind in ("faulty/*", "healthy")
        for folder in sorted(RUNS.glob(kind))
        for path in sorted(folder.iterdir())[:2]
    ][:119]
    diagnoses = [rldoctor.diagnose(run) for place in places for run in rldoctor.load(place)]
    write(diagnoses, "html", tmp_path / "page.html")
    one = sizes(browser, tmp_path / "page.html")
    assert len(diagnoses) > 100
    assert one.screens["wide"] <= 12
    assert one.bytes < 6_000_000
