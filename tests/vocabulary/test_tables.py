"""Every table is complete and speaks canonical names only."""

from __future__ import annotations

import pytest
from every import every
from hypothesis import example, given
from hypothesis import strategies as st

from rldoctor.datafiles.canonical import canonical, framework_names
from rldoctor.errors import UsageError
from rldoctor.vocabulary.detect import fingerprints
from rldoctor.vocabulary.generic import words
from rldoctor.vocabulary.knob_values import READERS
from rldoctor.vocabulary.tables import GENERIC, check_framework, choose, fits, load_table, pattern

NAMES = [name for name in framework_names() if name != GENERIC]


@every("name", NAMES)
def test_metrics_are_canonical(name):
    table = load_table(name)
    rules = [rule for rows in table.metrics.values() for rule in rows]
    assert table.title
    assert table.axis
    assert len(rules) >= 5
    assert {rule.metric for rule in rules} <= set(canonical().units)
    assert {rule.scale.per for rule in rules} <= {"", *canonical().knobs}
    assert set(table.log_hints) <= set(canonical().units)


@every("name", NAMES)
def test_knobs_are_canonical(name):
    table = load_table(name)
    rules = [rule for rows in table.config.values() for rule in rows]
    used = {rule.knob for rule in rules} | {knob for rule in rules for knob in (*rule.per, *rule.divide)}
    assert used <= canonical().knobs
    assert {rule.parse for rule in rules} <= set(READERS)
    assert set(table.constants) <= canonical().knobs
    assert {knob for values in table.defaults.values() for knob in values} <= canonical().knobs


@every("name", NAMES)
def test_the_last_row_of_a_tag_applies_to_any_algorithm_or_the_tag_says_when(name):
    for tag, rows in load_table(name).metrics.items():
        assert all(rule.when_algorithm for rule in rows[:-1]), tag


def test_every_framework_has_a_fingerprint_and_the_other_way_round():
    assert set(fingerprints()) == set(NAMES)


def test_guesses_are_canonical():
    rules = [*words().whole, *words().rules]
    assert {rule.metric for rule in rules} <= set(canonical().units)
    assert {rule.knob for rule in words().config.values()} <= canonical().knobs


def test_defaults_of_sb3_are_those_of_the_installed_version():
    sb3 = pytest.importorskip("stable_baselines3")
    contrib = pytest.importorskip("sb3_contrib")
    import inspect

    keys = {
        "rollout_length": "n_steps",
        "buffer_capacity": "buffer_size",
        "line_search_steps": "line_search_max_iter",
    }
    classes = {
        "ppo": sb3.PPO,
        "a2c": sb3.A2C,
        "sac": sb3.SAC,
        "td3": sb3.TD3,
        "ddpg": sb3.DDPG,
        "dqn": sb3.DQN,
    }
    classes |= {"trpo": contrib.TRPO, "tqc": contrib.TQC, "qrdqn": contrib.QRDQN}
    defaults = dict(load_table("stable_baselines3").defaults)
    # What is logged alike has the defaults that the two share.
    shared = dict(defaults.pop("td3_or_ddpg"))
    assert shared.items() == defaults["td3"].items() & defaults["ddpg"].items()
    assert set(defaults) == set(classes)
    for algorithm, knobs in defaults.items():
        signature = inspect.signature(classes[algorithm].__init__).parameters
        written = {knob: signature[keys.get(knob, knob)].default for knob in knobs}
        assert written == dict(knobs), algorithm


def test_unknown_framework_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'cleanrl'"):
        check_framework("clearnrl")


def test_rows_are_chosen_by_algorithm_or_family():
    rows = load_table("stable_baselines3").config["n_steps"]
    assert choose(rows, "ppo").knob == "rollout_length"
    assert choose(rows, "sac").knob == "n_step"
    assert choose(rows, "on_policy").knob == "rollout_length"
    assert choose(rows, "") is None


ENDS = st.text(alphabet="ab/*?[].\n", max_size=6)


@given(ENDS, ENDS)
@example("a*a", "a")
@example("a/*b*/c", "a/b/c")
@example("*", "")
@example("a*", "a\n")
def test_the_ends_of_a_pattern_decide_as_the_pattern_does(text, tag):
    assert fits(text, tag) == (pattern(text).match(tag) is not None)
