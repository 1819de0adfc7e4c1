"""Which configuration files belong to a directory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rldoctor.readers.config_files.read import SUFFIXES
from rldoctor.readers.config_files.sb3_zip import is_sb3_zip

# What was decided by hand or written by the framework at the start of a run. The order is that of trust:
# rl-zoo's args.yml says n_timesteps: -1 where config.yml has the number.
_STEMS = (
    "config",
    "configuration",
    "params",
    "variant",
    "hparams",
    "hyperparams",
    "hyperparameters",
    "parameters",
    "train_config",
    "training_config",
    "experiment_config",
    "exp_config",
    "cfg",
    "settings",
    "args",
    "flags",
    "agent",
    "env",
)
_FOLDERS = ("params", ".hydra", "files")
# rl-zoo: <log folder>/<Env>/{args,config}.yml beside the logs.
_ZOO = "args.yml"
_MODELS = re.compile(r"^(best_model|final_model|model|last_model)\.zip$")


def config_files(directory: Path) -> list[Path]:
    """The configuration files of a run directory, most trusted first.

    Looked for: well-known names beside the logs, in ``params/``, ``.hydra/``, ``files/``, in an rl-zoo
    ``<Env>/`` folder, and one Stable-Baselines3 model archive.
    """
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return []
    found = _named(entries)
    for folder in entries:
        if folder.is_dir() and (folder.name in _FOLDERS or (folder / _ZOO).is_file()):
            found.extend(_named(sorted(folder.iterdir())))
    return found + _model(entries)


def _named(entries: Sequence[Path]) -> list[Path]:
    ranked = [
        (_STEMS.index(path.stem.lower()), path)
        for path in entries
        if path.suffix.lower() in SUFFIXES and path.stem.lower() in _STEMS
    ]
    return [path for _, path in sorted(ranked) if path.is_file()]


def _model(entries: Sequence[Path]) -> list[Path]:
    """One saved model: by its usual name, else the last archive by name."""
    archives = [path for path in entries if path.suffix == ".zip" and path.is_file()]
    usual = [path for path in archives if _MODELS.match(path.name)]
    for path in [*usual, *reversed(archives)]:
        if is_sb3_zip(path):
            return [path]
    return []
