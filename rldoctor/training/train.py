"""Plan -> run directory: train one seed with Stable-Baselines3, logging through its own logger."""

from __future__ import annotations

import inspect
import json
import platform
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from rldoctor.errors import MissingExtraError, UsageError
from rldoctor.training import checkpoint
from rldoctor.training.callbacks import callbacks_of, status_of
from rldoctor.training.control import ALONE, Control, require_device
from rldoctor.training.envs import make_vec_env
from rldoctor.training.logs import logger_of
from rldoctor.training.plan import ON_POLICY, Plan
from rldoctor.training.surgery import SURGERIES

_PACKAGES = (
    "stable_baselines3",
    "sb3_contrib",
    "torch",
    "gymnasium",
    "gymnasium_robotics",
    "mujoco",
    "numpy",
)
_CONTRIB = ("trpo", "tqc")
_NOT_SETTINGS = {"self", "env", "_init_setup_model", "tensorboard_log", "verbose"}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left behind; ``stopped`` is "" or the error that ended it early."""

    folder: Path
    steps: int
    stopped: str = ""


def train(plan: Plan, out: Path, control: Control = ALONE) -> Trained:
    """Train and write ``config.json``, ``progress.csv`` and the other logs of ``control`` into ``out``.

    A numerical breakdown (torch refuses NaN distribution parameters with ValueError) ends the run but
    is not an error here: with a fault planted it is a result. A run that ``control`` stops early leaves a
    checkpoint, where it keeps any; a finished one leaves ``model.zip`` and, where it normalises,
    ``normaliser.pkl``. Raises MissingExtraError without SB3
    and UsageError when ``out`` already holds a run: two event files in one folder read as one run.
    """
    _require_extra()
    require_device(control.device)
    saved = checkpoint.find(out) if control.resume else None
    if saved is None:
        _require_unused(out)
    import torch

    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    model = build_model(plan, control.device) if saved is None else _resumed(plan, saved, control.device)
    facts = settings(plan, model)
    (out / "config.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    logger = logger_of(plan, out, control, saved, facts)
    model.set_logger(logger)
    try:
        stopped = _learn(plan, model, callbacks_of(plan, out, control), saved is not None)
        _leave(plan, model, out, control, stopped)
    finally:
        logger.close()
        model.env.close()
    return Trained(out, int(model.num_timesteps), stopped)


def _learn(plan: Plan, model: Any, callback: Any, resumed: bool) -> str:
    """Train to the plan's budget; the numerical error that ended it, or ""."""
    try:
        model.learn(
            plan.steps - (model.num_timesteps if resumed else 0),
            callback=callback,
            log_interval=plan.log_interval,
            reset_num_timesteps=not resumed,
        )
    except ValueError as error:
        if "nan" not in str(error).lower():
            raise
        return str(error).splitlines()[0][:200]
    return ""


def _leave(plan: Plan, model: Any, out: Path, control: Control, stopped: str) -> None:
    """Save what a later command needs, and tell how it ended."""
    finished = bool(stopped) or model.num_timesteps >= plan.steps
    if control.checkpoints and finished:
        checkpoint.finish(model, out)
    elif control.checkpoints:
        checkpoint.save(model, out)
    if control.report:
        control.report(status_of(plan, model, "done" if finished else "interrupted", message=stopped))


def _resumed(plan: Plan, saved: Path, device: str) -> Any:
    """The model of a checkpoint. Its environments start new episodes, so the run is not the unbroken one."""
    env = make_vec_env(plan, saved)
    model = checkpoint.load(algorithm_class(plan.algo), saved, env, device)
    model.set_random_seed(plan.seed + model.num_timesteps)
    for name in plan.surgery:
        SURGERIES[name](model)
    return model


def build_model(plan: Plan, device: str = "cpu", env: Any = None) -> Any:
    """The SB3 model of a plan, with the plan's surgery done; on the plan's environments, or on ``env``."""
    env = make_vec_env(plan) if env is None else env
    # SB3 writes into the policy_kwargs it is given: a plan is a value, so it gets a copy.
    hyper = deepcopy(_constructor_arguments({"her": _wants_hindsight(plan, env), **plan.hyper}))
    arguments = {**hyper, "policy": _policy_named(plan, env), "seed": plan.seed, "device": device}
    std = plan.hyper.get("noise_std")
    if std is not None:
        arguments["action_noise"] = _action_noise(env, float(str(std)))
    try:
        model = algorithm_class(plan.algo)(env=env, **arguments)
    except TypeError as error:
        raise UsageError(f"{plan.algo} does not take these settings: {error}", hint="see --set") from error
    except ValueError as error:
        if plan.hyper.get("policy") != "beta":
            raise
        raise UsageError(f"{plan.env_id}: {error}", hint="train it without --policy beta") from error
    for name in plan.surgery:
        SURGERIES[name](model)
    return model


def _wants_hindsight(plan: Plan, env: Any) -> bool:
    """Whether goals should be relabelled: an off-policy algorithm on a goal task with a sparse reward."""
    if plan.algo in ON_POLICY or "replay_buffer_class" in plan.hyper:
        return False
    goals = "achieved_goal" in getattr(env.observation_space, "spaces", {})
    return goals and env.has_attr("reward_type") and env.get_attr("reward_type")[0] == "sparse"


def _policy_for(env: Any) -> str:
    """SB3's policy for the observations of an environment: vectors, or dictionaries of vectors."""
    return "MultiInputPolicy" if hasattr(env.observation_space, "spaces") else "MlpPolicy"


def _policy_named(plan: Plan, env: Any) -> Any:
    """The class behind the policy ``beta``, where the plan asks for it; anything else is SB3's."""
    asked = plan.hyper.get("policy", _policy_for(env))
    if asked != "beta":
        return asked
    if plan.algo not in ON_POLICY:
        raise UsageError(f"{plan.algo} has no Beta policy", hint=f"it is for {', '.join(ON_POLICY)}")
    from rldoctor.training.beta import BetaPolicy

    return BetaPolicy


def algorithm_class(algo: str) -> Any:
    """The SB3 class of an algorithm name in `plan.ALGORITHMS`."""
    if algo in _CONTRIB:
        import sb3_contrib

        return getattr(sb3_contrib, algo.upper())
    import stable_baselines3

    return getattr(stable_baselines3, algo.upper())


def settings(plan: Plan, model: Any) -> dict[str, Any]:
    """Everything a reader of the log may want to know: constructor arguments with their defaults, the
    environment, the budget and the versions. Faults are not named: that is what has to be found out.
    """
    defaults = _constructor_defaults(type(model))
    # Constructor arguments come first: the plan's own facts (seed, n_envs) win over a default of None.
    facts = {**defaults, **_constructor_arguments(plan.hyper), **_noise_settings(plan.hyper)}
    facts.update(
        algo=plan.algo,
        policy=plan.hyper.get("policy", _policy_for(model.env)),
        env_id=plan.env_id,
        env_kwargs=dict(plan.env_kwargs),
        n_envs=plan.n_envs,
        total_timesteps=plan.steps,
        seed=plan.seed,
        device=model.device.type,
        normalize=_normalised(plan),
        max_episode_steps=_episode_limit(model),
        **_action_size(model.action_space),
        **_buffer_class(model),
        log_interval=plan.log_interval,
        **plan.reward.settings(),
        versions=versions(),
    )
    return {name: _plain(value) for name, value in sorted(facts.items())}


def _normalised(plan: Plan) -> bool | str:
    """As rl-zoo writes what VecNormalize does."""
    half = plan.normalize and not plan.scale_rewards
    return str({"norm_obs": True, "norm_reward": False}) if half else plan.normalize


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide a run's numbers; absent ones are left out."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _require_extra() -> None:
    """Raise MissingExtraError when the training libraries are not installed."""
    try:
        import stable_baselines3  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"training a reference run needs the 'reference' extra ({error})",
            hint="pip install 'rl-training-doctor[reference]'",
        ) from error


def _require_unused(out: Path) -> None:
    """Raise UsageError when a training has already logged into ``out``."""
    if (out / "progress.csv").exists() or any(out.glob("events.out.tfevents.*")):
        raise UsageError(f"{out} already holds a run", hint="choose another --out, or remove that folder")


def _constructor_defaults(cls: Any) -> dict[str, Any]:
    """Constructor arguments of an SB3 algorithm with a default."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    return {
        p.name: p.default
        for p in parameters
        if p.name not in _NOT_SETTINGS and p.default is not inspect.Parameter.empty
    }


def _constructor_arguments(hyper: Mapping[str, object]) -> dict[str, Any]:
    """The entries of ``hyper`` as SB3 takes them; ``her`` becomes the replay buffer class."""
    plain = {name: value for name, value in hyper.items() if name not in ("noise_std", "her")}
    if not hyper.get("her"):
        return plain
    from stable_baselines3 import HerReplayBuffer

    goals = {"n_sampled_goal": 4, "goal_selection_strategy": "future"}
    return {"replay_buffer_class": HerReplayBuffer, "replay_buffer_kwargs": goals, **plain}


def _noise_settings(hyper: Mapping[str, object]) -> dict[str, Any]:
    """Action noise in rl-zoo's words."""
    if "noise_std" not in hyper:
        return {}
    return {"noise_type": "normal", "noise_std": hyper["noise_std"], "action_noise": "NormalActionNoise"}


def _buffer_class(model: Any) -> dict[str, str]:
    """Which replay buffer an off-policy model really has (HER is chosen by the task)."""
    buffer = getattr(model, "replay_buffer", None)
    return {"replay_buffer_class": type(buffer).__name__} if buffer is not None else {}


def _action_noise(env: Any, std: float) -> Any:
    """Gaussian noise in SB3's scaled action space [-1, 1]."""
    import numpy as np
    from stable_baselines3.common.noise import NormalActionNoise

    shape = env.action_space.shape
    return NormalActionNoise(mean=np.zeros(shape), sigma=std * np.ones(shape))


def _episode_limit(model: Any) -> int | None:
    """Time limit of the environment in agent steps, or None."""
    spec = model.env.get_attr("spec")[0]
    return None if spec is None else spec.max_episode_steps


def _action_size(space: Any) -> dict[str, float]:
    """Number of actions (discrete), or of action dimensions with their outermost bounds where finite."""
    if hasattr(space, "n"):
        return {"n_actions": int(space.n)}
    low, high = float(space.low.min()), float(space.high.max())
    bounds = {"action_low": low, "action_high": high} if isfinite(low) and isfinite(high) else {}
    return {"action_dim": int(space.shape[0]), **bounds}


def _plain(value: object) -> object:
    """A JSON value: containers and scalars as they are, anything else by its name or text."""
    try:
        json.dumps(value)
    except TypeError:
        return getattr(value, "__name__", None) or str(value)
    return value
