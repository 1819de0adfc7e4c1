"""The shipped table itself, and the commands that show it."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rldoctor import cli
from rldoctor.model.task import ACTIONS, ENDINGS
from rldoctor.tasks.find import find_task
from rldoctor.tasks.names import words
from rldoctor.tasks.rows import row_of
from rldoctor.tasks.table import DATA, load

Call = Callable[..., tuple[int, str, str]]
TASKS = [task for id_ in load().ids() if (task := load().task(id_)) is not None]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["task", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def test_an_entry_is_possible() -> None:
    for task in TASKS:
        assert task.action in ("", *ACTIONS), task.id
        assert task.ending in ("", *ENDINGS), task.id
        if task.action == "box":
            assert len(task.action_low) == len(task.action_high) == task.action_dim, task.id
            pairs = zip(task.action_low, task.action_high, strict=True)
            assert all(low < high for low, high in pairs), task.id


def test_every_number_has_its_source() -> None:
    for task in TASKS:
        for value, group in (
            (task.action or None, "spaces"),
            (task.horizon, "spaces"),
            (task.solved, "solved"),
            (task.reward_low, "reward"),
            (task.reward_high, "reward"),
            (task.seen_low, "seen"),
            (task.ends_early, "ending"),
            (task.success_logged, "success"),
        ):
            assert value is None or task.sources[group], task.id
        for one in (task.random, task.idle, *task.published):
            assert one is None or one.source, task.id
        assert all(one.kind and math.isfinite(one.score) for one in task.published), task.id


def test_what_was_played_fits_the_rest() -> None:
    """Returns lie between the least and the largest reward times the length, lengths within the limit."""
    for task in TASKS:
        for played in (task.random, task.idle):
            if played is None:
                continue
            assert played.episodes >= 3, task.id
            assert task.horizon is None or played.length <= task.horizon, task.id
            # Six digits are kept of what was played, four decimals in the rows of the earlier script.
            room = 1e-3 * abs(played.mean) + 1e-4
            if task.seen_low is not None and task.seen_high is not None:
                assert task.seen_low * played.length - room <= played.mean, task.id
                assert played.mean <= task.seen_high * played.length + room, task.id


def test_what_was_seen_lies_within_the_bounds() -> None:
    for task in TASKS:
        for low, high in ((task.reward_low, task.seen_low), (task.seen_high, task.reward_high)):
            assert low is None or high is None or low <= high + 1e-4, task.id


def test_what_never_ends_early_was_played_to_the_limit() -> None:
    compared = 0
    for task in TASKS:
        if task.ends_early is False and task.horizon is not None:
            for played in (task.random, task.idle):
                assert played is None or played.length == pytest.approx(task.horizon), task.id
                compared += played is not None
    assert compared >= 50


def test_random_returns_on_atari_agree_with_published_ones() -> None:
    """Ranks, as the published ones start after no-ops and are of another version of the emulator."""
    mine, theirs = [], []
    for task in TASKS:
        score = next((one.score for one in task.published if one.algorithm == "random"), None)
        if score is not None and task.random is not None:
            mine.append(task.random.mean)
            theirs.append(score)
    assert len(mine) >= 8
    ranks = [np.argsort(np.argsort(values)) for values in (mine, theirs)]
    assert np.corrcoef(*ranks)[0, 1] > 0.9


def test_the_groups_of_a_family_name_each_version_once() -> None:
    for family in load().families.values():
        assert len(set(family.versions)) == len(family.versions)
        assert family.source


def test_versions_of_one_reward_were_measured_alike() -> None:
    """Where two versions of a group were both played, their random returns agree (but for the note)."""
    table, compared = load(), 0
    for name, family in table.families.items():
        for group in family.groups:
            rows = [table.task(f"{name}-{one}") for one in group if f"{name}-{one}" in table.measured]
            played = [task.random for task in rows if task is not None and task.random is not None]
            for one, other in pairwise(played):
                apart = 4 * math.hypot(one.error or 0.0, other.error or 0.0)
                allowed = 10.5 if name == "InvertedDoublePendulum" else 1.05 if family.note else 1e-6
                assert abs(one.mean - other.mean) <= apart + allowed, name
                compared += 1
    assert compared >= 6


def test_rows_are_written_as_they_are_read() -> None:
    with (DATA / "measured.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 100
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    for row in rows:
        task = load()._row(row["id"])
        assert task is not None
        assert row_of(task) == {key: value for key, value in row.items() if key in row_of(task)}


def test_word_lists_do_not_contradict_each_other() -> None:
    lists = words()
    assert not lists.changed & lists.neutral


def test_the_table_is_not_loaded_at_the_start() -> None:
    code = (
        "import sys\nimport rldoctor.cli\n"
        "assert not any(name.startswith('rldoctor.tasks') for name in sys.modules), 'loaded at the start'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_show_fits_80_columns_and_cites(call: Call) -> None:
    code, out, err = call("show", "HalfCheetah-v2")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for part in ("6 numbers in [-1, 1]", "1,000 steps", "rl-baselines3-zoo", "whose reward is the same"):
        assert part in " ".join(out.split())


def test_show_as_json(call: Call) -> None:
    code, out, _ = call("show", "Pendulum-v1", "-f", "json")
    data = json.loads(out)
    assert code == 0
    assert data["schema"] == 1
    assert data["task"]["action_high"] == [2.0]
    assert data["task"]["random"]["source"].startswith("measured: gymnasium")


def test_an_unknown_task_is_said_with_what_to_do(call: Call) -> None:
    code, out, err = call("show", "HalfChetah-v4")
    assert (code, out) == (2, "")
    assert "did you mean 'HalfCheetah-v4'?" in err
    assert "rldoctor task measure" in err


def test_the_list_names_every_task_once(call: Call) -> None:
    code, out, _ = call("list")
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert lines[-1] == f"{len(TASKS)} tasks"
    assert sum(line.split()[0] == "HalfCheetah-v4" for line in lines if line.split()) == 1


def test_the_list_by_pattern(call: Call) -> None:
    code, out, _ = call("list", "fetchreach*")
    assert code == 0
    assert "FetchReachDense-v4" in out
    assert "Ant" not in out
    data = json.loads(call("list", "fetchreach", "-f", "json")[1])
    assert {task["family"] for task in data["tasks"]} == {"FetchReach", "FetchReachDense"}
    assert call("list", "nothing-like-this")[0] == 2


def test_the_users_own_entries_are_listed_and_checked(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "rldoctor.toml"
    file.write_text('[task."Mine-v0"]\nhorizon = 7\n', encoding="utf-8")
    assert "Mine-v0" in call("list", "mine")[1]
    assert "7 steps" in call("show", "Mine-v0")[1]
    file.write_text('[task."Mine-v0"]\nhorzion = 7\n', encoding="utf-8")
    code, _, err = call("show", "Mine-v0")
    assert code == 2
    assert "rldoctor.toml: task 'Mine-v0', horzion: no such key" in err


def test_a_borrowed_task_keeps_its_own_id() -> None:
    task = find_task("FetchReach-v1")
    assert task is not None
    assert task.id == "FetchReach-v1"
    assert task.random is not None
    assert task.success_logged
