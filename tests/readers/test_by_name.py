"""Readers that are imported only in a directory with a file of theirs, and what tables are not asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from every import every

from rldoctor.readers.by_name import ByName
from rldoctor.readers.registry import TRACKERS, load_readers
from rldoctor.readers.sources import claims


def test_a_name_that_fits_is_asked_and_no_other(tmp_path: Path) -> None:
    reader = ByName("none", "rldoctor.nowhere:Reader", names=("task.json",), ends=(".db", ".wandb"))
    assert reader.claims(tmp_path, ["a.csv", "db", "task.jsonl"]) == []
    asked = []
    for name in ("task.json", "x.db", "run-1.wandb"):
        try:
            reader.claims(tmp_path, ["a.csv", name])
        except ModuleNotFoundError:
            asked.append(name)
    assert asked == ["task.json", "x.db", "run-1.wandb"]


@every("reader", TRACKERS, ids=lambda reader: reader.name)
def test_what_is_declared_is_what_the_reader_says(reader: ByName, tmp_path: Path) -> None:
    made = reader._reader()
    assert (made.name, getattr(made, "repository", False)) == (reader.name, reader.repository)
    for name in (*reader.names, *(f"x{end}" for end in reader.ends)):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    assert reader.claims(tmp_path, sorted(path.name for path in tmp_path.iterdir())) in ([], ["x.wandb"])


def test_a_tree_without_trackers_imports_none_of_their_readers(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"run{i}").mkdir()
        (tmp_path / f"run{i}" / "progress.csv").write_text("step,reward\n1,2\n2,3\n")
    code = (
        "import json, sys\n"
        "from rldoctor.readers.discover import find_runs\n"
        f"assert len(find_runs({str(tmp_path)!r})) == 3\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('rldoctor.readers.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "rldoctor.readers.tabular" in loaded
    assert not loaded & {reader.target.partition(":")[0] for reader in TRACKERS}


def test_tables_are_not_offered_what_another_reader_takes(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text("{}")
    (tmp_path / "metrics.jsonl").write_text("[]\n")
    (tmp_path / "train.csv").write_text("step,reward\n1,2\n")
    readers, _ = load_readers()
    taken = claims(readers, tmp_path, sorted(path.name for path in tmp_path.iterdir()))
    assert taken == {"clearml": ["metrics.jsonl", "task.json"], "table": ["train.csv"]}
