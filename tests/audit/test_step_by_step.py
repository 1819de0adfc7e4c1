"""The worked page of the audit: its lines run on the bundled run, and its numbers are theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import rldoctor
from laboratory.mutants.packing import unpack
from rldoctor import api

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "audit-step-by-step.md"
STORE = ROOT / "reference_runs" / "planted"
FAULTY, HEALTHY = "r1393f01b", "r124b1e62"

pytestmark = pytest.mark.skipif(not STORE.is_dir(), reason="needs the planted runs")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two runs of the page where its first command puts them."""
    place = tmp_path_factory.mktemp("page")
    unpack(STORE, place / "runs", lambda label: label["folder"] in (FAULTY, HEALTHY))
    return place


def test_the_lines_of_the_page_give_its_table(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    monkeypatch.chdir(runs)
    exec(compile(code, str(PAGE), "exec"), {})
    table = [row.split("|")[1:4] for row in text.split("## 4.")[1].splitlines() if row.startswith("| 0")]
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == len(table) == 6
    for (decay, square, share), cells in zip(printed, table, strict=True):
        assert float(cells[0].split()[0].rstrip(",")) == float(decay)
        assert float(cells[1].replace(",", "")) == float(square)
        assert float(cells[2]) == float(share)


def test_the_audit_says_what_the_page_says(runs: Path) -> None:
    rows = {row.name: row for row in api.diagnose(rldoctor.load(runs / "runs" / FAULTY)[0]).audit}
    assert rows["discount_acts"].best == 0.0
    assert (rows["acting_decay"].low, rows["acting_decay"].high) == (0.0, pytest.approx(0.75))
    assert rows["acting_decay"].low <= 0.3 * 0.95 <= rows["acting_decay"].high < 0.9 * 0.95
    assert rows["return_variance"].best == pytest.approx(3.3, abs=0.05)
    well = {row.name: row for row in api.diagnose(rldoctor.load(runs / "runs" / HEALTHY)[0]).audit}
    assert well["discount_acts"].best == 1.0
    assert well["return_variance"].best == pytest.approx(17.2, abs=0.05)


def test_the_twin_differs_first_where_the_page_says(runs: Path) -> None:
    (twin,) = rldoctor.compare(runs / "runs" / HEALTHY, runs / "runs" / FAULTY).twins
    assert (twin.when, twin.kind, twin.equal_until) == ("update", "targets", 2048.0)
    assert twin.differs[0].metric == "explained_variance"


def test_the_first_finding_is_the_one_of_the_page(runs: Path) -> None:
    found = api.diagnose(rldoctor.load(runs / "runs" / FAULTY)[0])
    assert found.roots[0].finding.code == "CFG-02"
    assert "targets of a gamma x lambda between 0 and 0.75" in found.roots[0].finding.message
