"""The scripts that make the reference runs of other libraries, and their labels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rldoctor.api import load
from rldoctor.yamlio import load_yaml

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "reference_runs" / "scripts"


def script(name, *options, check=True):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py"), *map(str, options)],
        check=check,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


def test_a_script_trains_and_its_run_is_labelled_and_understood(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("mujoco")
    made, store = tmp_path / "made", tmp_path / "store"
    options = ("--env", "Pendulum-v1", "--seed", 3, "--steps", 900, "--fault", "target-entropy-high")
    script("cleanrl_sac", *options, "--out", made)
    facts = json.loads((made / "made.json").read_text())
    assert facts["command"].split()[1:] == [
        "reference_runs/scripts/cleanrl_sac.py",
        *map(str, options),
        "--out",
        "DIR",
    ]
    for _ in range(2):
        script("label", made, "--into", store)
    folder = store / "faulty" / "target-entropy-high" / "cleanrl-sac-Pendulum-v1-3"
    run = load_yaml(folder / "run.yaml")
    assert (run["steps"], run["split"], run["expected"]["roots"]) == (900, "hold", ["ENT-07"])
    assert set(run["observed"]) >= {"charts/episodic_return", "losses/alpha", "losses/qf_loss"}
    (read,) = load(folder).runs
    assert (read.framework, read.algorithm, read.env) == ("cleanrl", "sac", "Pendulum-v1")
    assert read.config.number("learning_rate") == 1e-3
    again = script("cleanrl_sac", *options, "--out", made, check=False)
    assert again.returncode == 2
    assert "already holds a run" in again.stderr
