"""The page of many runs from the table of their results, and that table read back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from chromium import CHROMIUM, Browser
from every import every

from rldoctor.cli import run
from rldoctor.errors import ReadError
from rldoctor.report.html.results_page import results_page, run_page
from rldoctor.report.results import ResultFinding, ResultRun, Results, read_results
from rldoctor.report.run_names import short_places

RUNS = Path(__file__).parents[2] / "reference_runs"
FORMS = ("parquet", "jsonl")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sick run, two seeds and a broken log, as every machine-readable report has them."""
    pytest.importorskip("pyarrow")
    root = tmp_path_factory.mktemp("sweep")
    for name in ("ppo-Pendulum-v1-0", "ppo-Pendulum-v1-1"):
        shutil.copytree(RUNS / "healthy" / name, root / "runs" / name)
    shutil.copytree(sorted((RUNS / "faulty" / "alpha-fixed-high").iterdir())[0], root / "runs" / "sick")
    (root / "runs" / "broken").mkdir()
    (root / "runs" / "broken" / "events.out.tfevents.1.x").write_bytes(b"no event")
    outputs = [word for form in (*FORMS, "json") for word in ("-o", str(root / f"all.{form}"))]
    assert run(["analyze", str(root / "runs"), *outputs, "--fail-on", "never", "-q"]) == 0
    return root


@every("form", FORMS)
def test_the_table_is_read_back_as_the_json_report_says(form: str, written: Path) -> None:
    document = json.loads((written / "all.json").read_text())
    found = read_results(written / f"all.{form}")
    assert found.failures == document["failures"]
    assert len(found.failures) == 1
    assert len(found.runs) == 3
    for one, told in zip(found.runs, document["runs"], strict=True):
        assert (one.path, one.id, one.verdict, one.seed) == tuple(
            told[key] for key in ("path", "id", "verdict", "seed")
        )
        assert (one.env, one.steps, one.outcome) == (told["env"], told["steps"], told["outcome"]["kind"])
        assert one.end == told["outcome"]["end"]["value"]
        coverage = told["coverage"]
        assert (one.ran, one.asked) == (coverage["ran"], coverage["total"] - coverage["not_applicable"])
        roots = [(root["code"], root["message"], root["onset"]) for root in told["roots"]]
        assert [(root.code, root.message, root.onset) for root in one.roots()] == roots
        explained = {code for root in told["roots"] for code in root["explains"]}
        assert {finding.code for finding in one.findings if finding.explained_by} == explained
    assert any(one.findings for one in found.runs)


def test_pandas_and_duckdb_read_the_table(written: Path) -> None:
    import pandas as pd

    table = pd.read_parquet(written / "all.parquet")
    told = table[table["row"] == "run"]["verdict"].tolist()
    assert told == [one.verdict for one in read_results(written / "all.parquet").runs]
    duckdb = pytest.importorskip("duckdb")
    query = f"SELECT verdict FROM '{written / 'all.parquet'}' WHERE \"row\" = 'run'"
    assert [one for (one,) in duckdb.sql(query).fetchall()] == told


def test_a_page_and_a_page_for_each_run(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out" / "sweep.html"
    assert run(["index", str(written / "all.parquet"), "-o", str(page), "--details"]) == 0
    assert f"wrote {page} and 3 pages" in capsys.readouterr().err
    text = page.read_text()
    results = read_results(written / "all.parquet")
    for number, (one, name) in enumerate(
        zip(results.runs, short_places([(one.path, one.id) for one in results.runs]), strict=True), start=1
    ):
        place = f"sweep-runs/run-{number:05d}.html"
        assert f'<a href="{place}">{name}</a>' in text
        own = (page.parent / place).read_text()
        assert '<a href="../sweep.html">' in own
        assert all(finding.code in own for finding in one.findings)
    # Seeds are one group; the sick run comes first.
    assert "2 seeds: " in text
    assert text.index(">sick</a>") < text.index("2 seeds: ")
    assert 'id="not-read"' in text
    assert '<td data-label="Runs" class="num">1</td>' in text


def test_what_is_no_table_is_refused_in_words(written: Path, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    (tmp_path / "cut.parquet").write_bytes((written / "all.parquet").read_bytes()[:2000])
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": 2}\n')
    (tmp_path / "empty.jsonl").write_text("")
    for name in ("other.parquet", "cut.parquet", "log.jsonl", "empty.jsonl", "absent.parquet"):
        with pytest.raises(ReadError) as caught:
            read_results(tmp_path / name)
        assert name in str(caught.value)
        assert "-f parquet or -f jsonl" in caught.value.hint


def test_neither_the_table_nor_a_file_of_somebody_is_written_over(written: Path, tmp_path: Path) -> None:
    table = tmp_path / "all.jsonl"
    shutil.copyfile(written / "all.jsonl", table)
    before = table.read_bytes()
    assert run(["index", str(table), "-o", str(table)]) == 2
    assert table.read_bytes() == before
    own = tmp_path / "x-runs" / "run-00001.html"
    own.parent.mkdir()
    own.write_text("mine")
    assert run(["index", str(table), "-o", str(tmp_path / "x.html"), "--details"]) == 2
    assert own.read_text() == "mine"
    assert not (tmp_path / "x.html").exists()
    assert run(["index", str(table), "-o", "-", "--details"]) == 2


def hostile() -> ResultRun:
    bad = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
    finding = ResultFinding(bad, bad, bad, 1.0, bad, bad, "")
    return ResultRun(bad, bad, bad, bad, bad, bad, None, bad, {bad: bad}, findings=[finding])


def test_text_of_a_table_cannot_act() -> None:
    for text in (
        results_page(Results([hostile(), hostile()], [hostile().path])),
        run_page(hostile(), "x.html"),
    ):
        assert "<img" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def thousand() -> Results:
    """A thousand runs in 200 settings, a third of them sick."""
    cause = ResultFinding("POL-01", "The policy does not move", "error", 2048.0, "It does not.", "Raise it.")
    made = []
    for number in range(1000):
        setting, seed = divmod(number, 5)
        place, verdict = f"/sweep/setting-{setting}/seed-{seed}", "healthy" if number % 3 else "error"
        one = ResultRun(place, f"run-{number}", "sb3", "ppo", "Hopper-v5", verdict, seed, f"{setting}")
        one.end, one.ran, one.asked, one.findings = number * 1.5, 50, 78, [] if number % 3 else [cause]
        made.append(one)
    return Results(made)


def test_a_thousand_runs_are_a_small_page() -> None:
    text = results_page(thousand(), lambda number: f"index-runs/run-{number + 1:05d}.html")
    assert len(text.encode()) < 1_500_000
    assert text.count('<tr data-group="') == 1000


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_a_thousand_runs_open_and_are_filtered_in_a_browser(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(results_page(thousand()))
    browser = Browser(tmp_path / "profile")
    try:
        browser.call("Performance.enable", timeDomain="threadTicks")
        browser.open(page)
        busy = {one["name"]: one["value"] for one in browser.call("Performance.getMetrics")["metrics"]}
        # CPU time of the page's own thread: another program on the machine does not count.
        assert busy["TaskDuration"] < 3.0
        assert browser.console == []
        assert browser.evaluate("document.querySelectorAll('#index tr.group').length") == 200
        found = "document.querySelector('[data-index-controls] .found').textContent"
        assert browser.evaluate(found) == "1000 of 1000 runs"
        select = "document.querySelector('[data-index-controls] select')"
        browser.evaluate(f"{select}.value = 'error'; {select}.dispatchEvent(new Event('input'))")
        assert browser.evaluate(found) == "334 of 1000 runs"
    finally:
        browser.close()
