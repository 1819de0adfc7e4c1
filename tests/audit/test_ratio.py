"""What the audit says of the ratios of PPO, on made-up logs with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from made_logs import rows


def test_log_probabilities_of_unrelated_samples() -> None:
    """Simulated: two actions, states whose policies differ, and the old log-probability of another sample."""
    rng, entropy, kl, own = np.random.default_rng(3), [], [], []
    for width in np.linspace(0.02, 1.5, 20):
        p = 1 / (1 + np.exp(-rng.normal(0, width, 4000)))
        entropy.append(float(np.mean(-p * np.log(p) - (1 - p) * np.log(1 - p))))
        taken = np.log(np.where(rng.random(4000) < p, p, 1 - p))
        apart = taken - rng.permutation(taken)
        kl.append(float(np.mean(np.exp(apart) - 1 - apart)))
        own.append(0.005)
    config = {"n_actions": 2.0}
    assert rows("ppo", config, approx_kl=kl, entropy=entropy)["ratio_of_one_sample"].best == 0.0
    assert rows("ppo", config, approx_kl=own, entropy=entropy)["ratio_of_one_sample"].best == 1.0


def test_one_ratio_for_all_states_is_clipped_nowhere() -> None:
    kl = [1e-5] * 10 + [0.007] * 5
    blind = rows("ppo", {"clip_range": 0.2}, approx_kl=kl, clip_fraction=[0.0] * 15)
    assert blind["policy_input"].best == 0.0
    sees = rows("ppo", {"clip_range": 0.2}, approx_kl=kl, clip_fraction=[0.0] * 10 + [0.05] * 5)
    assert sees["policy_input"].best == 1.0


def test_a_handful_of_states_moves_as_one() -> None:
    """The update of a rollout of 8 clips all of its samples or none."""
    series = {"approx_kl": [0.007] * 15, "clip_fraction": [0.0] * 15}
    by_counter = {"iterations": [float(one) for one in range(1, 16)]}
    assert "policy_input" in rows("ppo", {"clip_range": 0.2}, every=2048, **by_counter, **series)
    assert "policy_input" not in rows("ppo", {"clip_range": 0.2}, every=8, **by_counter, **series)
    assert "policy_input" not in rows("ppo", {"clip_range": 0.2, "rollout_batch": 8}, **series)
    assert "policy_input" not in rows("ppo", {"clip_range": 0.2}, every=8, **series)


@pytest.mark.parametrize(("surrogate", "told"), [(3e-4, True), (-3e-4, False)])
def test_a_surrogate_that_only_ratios_beyond_the_clip_make_worse(surrogate: float, *, told: bool) -> None:
    series = {"approx_kl": [4e-6] * 20, "clip_fraction": [0.0] * 20, "policy_loss": [surrogate] * 20}
    found = rows("ppo", {"clip_range": 0.2}, **series)
    assert ("clip_range" in found) is told
    if told:
        assert found["clip_range"].high == pytest.approx(0.0028, rel=0.02)
        assert found["clip_range"].contradicted
    raw = {"clip_range": 0.2, "normalize_advantage": False}
    assert "clip_range" not in rows("ppo", raw, **series)
    assert "clip_range" not in rows("ppo", {}, **series)


def test_the_sign_of_few_updates_is_chance() -> None:
    series = {"approx_kl": [4e-6] * 8, "clip_fraction": [0.0] * 8, "policy_loss": [3e-4] * 8}
    assert "clip_range" not in rows("ppo", {"clip_range": 0.2}, **series)


def test_raw_advantages_that_nobody_wrote_down_have_a_mean() -> None:
    """A loss of 15 with a KL of 1e-6 is no clip: normalised advantages make at most the ratios' deviation."""
    series = {"approx_kl": [1e-6] * 20, "clip_fraction": [0.0] * 20, "policy_loss": [15.0] * 20}
    assert "clip_range" not in rows("ppo", {"clip_range": 0.2}, **series)
