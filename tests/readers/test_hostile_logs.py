"""A hostile file costs at most 2 s and 300 MB, and never the runs beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from every import every
from hostile_logs import ALONE, BESIDE, good_run


def slowness() -> float:
    """How much slower this machine decodes JSON than the one that the limit of 2 s was set on."""
    start = time.process_time()
    for _ in range(200_000):
        json.loads("{}")
    return max(1.0, (time.process_time() - start) / 0.12)


SECONDS, MEGABYTES = 2.0 * slowness(), 300
# In a process of its own, which a hostile file could take with it, and which measures itself.
READ = """
import json, sys, time
import rldoctor
rldoctor.load(sys.argv[1] + "/good0")
began = time.process_time()
found = rldoctor.load(sys.argv[1])
spent = time.process_time() - began
# Not of getrusage, which also counts the process that this one was forked from.
with open("/proc/self/status") as status:
    megabytes = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({
    "ids": sorted(one.id for one in found),
    "lost": [note.text for one in found for note in one.notes if note.lost],
    "failures": list(found.failures),
    "seconds": spent,
    "megabytes": megabytes,
}))
"""


def loaded(directory: Path) -> dict[str, Any]:
    """What came of loading a directory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is measured with /proc")
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ, str(directory)],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail("still reading after 90 s")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def tree(tmp_path: Path) -> Path:
    """Two good runs and a folder for a bad one."""
    for name in ("good0", "good1"):
        good_run(tmp_path / name)
    (tmp_path / "bad").mkdir()
    return tmp_path


def cheap(found: dict[str, Any]) -> bool:
    return found["seconds"] <= SECONDS and found["megabytes"] <= MEGABYTES


@every("name", BESIDE)
def test_a_run_with_a_hostile_file_is_read_like_the_others(name: str, tmp_path: Path) -> None:
    BESIDE[name](tree(tmp_path) / "bad")
    found = loaded(tmp_path)
    assert found["ids"] == ["bad", "good0", "good1"]
    assert cheap(found), found


@every("name", ALONE)
def test_a_hostile_log_costs_only_itself_and_is_said(name: str, tmp_path: Path) -> None:
    ALONE[name](tree(tmp_path) / "bad")
    found = loaded(tmp_path)
    assert {"good0", "good1"} <= set(found["ids"])
    assert cheap(found), found
    if not any(one.partition("/")[0] == "bad" for one in found["ids"]) and name not in NO_LOGS:
        assert any("bad" in text for text in [*found["failures"], *found["lost"]]), found


# Nothing in them is printed as a training prints it: they are no logs.
NO_LOGS = ("text of bars", "text of lines", "text of one line")


def without_rights(code: str, *arguments: str) -> str:
    """The output of a process that may not read what its owner forbids, also where the tests run as root."""
    command = [sys.executable, "-c", code, *arguments]
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    try:
        done = subprocess.run([*drop, *command], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("setpriv is not installed")
    if done.returncode:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_may_not_be_read_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    root = tree(tmp_path)
    for folder in ("params", "checkpoint-1"):
        (root / "bad" / folder).mkdir()
    good_run(root / "bad")
    good_run(root / "closed")
    good_run(root / "shut")
    (root / "bad/params/config.yaml").write_text("gamma: 0.9")
    closed = [root / "bad/params", root / "bad/checkpoint-1", root / "closed/progress.csv", root / "shut"]
    for path in closed:
        path.chmod(0)
    found = json.loads(without_rights(READ, str(root)))
    for path in closed:
        path.chmod(0o700)
    if len(found["ids"]) == 5:
        pytest.skip("everything may be read here")
    assert found["ids"] == ["bad", "good0", "good1"]
    said = "\n".join([*found["failures"], *found["lost"]])
    for name in ("closed/progress.csv", "shut", "params/"):
        assert any(name in line and "Permission denied" in line for line in said.splitlines()), said


def test_the_limits_are_those_of_the_process(tmp_path: Path) -> None:
    """The measure itself: a process that does nothing is far below what is allowed."""
    found = loaded(tree(tmp_path))
    assert found["seconds"] < SECONDS / 4
    assert found["megabytes"] < MEGABYTES / 2
