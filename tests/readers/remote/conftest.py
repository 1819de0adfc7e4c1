"""A run with a checkpoint beside it, and a cache of its own."""

import pytest

ROWS = "time/total_timesteps,rollout/ep_rew_mean,train/approx_kl\n" + "".join(
    f"{i * 1000},{i}.5,0.01\n" for i in range(1, 13)
)


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    """``exp/`` with ``PPO_1`` (log and configuration) and 3 MB of weights that no reader needs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "exp"
    (root / "PPO_1").mkdir(parents=True)
    (root / "PPO_1" / "progress.csv").write_text(ROWS)
    (root / "PPO_1" / "config.yaml").write_text("gamma: 0.97\n")
    (root / "PPO_1" / "policy.pth").write_bytes(b"\1\2\3" * 1_000_000)
    (root / "notes.md").write_text("a note " * 100_000)
    return root
