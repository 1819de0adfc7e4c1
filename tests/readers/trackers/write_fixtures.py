"""Makes the files in ``fixtures/``: small runs written by the real libraries, zipped.

    python -m venv /tmp/trackers && . /tmp/trackers/bin/activate
    pip install wandb==0.31.0 mlflow==3.17.2 trackio==0.43.0 dvclive==3.49.1 clearml==2.1.12 sacred==0.8.7 \
        "setuptools<81" lightning==2.6.6 transformers[torch]==5.24.0
    python tests/readers/trackers/write_fixtures.py wandb mlflow_files mlflow_sqlite trackio dvclive clearml \
        sacred lightning transformers

``neptune`` needs a checkout of https://github.com/neptune-ai/neptune-exporter (8d3f44a) with its ``src`` on
the ``PYTHONPATH``, and pyarrow: its own writer and schema, as an account of Neptune is needed for the rest.
``wandb_old`` is the same with wandb 0.19.11; ``wandb_defined`` has a step metric.
Every run has the numbers of :func:`rows`. The versions used are
written into ``fixtures/versions.json``. None of these libraries is needed to run the tests.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures"
CONFIG = {"learning_rate": 3e-4, "env_id": "CartPole-v1", "net": {"sizes": [64, 64]}, "algo": "ppo"}
# What a library writes about the machine, or that can be any size.
LEFT_OUT = ("requirements.txt", "LOG", "LOCK")
NAMED = {
    "mlflow_files": "mlflow",
    "mlflow_sqlite": "mlflow",
    "wandb_old": "wandb",
    "wandb_defined": "wandb",
    "neptune": "pyarrow",
    "equality": "stable-baselines3 tensorboard wandb mlflow trackio aim",
}


def rows(count: int = 12) -> Iterator[tuple[int, dict[str, float]]]:
    """Steps and metrics: a return that rises, a loss that is NaN, inf and -inf once, a sparse success."""
    odd = {3: math.nan, 4: math.inf, 5: -math.inf}
    for i in range(count):
        row = {"rollout/ep_rew_mean": 20.0 + i * 1.25, "train/loss": odd.get(i, 1.0 / (i + 1))}
        if i % 3 == 2:
            row["eval/success_rate"] = i / count
        yield (i + 1) * 100, row


def wandb(folder: Path) -> None:
    """An offline run with everything a run can hold; a longer one; one that was killed."""
    os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_MODE": "offline"}
    import wandb

    about = {
        "project": "rl",
        "group": "g",
        "job_type": "train",
        "notes": "a note",
        "tags": ["baseline", "v1"],
    }
    run = wandb.init(name="full", config=CONFIG, dir=str(folder), id="aaaaaaaa", **about)
    run.define_metric("eval/*", step_metric="global_step")
    for i, (step, row) in enumerate(rows()):
        more = {"hist": wandb.Histogram(sequence=[1, 2, 3])} if i == 2 else {}
        nested = {"nested": {"a": i, "b": {"c": i * 2}}, "flag": i % 2 == 0, "word": "hello"}
        run.log({"global_step": step, **row, **nested, **more})
    run.summary["best"] = 33.75
    run.config.update({"late": True})
    run.finish(exit_code=0)
    run = wandb.init(project="rl", name="long", dir=str(folder), id="bbbbbbbb")
    for step, row in rows(250):
        run.log({**row, **{f"train/metric_{k}": step / (k + 1) for k in range(3)}}, step=step)
    run.finish(exit_code=3)
    subprocess.run([sys.executable, "-c", _KILLED, str(folder)], check=False)


wandb_old = wandb

_KILLED = """
import os, signal, sys, time
import wandb
run = wandb.init(project="rl", name="killed", dir=sys.argv[1], id="cccccccc")
for i in range(220):
    run.log({"train/loss": i / 2, "rollout/ep_rew_mean": i / 7}, step=i)
time.sleep(8)
os.kill(os.getpid(), signal.SIGKILL)
"""


def mlflow_files(folder: Path) -> None:
    """The file store: a parent with two nested runs, one without steps, a deleted run, a failed one."""
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    _mlflow(f"file://{folder}/mlruns")


def mlflow_sqlite(folder: Path) -> None:
    """The same in ``mlflow.db``."""
    _mlflow(f"sqlite:///{folder}/mlflow.db")


def _mlflow(uri: str) -> None:
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("rl exp")
    with mlflow.start_run(run_name="parent", description="a sweep"):
        mlflow.log_param("sweep", "lr")
        with mlflow.start_run(run_name="child", nested=True, tags={"team": "rl"}):
            mlflow.log_params(
                {"net": [64, 64], "nothing": None, **{k: CONFIG[k] for k in ("env_id", "algo")}}
            )
            mlflow.log_param("learning_rate", CONFIG["learning_rate"])
            for step, row in rows():
                mlflow.log_metrics(row, step=step)
            mlflow.log_metric("train/loss", 5.0, step=100)
            mlflow.log_metric("train/loss", 6.0, step=100)
        with mlflow.start_run(run_name="no step", nested=True):
            for _, row in rows():
                mlflow.log_metric("loss", row["train/loss"])
    with mlflow.start_run(run_name="deleted") as run:
        mlflow.log_metric("loss", 1.0, step=1)
    mlflow.delete_run(run.info.run_id)
    with mlflow.start_run(run_name="failed"):
        for step, row in rows(4):
            mlflow.log_metrics(row, step=step)
        mlflow.end_run("FAILED")


def trackio(folder: Path) -> None:
    """A project with two runs: with the steps of the training, and with those that trackio counts itself."""
    os.environ |= {"TRACKIO_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    import trackio

    for name in ("first", "second"):
        trackio.init(project="rl proj", name=name, config=CONFIG, auto_log_cpu=False)
        for i, (step, row) in enumerate(rows()):
            nested = {"nested": {"a": i}, "word": "x"}
            trackio.log({**row, **nested}, **({"step": step} if name == "first" else {}))
        trackio.finish()


def dvclive(folder: Path) -> None:
    """A run with the steps that DVCLive counts, one metric with times."""
    os.environ["DVC_NO_ANALYTICS"] = "1"
    from dvclive import Live

    with Live(str(folder / "dvclive"), save_dvc_exp=False, dvcyaml=None) as live:
        live.log_params(CONFIG)
        for _, row in rows():
            for key, value in row.items():
                live.log_metric(key, value, timestamp=key.startswith("rollout"))
            live.next_step()


def clearml(folder: Path) -> None:
    """An offline session, as its folder and as the zip that ClearML makes of it."""
    os.environ["CLEARML_CACHE_DIR"] = str(folder)
    from clearml import Task

    Task.set_offline(True)
    quiet = {"auto_connect_frameworks": False, "auto_resource_monitoring": False}
    task = Task.init(project_name="rl", task_name="ppo", auto_connect_arg_parser=False, **quiet)
    task.connect(dict(CONFIG))
    for step, row in rows():
        for key, value in row.items():
            task.get_logger().report_scalar(*key.split("/"), value, step)
    task.get_logger().report_single_value("final", 33.75)
    task.close()


def sacred(folder: Path) -> None:
    """A run of the file storage observer, and one that failed."""
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    for fails in (False, True):
        experiment = Experiment("rl_sacred", save_git_info=False)
        experiment.observers.append(FileStorageObserver(str(folder)))
        experiment.add_config(CONFIG)

        @experiment.main
        def main(_run: object, fails: bool = fails) -> float:
            for step, row in rows():
                for key, value in row.items():
                    _run.log_scalar(key, value, step)  # type: ignore[attr-defined]
            if fails:
                raise RuntimeError("as planned")
            return 33.75

        with contextlib.suppress(RuntimeError):
            experiment.run()


def lightning(folder: Path) -> None:
    """What Lightning's CSVLogger writes: training and validation in rows of their own."""
    from lightning.pytorch.loggers import CSVLogger

    logger = CSVLogger(str(folder), name="lightning_logs")
    logger.log_hyperparams(CONFIG)
    for step, row in rows():
        success = row.pop("eval/success_rate", None)
        logger.log_metrics(row, step=step)
        if success is not None:
            logger.log_metrics({"eval/success_rate": success}, step=step)
    logger.finalize("success")


def wandb_defined(folder: Path) -> None:
    """A run whose metrics are defined over a column of its own name (``define_metric``)."""
    os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_MODE": "offline"}
    import wandb

    run = wandb.init(project="rl", name="defined", dir=str(folder), config={"algo": "ppo"})
    run.define_metric("interactions_done")
    run.define_metric("train/*", step_metric="interactions_done")
    for row in range(40):
        values = {"episode_reward": 20.0 + row * 4 + row % 3, "policy_loss": 0.01 * (-1) ** row}
        run.log(
            {"interactions_done": 2048 * (row + 1)} | {f"train/{key}": one for key, one in values.items()}
        )
    run.finish()
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".wandb":
            path.unlink()


def transformers(folder: Path) -> None:
    """A training of Hugging Face's Trainer that was stopped and resumed, with a loss that is NaN at times."""
    import torch
    from transformers import Trainer, TrainingArguments

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)
            self.calls = 0

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            self.calls += 1
            out = self.layer(x)
            return {"loss": (out**2).mean() * (math.nan if self.calls == 5 else 1.0), "logits": out}

    data = [{"x": torch.ones(1) * i} for i in range(32)]
    common = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 4,
        "logging_steps": 1,
        "report_to": "none",
    }
    saving = {"save_steps": 6, "logging_nan_inf_filter": False, "use_cpu": True, "disable_tqdm": True}
    for steps, resume in ((12, None), (18, True)):
        args = TrainingArguments(max_steps=steps, learning_rate=1e-4, **common, **saving)
        trainer = Trainer(Net(), args, train_dataset=data)
        trainer.train(resume_from_checkpoint=resume)
    trainer.save_state()
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "trainer_state.json":
            path.unlink()


def neptune(folder: Path) -> None:
    """A run in two parts and another one, through the exporter's own writer."""
    from datetime import UTC, datetime
    from decimal import Decimal

    import pyarrow as pa
    from neptune_exporter.model import SCHEMA
    from neptune_exporter.storage.parquet_writer import ParquetWriter

    kinds = {str: "string", float: "float", int: "int", bool: "bool"}

    def batch(run_id: str, values: list[dict[str, object]]) -> pa.RecordBatch:
        blank = dict.fromkeys(SCHEMA.names)
        full = [{**blank, "project_id": "me/rl", "run_id": run_id, **value} for value in values]
        return pa.RecordBatch.from_pylist(full, schema=SCHEMA)

    def parameter(path: str, value: object) -> dict[str, object]:
        kind = kinds[type(value)]
        return {"attribute_path": path, "attribute_type": kind, f"{kind}_value": value}

    # One byte a part: every batch begins a new file.
    writer = ParquetWriter(folder / "data", target_part_size_bytes=1)
    flat = {"learning_rate": 3e-4, "env_id": "CartPole-v1", "net/width": 64}
    for run_id in ("RL-1", "RL-2"):
        about = [
            parameter("sys/name", f"run {run_id}"),
            *(parameter(f"parameters/{k}", v) for k, v in flat.items()),
        ]
        series = [
            {"attribute_path": key, "attribute_type": "float_series", "float_value": value}
            | {"step": Decimal(step), "timestamp": datetime.fromtimestamp(1.7e9 + step, UTC)}
            for step, row in rows()
            for key, value in {**row, "monitoring/cpu": 0.5}.items()
        ]
        with writer.run_writer("me/rl", run_id) as run:
            run.save(batch(run_id, about))
            run.save(batch(run_id, series[:20]))
            run.save(batch(run_id, series[20:]))


def made(name: str, make: Callable[[Path], None]) -> None:
    """Run one of the functions in a temporary folder and zip what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink())
        target = FIXTURES / f"{name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in paths:
                if path.parent.name != "logs" and path.name not in LEFT_OUT:
                    archive.write(path, path.relative_to(folder))
    listed = FIXTURES / "versions.json"
    versions = json.loads(listed.read_text()) if listed.exists() else {}
    packages = NAMED.get(name, name).split()
    versions[name] = ", ".join(f"{package} {version(package)}" for package in packages)
    listed.write_text(json.dumps(dict(sorted(versions.items())), indent=2) + "\n")
    print(target, target.stat().st_size, versions[name])


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for wanted in sys.argv[1:]:
        made(wanted, globals()[wanted])
