"""Makes the files in ``fixtures/``: small runs written by the real libraries, zipped.

    python -m venv /tmp/trackers && . /tmp/trackers/bin/activate
    pip install wandb==0.31.0 mlflow==3.17.2 trackio==0.43.0
    python tests/readers/trackers/write_fixtures.py wandb mlflow_files mlflow_sqlite trackio

``wandb_old`` is the same with wandb 0.19.11. Every run has the numbers of :func:`rows`. The versions used are
written into ``fixtures/versions.json``. None of these libraries is needed to run the tests.
"""

from __future__ import annotations

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
NAMED = {"mlflow_files": "mlflow", "mlflow_sqlite": "mlflow", "wandb_old": "wandb"}


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


def made(name: str, make: Callable[[Path], None]) -> None:
    """Run one of the functions in a temporary folder and zip what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink())
        target = FIXTURES / f"{name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in paths:
                if "logs" not in path.parts and path.name != "requirements.txt":
                    archive.write(path, path.relative_to(folder))
    listed = FIXTURES / "versions.json"
    versions = json.loads(listed.read_text()) if listed.exists() else {}
    versions[name] = f"{NAMED.get(name, name)} {version(NAMED.get(name, name))}"
    listed.write_text(json.dumps(dict(sorted(versions.items())), indent=2) + "\n")
    print(target, target.stat().st_size, versions[name])


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for wanted in sys.argv[1:]:
        made(wanted, globals()[wanted])
