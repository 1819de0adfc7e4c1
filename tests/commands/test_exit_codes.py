"""The exit code beside logs that cannot be read, as ``docs/ci.md`` and ``docs/scale.md`` say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_logs import good_run

from rldoctor import cli


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(5):
        good_run(tmp_path / "runs" / f"good{number}")
    broken = tmp_path / "runs" / "broken"
    broken.mkdir()
    (broken / "progress.csv").write_bytes(b"\x00\x01\x02" * 99)
    return tmp_path / "runs"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ((), 0),
        (("--fail-on", "never"), 0),
        (("--fail-on", "info"), 1),
        (("--strict",), 2),
        (("--strict", "--fail-on", "never"), 2),
        (("--min-coverage", "0.99"), 3),
    ],
)
def test_a_log_that_cannot_be_read_costs_itself_only(
    tree: Path, tmp_path: Path, more: tuple[str, ...], code: int, jobs: str
) -> None:
    out = tmp_path / "out.json"
    if code == 1:
        sick = tree / "good0" / "progress.csv"
        sick.write_text(sick.read_text().replace(",0.5\n", ",nan\n"))
    assert cli.run(["analyze", str(tree), "-f", "json", "-o", str(out), "--jobs", jobs, *more]) == code
    assert "broken" in out.read_text()


@pytest.mark.parametrize("never", [(), ("--fail-on", "never")])
def test_a_path_without_a_readable_run_is_2(tree: Path, never: tuple[str, ...]) -> None:
    assert cli.run(["analyze", str(tree / "broken"), "-q", *never]) == 2
    assert cli.run(["analyze", str(tree / "good0"), str(tree / "broken"), "-q", *never]) == 2
