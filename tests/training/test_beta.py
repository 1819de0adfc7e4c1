"""The Beta policy: its densities against numerical integration, and real trainings with it."""

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

import gymnasium as gym
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, PPO

from rldoctor.errors import UsageError
from rldoctor.integrations.sb3 import DiagnosticsCallback
from rldoctor.training.beta import BetaDistribution, BetaPolicy
from rldoctor.training.plan import Plan
from rldoctor.training.train import build_model

SMALL = {"n_steps": 64, "batch_size": 32, "n_epochs": 2, "device": "cpu", "seed": 0}


class Reach(gym.Env):
    """Two actions of different, lopsided ranges; observations of two parts."""

    observation_space = spaces.Dict(
        {"position": spaces.Box(-9, 9, (2,), np.float32), "goal": spaces.Box(-9, 9, (2,), np.float32)}
    )
    action_space = spaces.Box(np.array([-3, 0.5], np.float32), np.array([1, 0.75], np.float32))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seen, self.goal, self.left = np.zeros(2, np.float32), np.ones(2, np.float32), 10
        return {"position": self.seen, "goal": self.goal}, {}

    def step(self, action):
        assert self.action_space.contains(action), action
        self.left -= 1
        self.seen = np.clip(self.seen + 0.1 * action, -9, 9).astype(np.float32)
        reward = -float(np.abs(self.seen - self.goal).sum())
        return {"position": self.seen, "goal": self.goal}, reward, False, self.left == 0, {}


def density(low, high, raw):
    """log p of a one-dimensional Beta policy on a fine grid, in double precision."""
    grid = torch.linspace(low, high, 400_001, dtype=torch.float64)
    one = BetaDistribution([low], [high]).proba_distribution(torch.tensor([raw], dtype=torch.float64))
    return one, grid, one.log_prob(grid[:, None])


@pytest.mark.parametrize("raw", [(0.0, 0.0), (-6.0, 4.0), (3.0, -3.0), (40.0, 25.0)])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-2.0, 2.0), (-3.0, 0.5), (10.0, 10.25)])
def test_the_density_integrates_to_one_and_to_its_entropy_and_mean(low, high, raw):
    one, grid, log_p = density(low, high, raw)
    assert float(torch.trapezoid(log_p.exp(), grid)) == pytest.approx(1, abs=1e-5)
    surprise = float(torch.trapezoid(-log_p.exp() * log_p, grid))
    assert float(one.entropy()) == pytest.approx(surprise, abs=1e-4)
    mean = float(torch.trapezoid(log_p.exp() * grid, grid))
    assert float(one.mode()) == pytest.approx(mean, abs=1e-4 * (high - low))


def test_two_dimensions_integrate_to_one_over_the_box():
    low, high = np.array([-3.0, 0.5]), np.array([1.0, 0.75])
    raw = torch.tensor([[0.5, 2.0, -1.0, 1.0]], dtype=torch.float64)
    axes = [torch.linspace(a, b, 1201, dtype=torch.float64) for a, b in zip(low, high, strict=True)]
    points = torch.cartesian_prod(*axes)
    log_p = BetaDistribution(low, high).proba_distribution(raw).log_prob(points).reshape(1201, 1201)
    inner = torch.trapezoid(log_p.exp(), axes[1], dim=1)
    assert float(torch.trapezoid(inner, axes[0])) == pytest.approx(1, abs=2e-4)


def test_samples_have_the_density_they_are_given():
    torch.manual_seed(0)
    one = BetaDistribution([-2.0], [2.0]).proba_distribution(torch.tensor([[1.0, -1.0]]).expand(200_000, 2))
    taken = one.sample()
    assert float(taken.min()) >= -2
    assert float(taken.max()) <= 2
    counts, edges = np.histogram(taken.numpy(), bins=20, range=(-2, 2))
    middles = torch.tensor((edges[1:] + edges[:-1]) / 2, dtype=torch.float32)[:, None]
    expected = one.proba_distribution(torch.tensor([[1.0, -1.0]])).log_prob(middles).exp().numpy() * 0.2
    assert np.abs(counts / 200_000 - expected).max() < 0.004


@pytest.mark.parametrize("at", [-2.0, -2.0 + 1e-7, 2.0, 3.0])
def test_the_gradient_is_finite_at_and_beyond_the_bounds(at):
    raw = torch.tensor([[30.0, 30.0]], requires_grad=True)
    log_p = BetaDistribution([-2.0], [2.0]).proba_distribution(raw).log_prob(torch.tensor([[at]]))
    log_p.sum().backward()
    assert torch.isfinite(log_p).all()
    assert torch.isfinite(raw.grad).all()
    assert float(raw.grad.abs().sum()) > 0


@pytest.mark.parametrize(("low", "high"), [([-np.inf], [1.0]), ([0.0], [np.nan]), ([1.0], [1.0])])
def test_bounds_that_are_none_are_refused(low, high):
    with pytest.raises(ValueError, match="finite action bounds"):
        BetaDistribution(low, high)


def test_discrete_actions_and_sde_are_refused():
    with pytest.raises(ValueError, match="bounded Box"):
        PPO(BetaPolicy, "CartPole-v1", **SMALL)
    with pytest.raises(ValueError, match="use_sde"):
        PPO(BetaPolicy, "Pendulum-v1", use_sde=True, **SMALL)


def test_dictionaries_train_inside_the_bounds_and_survive_a_save(tmp_path):
    # The environment itself refuses an action outside.
    model = PPO(BetaPolicy, Reach(), **SMALL)
    start = model.policy.state_dict()["action_net.weight"].clone()
    model.learn(256, callback=DiagnosticsCallback(every=10))
    assert not torch.equal(start, model.policy.state_dict()["action_net.weight"])
    assert model.logger.name_to_value or model.num_timesteps == 256
    model.save(tmp_path / "model")
    again = PPO.load(tmp_path / "model", env=Reach(), device="cpu")
    assert isinstance(again.policy, BetaPolicy)
    seen = Reach().reset()[0]
    wanted, found = (one.predict(seen, deterministic=True)[0] for one in (model, again))
    assert np.array_equal(wanted, found)
    again.learn(64, reset_num_timesteps=False)


def test_ppo_judges_actions_by_the_probabilities_they_were_taken_with():
    model = PPO(BetaPolicy, Reach(), **SMALL)
    seen = {key: torch.as_tensor(value)[None].repeat(50, 1) for key, value in Reach().reset()[0].items()}
    with torch.no_grad():
        actions, _, taken = model.policy(seen)
        _, judged, entropy = model.policy.evaluate_actions(seen, actions)
    assert torch.allclose(taken, judged, atol=1e-5)
    assert entropy.shape == (50,)


def test_a2c_and_trpo_take_it_too():
    contrib = pytest.importorskip("sb3_contrib")
    for kind, more in ((A2C, {"n_steps": 16}), (contrib.TRPO, {"n_steps": 64, "batch_size": 32})):
        model = kind(BetaPolicy, "Pendulum-v1", device="cpu", seed=0, **more)
        model.learn(128)
        assert model.env.action_space.contains(model.predict(np.zeros(3, np.float32))[0])


@pytest.mark.parametrize(
    ("task", "words"), [("ppo CartPole-v1", "bounded Box"), ("sac Pendulum-v1", "no Beta policy")]
)
def test_the_runner_says_where_it_cannot_be(task, words):
    algo, env_id = task.split()
    with pytest.raises(UsageError, match=words):
        build_model(Plan(algo, env_id, 100).with_hyper(policy="beta"))


@pytest.mark.slow
def test_ppo_learns_to_use_the_bounds_with_it():
    """The first action is to be as large as it can be, the best policy sits at a bound."""
    model = PPO(
        BetaPolicy, Reach(), n_steps=200, batch_size=50, learning_rate=3e-3, gamma=0.8, seed=0, device="cpu"
    )
    seen = Reach().reset()[0]
    assert model.predict(seen, deterministic=True)[0][0] < -0.5
    model.learn(4_000)
    assert model.predict(seen, deterministic=True)[0][0] > 0.5


@pytest.mark.slow
def test_ppo_learns_to_balance_a_pendulum_with_it():
    model = PPO(BetaPolicy, "InvertedPendulum-v5", n_steps=512, learning_rate=1e-3, seed=0, device="cpu")
    model.learn(5_120)
    returns = [episode["r"] for episode in model.ep_info_buffer]
    # A random policy falls after about six steps.
    assert np.mean(returns[-10:]) > 40
