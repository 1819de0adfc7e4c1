"""Configuration differences, their order, and what may be concluded from them."""

import pytest
from arms import CRITERIA, run_of

from rldoctor.comparison.bisection import attribution, bisection
from rldoctor.comparison.changes import find_changes, suspect_of
from rldoctor.comparison.settings import Setting, is_bookkeeping, words_of
from rldoctor.model.comparison import Arm, SettingChange, Side, Verdict
from rldoctor.model.config import Knob, RunConfig


def one(name, **settings):
    return Arm(name, f"runs/{name}", (run_of("r", {}, **settings),))


def changed(before, after):
    return find_changes(one("base", **before), one("candidate", **after), CRITERIA)


def test_changes_stand_in_the_order_of_suspicion():
    before = {"knobs": {"learning_rate": 1e-3, "tau": 0.005}, "raw": {"use_amp": False, "reward.alive": 1}}
    after = {"knobs": {"learning_rate": 1e-4, "tau": 0.05}, "raw": {"use_amp": True, "reward.alive": 2}}
    found = changed(before, after)
    assert [change.key for change in found.changed] == ["reward.alive", "tau", "learning_rate", "use_amp"]
    assert [change.key for change in found.changes_return] == ["reward.alive"]
    assert found.changed[-1].code == "NUM-06"


def test_equal_values_written_differently_are_no_change():
    before = {"raw": {"a": 1, "b": True, "c": "3e4", "d": None}}
    after = {"raw": {"a": 1.0, "b": "true", "c": 30000, "d": "None"}}
    assert changed(before, after).changed == []


def test_a_value_of_one_side_is_one_sided_and_no_change():
    found = changed({"raw": {"layers": 2}}, {"raw": {"layers": 2, "dropout": 0.1}})
    assert found.changed == []
    (only,) = found.one_sided
    assert (only.key, only.side, only.base, only.candidate) == ("dropout", Side.CANDIDATE, "", "0.1")


def test_names_paths_and_seeds_are_no_settings():
    before = {
        "knobs": {"seed": 0},
        "raw": {"run_name": "a", "log_dir": "/a", "train.seed": 0, "optimizer.name": "adam"},
    }
    after = {
        "knobs": {"seed": 1},
        "raw": {"run_name": "b", "log_dir": "/b", "train.seed": 1, "optimizer.name": "sgd"},
    }
    assert [change.key for change in changed(before, after).changed] == ["optimizer.name"]


def with_knobs(name, *knobs):
    run = run_of("r", {})
    from dataclasses import replace

    return Arm(name, name, (replace(run, config=RunConfig({knob.name: knob for knob in knobs})),))


def test_what_follows_from_a_change_is_not_counted():
    def arm(name, envs):
        return with_knobs(
            name,
            Knob("n_envs", envs, "n_envs", envs, "c.yml:1"),
            Knob("train_freq", envs, "train_freq", 1, "c.yml:2"),
            Knob("utd", 1 / envs, "utd", 1 / envs, "derived from gradient_steps and train_freq"),
        )

    found = find_changes(arm("base", 1), arm("candidate", 16), CRITERIA)
    assert [change.key for change in found.changed] == ["n_envs"]
    assert {change.key for change in found.consequences} == {"train_freq", "utd"}


def test_the_same_knob_under_two_names_is_one_setting():
    base = with_knobs("base", Knob("tau", 0.005, "polyak", 0.995, "c.yml:1"))
    same = with_knobs("candidate", Knob("tau", 0.005, "tau", 0.005, "c.yml:1"))
    other = with_knobs("candidate", Knob("tau", 0.05, "tau", 0.05, "c.yml:1"))
    assert find_changes(base, same, CRITERIA).changed == []
    (change,) = find_changes(base, other, CRITERIA).changed
    assert (change.base, change.candidate) == ("0.995 (polyak)", "0.05 (tau)")


def test_a_default_is_marked():
    default = Knob("gamma", 0.99, "gamma", 0.99, "default of stable_baselines3 2.3, not in the log")
    written = Knob("gamma", 0.9, "gamma", 0.9, "c.yml:1")
    (change,) = find_changes(with_knobs("base", default), with_knobs("candidate", written), CRITERIA).changed
    assert (change.base_default, change.candidate_default) == (True, False)


def test_an_arm_that_mixes_settings_is_told():
    runs = (run_of("a", {}, raw={"lr": 1}), run_of("b", {}, raw={"lr": 2}))
    found = find_changes(Arm("base", "x", runs), one("candidate", raw={"lr": 1}), CRITERIA)
    assert any("do not agree on lr (1 | 2)" in note for note in found.notes)
    assert [change.base for change in found.changed] == ["1 | 2"]


def test_no_configuration_is_no_difference():
    found = changed({}, {"raw": {"lr": 1}})
    assert (found.changed, found.one_sided) == ([], [])
    assert found.notes == ["base: no configuration was found, so settings cannot be compared"]


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("useAMP", "precision and gradient flow"),
        ("feature_dim", "network"),
        ("policy_kwargs.net_arch", "network"),
        ("env.frame_stack", "observations and environment"),
        ("polyak", "target networks"),
        ("versions.torch", "code and versions"),
        ("something", "other"),
    ],
)
def test_groups(key, group):
    assert suspect_of(Setting(key, key, ("1",), ("1",)), CRITERIA).name == group


def test_words_of_a_key():
    assert words_of("policy_kwargs.useAMPScaler2") == ["policy", "kwargs", "use", "amp", "scaler", "2"]
    assert is_bookkeeping("train.rng_seed", CRITERIA)
    assert not is_bookkeeping("optimizer.name", CRITERIA)


def change(key):
    return SettingChange(key, "1", "2", "other", "")


def test_bisection_halves():
    steps = bisection([change(key) for key in "abcd"])
    assert [("".join(c.key for c in s.revert), "".join(c.key for c in s.keep)) for s in steps] == [
        ("ab", "cd"),
        ("a", "bcd"),
        ("c", "abd"),
    ]
    assert [step.when for step in steps] == [
        "first",
        "if step 1 brings the base's level back",
        "if step 1 does not",
    ]
    assert bisection([change("a")]) == ()


def test_several_changes_are_never_blamed_singly():
    text = attribution(Verdict.REGRESSION, [change("a"), change("b")], 1)
    assert text.startswith("Confounded: 2 settings changed at once (and 1 that only one side logs): a, b.")
    assert "No setting" in attribution(Verdict.REGRESSION, [], 0)
    assert "first suspect" in attribution(Verdict.REGRESSION, [change("a")], 0)
