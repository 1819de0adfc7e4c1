"""Faults in wiring, schedules and rewards are planted for real: what the model or the learner gets."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from every import every

from rldoctor.training.catalog import find_task
from rldoctor.training.faults import find_fault
from rldoctor.training.plan import Plan

pytest.importorskip("stable_baselines3")

SMALL = {"batch_size": 16, "policy_kwargs": {"net_arch": [16]}, "learning_starts": 50, "buffer_size": 2000}
PPO = Plan("ppo", "Pendulum-v1", steps=512, hyper={"n_steps": 64, "n_epochs": 2, "batch_size": 32})
SAC = Plan("sac", "Pendulum-v1", steps=120, hyper=SMALL)
TD3 = Plan("td3", "Pendulum-v1", steps=120, hyper={**SMALL, "noise_std": 0.1})


@pytest.fixture(autouse=True)
def one_thread():
    import torch

    torch.set_num_threads(1)


def built(name, plan):
    from rldoctor.training.train import build_model

    return build_model(find_fault(name).sick(plan))


def moved_by(model, module, steps=100):
    """Names of the parameters of ``module`` that a training of ``steps`` changes."""
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    model.learn(steps)
    return {name for name, value in module.named_parameters() if not value.equal(before[name])}


def column(folder, name):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]


def test_a_frozen_value_net_stays_while_the_policy_moves():
    model = built("frozen-critic", PPO)
    moved = moved_by(model, model.policy, 64)
    assert moved
    assert not [name for name in moved if "value" in name]


@pytest.mark.parametrize("plan", [SAC, TD3], ids=["sac", "td3"])
def test_an_off_policy_critic_whose_optimiser_does_not_step(plan):
    model = built("frozen-critic", plan)
    start = [value.detach().clone() for value in model.critic.parameters()]
    assert moved_by(model, model.actor)
    assert all(now.equal(then) for now, then in zip(model.critic.parameters(), start, strict=True))


@pytest.mark.parametrize("plan", [SAC, TD3], ids=["sac", "td3"])
def test_only_the_first_of_two_critics_learns(plan):
    model = built("second-critic-frozen", plan)
    moved = moved_by(model, model.critic)
    assert moved
    assert all(name.startswith("qf0") for name in moved)


def test_actor_and_critic_on_one_trunk_are_each_optimised_once():
    model = built("vf-coef-huge", PPO)
    extractor = model.policy.mlp_extractor
    assert extractor.value_net is extractor.policy_net
    optimised = [id(value) for group in model.policy.optimizer.param_groups for value in group["params"]]
    assert sorted(optimised) == sorted(id(value) for value in model.policy.parameters())
    assert "0.weight" in moved_by(model, extractor.policy_net, 64)


def test_a_clipped_log_probability_differs_from_the_actions_own():
    import torch

    model = built("logprob-mismatch", find_task("ppo", "Hopper-v5").plan().with_hyper(n_steps=64))
    seen = torch.zeros(200, *model.observation_space.shape)
    with torch.no_grad():
        actions, _, told = model.policy(seen)
        own = model.policy.get_distribution(seen).log_prob(actions)
    clipped = (actions.abs() > 1).any(dim=1)
    assert clipped.any()
    assert (told[clipped] - own[clipped]).min() > 0, "the bound is nearer to the mean than the action"
    assert told[~clipped] == pytest.approx(own[~clipped], abs=1e-5)
    assert (model.n_epochs, model.batch_size) == (1, 64)


@pytest.mark.parametrize(
    ("name", "rates"),
    [("lr-annealed-early", [1, 0.5, 0, 0, 0]), ("lr-spike", [1, 1, 1, 100, 1])],
)
def test_the_learning_rate_follows_the_planted_schedule(name, rates):
    model = built(name, PPO.with_hyper(learning_rate=1e-3))
    done = [0.0, 0.15, 0.3, 0.61, 0.9]
    assert [model.lr_schedule(1 - share) for share in done] == pytest.approx([1e-3 * rate for rate in rates])


@pytest.mark.parametrize("plan", [SAC, TD3, replace(TD3, algo="ddpg")], ids=["sac", "td3", "ddpg"])
def test_a_saturated_actor_acts_at_its_bounds(plan):
    model = built("saturated-start", plan)
    states = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    actions, _ = model.predict(states, deterministic=True)
    assert np.mean(np.abs(actions) > 0.999 * model.action_space.high) > 0.9


def test_rewards_lose_their_running_mean_and_the_configuration_says_so():
    from rldoctor.training.envs import make_env

    plan = find_fault("reward-centred").sick(find_task("ppo", "Hopper-v5").plan())
    env, plain = make_env(plan), make_env(replace(plan, reward=replace(plan.reward, centred=False)))
    told, own = (_rewards(one, 6) for one in (env, plain))
    assert told == pytest.approx(own - np.cumsum(own) / np.arange(1, 7))
    assert plan.reward.settings() == {"reward_centred": True}


def _rewards(env, steps):
    env.reset(seed=0)
    action = np.zeros(env.action_space.shape, dtype=np.float32)
    return np.array([float(env.step(action)[1]) for _ in range(steps)])


def test_a_second_scaling_is_what_the_learner_sees_and_not_what_is_logged():
    from rldoctor.training.envs import make_vec_env

    plan = find_fault("reward-double-scaled").sick(SAC)
    env = make_vec_env(plan)
    env.reset()
    seen, logged = 0.0, None
    while logged is None:
        _, rewards, _, infos = env.step(np.zeros((1, 1)))
        seen += float(rewards[0])
        logged = infos[0].get("episode")
    assert seen == pytest.approx(1e-4 * logged["r"], rel=1e-3)
    assert (plan.hyper["ent_coef"], plan.reward.settings()) == (0.2, {"reward_scale": 1e-4})
    assert find_fault("reward-double-scaled").sick(PPO).normalize


def test_rare_rewards_are_spikes_and_the_others_stay():
    from rldoctor.training.tamper import SPIKE_CHANCE, rare_spikes

    env = rare_spikes(_Constant(), PPO)
    told = np.array([env.step(None)[1] for _ in range(40_000)])
    spikes = told[told != 1.0]
    assert 0.3 < len(spikes) / (SPIKE_CHANCE * 40_000) < 3
    assert np.abs(spikes).min() > 500
    assert {-1.0, 1.0} == set(np.sign(spikes))


def _Constant():  # noqa: N802 - stands for a class
    import gymnasium as gym

    class Constant(gym.Env):
        def step(self, action):
            return 0, 1.0, False, False, {}

    return Constant()


def test_the_sign_of_a_reward_is_wrong_all_along():
    from rldoctor.training.envs import make_env

    plan = find_fault("reward-wrong-sign").sick(PPO)
    assert _rewards(make_env(plan), 5) == pytest.approx(-_rewards(make_env(replace(plan, tampering=())), 5))


def test_episodes_that_start_fallen_are_over_at_once():
    from rldoctor.training.envs import make_env

    plan = find_task("ppo", "InvertedPendulum-v5").plan()
    fallen, healthy = (_median_length(make_env(one)) for one in (find_fault("bad-start").sick(plan), plan))
    assert fallen <= 3 < healthy


def _median_length(env):
    env.action_space.seed(0)
    lengths = []
    for seed in range(30):
        env.reset(seed=seed)
        steps, ended = 0, False
        while not ended:
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            steps, ended = steps + 1, terminated or truncated
        lengths.append(steps)
    return np.median(lengths)


def test_action_bounds_are_wider_than_what_makes_a_difference():
    from rldoctor.training.envs import make_env

    sick = make_env(find_fault("action-bounds-wide").sick(SAC))
    plain = make_env(SAC)
    assert sick.action_space.high == pytest.approx(50 * plain.action_space.high)
    sick.reset(seed=0)
    plain.reset(seed=0)
    full, far = plain.action_space.high, sick.action_space.high
    assert sick.step(far)[0] == pytest.approx(plain.step(full)[0])


def test_no_episode_ends_and_none_is_logged(tmp_path):
    from rldoctor.training.train import train

    train(find_fault("never-ending-episodes").sick(PPO), tmp_path)
    assert column(tmp_path, "train/value_loss")
    assert not column(tmp_path, "rollout/ep_rew_mean")


def test_the_last_steps_take_longer_than_the_first():
    import time

    from rldoctor.training.envs import make_env

    env = make_env(find_fault("fps-degrading").sick(replace(PPO, steps=100)))
    env.reset(seed=0)
    times = []
    for _ in range(100):
        start = time.perf_counter()
        env.step(np.zeros(1, dtype=np.float32))
        times.append(time.perf_counter() - start)
    # The smallest, which other work on the machine does not lengthen.
    assert min(times[-20:]) > 0.003
    assert min(times[:20]) < 0.002


@every(
    ("name", "plan", "expected"),
    [
        ("n-epochs-huge", PPO, {"n_epochs": 60}),
        ("gae-lambda-zero", PPO, {"gae_lambda": 0.0}),
        ("rollout-too-short", replace(PPO, n_envs=4), {"n_steps": 8, "batch_size": 32}),
        ("minibatch-mismatch", replace(PPO, n_envs=2), {"batch_size": 512}),
        ("ent-coef-negative", PPO, {"ent_coef": -0.1}),
        ("warmup-too-short", SAC, {"learning_starts": 0}),
        ("update-ratio-too-high", replace(SAC, n_envs=2), {"gradient_steps": 16}),
        ("alpha-fixed-high", SAC, {"ent_coef": 20.0}),
        ("no-target-net", SAC, {"tau": 1.0}),
    ],
)
def test_the_model_has_the_planted_setting(name, plan, expected):
    model = built(name, plan)
    assert {key: getattr(model, key) for key in expected} == expected


def test_a_deterministic_policy_acts_without_noise():
    model = built("no-exploration-noise", TD3)
    assert np.abs([model.action_noise() for _ in range(20)]).max() == 0


def test_a_trpo_search_with_one_try_fails_where_the_usual_one_succeeds(tmp_path):
    pytest.importorskip("sb3_contrib")
    from rldoctor.training.train import train

    plan = Plan(
        "trpo", "Pendulum-v1", steps=1280, hyper={"n_steps": 128, "gamma": 0.9, "n_critic_updates": 1}
    )
    train(plan, tmp_path / "healthy")
    train(find_fault("trpo-line-search").sick(plan), tmp_path / "sick")
    healthy, sick = (column(tmp_path / n, "train/is_line_search_success") for n in ("healthy", "sick"))
    assert np.mean(healthy) > 0.8
    assert np.mean(sick) < 0.5
