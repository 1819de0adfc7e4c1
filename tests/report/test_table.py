"""The Parquet table, read back by pandas."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest

from rldoctor.cli import run
from rldoctor.report.table_rows import COLUMNS

RUNS = Path(__file__).parents[2] / "reference_runs"


def test_without_pyarrow_or_a_file_it_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(tmp_path), "-f", "parquet"]) == 2
    assert "name a file: -o runs.parquet" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert run(["analyze", str(tmp_path), "-o", str(tmp_path / "runs.parquet")]) == 2
    assert "pip install 'rl-training-doctor[table]'" in capsys.readouterr().err


def test_a_row_for_each_run_each_finding_and_each_failure(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    root, out, plain = tmp_path / "runs", tmp_path / "out" / "runs.parquet", tmp_path / "runs.json"
    for name in ("ppo-Pendulum-v1-0", "ppo-Pendulum-v1-1"):
        shutil.copytree(RUNS / "healthy" / name, root / name)
    sick = sorted((RUNS / "faulty" / "alpha-fixed-high").iterdir())[0]
    shutil.copytree(sick, root / "sick")
    (root / "broken").mkdir()
    (root / "broken" / "events.out.tfevents.1.x").write_bytes(b"no event")
    wanted = ["-f", "parquet", "-o", str(out), "-f", "json", "-o", str(plain), "--fail-on", "never"]
    assert run(["analyze", str(root), *wanted]) == 0
    table, document = pd.read_parquet(out), json.loads(plain.read_text())
    assert list(table) == list(COLUMNS)
    runs = table[table["row"] == "run"]
    assert runs["id"].tolist() == [one["id"] for one in document["runs"]]
    assert runs["verdict"].tolist() == [one["verdict"] for one in document["runs"]]
    # Two seeds of one setting, and another setting.
    assert runs["group"].nunique() == 2
    assert json.loads(runs["settings"].iloc[0])["learning_rate"] == pytest.approx(0.001)
    findings = table[(table["row"] == "finding") & table["root"].fillna(False).astype(bool)]
    roots = [(one["id"], root["code"]) for one in document["runs"] for root in one["roots"]]
    assert list(zip(findings["id"], findings["code"], strict=True)) == roots
    assert roots
    failures = table[table["row"] == "failure"]
    assert len(failures) == 1
    assert "broken" in failures["message"].iloc[0]


def test_the_sweep_of_the_documentation_counts_groups_and_not_seeds(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    root, out = tmp_path / "runs", tmp_path / "runs.parquet"
    for kind, names in {
        "healthy": ("ppo-Pendulum-v1-0", "ppo-Pendulum-v1-1"),
        "faulty/lr-zero": ("ppo-Pendulum-v1-0", "ppo-Pendulum-v1-1", "ppo-Hopper-v5-0"),
    }.items():
        for name in names:
            shutil.copytree(RUNS / kind / name, root / f"{kind.replace('/', '-')}-{name}")
    assert run(["analyze", str(root), "-o", str(out), "--fail-on", "never"]) == 0
    example = runpy.run_path(str(RUNS.parent / "docs" / "examples" / "sweep.py"))
    made = example["counts"](pd.read_parquet(out), "learning_rate")
    told = made[made["code"] == "CFG-06"].set_index("learning_rate")
    # Three sick runs are two groups; two healthy seeds are one.
    assert told.loc[1e-7, ["groups with it", "of"]].tolist() == [2, 2]
    assert told.loc[1e-3, ["groups with it", "of"]].tolist() == [0, 1]
    # Wilson's interval of 2 of 2.
    assert told.loc[1e-7, ["low", "high"]].tolist() == [0.34, 1.0]
