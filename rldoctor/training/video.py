"""A film of a trained policy: a few deterministic episodes, with distance and success drawn in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.training import checkpoint
from rldoctor.training.headless import apart
from rldoctor.training.plan import Plan

SIDE = 320
"""Pixels of a frame, both ways."""
EPISODES = 3
FRAMES = 150
"""Frames of one episode at most; longer episodes are filmed every few steps."""
SLOWEST = 5.0
"""Least frames per second."""
FIRST_SEED = 20_000
"""Added to the seed of the training, so that the starts were not trained on."""
STRIP = 34
KINDS = ("auto", "mp4", "gif")


@dataclass(frozen=True, slots=True)
class Film:
    """What was filmed: at the end of each episode. ``successes`` None: the task does not say."""

    path: Path
    returns: tuple[float, ...]
    distances: tuple[float, ...]
    successes: int | None


def film(plan: Plan, folder: Path, kind: str = "auto", backend: str = "") -> Film:
    """Film the policy in ``folder/model.zip`` to ``folder/video.mp4`` or ``.gif``, in a process of its own.

    ``kind`` auto: MP4 where imageio-ffmpeg is installed, else GIF. ``backend``: see `headless`. Raises
    ReadError without a trained policy, MissingExtraError for an MP4 without ffmpeg, UsageError when it fails.
    """
    if not (folder / checkpoint.MODEL).exists():
        raise ReadError(
            f"{folder} holds no trained policy ({checkpoint.MODEL})", hint="train to the end first"
        )
    if plan.normalize and not (folder / checkpoint.NORMALISER).exists():
        raise ReadError(f"{folder} lacks {checkpoint.NORMALISER}: the policy would see other observations")
    result: Film = apart(shoot, plan, folder, ending(kind), backend=backend)
    return result


def ending(kind: str) -> str:
    """``mp4`` or ``gif``; MissingExtraError for an MP4 without ffmpeg."""
    able = find_spec("imageio_ffmpeg") is not None
    if kind == "mp4" and not able:
        raise MissingExtraError(
            "an MP4 needs imageio-ffmpeg, not installed here",
            hint="pip install imageio-ffmpeg, or --video gif",
        )
    return ("mp4" if able else "gif") if kind == "auto" else kind


def shoot(plan: Plan, folder: Path, kind: str) -> Film:
    """The work of `film`, in this process."""
    from rldoctor.training.envs import make_env, make_vec_env
    from rldoctor.training.train import algorithm_class

    plan = replace(plan, n_envs=1)
    # Loading wants an environment (for hindsight), and the normaliser of the training hangs on it.
    venv = make_vec_env(plan, folder)
    model = algorithm_class(plan.algo).load(folder / checkpoint.MODEL, env=venv, device="cpu")
    env = make_env(plan, pictures=True)
    try:
        takes = [list(_episode(model, env, plan.seed + FIRST_SEED + i)) for i in range(EPISODES)]
        speed = float(env.metadata.get("render_fps") or 30)
        stride = _stride(env)
    finally:
        env.close()
        venv.close()
    path = folder / f"video.{kind}"
    frames = [_frame(shot, f"episode {i + 1}/{EPISODES}") for i, take in enumerate(takes) for shot in take]
    _write(path, frames, max(SLOWEST, speed / stride))
    return _film(path, [take[-1] for take in takes])


@dataclass(frozen=True, slots=True)
class _Shot:
    """One picture, with what was known then; NaN distance and None success where a task has none."""

    picture: Any
    step: int
    earned: float
    distance: float
    success: bool | None


def _stride(env: Any) -> int:
    """Steps from one frame to the next."""
    limit = getattr(env.spec, "max_episode_steps", None) or FRAMES
    return -(-int(limit) // FRAMES)


def _episode(model: Any, env: Any, seed: int) -> Iterator[_Shot]:
    """Every few steps of one deterministic episode, and its last one."""
    normaliser, stride = model.get_vec_normalize_env(), _stride(env)
    seen, info = env.reset(seed=seed)
    step, earned, over = 0, 0.0, False
    while True:
        if step % stride == 0 or over:
            yield _Shot(env.render(), step, earned, distance_of(seen), success_of(info))
        if over:
            return
        action, _ = model.predict(normaliser.normalize_obs(seen) if normaliser else seen, deterministic=True)
        seen, reward, terminated, truncated, info = env.step(action)
        step, earned = step + 1, earned + float(reward)
        # Environments without any end are stopped like those with the longest.
        over = terminated or truncated or step >= FRAMES * stride


def distance_of(seen: Any) -> float:
    """Euclidean distance of the reached and the wanted goal; NaN for a task without goals."""
    import numpy as np

    if not isinstance(seen, Mapping) or "achieved_goal" not in seen:
        return float("nan")
    return float(np.linalg.norm(np.asarray(seen["achieved_goal"]) - np.asarray(seen["desired_goal"])))


def success_of(info: Mapping[str, Any]) -> bool | None:
    """What the environment says, or None."""
    return bool(info["is_success"]) if "is_success" in info else None


def _film(path: Path, ends: Sequence[_Shot]) -> Film:
    known = [end.success for end in ends if end.success is not None]
    distances = tuple(end.distance for end in ends if end.distance == end.distance)
    return Film(path, tuple(end.earned for end in ends), distances, sum(known) if known else None)


def caption(step: int, earned: float, distance: float, success: bool | None) -> list[str]:
    """Two lines: step and return; distance and success where the task has them."""
    second = [f"distance {distance:.4f}"] if distance == distance else []
    if success is not None:
        second.append("SUCCESS" if success else "not reached")
    return [f"step {step}   return {earned:.2f}", "   ".join(second)]


def _frame(shot: _Shot, title: str) -> Any:
    """The picture fitted into the square, below a strip of text."""
    from PIL import Image, ImageDraw

    frame = Image.new("RGB", (SIDE, SIDE), "black")
    picture = Image.fromarray(shot.picture).convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    frame.paste(picture, ((SIDE - picture.width) // 2, (SIDE - picture.height) // 2))
    pen = ImageDraw.Draw(frame)
    pen.rectangle((0, 0, SIDE, STRIP), fill="black")
    lines = caption(shot.step, shot.earned, shot.distance, shot.success)
    pen.text((6, 4), f"{title}   {lines[0]}", fill="white")
    pen.text((6, 18), lines[1], fill="lime" if shot.success else "white")
    return frame


def _write(path: Path, frames: Sequence[Any], speed: float) -> None:
    """An MP4 that every browser plays, or an animated GIF that repeats."""
    if path.suffix == ".gif":
        first, *rest = [frame.quantize(64) for frame in frames]
        first.save(path, save_all=True, append_images=rest, duration=round(1000 / speed), loop=0)
        return
    import imageio.v2 as imageio
    import numpy as np

    writer: Any = imageio.get_writer(path, fps=speed, codec="libx264", pixelformat="yuv420p")
    with writer:
        for frame in frames:
            writer.append_data(np.asarray(frame))
