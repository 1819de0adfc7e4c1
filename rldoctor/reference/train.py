"""Plan -> run directory: train one seed with Stable-Baselines3, logging through its own logger."""

from __future__ import annotations

import inspect
import json
import platform
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rldoctor.errors import MissingExtraError, UsageError
from rldoctor.reference.envs import make_vec_env
from rldoctor.reference.plan import Plan
from rldoctor.reference.probe import QProbe
from rldoctor.reference.surgery import SURGERIES

_PACKAGES = ("stable_baselines3", "torch", "gymnasium", "gymnasium_robotics", "mujoco", "numpy")
_NOT_SETTINGS = {"self", "env", "_init_setup_model", "tensorboard_log", "verbose"}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left behind; ``stopped`` is "" or the error that ended it early."""

    folder: Path
    steps: int
    stopped: str = ""


def train(plan: Plan, out: Path) -> Trained:
    """Train and write ``progress.csv``, a TensorBoard event file and ``config.json`` into ``out``.

    A numerical breakdown (torch refuses NaN distribution parameters with ValueError) ends the run but
    is not an error here: with a fault planted it is a result. Raises MissingExtraError without SB3 and
    UsageError when ``out`` already holds a run: two event files in one folder read as one run.
    """
    _require_extra()
    _require_unused(out)
    import torch
    from stable_baselines3.common.logger import configure

    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    model = build_model(plan)
    (out / "config.json").write_text(json.dumps(settings(plan, model), indent=2) + "\n", encoding="utf-8")
    logger = configure(str(out), ["csv", "tensorboard"])
    model.set_logger(logger)
    stopped = ""
    try:
        model.learn(plan.steps, callback=QProbe() if plan.probe else None, log_interval=plan.log_interval)
    except ValueError as error:
        if "nan" not in str(error).lower():
            raise
        stopped = str(error).splitlines()[0][:200]
    finally:
        logger.close()
        model.env.close()
    return Trained(out, int(model.num_timesteps), stopped)


def build_model(plan: Plan) -> Any:
    """The SB3 model of a plan, on CPU, with the plan's surgery done."""
    env = make_vec_env(plan)
    # SB3 writes into the policy_kwargs it is given: a plan is a value, so it gets a copy.
    hyper = deepcopy(_without_noise(plan.hyper))
    arguments = {"policy": "MlpPolicy", **hyper, "seed": plan.seed, "device": "cpu"}
    std = plan.hyper.get("noise_std")
    if std is not None:
        arguments["action_noise"] = _action_noise(env, float(str(std)))
    model = algorithm_class(plan.algo)(env=env, **arguments)
    for name in plan.surgery:
        SURGERIES[name](model)
    return model


def algorithm_class(algo: str) -> Any:
    """The SB3 class of an algorithm name in `plan.ALGORITHMS`."""
    import stable_baselines3

    return getattr(stable_baselines3, algo.upper())


def settings(plan: Plan, model: Any) -> dict[str, Any]:
    """Everything a reader of the log may want to know: constructor arguments with their defaults, the
    environment, the budget and the versions. Faults are not named: that is what has to be found out.
    """
    defaults = _constructor_defaults(type(model))
    # Constructor arguments come first: the plan's own facts (seed, n_envs) win over a default of None.
    facts = {**defaults, **_without_noise(plan.hyper), **_noise_settings(plan.hyper)}
    facts.update(
        algo=plan.algo,
        policy=plan.hyper.get("policy", "MlpPolicy"),
        env_id=plan.env_id,
        env_kwargs=dict(plan.env_kwargs),
        n_envs=plan.n_envs,
        total_timesteps=plan.steps,
        seed=plan.seed,
        device="cpu",
        normalize=plan.normalize,
        max_episode_steps=_episode_limit(model),
        **_action_size(model.action_space),
        log_interval=plan.log_interval,
        **plan.reward.settings(),
        versions=versions(),
    )
    return {name: _plain(value) for name, value in sorted(facts.items())}


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


def _without_noise(hyper: Mapping[str, object]) -> dict[str, Any]:
    """The entries of ``hyper`` that SB3 takes as they are."""
    return {name: value for name, value in hyper.items() if name != "noise_std"}


def _noise_settings(hyper: Mapping[str, object]) -> dict[str, Any]:
    """Action noise in rl-zoo's words."""
    if "noise_std" not in hyper:
        return {}
    return {"noise_type": "normal", "noise_std": hyper["noise_std"], "action_noise": "NormalActionNoise"}


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


def _action_size(space: Any) -> dict[str, int]:
    """Number of action dimensions (continuous) or of actions (discrete)."""
    return {"n_actions": int(space.n)} if hasattr(space, "n") else {"action_dim": int(space.shape[0])}


def _plain(value: object) -> object:
    """A JSON value: containers and scalars as they are, anything else by its name or text."""
    try:
        json.dumps(value)
    except TypeError:
        return getattr(value, "__name__", None) or str(value)
    return value
