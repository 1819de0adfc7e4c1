"""``rldoctor throughput``: the arithmetic, and a real short measurement."""

import json
import time

import pytest

from rldoctor.commands.throughput import verdict
from rldoctor.errors import UsageError
from rldoctor.training.throughput import Point, Throughput, gain, rate, short, stops
from rldoctor.training.throughput_console import parse, plan_of


def flat(value):
    return Throughput(value, value, value, 5)


def points(*rates):
    found = []
    for n_envs, value in zip((1, 2, 4, 8), rates, strict=False):
        ratio = n_envs / found[-1].n_envs if found else 1
        share = gain(found[-1].env, flat(value), ratio) if found else None
        found.append(Point(n_envs, flat(value), flat(value), share, share))
    return found


def test_the_median_of_the_blocks_ignores_one_slow_block():
    marks = [(0.0, 0), (1.0, 100), (2.0, 200), (9.0, 300), (10.0, 400), (11.0, 500)]
    assert rate(marks) == Throughput(100.0, 100 / 7, 100.0, 5)


def test_few_marks_make_fewer_blocks():
    assert rate([(0.0, 0), (2.0, 100), (3.0, 200)]) == Throughput(75.0, 50.0, 100.0, 2)


def test_scaling_stops_where_the_gain_falls_below_the_share():
    measured = points(100, 180, 220, 230)
    assert [point.env_gain for point in measured] == [
        None,
        pytest.approx(0.8),
        pytest.approx(0.2222, abs=1e-3),
        pytest.approx(0.04545, abs=1e-4),
    ]
    assert stops(measured, "env") == 4
    assert stops(measured, "env", 0.5) == 2
    assert stops(points(100, 190, 370), "train") is None
    said = verdict(measured, "env", 0.2)
    assert "scaling stops at 4" in said
    assert "230 / 220 = 1.05" in said
    assert "5 % of perfect" in said
    assert "still gains at 4" in verdict(points(100, 190, 370), "train", 0.2)
    assert "nothing" in verdict(points(100), "env", 0.2)


def test_three_times_the_environments_are_measured_against_three():
    assert gain(flat(100), flat(300), 3) == 1
    assert gain(flat(100), flat(200), 3) == 0.5


def test_only_what_takes_long_is_changed():
    ppo = plan_of(parse(["--env", "Nothing-v0", "--set", "n_steps=2048", "--set", "batch_size=512"]))
    assert short(ppo).hyper["n_steps"] == 512
    sac = plan_of(parse(["--env", "FetchReachDense-v4", "--algo", "sac"]))
    assert {**short(sac).hyper, "learning_starts": 1000} == dict(sac.hyper)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--env"),
        (["--env", "X", "--n-envs-list", "1,x"], "1,2,4,8"),
        (["--env", "X", "--n-envs-list", "0"], "1,2,4,8"),
        (["--env", "X", "--seconds", "0"], "not above 0"),
    ],
)
def test_wrong_options_are_usage_errors(words, message):
    with pytest.raises(UsageError, match=message):
        parse(words)


@pytest.mark.parametrize(("algo", "vec"), [("ppo", "dummy"), ("sac", "subproc")])
def test_a_real_measurement(algo, vec, capsys):
    pytest.importorskip("stable_baselines3")
    from rldoctor.commands.throughput import throughput

    words = ["--env", "Pendulum-v1", "--algo", algo, "--vec", vec, "--n-envs-list", "2,1", "--seconds", "0.3"]
    small = ["--set", "n_epochs=1", "--set", "n_steps=64"] if algo == "ppo" else ["--set", "batch_size=8"]
    began = time.perf_counter()
    assert throughput([*words, *small, "-f", "json"]) == 0
    took = time.perf_counter() - began
    found = json.loads(capsys.readouterr().out)
    assert [point["n_envs"] for point in found["points"]] == [1, 2]
    for point in found["points"]:
        assert point["env"]["low"] <= point["env"]["median"] <= point["env"]["high"]
        # Training does all that the environments do, and more.
        assert 0 < point["train"]["median"] < point["env"]["median"]
    assert found["points"][0]["train_gain"] is None
    assert set(found["stops_at"]) == {"env", "train"}
    assert found["hardware"]["cores"] >= 1
    assert took > 4 * 0.3


def test_the_table_fits_80_columns(capsys):
    pytest.importorskip("stable_baselines3")
    from rldoctor.commands.throughput import throughput

    words = ["--env", "CartPole-v1", "--algo", "dqn", "--n-envs-list", "1,2", "--seconds", "0.1"]
    assert throughput(words) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "Environments alone: " in shown
    assert "cores" in shown
