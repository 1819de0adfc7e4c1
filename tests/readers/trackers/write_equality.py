"""Makes ``fixtures/equality.zip``: one PPO training of Stable-Baselines3, logged at once in nine ways.

    pip install stable-baselines3==2.9.2 torch==2.13.0 wandb==0.31.0 mlflow==3.17.2 trackio==0.43.0 aim
    python tests/readers/trackers/write_equality.py

From the middle on the learning rate is far too high, so that there is something to find, and since when.
Every way has the folder of its name; the configuration lies beside the logs that have no place for it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ |= {
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "HF_HUB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
}
CONFIG = {
    "algo": "ppo",
    "env_id": "CartPole-v1",
    "n_steps": 256,
    "batch_size": 64,
    "n_epochs": 10,
    "n_envs": 1,
    "gamma": 0.99,
    "seed": 1,
    "total_timesteps": 256 * 60,
}


def rate(left: float) -> float:
    """The learning rate by the share of the training that is left."""
    return 3e-4 if left > 0.5 else 0.1


def train(folder: Path) -> None:
    """Train, with a writer for each way."""
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    import aim
    import mlflow
    import trackio
    import wandb
    from stable_baselines3 import PPO
    from stable_baselines3.common.logger import (
        CSVOutputFormat,
        HumanOutputFormat,
        JSONOutputFormat,
        KVWriter,
        Logger,
        TensorBoardOutputFormat,
    )

    class Tracker(KVWriter):  # type: ignore[misc]
        """Passes every number of a dump to a tracker."""

        def __init__(self, log: Any) -> None:
            self._log = log

        def write(self, values: dict[str, Any], excluded: Mapping[str, Any], step: int = 0) -> None:
            self._log({key: float(value) for key, value in values.items()}, step)

        def close(self) -> None:
            pass

    for name in ("tensorboard", "csv", "json", "console"):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(CONFIG, indent=1))
    run = wandb.init(project="rl", name="ppo", config=CONFIG, mode="offline", dir=str(folder), id="eeeeeeee")
    mlflow.set_tracking_uri(f"file://{folder}/mlruns")
    files = mlflow.start_run(run_name="ppo")
    mlflow.log_params(CONFIG)
    store = mlflow.tracking.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    row = store.create_run("0", run_name="ppo")
    for key, value in CONFIG.items():
        store.log_param(row.info.run_id, key, value)
    trackio.init(project="rl", name="ppo", config=CONFIG, auto_log_cpu=False)
    (folder / "aim").mkdir()
    aim_run = aim.Run(repo=str(folder / "aim"), system_tracking_interval=None, capture_terminal_logs=False)
    for key, value in CONFIG.items():
        aim_run[key] = value
    writers = [
        TensorBoardOutputFormat(str(folder / "tensorboard")),
        CSVOutputFormat(str(folder / "csv/progress.csv")),
        JSONOutputFormat(str(folder / "json/progress.json")),
        HumanOutputFormat(str(folder / "console/out.log")),
        Tracker(lambda values, step: run.log(values, step=step)),
        Tracker(lambda values, step: mlflow.log_metrics(values, step=step, run_id=files.info.run_id)),
        Tracker(lambda values, step: log_store(store, row.info.run_id, values, step)),
        Tracker(lambda values, step: trackio.log(values, step=step)),
        Tracker(lambda values, step: [aim_run.track(v, name=k, step=step) for k, v in values.items()]),
    ]
    hyper = {key: CONFIG[key] for key in ("n_steps", "batch_size", "n_epochs", "gamma", "seed")}
    model = PPO("MlpPolicy", CONFIG["env_id"], rate, device="cpu", **hyper)
    model.set_logger(Logger(None, writers))
    model.learn(CONFIG["total_timesteps"], log_interval=1)
    model.logger.close()
    run.finish()
    mlflow.end_run()
    store.set_terminated(row.info.run_id)
    trackio.finish()
    aim_run.close()


def log_store(store: Any, run_id: str, values: Mapping[str, float], step: int) -> None:
    """One dump into MLflow's database."""
    import time

    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    store.log_batch(run_id, [Metric(key, value, now, step) for key, value in values.items()])


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from write_fixtures import made

    made("equality", train)
    # Some of these libraries leave threads behind that wait for ever.
    os._exit(0)
