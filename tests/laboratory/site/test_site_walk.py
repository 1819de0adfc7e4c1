"""What the page "Two minutes from zero" shows of its two long steps is what the files of today gave."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from laboratory.site import walk
from rldoctor import api

PAGE = (walk.ROOT / "docs" / "two-minutes.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def fresh() -> None:
    walk.current.cache_clear()


@pytest.mark.parametrize("name", list(walk.INPUTS))
def test_the_record_is_of_the_files_of_today(name: str) -> None:
    kept = walk.recorded()[name]
    assert kept.inputs == walk.inputs(name), "run: python -m laboratory.site.walk"
    assert 1 < kept.seconds < 600
    assert walk.shown(name) in PAGE


def test_another_input_is_another_step(tmp_path: Path) -> None:
    for name, files in walk.INPUTS.items():
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(walk.ROOT / file, tmp_path / file)
        assert walk.inputs(name, tmp_path) == walk.inputs(name)
        with (tmp_path / files[-1]).open("a") as stream:
            stream.write("\n")
        assert walk.inputs(name, tmp_path) != walk.inputs(name)


def test_a_stale_record_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = {name: replace(step, inputs="0" * 64) for name, step in walk.recorded().items()}
    monkeypatch.setattr(walk, "recorded", lambda: stale)
    monkeypatch.setattr(walk, "RECORD", tmp_path / "recorded.json")
    done: list[str] = []
    monkeypatch.setattr(walk, "carry_out", lambda name: done.append(name) or stale[name])
    walk.shown("install")
    assert done == ["install"]


def test_a_fresh_record_is_carried_out_again_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(walk, "carry_out", lambda name: done.append(name) or walk.recorded()[name])
    walk.current("train")
    assert done == []
    walk.current.cache_clear()
    monkeypatch.setenv(walk.ALWAYS, "1")
    walk.current("train")
    assert done == ["train"]


def test_a_step_that_fails_is_told_and_leaves_the_record(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = walk.RECORD.read_bytes()
    monkeypatch.setattr(walk, "_TRAIN", "python no-such-script.py")
    with pytest.raises(walk.RldoctorError, match="ended with 2"):
        walk.carry_out("train")
    assert walk.RECORD.read_bytes() == before
    assert (walk.HOME / "retrained" / "progress.csv").is_file()


def test_the_retrained_run_is_what_the_page_says() -> None:
    run = api.load(walk.HOME / "retrained").runs[0]
    assert api.diagnose(run).verdict == "healthy"
    assert api.came_true(run, "POL-04").came_true
    typed = re.search(r"train\.py (\S+) retrained", PAGE)
    assert typed is not None
    assert run.config.knobs["clip_range"].value == float(typed[1]) == 0.2
