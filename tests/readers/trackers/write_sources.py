"""Makes ``fixtures/sources.zip``: logs of libraries that write JSON lines or event files, by their own code.

    pip install tinker-cookbook==0.6.1 torch && python tests/readers/trackers/write_sources.py tinker
    pip install elements==3.22.4 && python tests/readers/trackers/write_sources.py dreamerv3
    pip install brax==0.14.2 "jax[cpu]" && python tests/readers/trackers/write_sources.py brax
    pip install omegaconf tensorboard torch && pip install --no-deps rlinf==0.3.0 && \
        python tests/readers/trackers/write_sources.py rlinf

Each in an environment of its own: their requirements do not go together. ``brax`` trains; the others need a
service, a GPU or days for that, so what their logger and their statistics are given is made up here.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

FIXTURES = Path(__file__).parent / "fixtures"
ROWS = 30
PACKAGES = {"tinker": "tinker-cookbook", "dreamerv3": "elements", "brax": "brax", "rlinf": "rlinf"}


def tinker(folder: Path) -> None:
    """The loop of ``rl/train.py`` without its service: its statistics of made-up answers, its logger."""
    import torch
    from tinker import ModelInput, TensorData
    from tinker_cookbook.completers import TokensWithLogprobs
    from tinker_cookbook.rl.metric_util import compute_trajectory_metrics
    from tinker_cookbook.rl.metrics import compute_kl_sample_train
    from tinker_cookbook.rl.types import Trajectory, TrajectoryGroup, Transition
    from tinker_cookbook.utils import ml_log

    random = np.random.default_rng(0)
    config = {
        "learning_rate": 4e-5,
        "group_size": 4,
        "max_tokens": 64,
        "lora_rank": 32,
        "kl_penalty_coef": 0.0,
    }
    log = ml_log.setup_logging(str(folder), config=config, do_configure_logging_module=False)
    prompt = ModelInput.from_ints([1, 2, 3])

    def answer(right: bool) -> Trajectory:
        length = int(random.integers(10, 60))
        tokens = TokensWithLogprobs(list(range(length)), (-random.random(length)).tolist())
        metrics = {"correct": float(right), "format": 1.0}
        return Trajectory([Transition(prompt, tokens, float(right), True, metrics)], prompt)

    def group(share: float) -> TrajectoryGroup:
        answers = [answer(bool(random.random() < share)) for _ in range(4)]
        return TrajectoryGroup(answers, [0.0] * 4, [{} for _ in answers])

    for step in range(ROWS):
        groups = [group(0.2 + 0.6 * step / ROWS) for _ in range(8)]
        sampled = -torch.rand(64)
        inputs = {"logprobs": TensorData.from_torch(sampled), "mask": TensorData.from_torch(torch.ones(64))}
        data: Any = SimpleNamespace(loss_fn_inputs=inputs)
        row = {"progress/batch": step, "optim/lr": 4e-5, "progress/done_frac": (step + 1) / ROWS}
        row |= compute_trajectory_metrics(groups, [["toy"]] * 8)
        row |= compute_kl_sample_train([data], [sampled + 0.01 * torch.randn(64)])
        log.log_metrics(row, step=step)
    log.close()


def dreamerv3(folder: Path) -> None:
    """DreamerV3's logger; the names are those that its ``train.py`` and ``agent.py`` hand to it."""
    import elements

    random = np.random.default_rng(0)
    step = elements.Counter()
    outputs = [
        elements.logger.JSONLOutput(folder, "metrics.jsonl", parallel=False),
        elements.logger.JSONLOutput(folder, "scores.jsonl", "episode/score", parallel=False),
    ]
    log = elements.Logger(step, outputs, multiplier=4)
    config = elements.Config(
        {"task": "atari_pong", "seed": 0, "run": {"steps": 1e6, "envs": 1}, "batch_size": 16}
    )
    config.save(folder / "config.yaml")
    losses = ("policy", "value", "dyn", "rep", "rew", "con")
    for row in range(ROWS):
        step.increment(1000)
        log.add({"score": np.float32(row - 20), "length": np.int32(800 + row)}, prefix="episode")
        log.add({"log/achievement": np.float32(row / ROWS)}, prefix="epstats")
        train = {f"loss/{name}": np.float32(random.random()) for name in losses}
        train |= {"opt/grad_norm": random.random(), "opt/updates": 32 * row, "ent/action": 1.7 - row / ROWS}
        log.add({**train, "adv": random.normal(), "video": np.zeros((2, 8, 8, 3), np.uint8)}, prefix="train")
        log.add({"fps/policy": 100.0, "fps/train": 3200.0})
        log.write()
    log.close()


def brax(folder: Path) -> None:
    """A short training of ``brax.training.agents.ppo``; what ``progress_fn`` is given, as JSON lines."""
    from brax import envs
    from brax.training.agents.ppo import train as ppo

    settings = {
        "num_timesteps": 120_000, "num_envs": 64, "unroll_length": 10, "batch_size": 32, "num_minibatches": 4,
        "num_updates_per_batch": 4, "discounting": 0.97, "entropy_cost": 1e-2, "seed": 0,
        "episode_length": 100,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps({"algo": "ppo", "env_name": "fast", **settings}))
    with (folder / "metrics.jsonl").open("w") as file:

        def progress(steps: int, metrics: dict[str, Any]) -> None:
            row = {"num_steps": int(steps)} | {name: float(value) for name, value in metrics.items()}
            file.write(json.dumps(row) + "\n")

        environment = envs.get_environment("fast")
        more = {
            "num_evals": 12,
            "num_eval_envs": 16,
            "log_training_metrics": True,
            "training_metrics_steps": 5000,
        }
        ppo.train(environment, progress_fn=progress, learning_rate=3e-4, **settings, **more)


def rlinf(folder: Path) -> None:
    """RLinf's logger and its statistics of trajectories, with its event files."""
    import torch
    from omegaconf import OmegaConf
    from rlinf.utils.metric_logger import MetricLogger
    from rlinf.utils.metric_utils import compute_evaluate_metrics

    random = np.random.default_rng(0)
    settings = {
        "runner": {"logger": {"log_path": str(folder), "logger_backends": ["tensorboard"]}},
        "algorithm": {"gamma": 0.99, "gae_lambda": 0.95, "update_epoch": 4, "clip_ratio_high": 0.2},
        "actor": {"optim": {"lr": 1e-5}},
    }
    log = MetricLogger(OmegaConf.create(settings))
    for step in range(ROWS):
        won = torch.from_numpy(random.random(16) < step / ROWS)
        found = {"success_once": won, "return": won.float() * 5, "episode_len": torch.full((16,), 80.0)}
        log.log({f"env/{name}": value for name, value in compute_evaluate_metrics([found]).items()}, step)
        actor = {
            "approx_kl": 0.01,
            "clip_fraction": 0.1,
            "policy_loss": random.normal(),
            "grad_norm": 0.5,
            "lr": 1e-5,
        }
        log.log({f"train/actor/{name}": value for name, value in actor.items()}, step)
        log.log({"train/critic/value_loss": random.random(), "train/critic/explained_variance": 0.5}, step)
    log.finish()


KINDS: dict[str, Callable[[Path], None]] = {
    "tinker": tinker, "dreamerv3": dreamerv3, "brax": brax, "rlinf": rlinf
}  # fmt: skip


def main(kind: str) -> None:
    """Write one kind into the archive beside the others."""
    path = FIXTURES / "sources.zip"
    kept: dict[str, bytes] = {}
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            kept = {
                name: archive.read(name) for name in archive.namelist() if not name.startswith(f"{kind}/")
            }
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder, kind)
        own.mkdir()
        KINDS[kind](own)
        files = (
            one
            for one in sorted(own.rglob("*"))
            if one.is_file() and one.suffix in (".jsonl", ".json", ".yaml", "")
        )
        kept |= {str(one.relative_to(folder)): one.read_bytes() for one in files}
        kept |= {str(one.relative_to(folder)): one.read_bytes() for one in own.rglob("events.*")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(kept.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    listed = FIXTURES / "versions.json"
    versions = json.loads(listed.read_text()) | {kind: f"{PACKAGES[kind]} {version(PACKAGES[kind])}"}
    listed.write_text(json.dumps(dict(sorted(versions.items())), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
