"""Modules that wait are read when something in them is asked for, and are then as usual."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rldoctor.later_imports import WAITING


def printed(code: str) -> str:
    """What a Python of its own prints in which the modules wait."""
    program = f"import sys\nfrom rldoctor.later_imports import let_them_wait\nlet_them_wait()\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


UNREAD = "print(*sorted(n for n, m in sys.modules.items() if type(m).__name__ == 'UnreadModule'))"


def test_a_start_reads_none_of_numpys() -> None:
    waiting = printed(f"import numpy as np\nprint(np.linalg.det(np.eye(3)))\n{UNREAD}").splitlines()
    assert waiting[0] == "1.0"
    assert {one for one in WAITING if one.startswith("numpy.")} <= set(waiting[1].split())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import numpy, numpy.typing\nprint(numpy.typing.NDArray[numpy.float64])", "numpy.ndarray"),
        ("import pickle\nprint(pickle.loads(pickle.dumps((1, 'a'))))", "(1, 'a')"),
        ("from tokenize import *\nprint(ENCODING)", "6"),
        ("import subprocess\nprint(subprocess.run([sys.executable, '-c', '']).returncode)", "0"),
        ("import ipaddress as a\nprint(type(a).__name__, a.ip_address('::1'))", "UnreadModule ::1"),
        ("import tokenize\nprint(tokenize.tok_name[1], type(tokenize).__name__)", "NAME module"),
    ],
)
def test_what_is_asked_for_is_there(code: str, text: str) -> None:
    assert text in printed(code)


def test_threads_that_ask_at_once_all_get_it() -> None:
    code = (
        "import threading, pickle\nfound = []\n"
        "asked = [threading.Thread(target=lambda: found.append(pickle.dumps(1))) for _ in range(8)]\n"
        "[one.start() for one in asked]\n[one.join() for one in asked]\nprint(len(found))"
    )
    assert printed(code) == "8\n"


# What only a run with a finding, another command, more than one run, or an edited rule needs.
NOT_NEEDED = (
    *("engine.findings", "engine.prescribing", "engine.ranking", "engine.deciding", "engine.wording"),
    *("report.terminal_root", "report.terminal_detail", "report.terminal_summary", "report.derived"),
    *("gate.baseline", "gate.identity", "readers.twins", "readers.tensorboard.side_runs"),
    *("readers.run_folders", "readers.zoo_folder", "rulebook.loader", "rulebook.records", "comparison"),
)


def test_a_healthy_run_is_told_without_what_it_does_not_need() -> None:
    run = Path(__file__).parents[1] / "reference_runs" / "healthy" / "ppo-Pendulum-v1-0"
    code = f"from rldoctor.cli import run\nsys.argv = ['rldoctor', 'analyze', {str(run)!r}]\nrun()\n"
    # Once for the compiled rules, which a clone makes where they are missing.
    printed(code)
    *report, names = printed(code + "print(*sorted(sys.modules))").splitlines()
    assert "HEALTHY" in "".join(report)
    others = ("pandas", "plotly", "rich", "scipy", "torch", "yaml", "hashlib")
    needless = {*(f"rldoctor.{one}" for one in NOT_NEEDED), *others}
    assert sorted(needless & set(names.split())) == []
