"""Fixes held against the run: framework, algorithm, settings, direction, divisibility."""

from __future__ import annotations

from pathlib import Path

from rldoctor.engine.prescribing import divisors, place_of, prescribed
from rldoctor.language.parser import parse
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Prescription
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run, Wording
from rldoctor.rulebook.schema import FixSpec

RATE = FixSpec("slower", "learning_rate", parse("0"), otherwise="Slower.", direction="lower")
BATCH = FixSpec("larger", "batch_size", parse("0"), otherwise="Larger.", direction="raise")
STOP = FixSpec("stop", "target_kl", parse("0.02"), direction="lower", mechanism=("kl_stop",))
TWINS = FixSpec("twins", text="Use two critics.", mechanism=("twin_critics",))


def advised(
    spec: FixSpec,
    to: float | None,
    framework: str = "stable_baselines3",
    algorithm: str = "ppo",
    spelled: bool = True,
    **config: object,
) -> Prescription | None:
    knobs = {name: Knob(name, value, name, value, "test") for name, value in config.items()}
    wording = {"learning_rate": Wording("lr"), "target_kl": Wording("desired_kl")} if spelled else {}
    wording |= {name: Wording(name) for name in config}
    run = Run("r", Path(), "test", framework, algorithm, MetricFrame({}), RunConfig(knobs), wording=wording)
    numbers = {name: float(value) for name, value in config.items() if not isinstance(value, str)}
    return prescribed(spec, to, place_of(run, numbers), {})


def test_a_rate_is_lowered_and_never_raised_or_kept_by_a_lower() -> None:
    assert advised(RATE, 1e-4, learning_rate=3e-4).to == "0.0001"
    assert advised(RATE, 1e-4, learning_rate=3e-5) is None
    assert advised(RATE, 1e-4, learning_rate=1e-4) is None
    assert advised(RATE, 1.0000001e-4, learning_rate=1e-4) is None


def test_a_rate_that_follows_the_kl_is_lowered_by_its_target() -> None:
    one = advised(RATE, 1e-4, "rsl_rl", learning_rate=3e-4, lr_schedule="adaptive", target_kl=0.01)
    assert one is not None
    assert (one.knob, one.to_number) == ("target_kl", 0.005)
    unknown = advised(RATE, 1e-4, "rsl_rl", learning_rate=3e-4)
    assert unknown is not None
    assert "desired_kl" in unknown.text
    fixed = advised(RATE, 1e-4, "rsl_rl", learning_rate=3e-4, lr_schedule="fixed", target_kl=0.01)
    assert fixed is not None
    assert fixed.knob == "learning_rate"


def test_a_stop_on_kl_is_for_frameworks_that_have_one() -> None:
    assert advised(STOP, 0.02) is not None
    assert advised(STOP, 0.02, "rl_games", target_kl=0.008) is None
    assert advised(STOP, 0.02, "ml_agents") is None
    assert advised(STOP, 0.02, algorithm="sac") is None
    assert advised(STOP, 0.02, target_kl=0.01) is None


def test_a_minibatch_divides_the_rollout() -> None:
    one = advised(BATCH, 4096, batch_size=2048, rollout_batch=4480)
    assert one is not None
    assert one.to_number == 4480
    assert 4480 % (advised(BATCH, 128, batch_size=64, rollout_batch=4480).to_number or 1) == 0
    prime = advised(BATCH, 64, batch_size=32, rollout_batch=4481)
    assert prime is not None
    assert (prime.to, prime.text) == ("", "Larger.")


def test_minibatches_are_counted_where_the_framework_counts_them() -> None:
    one = advised(BATCH, 128, "rsl_rl", n_minibatches=70, rollout_batch=4480)
    assert one is not None
    assert (one.knob, one.to_number) == ("n_minibatches", 35)


def test_what_is_so_already_is_not_advised() -> None:
    assert advised(TWINS, None, algorithm="td3") is None
    assert advised(TWINS, None, algorithm="td3", n_critics=1) is not None
    assert advised(TWINS, None, algorithm="dqn") is None
    assert advised(TWINS, None, algorithm="ddpg") is not None


def test_a_setting_without_a_key_is_named_in_words() -> None:
    one = advised(FixSpec("scale", "reward_scale", parse("2")), 2.0)
    assert one is not None
    assert (one.key, one.text) == ("", "Set the reward scale to 2.")
    assert advised(FixSpec("scale", "reward_scale", parse("2")), 2.0, spelled=False).key == "reward_scale"


def test_a_fix_without_its_number_and_without_words_says_nothing() -> None:
    assert advised(FixSpec("half", "learning_rate", parse("config.learning_rate / 2")), None) is None
    assert advised(RATE, None).text == "Slower."


def test_divisors() -> None:
    assert divisors(12) == [1, 2, 3, 4, 6, 12]
    assert divisors(0) == []
