"""Pictures without a screen: which of MuJoCo's OpenGL backends works here, found out by trying.

MuJoCo reads ``MUJOCO_GL`` once, when it is imported, and a broken driver may take the process with it: so
each try, and the filming afterwards, is a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from rldoctor.errors import MissingExtraError, RldoctorError, UsageError
from rldoctor.training.plan import Plan
from rldoctor.training.session import THREADS, environment

VARIABLE = "MUJOCO_GL"
PATIENCE = 120.0
"""Seconds in which one picture has to be there."""
NEEDED = {"PIL": "pillow", "imageio": "imageio", "pygame": "pygame-ce"}


def backends() -> tuple[str, ...]:
    """What to try, in order: what the user set and nothing else, or off-screen backends, then the window."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return (chosen,)
    if not sys.platform.startswith("linux"):
        return ("",)
    return ("egl", "osmesa", *(["glfw"] if os.environ.get("DISPLAY") else []))


def working_backend(plan: Plan) -> str:
    """The first backend that draws a picture of the plan's task.

    Raises MissingExtraError without the packages, UsageError with the last words of every backend tried when
    none draws.
    """
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"--video needs {', '.join(missing)}, not installed here",
            hint="pip install 'rl-training-doctor[video]'",
        )
    said = []
    for backend in backends():
        try:
            apart(draw, plan, backend=backend, patience=PATIENCE)
        except RldoctorError as error:
            said.append(f"{backend or 'default'}: {error}")
        else:
            return backend
    raise UsageError(
        f"no picture of {plan.env_id} can be drawn here: " + "; ".join(said),
        hint="for MuJoCo install libegl1 or libosmesa6, or choose with MUJOCO_GL; or leave --video off",
    )


def draw(plan: Plan) -> tuple[int, ...]:
    """The shape of one picture of the task; UsageError when the environment gives none."""
    from rldoctor.training.envs import make_env

    env = make_env(plan, pictures=True)
    try:
        env.reset(seed=0)
        picture = env.render()
    finally:
        env.close()
    if picture is None or getattr(picture, "ndim", 0) != 3:
        raise UsageError("the environment draws no RGB pictures")
    return tuple(int(length) for length in picture.shape)


def apart(work: Callable[..., Any], *arguments: Any, backend: str, patience: float | None = None) -> Any:
    """The result of ``work(*arguments)`` in a fresh process with ``MUJOCO_GL`` set.

    Raises UsageError with the error of that process, or how it ended. ``patience`` in seconds; None waits on.
    """
    context = multiprocessing.get_context("spawn")
    channel = context.Queue()
    changes = dict.fromkeys(THREADS, "1") | {"SDL_VIDEODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    with environment(changes | ({VARIABLE: backend} if backend else {})):
        worker = context.Process(target=_answer, args=(channel, work, arguments), daemon=True)
        worker.start()
    try:
        good, value = _answered(worker, channel, patience)
    finally:
        if worker.is_alive():
            worker.join(5.0)
            worker.kill()
    if not good:
        raise UsageError(str(value))
    return value


def _answered(worker: Any, channel: Any, patience: float | None) -> tuple[bool, Any]:
    """What the process says; that it ended or took too long without a word."""
    waited = 0.0
    while patience is None or waited < patience:
        alive = worker.is_alive()
        try:
            found: tuple[bool, Any] = channel.get(timeout=0.5)
        except queue.Empty:
            if not alive:
                return False, f"its process ended with code {worker.exitcode}"
            waited += 0.5
        else:
            return found
    worker.kill()
    return False, f"no answer in {patience:.0f} s"


def _answer(channel: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """One process: do it, and report an error as text."""
    # What drivers and libraries print about themselves is of no use to the user.
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end
    try:
        channel.put((True, work(*arguments)))
    except Exception as error:
        text = str(error) if isinstance(error, RldoctorError) else f"{type(error).__name__}: {error}"
        channel.put((False, " ".join(text.split())[:300]))
