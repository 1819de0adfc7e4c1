"""Work over processes, of which one is killed and one hangs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rldoctor.many.processes import Lost, Processes

Say = Callable[[str], None]


class Squares:
    """The square of each number; odd things happen at some of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, task: str, skip: frozenset[str], say: Say) -> bytes:
        kind, _, number = task.partition(" ")
        for run in ("first", "second"):
            if run in skip:
                continue
            say(run)
            if run == "second":
                self.misbehave(kind)
        return str(int(number) ** 2).encode()

    def misbehave(self, kind: str) -> None:
        if kind == "dies-once" and not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "hangs":
            time.sleep(600)
        if kind == "wrong":
            raise ValueError("no such option")


def worked(
    folder: Path, tasks: list[str], *, limit: float = 0.0
) -> dict[int, tuple[bytes | Lost, tuple[str, ...]]]:
    found = Processes(Squares(folder), tasks, 2, limit).results(range(len(tasks)))
    return {one.number: (one.result, one.skipped) for one in found}


def test_every_task_is_done_once(tmp_path: Path) -> None:
    found = worked(tmp_path, [f"plain {number}" for number in range(30)])
    assert found == {number: (str(number**2).encode(), ()) for number in range(30)}


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    found = worked(tmp_path, ["plain 1", "dies-once 2", "plain 3", "plain 4"])
    assert (tmp_path / "died").exists()
    assert found == {0: (b"1", ()), 1: (b"4", ()), 2: (b"9", ()), 3: (b"16", ())}


def test_a_run_at_which_processes_die_is_left_out_and_told(tmp_path: Path) -> None:
    found = worked(tmp_path, ["dies 1", *(f"plain {number}" for number in range(2, 6))])
    result, skipped = found.pop(0)
    assert result == b"1"
    assert skipped == ("second: not judged: its process died (killed by SIGKILL)",)
    assert [found[number][0] for number in sorted(found)] == [b"4", b"9", b"16", b"25"]


def test_a_run_that_hangs_is_left_out_and_told(tmp_path: Path) -> None:
    started = time.monotonic()
    found = worked(tmp_path, ["plain 1", "hangs 2", "plain 3"], limit=2.0)
    assert found[1] == (b"4", ("second: not judged: stopped after 2 s (--timeout-per-run)",))
    assert (found[0][0], found[2][0]) == (b"1", b"9")
    assert time.monotonic() - started < 60


def test_what_is_wrong_with_the_options_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such option"):
        worked(tmp_path, ["plain 1", "wrong 2", "plain 3"])
