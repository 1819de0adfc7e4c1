"""One training as anybody would write it: SB3's own logger, Monitor, and nothing else."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import yaml

from laboratory.mutants.mutation import plant
from laboratory.mutants.plan import PlannedRun
from laboratory.mutants.table import TrainingTask, limits

DECILES = 10


class TrueReturns(gymnasium.Wrapper):  # type: ignore[misc]
    """Keep every finished episode as the environment gave it, whatever the monitor does to rewards."""

    def __init__(self, env: Any, episodes: list[tuple[int, float, int]], clock: list[int]) -> None:
        """``clock`` counts the steps of all environments that share it."""
        super().__init__(env)
        self._episodes, self._clock = episodes, clock
        self._sum, self._length = 0.0, 0

    def reset(self, **kwargs: Any) -> Any:
        """Start an episode."""
        self._sum, self._length = 0.0, 0
        return self.env.reset(**kwargs)

    def step(self, action: Any) -> Any:
        """Step and add up. An episode is kept as (step of the training, return, length)."""
        result = self.env.step(action)
        self._clock[0] += 1
        self._sum += float(result[1])
        self._length += 1
        if result[2] or result[3]:
            self._episodes.append((self._clock[0], self._sum, self._length))
        return result


def train(run: PlannedRun, folder: Path) -> dict[str, Any]:
    """Train into ``folder`` and return what the label says of it. Changes the library in this process."""
    import torch

    torch.set_num_threads(1)
    started = time.process_time()
    planted = plant(run.fault.edits[run.task.algo]) if run.fault else []
    episodes: list[tuple[int, float, int]] = []
    model = build(run, folder, episodes)
    stopped = _learn(model, run.task)
    measured = {
        "stopped": stopped,
        "steps_done": int(model.num_timesteps),
        "planted": [asdict(edit) for edit in planted],
        "training_returns": _by_decile(episodes, run.task.steps),
        "episodes": len(episodes),
        "evaluation": None if stopped else _evaluated(model, run),
    }
    model.logger.close()
    model.env.close()
    return {**measured, "cpu_seconds": round(time.process_time() - started, 1)}


def build(run: PlannedRun, folder: Path, episodes: list[tuple[int, float, int]]) -> Any:
    """The model of a run, logging into ``folder`` in the run's layout; ``episodes`` fills while it trains."""
    from stable_baselines3.common.logger import configure

    folder.mkdir(parents=True, exist_ok=True)
    env = _environment(run, folder, episodes)
    settings = {**run.task.settings, **(run.fault.settings if run.fault else {})}
    arguments = json.loads(json.dumps(settings))
    if run.task.noise is not None:
        arguments["action_noise"] = _noise(run.task.noise, env)
    if run.layout in ("tensorboard", "zoo"):
        arguments["tensorboard_log"] = str(folder)
    policy = "MlpLstmPolicy" if run.task.algo == "recurrent-ppo" else "MlpPolicy"
    model = algorithm(run.task.algo)(policy, env, seed=run.seed, device="cpu", **arguments)
    if run.layout.startswith("csv"):
        model.set_logger(configure(str(folder), ["csv"]))
    _write_configuration(run, folder, settings)
    return model


def algorithm(name: str) -> Any:
    """The class of an algorithm."""
    import sb3_contrib
    import stable_baselines3

    contrib = {"trpo": "TRPO", "tqc": "TQC", "qrdqn": "QRDQN", "recurrent-ppo": "RecurrentPPO"}
    return (
        getattr(sb3_contrib, contrib[name]) if name in contrib else getattr(stable_baselines3, name.upper())
    )


def evaluate(model: Any, task: TrainingTask, seed: int) -> dict[str, Any]:
    """Return and length of deterministic episodes on a fresh environment, without monitor."""
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    env: Any = DummyVecEnv([lambda: gymnasium.make(task.env)])
    if task.normalize:
        env = VecNormalize(env, training=False, norm_reward=False)
        env.obs_rms = model.get_vec_normalize_env().obs_rms
    env.seed(10_000 + seed)
    count = int(limits()["evaluation_episodes"])
    returns, lengths = evaluate_policy(model, env, count, return_episode_rewards=True, warn=False)
    env.close()
    return {
        "mean": float(np.mean(returns)),
        "std": float(np.std(returns)),
        "length": float(np.mean(lengths)),
        "episodes": count,
    }


def _evaluated(model: Any, run: PlannedRun) -> dict[str, Any] | None:
    """The evaluation; None where the networks have become NaN and give no action."""
    try:
        return evaluate(model, run.task, run.seed)
    except ValueError as error:
        if "nan" not in str(error).lower():
            raise
        return None


def _learn(model: Any, task: TrainingTask) -> str:
    """Train with the algorithm's default log interval; the numerical error that ended it, or ""."""
    try:
        model.learn(task.steps)
    except (ValueError, FloatingPointError) as error:
        if "nan" not in str(error).lower():
            raise
        model.logger.dump(model.num_timesteps)
        return str(error).splitlines()[0][:200]
    return ""


def _environment(run: PlannedRun, folder: Path, episodes: list[tuple[int, float, int]]) -> Any:
    """The vectorised environment of a task: monitored, and normalised where the task is."""
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    clock = [0]

    def one(**kwargs: Any) -> Any:
        return TrueReturns(gymnasium.make(run.task.env, **kwargs), episodes, clock)

    monitors = str(folder) if run.layout in ("csv-monitor", "zoo") else None
    env = make_vec_env(one, n_envs=run.task.n_envs, seed=run.seed, monitor_dir=monitors)
    if not run.task.normalize:
        return env
    return VecNormalize(env, gamma=run.task.settings.get("gamma", 0.99))


def _noise(size: float, env: Any) -> Any:
    """Normal noise on every action."""
    from stable_baselines3.common.noise import NormalActionNoise

    shape = env.action_space.shape
    return NormalActionNoise(np.zeros(shape), np.full(shape, size))


def _write_configuration(run: PlannedRun, folder: Path, settings: dict[str, Any]) -> None:
    """What two of the layouts have beside the log: what was set, never what was planted in code."""
    task = run.task
    if run.layout == "csv-config":
        facts = {"algo": task.algo, "env_id": task.env, "total_timesteps": task.steps, "n_envs": task.n_envs}
        document = {
            **facts,
            "seed": run.seed,
            "normalize": task.normalize,
            "noise_std": task.noise,
            **settings,
        }
        (folder / "config.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    elif run.layout == "zoo":
        place = folder / task.env
        place.mkdir()
        noise = {} if task.noise is None else {"noise_type": "normal", "noise_std": task.noise}
        chosen = {
            "n_timesteps": task.steps,
            "n_envs": task.n_envs,
            "normalize": task.normalize,
            **noise,
            **settings,
        }
        told = {"algo": task.algo, "env": task.env, "seed": run.seed, "n_timesteps": -1, "log_interval": -1}
        # As rl-baselines3-zoo saves them: ordered dictionaries, sorted by key, with yaml's python tags.
        for name, values in (("config.yml", chosen), ("args.yml", told)):
            text = yaml.dump(OrderedDict(sorted(values.items())))
            (place / name).write_text(text, encoding="utf-8")


def _by_decile(episodes: list[tuple[int, float, int]], steps: int) -> list[list[float] | None]:
    """Mean return, mean length and number of the episodes that ended in each tenth of the steps."""
    rows: list[list[float] | None] = []
    for tenth in range(DECILES):
        low, high = steps * tenth / DECILES, steps * (tenth + 1) / DECILES
        inside = [(r, n) for at, r, n in episodes if low < at <= high]
        means = np.mean(inside, axis=0).round(4).tolist() if inside else []
        rows.append([*means, len(inside)] if inside else None)
    return rows
