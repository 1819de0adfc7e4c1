"""From what the user typed to an environment: gymnasium's ``[module:]id``, or ``module:factory``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import MissingExtraError, UsageError, did_you_mean
from rldoctor.patterns import pattern

_MODULE = pattern(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
# Packages that register environments when they are imported; tried where an id is not registered yet.
PROVIDERS = ("gymnasium_robotics", "ale_py", "minigrid", "highway_env", "panda_gym", "shimmy")


def make(name: str, kwargs: Mapping[str, Any] | None = None) -> Any:
    """The environment that ``name`` stands for.

    Raises:
        MissingExtraError: gymnasium is not installed.
        UsageError: no such module, factory or registered id; or its own code raised while it was made.
    """
    gym = _gymnasium()
    module, colon, rest = name.partition(":")
    if colon and not _MODULE.fullmatch(module):
        raise UsageError(f"'{module}' is not the name of a Python module", hint=FORMS)
    loaded = _imported(module) if colon else None
    factory = getattr(loaded, rest, None) if loaded is not None else None
    if callable(factory):
        return _called(name, factory, dict(kwargs or {}))
    wanted = rest if colon else name
    _register(gym, wanted)
    try:
        return gym.make(wanted, **(kwargs or {}))
    except gym.error.UnregisteredEnv as error:
        raise _unknown(gym, name, wanted, module if colon else "") from error
    except Exception as error:
        raise _not_made(name, error) from error


FORMS = "write an id (CartPole-v1), module:id (my_package:MyEnv-v0) or module:factory (my.module:make_env)"


def _gymnasium() -> Any:
    try:
        import gymnasium
    except ImportError as error:
        raise MissingExtraError(
            "measuring a task needs gymnasium, which is not installed",
            hint="pip install gymnasium, or pip install 'rl-training-doctor[reference]'",
        ) from error
    # Its warnings are about versions and spaces; here they would only disturb the entry that is printed.
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    return gymnasium


def _imported(module: str) -> Any:
    # A console script does not have the current directory on its path, where one's own module mostly is.
    here = os.fspath(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        where = "" if module.startswith(missing) else f" (imported by '{module}')"
        raise UsageError(
            f"there is no module '{missing}'{where}", hint=f"it is looked for in {here} and what is installed"
        ) from error
    except Exception as error:
        raise UsageError(f"importing '{module}' failed: {type(error).__name__}: {error}") from error


def _called(name: str, factory: Any, kwargs: dict[str, Any]) -> Any:
    try:
        env = factory(**kwargs)
    except Exception as error:
        raise _not_made(name, error) from error
    lacking = [part for part in ("reset", "step", "action_space") if not hasattr(env, part)]
    if lacking:
        raise UsageError(
            f"'{name}' gave a {type(env).__name__} without {' and '.join(lacking)}",
            hint="the factory must return one gymnasium environment, not vectorised",
        )
    return env


def _not_made(name: str, error: Exception) -> UsageError:
    what = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    return UsageError(
        f"cannot make environment '{name}': {what}", hint="run again with RLDOCTOR_DEBUG=1 for its traceback"
    )


def _register(gym: Any, wanted: str) -> None:
    """Import the packages that register environments, one by one, until the id is known."""
    for provider in PROVIDERS:
        if wanted in gym.registry:
            return
        try:
            gym.register_envs(importlib.import_module(provider))
        # One that is installed but broken (a missing shared library) is no reason to fail here.
        except Exception:
            continue


def _unknown(gym: Any, name: str, wanted: str, module: str) -> UsageError:
    where = f" after importing '{module}'" if module else ""
    return UsageError(
        f"no environment '{wanted}' is registered{where}{did_you_mean(wanted, list(gym.registry))}",
        hint=FORMS if not module else f"'{module}' has no '{wanted}' that could be called either; {FORMS}",
    )
