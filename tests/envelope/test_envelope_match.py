"""Which reference a run may be held against, its numbers at the run's steps, and the files."""

import json

import numpy as np
import pytest
from envelope_runs import CRITERIA, run, series
from every import every

from rldoctor.envelope.build import build
from rldoctor.envelope.find import envelopes
from rldoctor.envelope.match import view
from rldoctor.envelope.overlay import at_steps, beside
from rldoctor.envelope.store import envelopes_in, file_name, load_envelope, save
from rldoctor.errors import ReadError, UsageError

GOOD = [run(np.linspace(-100.0, -10.0 - seed, 100), seed) for seed in range(3)]
ENVELOPE = build(GOOD, "good", CRITERIA)


def reason(one):
    found = view(one, [ENVELOPE], CRITERIA)
    assert found.used == (not found.reason)
    return found.reason


def test_other_hyperparameters_do_not_matter():
    assert reason(run(np.full(100, -95.0), learning_rate=1.0, gamma=0.5)) == ""


@every(
    ("one", "words"),
    [
        (run(range(9), algorithm="sac"), "no reference for (sac, Task-v0)"),
        (run(range(9), env="Task-v1"), "no reference for (ppo, Task-v1)"),
        (run(range(9), algorithm="on_policy"), "the algorithm of the run is not known"),
        (run(range(9), env=""), "the environment of the run is not known"),
        (run(np.full(9, -95.0), axis="iterations"), "its steps are iterations"),
        (run(np.full(9, -95.0), reward_scale=0.1), "reward_scale 0.1 against 1"),
        (run(np.full(9, -95.0), exp_reward=1), "exp_reward 1 against 0"),
        (run(np.full(9, -95.0), **{"env_kwargs.wind": 3}), "env_kwargs.wind 3 against not set"),
        (run(np.full(9, -0.95)), "its first return is -0.95"),
        (run(np.full(9, -9500.0)), "its first return is -9,500"),
        (run(np.full(9, 0.0)), "its first return is 0"),
        (run(np.full(9, 400.0)), "its first return is 400"),
        (run(np.full(99, -95.0), steps=np.arange(7e3, 16.9e3, 1e2)), "begins too late"),
    ],
)
def test_what_is_not_comparable_is_not_compared(one, words):
    assert words in reason(one)


def test_a_module_before_the_environment_is_not_its_name():
    assert reason(run(np.full(100, -95.0), env="my_envs:Task-v0")) == ""


def test_an_unknown_time_limit_is_no_difference_a_known_one_is():
    limited = build([run(np.linspace(-100, 0, 50), max_episode_length=50)], "limited", CRITERIA)
    assert view(run(np.full(50, -99.0)), [limited], CRITERIA).used
    assert not view(run(np.full(50, -99.0), max_episode_length=200), [limited], CRITERIA).used


def test_milestones_of_the_reference_and_of_the_run():
    found = view(run(np.linspace(-100.0, -10.0, 200), window=100), [ENVELOPE], CRITERIA)
    half = found.milestones[1]
    level = ENVELOPE.levels["episode_return"]
    assert (found.basis, half.share) == ("episode_return", 0.5)
    assert half.level == pytest.approx((level.start + level.end) / 2)
    assert half.reference == tuple(member.milestones["episode_return"][1] for member in ENVELOPE.members)
    # linear over 200 points of 100 steps: the first point at or above the level
    first = np.flatnonzero(np.linspace(-100.0, -10.0, 200) >= half.level)[0]
    assert half.run == 100.0 * (first + 1)


def test_success_is_the_basis_where_both_log_it():
    success = [series("success_rate", [100, 5000, 10000], [0.0, 0.6, 1.0], window=100)]
    envelope = build([run(np.linspace(0, 9, 100), metrics=success)], "s", CRITERIA)
    found = view(run(np.linspace(0, 9, 100), metrics=success), [envelope], CRITERIA)
    assert found.basis == "success_rate"
    assert [one.run for one in found.milestones] == [5000.0, 5000.0, 10000.0, 10000.0]
    assert view(run(np.linspace(0, 9, 100)), [envelope], CRITERIA).basis == "episode_return"


def test_the_reference_at_the_steps_of_the_run_is_never_carried_past_its_ends():
    found = at_steps(np.array([10.0, 20.0]), np.array([1.0, 2.0]), np.array([9.0, 10.0, 19.0, 20.0, 21.0]))
    assert found.tolist()[1:4] == [1.0, 1.0, 2.0]
    assert np.isnan(found[[0, 4]]).all()


def test_rules_get_the_reference_under_its_own_names():
    one = run(np.full(120, -95.0))
    made = beside(one, view(one, [ENVELOPE], CRITERIA), CRITERIA)
    low = made["reference_return_min"]
    assert low.steps is one.metrics["episode_return"].steps
    assert low.values[98] == ENVELOPE.bands["episode_return"].low[-2]
    assert np.isnan(low.values[100:]).all()
    assert set(made["reference_seeds"].values) == {3.0}
    other = run(np.full(9, -0.95))
    assert beside(other, view(other, [ENVELOPE], CRITERIA), CRITERIA) == {}


def test_the_critics_loss_is_held_against_that_of_the_same_library_only():
    values = np.linspace(0, 9, 100)
    loss = [series("critic_loss", [100, 5000, 10000], [0.3, 0.5, 2.0])]
    envelope = build([run(values, metrics=loss)] * 3, "s", CRITERIA)
    one = run(values, metrics=loss)
    found = beside(one, view(one, [envelope], CRITERIA), CRITERIA)["reference_critic_loss_max"]
    assert found.values.tolist() == [0.3, 0.3, 2.0]  # the last of 64 points that lies before
    for other in (run(values, metrics=loss, framework="x"), run(values, metrics=loss, normalize_reward=True)):
        assert "reference_critic_loss_max" not in beside(other, view(other, [envelope], CRITERIA), CRITERIA)


def test_updates_are_held_against_those_of_three_runs_of_any_library():
    values = np.linspace(0, 9, 100)
    updates = [series("approx_kl", [100, 5000, 10000], [0.01, 0.02, 0.005])]
    one = run(values, metrics=updates, framework="x")
    three, two = (build([run(values, metrics=updates)] * n, "s", CRITERIA) for n in (3, 2))
    found = beside(one, view(one, [three], CRITERIA), CRITERIA)
    assert found["reference_approx_kl_min"].values.tolist() == [0.01, 0.01, 0.005]
    assert found["reference_approx_kl_max"].unit == one.metrics["approx_kl"].unit
    assert "reference_approx_kl_min" not in beside(one, view(one, [two], CRITERIA), CRITERIA)


def test_a_log_that_two_algorithms_write_alike_is_held_against_either_as_an_assumption():
    loss = [series("critic_loss", [100, 5000, 10000], [0.3, 0.5, 2.0])]
    good = build([run(np.linspace(0, 9, 100), algorithm="td3", metrics=loss)] * 3, "s", CRITERIA)
    either = run(np.linspace(0, 5, 100), algorithm="td3_or_ddpg", metrics=loss)
    seen = view(either, [good], CRITERIA)
    assert (seen.used, seen.assumed, seen.guessed) == (True, True, "algorithm")
    made = beside(either, seen, CRITERIA)
    assert made["reference_return_min"].attributes["task"] == "assumed"
    # DDPG has one critic, whose loss is not the sum of TD3's two.
    assert "reference_critic_loss_max" not in made
    assert not view(run(np.linspace(0, 5, 100), algorithm="ddpg"), [good], CRITERIA).used


def test_a_file_holds_the_envelope(tmp_path):
    path = save(ENVELOPE, tmp_path / "new")
    read = load_envelope(path)
    assert (read.name, read.algorithm, read.env, read.settings) == ("good", "ppo", "Task-v0", {})
    assert read.members == ENVELOPE.members
    band, before = read.bands["episode_return"], ENVELOPE.bands["episode_return"]
    np.testing.assert_allclose(band.low, before.low, rtol=1e-3)
    assert path.stat().st_size < 60_000


def test_nan_is_null_in_the_file(tmp_path):
    late = [series("approx_kl", [5000, 10000], [0.5, 0.25])]
    path = save(build([run(range(100), metrics=late)], "late", CRITERIA), tmp_path)
    assert json.loads(path.read_text())["metrics"]["approx_kl"]["min"][0] is None
    assert np.isnan(load_envelope(path).bands["approx_kl"].low[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a reference file"),
        ("[]", "schema"),
        ('{"schema": 2}', "schema: 2"),
        ('{"schema": 1}', "damaged"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, text, words):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ReadError, match=words) as caught:
        envelopes_in(path)
    assert "x.json" in str(caught.value)


def test_arrays_of_the_wrong_length_are_damage(tmp_path):
    path = save(ENVELOPE, tmp_path)
    data = json.loads(path.read_text())
    data["metrics"]["episode_return"]["min"].pop()
    path.write_text(json.dumps(data))
    with pytest.raises(ReadError, match="expected 64 values"):
        load_envelope(path)


def test_names_that_are_no_file_names():
    assert file_name("my run/3") == "my-run-3.json"
    with pytest.raises(UsageError, match="cannot be a file name"):
        file_name("../")


def test_where_references_are_looked_for(tmp_path):
    package, here = tmp_path / "package", tmp_path / "here"
    for place in (
        package / "_reference_runs" / "envelopes",
        here / "rldoctor-references",
        tmp_path / "named",
    ):
        save(ENVELOPE, place)
    found = [one.source for one in envelopes(("auto", tmp_path / "named"), package, here)]
    assert [source.removeprefix(str(tmp_path)).split("/")[1] for source in found] == [
        "named",
        "here",
        "package",
    ]
    assert envelopes(("off",), package, here) == ()
    with pytest.raises(UsageError, match="cannot stand beside"):
        envelopes(("off", "auto"), package, here)
    with pytest.raises(UsageError, match="no such file or directory"):
        envelopes((tmp_path / "absent",), package, here)


def test_the_directory_that_comes_first_wins(tmp_path):
    mine = save(build([run(np.linspace(-100, 0, 50), framework="cleanrl")], "mine", CRITERIA), tmp_path / "a")
    theirs = save(ENVELOPE, tmp_path / "b")
    one = run(np.full(50, -95.0))
    for order in ((mine, theirs), (theirs, mine)):
        found = view(one, [load_envelope(path) for path in order], CRITERIA)
        assert found.envelope is not None
        assert found.envelope.source == str(order[0])
