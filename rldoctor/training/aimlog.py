"""SB3's log lines into an Aim repository."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from rldoctor.errors import MissingExtraError
from rldoctor.model.extras import aim_hint
from rldoctor.training.plan import Plan

HASH = "aim.run"
"""File in the run folder with the hash of its Aim run, so that a resumed training goes on in it."""


def prepare(root: Path) -> None:
    """Make the repository ``root/.aim`` where there is none; MissingExtraError without Aim.

    Done before several trainings write at once: two processes cannot make the same repository.
    """
    try:
        from aim.sdk.repo import Repo
    except ImportError as error:
        raise MissingExtraError(f"logging to Aim needs the 'aim' extra ({error})", hint=aim_hint()) from error
    if not (root / ".aim").is_dir():
        root.mkdir(parents=True, exist_ok=True)
        Repo(str(root), init=True).close()


class AimWriter(KVWriter):  # type: ignore[misc] # SB3 is not typed here
    """Tracks what SB3 logs under the same tags and steps as the event file, with the settings as ``hparams``.

    Values that are no numbers are left out; NaN and infinity are kept. Nothing about the machine is recorded.
    """

    def __init__(self, root: Path, plan: Plan, out: Path, facts: Mapping[str, Any]) -> None:
        """Open a run in ``root/.aim``, or the one that ``out`` was logged to before."""
        prepare(root)
        from aim import Run

        known = out / HASH
        self.run = Run(
            run_hash=known.read_text(encoding="utf-8").strip() if known.exists() else None,
            repo=str(root),
            experiment=f"{plan.algo}-{plan.env_id}",
            system_tracking_interval=None,
            log_system_params=False,
            capture_terminal_logs=False,
        )
        self.run.name = plan.name
        self.run["hparams"] = dict(facts)
        known.write_text(f"{self.run.hash}\n", encoding="utf-8")

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
        """One line of the log, at ``step`` transitions."""
        for tag, value in key_values.items():
            # What SB3 keeps out of the event file (the number of the iteration) is kept out here too.
            left_out = {"aim", "tensorboard"} & set(key_excluded.get(tag) or ())
            if _is_number(value) and not left_out:
                self.run.track(float(value), name=tag, step=step)

    def close(self) -> None:
        """Write everything out and end the run."""
        self.run.close()


def _is_number(value: object) -> bool:
    """Scalars of Python, NumPy and torch; texts and pictures are none."""
    return isinstance(value, numbers.Real) or getattr(value, "ndim", None) == 0
