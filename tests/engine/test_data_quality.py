"""A defect of the log reaches what rests on it, also through derived quantities, and nothing else."""

from __future__ import annotations

from test_diagnose import make_run, severities

from rldoctor.api import diagnose
from rldoctor.model.finding import Diagnosis, Severity

# Q explodes on rewards of 0.5 per step; a second signal that says 0.05 is on another scale (LOG-07).
EXPLODING = {"q_mean": "10*1.15x99", "episode_return": "100x99 ~2", "episode_length": "200x99"}
CONFIG = {"gamma": 0.99, "horizon": 100}


def capped(diagnosis: Diagnosis) -> dict[str, str]:
    return {one.code: one.finding.capped for one in diagnosis.results if one.finding is not None}


def test_a_bound_made_of_doubtful_rewards_is_doubtful() -> None:
    sound = diagnose(make_run("td3", EXPLODING | {"reward_per_step": "0.5x99 ~0.01"}, CONFIG))
    assert "LOG-07" not in severities(sound)
    assert severities(sound)["VAL-07"] is Severity.CRITICAL
    found = diagnose(make_run("td3", EXPLODING | {"reward_per_step": "0.05x99 ~0.001"}, CONFIG))
    assert "LOG-07" in severities(found)
    assert severities(found)["VAL-07"] is Severity.ERROR
    assert capped(found)["VAL-07"] == "lowered one level: LOG-07 puts its data in doubt"


def test_what_only_shows_that_training_went_on_is_not_put_in_doubt() -> None:
    """A stale episode mean (LOG-09) is seen by the KL and the losses, which still move: those are sound."""
    series = {
        "episode_return": "5+0.1x60 11x140",
        "episode_length": "100+5x60 390x140",
        "policy_loss": "-0.01x201 ~0.002",
        "entropy": "15-0.01x201 ~0.01",
        "approx_kl": "0.5x201 ~0.1",
        "clip_fraction": "0.6x201 ~0.02",
    }
    found = diagnose(
        make_run("ppo", series, {"max_episode_length": 1000, "n_envs": 4, "learning_rate": 3e-4}, 98304)
    )
    assert {"LOG-09", "POL-03"} <= set(severities(found))
    assert "LOG-09" not in capped(found)["POL-03"]
