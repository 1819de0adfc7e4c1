"""PPO in the form of CleanRL's ppo_continuous_action.py: its settings, wrappers, tags and table, own code.

    python reference_runs/scripts/cleanrl_ppo.py --env InvertedPendulum-v5 --seed 0 --steps 61440 --out DIR

CleanRL is single-file code that people copy and change, so a log "of CleanRL" is a log of such a copy.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from common import Steady, arguments, finish, reward_scale, seeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from torch import Tensor, nn
from torch.distributions import Normal
from torch.utils.tensorboard import SummaryWriter

FAULTS = ("lr-zero", "lr-too-high", "reward-tiny")


@dataclass
class Settings:
    """CleanRL's ``Args``, with its defaults and in its order."""

    exp_name: str = "ppo_continuous_action"
    seed: int = 1
    torch_deterministic: bool = True
    cuda: bool = False
    track: bool = False
    env_id: str = ""
    total_timesteps: int = 1000000
    learning_rate: float = 3e-4
    num_envs: int = 1
    num_steps: int = 2048
    anneal_lr: bool = True
    gamma: float = 0.99
    gae_lambda: float = 0.95
    num_minibatches: int = 32
    update_epochs: int = 10
    norm_adv: bool = True
    clip_coef: float = 0.2
    clip_vloss: bool = True
    ent_coef: float = 0.0
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    target_kl: float | None = None
    batch_size: int = 2048
    minibatch_size: int = 64
    num_iterations: int = 0


def make_env(env_id: str, gamma: float, fault: str) -> Any:
    """CleanRL's wrappers; without NormalizeReward where the reward's scale is the fault."""

    def thunk() -> gym.Env[Any, Any]:
        env: gym.Env[Any, Any] = Steady(env_id, reward_scale(fault))
        env = gym.wrappers.RecordEpisodeStatistics(gym.wrappers.FlattenObservation(env))
        env = gym.wrappers.NormalizeObservation(gym.wrappers.ClipAction(env))
        env = gym.wrappers.TransformObservation(env, lambda o: np.clip(o, -10, 10), env.observation_space)
        if fault == "reward-tiny":
            return env
        env = gym.wrappers.NormalizeReward(env, gamma=gamma)
        return gym.wrappers.TransformReward(env, lambda reward: float(np.clip(reward, -10, 10)))

    return thunk


def layer(inputs: int, outputs: int, std: float = np.sqrt(2)) -> nn.Linear:
    """A linear layer with orthogonal weights of gain ``std`` and zero bias."""
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, std)
    nn.init.constant_(made.bias, 0.0)
    return made


def mlp(inputs: int, outputs: int, last_std: float) -> nn.Sequential:
    """Two hidden tanh layers of 64."""
    return nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, outputs, last_std))


class Agent(nn.Module):
    """Gaussian policy with a free log standard deviation, and a critic of its own."""

    def __init__(self, observations: int, actions: int) -> None:
        """Networks for ``observations`` inputs and ``actions`` action dimensions."""
        super().__init__()
        self.critic = mlp(observations, 1, 1.0)
        self.actor_mean = mlp(observations, actions, 0.01)
        self.actor_logstd = nn.Parameter(torch.zeros(1, actions))

    def forward(self, obs: Tensor, action: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Action (drawn unless given), its log-probability, entropy, value."""
        mean = self.actor_mean(obs)
        normal = Normal(mean, self.actor_logstd.expand_as(mean).exp())
        action = normal.sample() if action is None else action
        return action, normal.log_prob(action).sum(1), normal.entropy().sum(1), self.critic(obs).flatten()


@dataclass
class Batch:
    """One rollout, flat: (num_steps, ...) of each."""

    obs: Tensor
    actions: Tensor
    logprobs: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor


class Training:
    """The loop of the script."""

    def __init__(self, args: Settings, fault: str, writer: SummaryWriter) -> None:
        """Environment, agent and optimiser."""
        self.args, self.writer = args, writer
        makers = [make_env(args.env_id, args.gamma, fault)] * args.num_envs
        self.envs = SyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)
        shape, actions = self.envs.single_observation_space.shape, self.envs.single_action_space.shape
        assert shape is not None
        assert actions is not None
        self.agent = Agent(shape[0], actions[0])
        self.optimizer = torch.optim.Adam(self.agent.parameters(), lr=args.learning_rate, eps=1e-5)
        self.next_obs = torch.as_tensor(self.envs.reset(seed=args.seed)[0], dtype=torch.float32)
        self.next_done = torch.zeros(args.num_envs)
        self.global_step = 0
        self.start = time.time()

    def run(self) -> None:
        """All iterations."""
        for iteration in range(1, self.args.num_iterations + 1):
            if self.args.anneal_lr:
                fraction = 1.0 - (iteration - 1.0) / self.args.num_iterations
                self.optimizer.param_groups[0]["lr"] = fraction * self.args.learning_rate
            batch = self.rollout()
            self.log(batch, *self.update(batch))
        self.envs.close()

    def rollout(self) -> Batch:
        """``num_steps`` steps with the present policy, and their advantages."""
        seen: dict[str, list[Tensor]] = {name: [] for name in ("obs", "act", "logp", "val", "rew", "done")}
        for _ in range(self.args.num_steps):
            self.global_step += self.args.num_envs
            with torch.no_grad():
                action, logprob, _, value = self.agent(self.next_obs)
            before = (self.next_obs, action, logprob, value)
            obs, reward, terminated, truncated, infos = self.envs.step(action.numpy())
            after = (torch.as_tensor(reward, dtype=torch.float32), self.next_done)
            for name, tensor in zip(seen, (*before, *after), strict=True):
                seen[name].append(tensor)
            self.next_obs = torch.as_tensor(obs, dtype=torch.float32)
            self.next_done = torch.as_tensor(terminated | truncated, dtype=torch.float32)
            self.episodes(infos)
        obs_, act, logp, val, rew, done = (torch.stack(tensors) for tensors in seen.values())
        advantages = self.gae(val, rew, done)
        flat = (obs_, act, logp, val, advantages, advantages + val)
        return Batch(*(tensor.flatten(0, 1) for tensor in flat))

    def episodes(self, infos: dict[str, Any]) -> None:
        """Log the episodes that ended in this step."""
        ended = infos.get("final_info", {}).get("episode")
        for r, length, is_end in zip(ended["r"], ended["l"], ended["_r"], strict=True) if ended else ():
            if is_end:
                self.writer.add_scalar("charts/episodic_return", r, self.global_step)
                self.writer.add_scalar("charts/episodic_length", length, self.global_step)

    def gae(self, values: Tensor, rewards: Tensor, dones: Tensor) -> Tensor:
        """Generalised advantages (Schulman et al. 2016), (num_steps, num_envs)."""
        with torch.no_grad():
            after = self.agent(self.next_obs)[3]
        advantages, last = torch.zeros_like(rewards), torch.zeros(self.args.num_envs)
        live = 1.0 - self.next_done
        for t in reversed(range(self.args.num_steps)):
            delta = rewards[t] + self.args.gamma * after * live - values[t]
            advantages[t] = last = delta + self.args.gamma * self.args.gae_lambda * live * last
            after, live = values[t], 1.0 - dones[t]
        return advantages

    def update(self, batch: Batch) -> tuple[dict[str, Tensor], list[float]]:
        """All epochs; the last minibatch's losses, and every minibatch's clip fraction."""
        fractions: list[float] = []
        losses: dict[str, Tensor] = {}
        order = np.arange(self.args.batch_size)
        for _ in range(self.args.update_epochs):
            np.random.shuffle(order)
            for start in range(0, self.args.batch_size, self.args.minibatch_size):
                rows = torch.as_tensor(order[start : start + self.args.minibatch_size])
                losses, fraction = self.minibatch(batch, rows)
                fractions.append(fraction)
            if self.args.target_kl is not None and losses["approx_kl"] > self.args.target_kl:
                break
        return losses, fractions

    def minibatch(self, batch: Batch, rows: Tensor) -> tuple[dict[str, Tensor], float]:
        """One gradient step on the rows of the batch."""
        args = self.args
        _, logprob, entropy, value = self.agent(batch.obs[rows], batch.actions[rows])
        logratio = logprob - batch.logprobs[rows]
        ratio = logratio.exp()
        advantage = batch.advantages[rows]
        if args.norm_adv:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        clipped = torch.clamp(ratio, 1 - args.clip_coef, 1 + args.clip_coef)
        policy_loss = torch.max(-advantage * ratio, -advantage * clipped).mean()
        old = batch.values[rows]
        near = old + torch.clamp(value - old, -args.clip_coef, args.clip_coef)
        goal = batch.returns[rows]
        value_loss = 0.5 * torch.max((value - goal) ** 2, (near - goal) ** 2).mean()
        loss = policy_loss - args.ent_coef * entropy.mean() + args.vf_coef * value_loss
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.agent.parameters(), args.max_grad_norm)
        self.optimizer.step()
        with torch.no_grad():
            losses = {
                "value_loss": value_loss,
                "policy_loss": policy_loss,
                "entropy": entropy.mean(),
                "old_approx_kl": (-logratio).mean(),
                "approx_kl": ((ratio - 1) - logratio).mean(),
            }
            return losses, ((ratio - 1.0).abs() > args.clip_coef).float().mean().item()

    def log(self, batch: Batch, losses: dict[str, Tensor], fractions: list[float]) -> None:
        """The tags of CleanRL, in its order."""
        variance = batch.returns.var(correction=0)
        residual = (batch.returns - batch.values).var(correction=0)
        explained = torch.nan if variance == 0 else (1 - residual / variance).item()
        scalars = {"charts/learning_rate": self.optimizer.param_groups[0]["lr"]}
        scalars |= {f"losses/{name}": value.item() for name, value in losses.items()}
        scalars["losses/clipfrac"] = float(np.mean(fractions))
        scalars["losses/explained_variance"] = explained
        scalars["charts/SPS"] = int(self.global_step / (time.time() - self.start))
        for tag, number in scalars.items():
            self.writer.add_scalar(tag, number, self.global_step)


def table(settings: dict[str, Any]) -> str:
    """The settings as CleanRL's Markdown table."""
    return "|param|value|\n|-|-|\n" + "\n".join(f"|{key}|{value}|" for key, value in settings.items())


def main() -> None:
    """Train one run."""
    args = arguments(str(__doc__), FAULTS, ("ppo",))
    seeded(args.seed)
    settings = Settings(seed=args.seed, env_id=args.env, total_timesteps=args.steps)
    settings.learning_rate = {"lr-zero": 1e-7, "lr-too-high": 0.03}.get(args.fault, settings.learning_rate)
    settings.num_iterations = args.steps // settings.batch_size
    writer = SummaryWriter(str(args.out))
    writer.add_text("hyperparameters", table(asdict(settings)))
    training = Training(settings, args.fault, writer)
    training.run()
    writer.close()
    finish(args, "cleanrl", ("tensorboard",), training.global_step)


if __name__ == "__main__":
    main()
