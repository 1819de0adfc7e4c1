"""Whatever a reader raises costs only the name it was raised for, and is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every import every
from hostile_logs import good_run

from rldoctor.errors import ReadError
from rldoctor.loading import load
from rldoctor.model.raw import RawRun, RawSeries, RawSetting
from rldoctor.readers import discover
from rldoctor.readers.base import PartlyReadError
from rldoctor.readers.isolate import read_each, read_names
from rldoctor.readers.limits import SERIES

RAISED = [ZeroDivisionError("x"), MemoryError(), RecursionError(), KeyError("k"), OverflowError("big")]


class Odd:
    """Reads ``*.odd``: one run per file; ``bad`` files raise."""

    name = "odd"

    def __init__(self, error: Exception = RAISED[0], made=None) -> None:
        self.error, self.made = error, made

    def claims(self, directory: Path, names):
        if any(name.startswith("nolook") for name in names):
            raise self.error
        return [name for name in names if name.endswith(".odd")]

    def read(self, directory: Path, names):
        if any("bad" in name for name in names):
            raise self.error
        return [self.made(directory, name) if self.made else run(directory, name) for name in names]


def run(directory: Path, name: str) -> RawRun:
    points = np.arange(30, dtype=np.float64)
    return RawRun(name, directory, "odd", [RawSeries("return", points, points)], files=[name])


@pytest.fixture
def with_reader(monkeypatch):
    readers, failures = discover.load_readers()

    def install(reader) -> None:
        monkeypatch.setattr(discover, "load_readers", lambda: ([*readers, reader], failures))

    return install


@every("error", RAISED)
def test_one_bad_name_of_a_reader_costs_only_itself(error: Exception, tmp_path: Path) -> None:
    runs, errors = read_names(Odd(error), tmp_path, ["a.odd", "bad.odd", "c.odd"])
    assert [one.id for one in runs] == ["a.odd", "c.odd"]
    assert len(errors) == 1
    assert "bad.odd" in str(errors[0])
    assert type(error).__name__ in str(errors[0])


def test_a_name_alone_that_raises_is_an_error(tmp_path: Path) -> None:
    assert read_names(Odd(), tmp_path, ["bad.odd"])[0] == []


def test_names_that_fail_only_together_are_read_alone(tmp_path: Path) -> None:
    class Together(Odd):
        def read(self, directory, names):
            if len(names) > 1:
                raise ValueError("together")
            return super().read(directory, names)

    runs, errors = read_names(Together(), tmp_path, ["a.odd", "b.odd"])
    assert [one.id for one in runs] == ["a.odd", "b.odd"]
    assert errors == []


def test_a_tree_with_a_reader_that_fails_gives_the_other_runs_and_says_it(
    with_reader, tmp_path: Path
) -> None:
    with_reader(Odd())
    for name in ("one", "two"):
        good_run(tmp_path / name)
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "bad.odd").write_text("")
    (tmp_path / "four").mkdir()
    (tmp_path / "four" / "nolook").write_text("")
    found = load(tmp_path)
    assert [one.id for one in found] == ["one", "two"]
    assert any("bad.odd" in text and "ZeroDivisionError" in text for text in found.failures)
    assert any("four" in text and "could not look" in text for text in found.failures)


def test_a_repository_that_raises_for_some_runs_keeps_the_others(with_reader, tmp_path: Path) -> None:
    class Store(Odd):
        def read(self, directory, names):
            return read_each(["x", "bad", "y"], lambda name: Odd().read(directory, [name]))

    runs, errors = read_names(Store(), tmp_path, ["a.odd"])
    assert [one.id for one in runs] == ["x", "y"]
    assert "bad: ZeroDivisionError" in str(errors[0])


def test_read_each_returns_all_or_says_what_is_missing(tmp_path: Path) -> None:
    assert [one.id for one in read_each(["a"], lambda name: run(tmp_path, name))] == ["a"]

    def refuse(name: str) -> RawRun:
        raise ReadError(f"{name}: no")

    with pytest.raises(PartlyReadError) as raised:
        read_each(["a", "b"], refuse)
    assert [str(error) for error in raised.value.errors] == ["a: no", "b: no"]


ONE = np.arange(3, dtype=np.float64)
MADE = {
    "lists": (RawSeries("t", [1, 2, 3], [1, 2, 3]), True),
    "integers": (RawSeries("t", np.arange(3), np.arange(3)), True),
    "other lengths": (RawSeries("t", ONE, ONE[:2]), False),
    "two dimensions": (RawSeries("t", ONE.reshape(1, 3), ONE.reshape(1, 3)), False),
    "text": (RawSeries("t", ["a"], ["b"]), False),
    "wall of another length": (RawSeries("t", ONE, ONE, ONE[:1]), True),
    "a tag without end": (RawSeries("t" * 5000, ONE, ONE), True),
    "no series": ("what", False),
}


@every("name", MADE)
def test_series_that_are_none_are_mended_or_left_out_and_said(name: str, tmp_path: Path) -> None:
    series, kept = MADE[name]

    def made(directory: Path, file: str) -> RawRun:
        return RawRun("", directory, "odd", [series, RawSeries("good", ONE, ONE)])

    runs, _ = read_names(Odd(made=made), tmp_path, ["a.odd"])
    assert len(runs[0].series) == 1 + kept
    assert all(one.values.dtype == np.float64 and len(one.tag) <= 1000 for one in runs[0].series)
    assert any(note.lost for note in runs[0].notes) != kept


def test_more_metrics_than_any_run_has_are_cut_and_said(tmp_path: Path) -> None:
    def made(directory: Path, file: str) -> RawRun:
        return RawRun("", directory, "odd", [RawSeries(f"t{n}", ONE, ONE) for n in range(SERIES + 5)])

    runs, _ = read_names(Odd(made=made), tmp_path, ["a.odd"])
    assert len(runs[0].series) == SERIES
    assert [note.code for note in runs[0].notes if note.lost] == ["metrics-left-out"]


def test_what_is_no_run_is_an_error(tmp_path: Path) -> None:
    runs, errors = read_names(Odd(made=lambda *_: "no run"), tmp_path, ["a.odd"])
    assert runs == []
    assert "no runs" in str(errors[0])


@every("value", [10**400, "x" * 200_000, [1, 10**400]], ids=["digits", "text", "list"])
def test_settings_too_large_to_be_compared_become_words(value, with_reader, tmp_path: Path) -> None:
    def made(directory: Path, file: str) -> RawRun:
        found = run(directory, file)
        found.settings = [RawSetting("gamma", value, "odd"), RawSetting("seed", 3, "odd")]
        return found

    with_reader(Odd(made=made))
    (tmp_path / "a.odd").write_text("")
    (found,) = load(tmp_path)
    assert found.seed == 3
    assert [note.code for note in found.notes if note.lost] == ["setting-too-large"]


def test_a_table_that_cannot_be_read_beside_others_is_said_and_not_laid_on_them(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("step,reward\n" + "".join(f"{n},{n}\n" for n in range(30)))
    (tmp_path / "progress.csv").write_bytes(b"step,\0reward\n1,2\n")
    found = load(tmp_path)
    assert any("progress.csv" in text for text in found.failures)
    assert not any(note.lost for one in found for note in one.notes)
