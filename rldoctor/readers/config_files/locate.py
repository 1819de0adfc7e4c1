"""Which configuration files belong to a directory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rldoctor.patterns import pattern

SUFFIXES = (".json", ".yaml", ".yml", ".toml")
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
# PFRL's arguments (JSON), and the hyperparameters of TorchRL's CSVLogger (lines ``key: value``).
_TEXTS = {"args.txt": "args", "hparams0.txt": "hparams"}
_FOLDERS = ("params", ".hydra", "files", "texts")
# rl-zoo: <log folder>/<Env>/{args,config}.yml beside the logs.
_ZOO = "args.yml"
_MODELS = pattern(r"^(best_model|final_model|model|last_model)\.zip$")


def config_files(directory: Path, closed: list[str] | None = None) -> list[Path]:
    """The configuration files of a run directory, most trusted first.

    Looked for: well-known names beside the logs, in ``params/``, ``.hydra/``, ``files/``, ``texts/``, in an
    rl-zoo ``<Env>/`` folder, and one Stable-Baselines3 model archive. ``closed`` takes a line for each folder
    that may not be listed.
    """
    # ``scandir`` tells files from folders without a system call per entry, and no Path is made of an entry
    # that is not taken: this runs for every run of a tree, and again for the folder above it.
    try:
        with os.scandir(directory) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return []
    found = _named(directory, [entry.name for entry in entries])
    for entry in entries:
        if _is_folder(entry) and (entry.name in _FOLDERS or os.path.isfile(os.path.join(entry.path, _ZOO))):  # noqa: PTH113, PTH118
            found.extend(_in_folder(directory / entry.name, [] if closed is None else closed))
    return found + _model([directory / entry.name for entry in entries if entry.name.endswith(".zip")])


def _in_folder(folder: Path, closed: list[str]) -> list[Path]:
    try:
        return _named(folder, sorted(os.listdir(folder)))  # noqa: PTH208
    except OSError as error:
        closed.append(f"{folder.name}/: cannot be listed: {error.strerror or error}")
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle
        return False


def _named(directory: Path, names: Sequence[str]) -> list[Path]:
    """Those of ``names`` that configurations are called, in the order of trust, then of ``names``."""
    stems = {name: _TEXTS.get(name) or _stem(name) for name in names}
    ranked = [(_STEMS.index(stem), directory / name) for name, stem in stems.items() if stem in _STEMS]
    return [path for _, path in sorted(ranked) if os.path.isfile(path)]  # noqa: PTH113


def _stem(name: str) -> str:
    """What a file of settings is called; empty for any other file."""
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122
    return stem if suffix in SUFFIXES else ""


def _model(archives: Sequence[Path]) -> list[Path]:
    """One saved model: by its usual name, else the last archive by name."""
    archives = [path for path in archives if path.suffix == ".zip" and os.path.isfile(path)]  # noqa: PTH113
    usual = [path for path in archives if _MODELS.match(path.name)]
    for path in [*usual, *reversed(archives)]:
        from rldoctor.readers.config_files.sb3_zip import is_sb3_zip  # zipfile, only where there is a zip

        # Called like a model and broken: taken, so that reading it says so. Another archive may be anything.
        if is_sb3_zip(path, broken=path in usual):
            return [path]
    return []
