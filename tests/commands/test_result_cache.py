"""``analyze --cache``: what has not changed is not judged again, and whatever changed is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rldoctor.cli import run
from rldoctor.commands.judging_part import JudgePart
from rldoctor.readers.run_folders import RunFolders

RUNS = Path(__file__).parents[2] / "reference_runs" / "healthy"
NAMES = ("ppo-Pendulum-v1-0", "a2c-CartPole-v1-0")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "runs"
    for name in NAMES:
        shutil.copytree(RUNS / name, root / name)
    monkeypatch.setenv("RLDOCTOR_CACHE_DIR", str(tmp_path / "cache"))
    return root


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that are judged, in order."""
    judge, seen = JudgePart.__call__, list[str]()

    def watched(self: JudgePart, part: RunFolders, skip: frozenset[str], say: Callable[[str], None]) -> bytes:
        seen.append(Path(part.shown).name)
        return judge(self, part, skip, say)

    monkeypatch.setattr(JudgePart, "__call__", watched)
    return seen


def analyzed(tree: Path, *options: str) -> str:
    out = tree.parent / "out.json"
    command = ["analyze", str(tree), "--cache", "--jobs", "1", "--fail-on", "never", *options]
    assert run([*command, "-f", "json", "-o", str(out)]) == 0
    return out.read_text()


def test_the_second_pass_judges_what_changed_only(tree: Path, judged: list[str]) -> None:
    first = analyzed(tree)
    assert sorted(judged) == sorted(NAMES)
    judged.clear()
    assert analyzed(tree) == first
    assert judged == []
    config = tree / NAMES[0] / "config.json"
    settings = json.loads(config.read_text())
    config.write_text(json.dumps({**settings, "learning_rate": 0.5}))
    changed = analyzed(tree)
    assert judged == [NAMES[0]]
    assert changed != first
    judged.clear()
    # The same number of bytes, and the time of before.
    (log,) = (tree / NAMES[1]).glob("events*")
    before = log.stat()
    data = bytearray(log.read_bytes())
    data[-1] ^= 1
    log.write_bytes(data)
    os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    analyzed(tree)
    assert judged == [NAMES[1]]


def test_other_rules_and_options_are_another_result(tree: Path, judged: list[str]) -> None:
    analyzed(tree)
    for options in (["--ignore", "POL"], ["--set", "gamma=0.5"], ["--threshold", "POL-01.kl_zero=0.001"]):
        judged.clear()
        analyzed(tree, *options)
        assert sorted(judged) == sorted(NAMES), options
    judged.clear()
    analyzed(tree)
    assert judged == []


def test_damage_in_the_cache_is_noticed(tree: Path, judged: list[str]) -> None:
    first = analyzed(tree)
    # A result for each run, and what is noted of their twins.
    kept = sorted(path for path in (tree.parent / "cache" / "results").rglob("*") if path.is_file())
    assert len(kept) == 3
    for path in kept:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    judged.clear()
    assert analyzed(tree) == first
    assert sorted(judged) == sorted(NAMES)


def test_what_is_noted_of_twins_is_kept_while_no_run_changed(tree: Path, judged: list[str]) -> None:
    shutil.copytree(tree / NAMES[0], tree / "twin")
    first = analyzed(tree)
    assert "identical to" in first
    assert analyzed(tree) == first
    shutil.rmtree(tree / NAMES[0])
    assert "identical to" not in analyzed(tree)


def test_a_cache_that_others_can_write_to_is_not_used(
    tree: Path, judged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    analyzed(tree)
    (tree.parent / "cache" / "results").chmod(0o777)
    judged.clear()
    analyzed(tree)
    assert sorted(judged) == sorted(NAMES)
    assert "no place for a cache" in capsys.readouterr().err
