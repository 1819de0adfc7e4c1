"""PPO and SAC of skrl on gymnasium environments, through skrl's Runner and its own logger.

    python reference_runs/scripts/skrl_run.py --env Pendulum-v1 --algo sac --seed 0 --steps 5000 --out DIR

skrl saves no settings by itself: Isaac Lab writes the Runner's to ``params/agent.yaml`` and the environment's
to ``params/env.yaml``, and so does this script.
"""

from __future__ import annotations

from typing import Any

import yaml
from common import arguments, finish, seeded, vector
from skrl.envs.wrappers.torch import wrap_env
from skrl.utils.runner.torch import Runner

FAULTS = ("lr-zero", "lr-too-high", "reward-tiny", "few-updates", "tau-zero")


def model(kind: str, inputs: str, output: str, **more: Any) -> dict[str, Any]:
    """One network of the Runner's ``models``."""
    net = {"name": "net", "input": inputs, "layers": [64, 64], "activations": "elu"}
    return {"class": f"{kind}Mixin", "clip_actions": False, **more, "network": [net], "output": output}


def ppo(fault: str, steps: int) -> dict[str, Any]:
    """Settings of a healthy or faulty PPO with 8 environments."""
    agent: dict[str, Any] = {
        "class": "PPO",
        "rollouts": 128,
        "learning_epochs": 5,
        "mini_batches": 8,
        "discount_factor": 0.99,
        "gae_lambda": 0.95,
        "learning_rate": {"lr-zero": 1.0e-7, "lr-too-high": 0.03}.get(fault, 1.0e-3),
        "grad_norm_clip": 0.5,
        "ratio_clip": 0.2,
        "value_clip": 0.0,
        "entropy_loss_scale": 0.001,
        "value_loss_scale": 0.5,
        "kl_threshold": 0.0,
        "time_limit_bootstrap": False,
        "value_preprocessor": None if fault == "reward-tiny" else "RunningStandardScaler",
        "value_preprocessor_kwargs": None if fault == "reward-tiny" else {"size": 1},
    }
    models = {
        "separate": True,
        "policy": model("Gaussian", "OBSERVATIONS", "ACTIONS", initial_log_std=0.0),
        "value": model("Deterministic", "OBSERVATIONS", "ONE"),
    }
    return whole(models, agent, -1, steps // 8, write_interval=128)


def critic() -> dict[str, Any]:
    """A network of observations and actions."""
    return model("Deterministic", "concatenate([OBSERVATIONS, ACTIONS])", "ONE")


def sac(fault: str, steps: int) -> dict[str, Any]:
    """Settings of a healthy SAC with one environment; few updates: 16 environments, one update a step."""
    n_envs, few = envs_of("sac", fault), fault == "few-updates"
    agent: dict[str, Any] = {
        "class": "SAC",
        "gradient_steps": 1,
        "batch_size": 64 if few else 128,
        "discount_factor": 0.99,
        "polyak": 1.0e-6 if fault == "tau-zero" else 0.005,
        "learning_rate": 1.0e-3,
        "random_timesteps": 500 // n_envs,
        "learning_starts": 500 // n_envs,
        "grad_norm_clip": 0.0,
        "learn_entropy": True,
        "initial_entropy_value": 1.0,
        "target_entropy": -1.0,
    }
    roles = ("critic_1", "critic_2", "target_critic_1", "target_critic_2")
    policy = model("Gaussian", "OBSERVATIONS", "2.0 * tanh(ACTIONS)", initial_log_std=0.0)
    policy["clip_actions"] = True
    models = {"separate": True, "policy": policy, **{role: critic() for role in roles}}
    return whole(models, agent, 50000 // n_envs, steps // n_envs, write_interval=100)


def whole(
    models: dict[str, Any], agent: dict[str, Any], memory: int, timesteps: int, write_interval: int
) -> dict[str, Any]:
    """The Runner's configuration; ``timesteps`` are steps of the vector environment."""
    experiment = {"directory": "", "experiment_name": "", "write_interval": write_interval}
    return {
        "models": models,
        "memory": {"class": "RandomMemory", "memory_size": memory},
        "agent": {**agent, "experiment": {**experiment, "checkpoint_interval": 0}},
        "trainer": {
            "class": "SequentialTrainer",
            "timesteps": timesteps,
            "environment_info": "log",
            "headless": True,
        },
    }


def envs_of(algo: str, fault: str) -> int:
    """Number of environments."""
    return 8 if algo == "ppo" else 16 if fault == "few-updates" else 1


def main() -> None:
    """Train one run."""
    args = arguments(str(__doc__), FAULTS, ("ppo", "sac"))
    seeded(args.seed)
    cfg = {"seed": args.seed, **{"ppo": ppo, "sac": sac}[args.algo](args.fault, args.steps)}
    n_envs = envs_of(args.algo, args.fault)
    folder = args.out / "params"
    folder.mkdir()
    env_cfg = {"seed": args.seed, "scene": {"num_envs": n_envs}}
    for name, content in (("agent", cfg), ("env", env_cfg)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    cfg["agent"]["experiment"] |= {"directory": str(args.out.parent), "experiment_name": args.out.name}
    cfg["trainer"] |= {"disable_progressbar": True, "close_environment_at_exit": False}
    envs = wrap_env(vector(args.env, n_envs, args.fault), wrapper="gymnasium", verbose=False)
    runner = Runner(envs, cfg)
    runner.run("train")
    runner.agent.writer.close()
    finish(args, "skrl", ("skrl", "tensorboard"), cfg["trainer"]["timesteps"] * n_envs)


if __name__ == "__main__":
    main()
