"""What the pages claim: code on them runs, tables come from the vocabulary, plots from real runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from every import every

from laboratory.site.examples import Example, examples
from laboratory.site.fill import empty, filled, refilled
from laboratory.site.links import outward
from laboratory.site.measurable import Logged, every_log, measurable, missing
from laboratory.site.navigation import expanded
from laboratory.site.routes import how
from laboratory.site.rule_pages import with_example
from laboratory.site.svg import log_ticks, svg, ticks
from laboratory.validation.collect import bundled_runs
from rldoctor import api
from rldoctor.engine.what_to_log import LoggedSoFar
from rldoctor.errors import UsageError
from rldoctor.model.run import Run
from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary.mapping import understand

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def only(path: Path, **options: str) -> Run:
    runs = api.load(path, **options).runs  # type: ignore[arg-type]
    assert len(runs) == 1
    return runs[0]


@pytest.fixture
def plug_in(tmp_path: Path) -> Path:
    """The page's reader, installed as the page says: a module and an entry point."""
    home = tmp_path / "installed"
    home.mkdir()
    (home / "my_reader.py").write_text(blocks("adding-a-reader.md", "python")[0], encoding="utf-8")
    made = home / "my_reader-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: my-reader\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text("[rldoctor.readers]\ntsf = my_reader:TsfReader\n")
    return home


def rldoctor(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    found = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "rldoctor", *arguments],
        capture_output=True,
        text=True,
        env=found,
        timeout=120,
        check=False,
    )


def test_the_reader_of_the_page_reads_the_log_of_the_page(plug_in: Path, tmp_path: Path) -> None:
    log = tmp_path / "run" / "log.tsf"
    log.parent.mkdir()
    shown = next(text for text in blocks("adding-a-reader.md", "text") if text.startswith("#!"))
    log.write_text(shown.rstrip("\n"))
    said = rldoctor("inspect", str(log.parent), path=plug_in)
    assert said.returncode == 0, said.stderr
    words = " ".join(said.stdout.split())
    assert "PPO" in words
    assert "log.tsf:1" in words
    assert "1 lines could not be read" in words
    assert "approx_kl" in words
    assert "1 not finite" in words or "nan" in words.lower()


def test_an_empty_log_gives_the_reader_s_message(plug_in: Path, tmp_path: Path) -> None:
    log = tmp_path / "run" / "log.tsf"
    log.parent.mkdir()
    log.write_text("nothing of use\n")
    said = rldoctor("analyze", str(log.parent), path=plug_in)
    assert said.returncode == 2
    assert "Is it a log?" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_home_made_loop_is_understood_without_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    setup, call = blocks("getting-started/own-loop.md", "python")
    names = re.findall(r"=(\w+)[,)]", call)
    inside = dict.fromkeys(names, 0.5)
    exec(setup, inside)
    for update in range(1, 101):
        exec(call, {**inside, "env_steps": update * 2048})
    run = only(tmp_path / "runs" / "mine")
    wanted = set(re.findall(r"(\w+)=", call))
    assert wanted - set(run.metrics.series) == set()
    assert run.metrics["approx_kl"].steps[-1] == 204_800
    assert run.algorithm == "ppo"
    knobs = {"n_envs", "rollout_length", "batch_size", "n_epochs", "gamma", "gae_lambda", "clip_range"}
    assert knobs <= set(run.config)
    looked = [one for one in api.diagnose(run).results if not one.missing]
    assert len(looked) > 50


def test_every_name_that_the_page_lists_is_understood(tmp_path: Path) -> None:
    text = (DOCS / "getting-started/own-loop.md").read_text()
    rows = text.partition("## Names that are understood")[2].splitlines()
    names = [
        name for row in rows if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert len(names) > 15
    lines = [
        json.dumps({"env_steps": step * 100, **dict.fromkeys(names, 0.5 + step / 1000)})
        for step in range(1, 40)
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    assert [name for name in names if name not in only(tmp_path).metrics] == []


def test_brax_s_progress_function_is_read_as_brax(tmp_path: Path) -> None:
    code = blocks("getting-started/jax.md", "python")[0]
    inside: dict[str, object] = {}
    exec(code, inside)
    tags = next(one for one in every_log() if one.framework == "brax").tags
    settings = {"env_name": "ant", "num_envs": 2048, "unroll_length": 5, "batch_size": 1024}
    progress = inside["log_to"](tmp_path / "ant", **settings)  # type: ignore[operator]
    for update in range(1, 40):
        progress(
            update * 10_000,
            dict.fromkeys(tags, 0.1) | {"episode/sum_reward": update, "episode/length": 500},
        )
    run = only(tmp_path / "ant")
    assert run.framework == "brax"
    assert run.algorithm == "ppo"
    assert {"episode_return", "episode_length", "eval_return", "approx_kl", "entropy"} <= set(
        run.metrics.series
    )
    assert run.metrics["episode_return"].steps[-1] == 390_000


def test_purejaxrl_rows_are_understood(tmp_path: Path) -> None:
    inside: dict[str, object] = {}
    exec(blocks("getting-started/jax.md", "python")[1], inside)
    rows = [
        {
            "timesteps": i * 1024,
            "returned_episode_returns": i,
            "returned_episode_lengths": 200,
            "approx_kl": 0.01,
        }
        for i in range(1, 60)
    ]
    config = {
        "ENV_NAME": "hopper",
        "LR": 3e-4,
        "NUM_ENVS": 1024,
        "NUM_STEPS": 10,
        "GAMMA": 0.99,
        "GAE_LAMBDA": 0.95,
    }
    inside["write"](tmp_path / "run", rows, config)  # type: ignore[operator]
    run = only(tmp_path / "run", framework="purejaxrl")
    assert {"episode_return", "episode_length"} <= set(run.metrics.series)
    assert run.metrics["episode_return"].steps[-1] == 59 * 1024
    assert {"learning_rate", "n_envs", "gamma"} <= set(run.config)


@every("logged", every_log(), ids=lambda one: one.key)
def test_every_listed_tag_and_setting_is_in_the_vocabulary(logged: Logged) -> None:
    found = measurable(logged)
    assert found.looks
    assert found.lacking
    codes = {rule.code for rule in api.rules()}
    assert found.looks | found.lacking.keys() | found.unfit == codes
    from laboratory.site.measurable import _run

    run = _run(logged)
    assert [series.tag for series in run.metrics.unmapped] == []
    assert run.framework == logged.framework


@pytest.mark.parametrize("logged", [one for one in every_log() if one.like], ids=lambda one: one.key)
def test_the_listed_tags_are_what_a_real_log_of_this_kind_holds(logged: Logged) -> None:
    raw = next(iter(find_runs(bundled_runs() / logged.like)))
    assert set(logged.tags) <= raw.tags()
    # What more is there was added on purpose, or is a copy against seconds, or is in the CSV file only.
    more = {tag for tag in raw.tags() - set(logged.tags) if not tag.startswith(("rldoctor/", "time/"))}
    assert {tag for tag in more if not tag.endswith("/time")} <= {"train/n_updates"}
    assert understand(raw).algorithm == logged.algorithm


def test_what_is_missing_is_what_the_rules_say_is_missing() -> None:
    sac = next(one for one in every_log() if one.key == "stable_baselines3 sac")
    found, rows = measurable(sac), missing(sac)
    assert "VAL-10" in found.lacking
    row = next(row for row in rows if row.startswith("| `q2_mean`"))
    assert "DiagnosticsCallback" in row
    assert "rules/VAL-10.md" in row
    assert all(row.count(" | ") == 2 for row in rows)


def test_a_line_to_add_names_what_can_be_logged_not_what_is_derived() -> None:
    sb3 = LoggedSoFar("stable_baselines3", "ppo", frozenset(), {"success_rate": "info['is_success']"})
    assert how("success_signal", sb3) == "`success_rate`: info['is_success']"
    assert "--set target_kl=VALUE" in how("config.kl_stop", sb3)
    assert how("config.kl_stop", LoggedSoFar("rsl_rl", "ppo", frozenset(), {})).startswith("nothing to add")
    assert "--map TAG=eval_length" in how("eval_length", sb3)


def test_a_place_that_asks_for_nothing_known_is_an_error() -> None:
    with pytest.raises(UsageError, match="no log 'sb3 ppo'"):
        filled("<!-- fill: count sb3 ppo -->")
    with pytest.raises(UsageError, match="unknown kind"):
        filled("<!-- fill: tables -->")
    assert filled("<!-- a plain comment -->") == "<!-- a plain comment -->"


def test_what_stands_behind_a_mark_is_replaced_and_kept_in_the_file() -> None:
    page = "a <!-- fill: count cleanrl ppo -->old<!-- end --> b <!-- fill: count cleanrl sac --> c"
    assert "old" not in filled(page)
    assert "<!--" not in filled(page)
    written = refilled(page)
    assert empty(page) == ["<!-- fill: count cleanrl sac -->"]
    assert empty(written) == []
    assert written.count("<!-- end -->") == 2
    assert written.endswith("<!-- end --> c")
    assert filled(written) == filled(page)


def test_every_page_reads_well_as_a_file() -> None:
    pages = sorted((Path(__file__).parents[3] / "docs").rglob("*.md"))
    assert [(page.name, hole) for page in pages for hole in empty(page.read_text(encoding="utf-8"))] == []


def test_the_walk_is_really_run() -> None:
    made = filled("<!-- fill: printed explain POL-04 -->")
    assert made.startswith("```text\n$ rldoctor explain POL-04\nPOL-04 The policy moves much less")
    with pytest.raises(UsageError, match="no rule is called"):
        filled("<!-- fill: printed explain NONE-99 -->")
    assert filled("<!-- fill: python 6 * 7 -->").endswith("42\n```")


def test_rule_pages_have_a_plot_of_a_run_or_say_that_there_is_none() -> None:
    found = examples(bundled_runs(), ["POL-01", "LOG-04"])
    shown = found["POL-01"]
    assert isinstance(shown, Example)
    assert shown.label.sick
    assert shown.figures
    page = with_example("# POL-01 x\n\n| a |\n\n## Fires when\n\n    code\n", shown)
    assert page.index("On a real run") < page.index("Fires when")
    assert shown.label.fault in page
    assert found["LOG-04"] == 0
    assert "No bundled run was made" in with_example("# LOG-04 x\n\n## Fires when\n", 0)
    assert "The label of 3 bundled runs" in with_example("# LOG-04 x\n\n## Fires when\n", 3)


def test_a_finding_about_a_derived_quantity_is_drawn_too() -> None:
    shown = examples(bundled_runs(), ["REW-03"])["REW-03"]
    assert isinstance(shown, Example)
    assert shown.figures[0]["title"] == "step reward"
    assert "derived from" in str(shown.figures[0]["tag"])
    page = with_example("# REW-03 x\n\n## Fires when\n", shown)
    assert "Derived: <code>where(episode_length &gt; 0, " in page
    assert "(return / length)." in page


def test_a_plot_is_valid_and_holds_curve_limit_onset_and_words() -> None:
    shown = examples(bundled_runs(), ["POL-01"])["POL-01"]
    assert isinstance(shown, Example)
    figure = next(one for one in shown.figures if one["title"] == "approx kl")
    tree = ElementTree.fromstring(svg(figure))
    kinds = {part.get("class") for part in tree}
    assert {"rd-curve", "rd-limit", "rd-mark", "rd-span"} <= kinds
    assert "limit 1e-05" in str(tree.get("aria-label"))
    assert tree.get("role") == "img"


def test_gaps_and_values_outside_the_range_are_drawn() -> None:
    curve = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, None, 1e9, 0.0]}
    figure = {
        "curve": curve, "type": "log", "range": [0.5, 100.0], "limits": [], "spans": [(1.0, 1.0)],
        "marks": [{"at": 3.0, "text": "<b>"}], "band": None, "label": 'a "b"',
    }  # fmt: skip
    tree = ElementTree.fromstring(svg(figure))
    assert [part.tag for part in tree if part.get("class") == "rd-curve"] == ["polyline"] * 2
    heights = [
        float(y)
        for part in tree
        for x, _, y in [p.partition(",") for p in str(part.get("points", "")).split()]
    ]
    assert all(0 <= y <= 260 for y in heights)


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1) == [0, 0.5, 1] or ticks(0, 1) == [0, 0.25, 0.5, 0.75, 1]
    assert ticks(-3.2, 11) == [0, 5, 10]
    assert ticks(2, 2) == [2]
    assert log_ticks(0.002, 500) == pytest.approx([0.01, 0.1, 1, 10, 100])


def test_links_that_leave_the_site_lead_to_the_repository_or_nowhere() -> None:
    text = "[schema](../rldoctor/x.json), [page](../reports.md), ![picture](../images/a.png)"
    assert outward(text, "rules/A.md", "") == text
    assert outward("[schema](../rldoctor/x.json)", "ci.md") == "schema"
    there = outward("[schema](../rldoctor/x.json)", "ci.md", "https://example.org/r/")
    assert there == "[schema](https://example.org/r/blob/main/rldoctor/x.json)"


def test_the_navigation_has_every_rule_and_decision() -> None:
    nav = expanded(
        [{"Home": "index.md"}, {"Rules": "rules/README.md"}, {"More": [{"Decisions": "adr/"}]}],
        DOCS,
        api.rules(),
    )
    text = json.dumps(nav)
    assert all(f"rules/{rule.code}.md" in text for rule in api.rules())
    assert all(f"adr/{path.name}" in text for path in (DOCS / "adr").glob("*.md"))
