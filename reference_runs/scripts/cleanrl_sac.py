"""SAC in the form of CleanRL's sac_continuous_action.py: its settings, tags and table, own code.

    python reference_runs/scripts/cleanrl_sac.py --env Pendulum-v1 --seed 0 --steps 6000 --out DIR

``global_step`` counts steps of the vector environment, as in CleanRL.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from common import Steady, arguments, finish, reward_scale, seeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn.functional import mse_loss
from torch.utils.tensorboard import SummaryWriter

FAULTS = ("few-updates", "target-entropy-high")
LOG_STD_MIN, LOG_STD_MAX = -5, 2


@dataclass
class Settings:
    """CleanRL's ``Args``; the warm-up and the batch are smaller than its defaults, for short runs."""

    exp_name: str = "sac_continuous_action"
    seed: int = 1
    torch_deterministic: bool = True
    cuda: bool = False
    track: bool = False
    env_id: str = ""
    total_timesteps: int = 1000000
    num_envs: int = 1
    buffer_size: int = 1000000
    gamma: float = 0.99
    tau: float = 0.005
    batch_size: int = 128
    learning_starts: int = 500
    policy_lr: float = 1e-3
    q_lr: float = 1e-3
    policy_frequency: int = 2
    target_network_frequency: int = 1
    alpha: float = 0.2
    autotune: bool = True


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    """Two hidden layers of 64 (CleanRL has 256)."""
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs)
    )


class Actor(nn.Module):
    """Squashed Gaussian; the log-probability includes the scale of the actions, as CleanRL's does."""

    def __init__(self, observations: int, low: Tensor, high: Tensor) -> None:
        """Bounds of shape (actions,)."""
        super().__init__()
        self.net = mlp(observations, 2 * len(low))
        self.scale, self.bias = (high - low) / 2, (high + low) / 2

    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        """Drawn action and its log-probability (rows, 1)."""
        mean, log_std = self.net(obs).chunk(2, -1)
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (torch.tanh(log_std) + 1)
        normal = Normal(mean, log_std.exp())
        raw = normal.rsample()
        squashed = torch.tanh(raw)
        logprob = normal.log_prob(raw) - torch.log(self.scale * (1 - squashed.pow(2)) + 1e-6)
        return squashed * self.scale + self.bias, logprob.sum(1, keepdim=True)


class Twin(nn.Module):
    """Two critics."""

    def __init__(self, inputs: int) -> None:
        """``inputs`` is observations plus actions."""
        super().__init__()
        self.qf1, self.qf2 = mlp(inputs, 1), mlp(inputs, 1)

    def forward(self, obs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Both values, (rows,) each."""
        both = torch.cat([obs, actions], 1)
        return self.qf1(both).view(-1), self.qf2(both).view(-1)


class Buffer:
    """Replay of float32 rows; grows to the length of the run, which is below ``buffer_size``."""

    def __init__(self, rows: int, observations: int, actions: int) -> None:
        """Room for ``rows`` transitions."""
        widths = {"obs": observations, "next": observations, "action": actions, "reward": 1, "done": 1}
        self.columns = {name: torch.zeros(rows, width) for name, width in widths.items()}
        self.size = 0

    def add(self, **columns: Any) -> None:
        """One row for each environment."""
        count = len(columns["reward"])
        for name, values in columns.items():
            rows = torch.as_tensor(np.asarray(values), dtype=torch.float32).view(count, -1)
            self.columns[name][self.size : self.size + count] = rows
        self.size += count

    def sample(self, count: int) -> dict[str, Tensor]:
        """``count`` rows drawn with replacement."""
        rows = torch.randint(0, self.size, (count,))
        return {name: column[rows] for name, column in self.columns.items()}


class Training:
    """The loop of the script."""

    def __init__(self, args: Settings, fault: str, writer: SummaryWriter) -> None:
        """Environments, networks, optimisers."""
        self.args, self.writer = args, writer
        self.envs = environments(args, fault)
        space, actions = self.envs.single_observation_space.shape, self.envs.single_action_space
        assert isinstance(actions, gym.spaces.Box)
        assert space is not None
        self.actor = Actor(space[0], torch.as_tensor(actions.low), torch.as_tensor(actions.high))
        width = actions.shape[0]
        self.critic, self.target = Twin(space[0] + width), Twin(space[0] + width)
        self.target.load_state_dict(self.critic.state_dict())
        self.log_alpha = torch.full((1,), 0.0, requires_grad=True)
        self.target_entropy = 2.0 if fault == "target-entropy-high" else -float(width)
        self.alpha_loss = torch.zeros(1)
        self.q_optimizer = torch.optim.Adam(self.critic.parameters(), lr=args.q_lr)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=args.policy_lr)
        self.a_optimizer = torch.optim.Adam([self.log_alpha], lr=args.q_lr)
        self.buffer = Buffer(args.total_timesteps * args.num_envs, space[0], width)

    def run(self) -> None:
        """All steps."""
        start = time.time()
        obs, _ = self.envs.reset(seed=self.args.seed)
        self.envs.action_space.seed(self.args.seed)
        for step in range(self.args.total_timesteps):
            obs = self.step(step, obs)
            if step > self.args.learning_starts:
                scalars = self.update(step)
                if step % 100 == 0:
                    scalars["charts/SPS"] = int(step / (time.time() - start))
                    for tag, number in scalars.items():
                        value = number.item() if isinstance(number, Tensor) else number
                        self.writer.add_scalar(tag, value, step)
        self.envs.close()

    def step(self, step: int, obs: Any) -> Any:
        """Act, store, log the episodes that ended; the next observations."""
        if step < self.args.learning_starts:
            actions = self.envs.action_space.sample()
        else:
            with torch.no_grad():
                actions = self.actor(torch.as_tensor(obs, dtype=torch.float32))[0].numpy()
        after, rewards, terminated, truncated, infos = self.envs.step(actions)
        real = after.copy()
        for index in np.flatnonzero(terminated | truncated):
            real[index] = infos["final_obs"][index]
            episode = infos["final_info"]["episode"]
            self.writer.add_scalar("charts/episodic_return", episode["r"][index], step)
            self.writer.add_scalar("charts/episodic_length", episode["l"][index], step)
        self.buffer.add(obs=obs, next=real, action=actions, reward=rewards, done=terminated)
        return after

    @property
    def alpha(self) -> float:
        """The temperature."""
        return float(self.log_alpha.exp().item())

    def update(self, step: int) -> dict[str, Any]:
        """One critic step, and every ``policy_frequency`` steps as many of the actor; the scalars."""
        data = self.buffer.sample(self.args.batch_size)
        scalars = self.critic_step(data)
        if step % self.args.policy_frequency == 0:
            for _ in range(self.args.policy_frequency):
                self.actor_loss = self.actor_step(data["obs"])
        if step % self.args.target_network_frequency == 0:
            with torch.no_grad():
                for slow, fast in self.pairs():
                    slow.lerp_(fast, self.args.tau)
        actor_loss = getattr(self, "actor_loss", torch.zeros(1))
        ends = {"losses/actor_loss": actor_loss, "losses/alpha": self.alpha}
        return {**scalars, **ends, "losses/alpha_loss": self.alpha_loss}

    def pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Target parameters with those they follow."""
        return zip(self.target.parameters(), self.critic.parameters(), strict=True)

    def critic_step(self, data: dict[str, Tensor]) -> dict[str, Any]:
        """One gradient step of both critics."""
        with torch.no_grad():
            actions, logprob = self.actor(data["next"])
            least = torch.min(*self.target(data["next"], actions)) - self.alpha * logprob.view(-1)
            goal = data["reward"].view(-1) + (1 - data["done"].view(-1)) * self.args.gamma * least
        q1, q2 = self.critic(data["obs"], data["action"])
        loss1, loss2 = mse_loss(q1, goal), mse_loss(q2, goal)
        self.q_optimizer.zero_grad()
        (loss1 + loss2).backward()
        self.q_optimizer.step()
        means = {"losses/qf1_values": q1.mean(), "losses/qf2_values": q2.mean()}
        return {
            **means,
            "losses/qf1_loss": loss1,
            "losses/qf2_loss": loss2,
            "losses/qf_loss": (loss1 + loss2) / 2,
        }

    def actor_step(self, obs: Tensor) -> Tensor:
        """One gradient step of the actor and of the temperature; the actor's loss."""
        actions, logprob = self.actor(obs)
        loss: Tensor = (self.alpha * logprob.view(-1) - torch.min(*self.critic(obs, actions))).mean()
        self.actor_optimizer.zero_grad()
        loss.backward()
        self.actor_optimizer.step()
        with torch.no_grad():
            logprob = self.actor(obs)[1]
        self.alpha_loss = (-self.log_alpha.exp() * (logprob + self.target_entropy)).mean()
        self.a_optimizer.zero_grad()
        self.alpha_loss.backward()
        self.a_optimizer.step()
        return loss


def environments(args: Settings, fault: str) -> SyncVectorEnv:
    """``num_envs`` environments that record their episodes."""

    def thunk() -> gym.Env[Any, Any]:
        return gym.wrappers.RecordEpisodeStatistics(Steady(args.env_id, reward_scale(fault)))

    return SyncVectorEnv([thunk] * args.num_envs, autoreset_mode=AutoresetMode.SAME_STEP)


def table(settings: dict[str, Any]) -> str:
    """The settings as CleanRL's Markdown table."""
    return "|param|value|\n|-|-|\n" + "\n".join(f"|{key}|{value}|" for key, value in settings.items())


def main() -> None:
    """Train one run."""
    args = arguments(str(__doc__), FAULTS, ("sac",))
    seeded(args.seed)
    settings = Settings(seed=args.seed, env_id=args.env, total_timesteps=args.steps)
    if args.fault == "few-updates":
        settings.num_envs, settings.batch_size, settings.learning_starts = 16, 64, 100
        settings.total_timesteps = args.steps // settings.num_envs
    writer = SummaryWriter(str(args.out))
    writer.add_text("hyperparameters", table(asdict(settings)))
    training = Training(settings, args.fault, writer)
    training.run()
    writer.close()
    finish(args, "cleanrl", ("tensorboard",), training.buffer.size)


if __name__ == "__main__":
    main()
