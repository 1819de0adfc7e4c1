"""The parts of the page that are made in Python: snippets, links, packed curves, files, groups of seeds."""

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from every import every
from report_samples import EVIL_TAG, STEPS, healthy, ppo_run, ppo_series, sick

from rldoctor.comparison.criteria import load_criteria
from rldoctor.comparison.grouping import seed_groups
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Prescription
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import RawSeries, RawSetting
from rldoctor.paths import builtin_rules_dir
from rldoctor.report import render
from rldoctor.report.html import provenance
from rldoctor.report.html.anchors import Anchors
from rldoctor.report.html.knobs import knob_rows
from rldoctor.report.html.metrics import Browser, entries
from rldoctor.report.seeds import group_name
from rldoctor.report.snippets import FORMS, _table, snippet
from rldoctor.report.todo import todo
from rldoctor.vocabulary.tables import load_table

RUNS = Path(__file__).parents[2] / "reference_runs"


def fix(key, to, knob="learning_rate"):
    return Prescription("x", "text", knob, key, "1", to)


@every(
    ("framework", "algorithm", "key", "to", "text", "where"),
    [
        ("stable_baselines3", "ppo", "n_steps", "2,048", "n_steps=2048,", "argument of PPO(...)"),
        ("stable_baselines3", "sac", "ent_coef", "auto", 'ent_coef="auto",', "argument of SAC(...)"),
        (
            "stable_baselines3",
            "sac",
            "reward_exponent",
            "8",
            "reward_exponent: 8",
            "where your script sets it",
        ),
        ("cleanrl", "ppo", "learning_rate", "2.5e-4", "--learning-rate 2.5e-4", "on the command line"),
        ("cleanrl", "ppo", "anneal_lr", "False", "--no-anneal-lr", "on the command line"),
        (
            "rsl_rl",
            "ppo",
            "algorithm.learning_rate",
            "0.001",
            "algorithm:\n  learning_rate: 0.001",
            "in the runner's configuration",
        ),
        (
            "rl_games",
            "ppo",
            "config.e_clip",
            "0.2",
            "config:\n  e_clip: 0.2",
            "in the training YAML, under params",
        ),
        ("skrl", "ppo", "ratio_clip", "0.2", 'cfg["ratio_clip"] = 0.2', "in the agent's configuration"),
        ("rllib", "ppo", "lr", "1e-05", "lr=1e-05,", "argument of config.training(...)"),
        ("stoix", "ppo", "system.tau", "0.005", "system.tau=0.005", "on the command line"),
        ("generic", "", "lr", "0.1", "lr: 0.1", "where your script sets it"),
    ],
)
def test_a_snippet_is_in_the_form_of_the_framework(framework, algorithm, key, to, text, where):
    made = snippet(fix(key, to), ppo_run(framework=framework, algorithm=algorithm))
    assert (made.text, made.where) == (text, where)


@pytest.mark.parametrize(
    ("key", "to"),
    [(EVIL_TAG, "1"), ("a; rm -rf", "1"), ("lr", "$(reboot)"), ("lr", "unknown"), ("", "1"), ("lr", "")],
)
def test_nothing_is_offered_for_copying_that_is_no_plain_setting(key, to):
    assert snippet(fix(key, to), ppo_run()) is None


@every(
    ("framework", "said", "text"),
    [
        ("stable_baselines3", "Set clip_range_vf to None.", "clip_range_vf=None,"),
        ("stable_baselines3", "Set ent_coef='auto'.", 'ent_coef="auto",'),
        ("cleanrl", "Set clip_vloss to False.", "--no-clip-vloss"),
        ("rsl_rl", "Set algorithm.x to None.", "algorithm:\n  x: null"),
        ("stable_baselines3", "Set vf_clip_param to float('inf'): it clips the error.", None),
        ("stable_baselines3", "Set the target entropy to -1.", None),
        ("stable_baselines3", "Set clip_range_vf to None. Then look.", None),
    ],
)
def test_a_sentence_that_sets_one_setting_has_a_line_too(framework, said, text):
    made = snippet(Prescription("f", said), ppo_run(framework=framework))
    assert (made.text if made else None) == text


def test_every_framework_of_the_snippets_is_one_of_the_vocabulary():
    for name, rows in _table().items():
        assert load_table(name).name == name
        assert all(row["form"] in FORMS and row["where"] for row in rows)


def test_links_are_the_codes_and_never_two_of_one_name():
    anchors = Anchors()
    assert anchors.new("", "POL-01") == "POL-01"
    assert anchors.new("", "POL-01") == "POL-01-2"
    assert anchors.new("run-2-", "POL-01") == "run-2-POL-01"
    assert re.fullmatch(r"finding-[\w-]*", anchors.new("", EVIL_TAG))
    assert anchors.new("", "main") != "main"


def floats(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_packed_metrics_are_all_there_small_and_keep_their_extremes():
    values = np.sin(np.arange(STEPS.size))
    values[99] = 1e300  # beyond 32 bits: drawn at the largest number they hold, told as it is
    steps = STEPS.copy()
    steps[[5, 6]] = steps[[6, 5]]
    odd = RawSeries("odd", steps, values)
    run = ppo_run(
        metrics=MetricFrame(ppo_series(), unmapped=(odd, RawSeries("nan", STEPS[:2], np.full(2, np.nan))))
    )
    browser = Browser(6)
    browser.points = 50
    place = browser.add(entries(sick(run)))
    packed = {one["t"]: one for one in browser.runs[place]}
    assert len(packed) == 6
    assert (np.diff(floats(browser.axes[packed["odd"]["x"]])) >= 0).all()
    assert floats(packed["odd"]["y"]).max() == np.finfo(np.float32).max
    assert packed["odd"]["l"][3] == "1e+300"
    assert packed["nan"] == {"t": "nan", "k": "not understood", "n": 2, "b": 2}
    assert all(len(floats(one["y"])) <= 50 for one in packed.values() if "y" in one)
    assert json.dumps(browser.runs, allow_nan=False)


def test_equal_axes_are_stored_once_and_too_many_series_are_left_out():
    browser = Browser(4)
    browser.add(entries(healthy()))
    assert len(browser.axes) == 2  # that of the four metrics and that of the unmapped tag
    many = Browser(1_000_000)
    assert many.left_out
    many.add(entries(healthy()))
    assert many.runs == [[]]


def test_the_settings_table_judges_in_words():
    rows = {row["name"]: row for row in knob_rows(sick(), todo(sick()).all)}
    assert rows["learning_rate"]["word"] == "too small"
    assert rows["n_epochs"]["word"] == "no finding"
    assert next(iter(rows)) == "learning_rate"


def test_the_settings_table_says_what_the_reference_runs_had():
    import rldoctor

    (run,) = rldoctor.load(RUNS / "faulty" / "lr-zero" / "ppo-Hopper-v5-0")
    diagnosis = rldoctor.diagnose(run)
    assert diagnosis.reference.used
    rows = {row["name"]: row for row in knob_rows(diagnosis, todo(diagnosis).all)}
    assert (rows["learning_rate"]["reference"], rows["learning_rate"]["word"]) == ("0.0003", "too small")
    assert (rows["n_epochs"]["reference"], rows["n_epochs"]["word"]) == ("10", "ok, as the reference")
    assert (rows["seed"]["reference"], rows["seed"]["word"]) == ("", "")
    assert '<td data-label="Reference">0.0003</td>' in render([diagnosis], "html")


def test_files_are_named_with_their_hash(tmp_path):
    (tmp_path / "log.csv").write_text("step,x\n1,2\n", encoding="utf-8")
    run = ppo_run(path=tmp_path, files=("log.csv", "gone.csv"))
    digest = hashlib.sha256((tmp_path / "log.csv").read_bytes()).hexdigest()
    rows = provenance.files(run, provenance.Hashes())["rows"]
    assert [row["hash"] for row in rows] == [digest, "no longer there"]
    assert provenance.Hashes(3).of(tmp_path / "log.csv") == "not hashed: too large"
    assert digest in render([sick(run)], "html")


def test_the_command_is_told_only_where_there_was_one(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/rldoctor", "analyze", "my runs"])
    assert provenance.command() == "rldoctor analyze 'my runs'"
    monkeypatch.setattr(sys, "argv", ["train.py", "--token", "secret"])
    assert provenance.command() == ""


def test_seeds_are_grouped_by_what_they_share():
    def run(name, seed, rate=3e-4, **changes):
        one = ppo_run(name, seed=seed, **changes)
        knobs = {**one.config.knobs, "learning_rate": Knob("learning_rate", rate, "learning_rate", rate, "x")}
        return replace(one, config=RunConfig(knobs))

    runs = [run("a-0", 0), run("b", 0, 1e-3), run("a-1", 1), run("other", 0, env="Hopper-v5")]
    bare = [replace(run("x", 0), config=RunConfig()), replace(run("y", 1), config=RunConfig())]
    criteria = load_criteria(builtin_rules_dir())
    assert seed_groups([*runs, *bare], criteria) == [[0, 2], [1], [3], [4], [5]]
    newer = replace(
        runs[2], config=replace(runs[2].config, unmapped=(RawSetting("versions.torch", "3", "x"),))
    )
    assert seed_groups([runs[0], newer], criteria) == [[0, 1]]


def test_a_group_is_called_what_its_names_share():
    assert group_name(["ppo-Hopper-v5-0", "ppo-Hopper-v5-1"]) == "ppo-Hopper-v5"
    assert group_name(["x/seed_1/run", "x/seed_2/run"]) == "x"
    assert group_name(["one"]) == "one"
    assert group_name(["1", "2"]) == "1 and 1 more"
    assert group_name(["faulty/frozen-actor/ppo", "faulty/fast/ppo"]) == "faulty/fast/ppo and 1 more"


def test_a_run_keeps_the_names_of_its_files():
    import rldoctor

    place = RUNS / "healthy" / "ppo-Hopper-v5-0"
    (run,) = rldoctor.load(place)
    assert run.files
    assert all((place / name).is_file() for name in run.files)
