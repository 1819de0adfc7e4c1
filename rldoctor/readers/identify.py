"""What a path without a run is, where that can be told, and what to do about it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rldoctor.readers.lfs import FETCH, WHAT, is_pointer

# Enough to tell a source tree from a data set; a folder of millions is not walked through.
_MOST = 5_000
_HIDDEN = (".git", "__pycache__", "node_modules", ".venv", "venv", "site-packages")
_WEIGHTS = (
    ".pt",
    ".pth",
    ".ckpt",
    ".safetensors",
    ".onnx",
    ".pkl",
    ".pickle",
    ".h5",
    ".msgpack",
    ".nn",
    ".tflite",
)
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".mp4", ".avi", ".webm", ".svg", ".pdf")
_ARCHIVES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_PROJECT = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "environment.yml",
    "CMakeLists.txt",
)
_WHERE = (
    "The log is where the training was told to write it: tensorboard_log=, logger, log_dir, --logdir, or the "
    "folders runs, logs, outputs, wandb, mlruns, ray_results, lightning_logs of the program's directory."
)


class NoRun(NamedTuple):
    """What it is (``a saved model: ...``) and what to do."""

    text: str
    hint: str


def identified(path: Path) -> NoRun | None:
    """What is at ``path``, a file or a folder without a run; None where that cannot be told."""
    if path.is_file():
        return _file(path)
    files = list(islice(_files(path), _MOST))
    if not files:
        return NoRun("the folder is empty", _WHERE)
    return next((found for look in _FOLDERS if (found := look(files)) is not None), None)


def _files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in _HIDDEN)
        for name in sorted(names):
            yield Path(folder, name)


def _file(path: Path) -> NoRun | None:
    if is_pointer(path):
        return NoRun(WHAT, FETCH)
    suffix = path.suffix.lower()
    if suffix in _WEIGHTS or _is_model(path):
        return NoRun("a saved model: weights hold no training curve", _WHERE)
    if suffix == ".ipynb":
        return _notebook(path.name)
    if suffix in _ARCHIVES or (suffix == ".zip" and zipfile.is_zipfile(path)):
        return NoRun("an archive", f"Unpack it, or read a zip in place: rldoctor analyze zip://::{path}")
    if suffix in _PICTURES:
        return NoRun("a picture or a film: no numbers can be read from it", _WHERE)
    if suffix == ".py":
        return NoRun("a program, not the log it writes", _WHERE)
    return None


def _is_model(path: Path) -> bool:
    """Whether a zip is a model of Stable-Baselines3."""
    if path.suffix.lower() != ".zip":
        return False
    from rldoctor.readers.config_files.sb3_zip import is_sb3_zip

    return is_sb3_zip(path)


def _notebook(name: str) -> NoRun:
    hint = f"Paste what its cells printed: rldoctor analyze - (or: jupyter nbconvert --to markdown {name})"
    return NoRun(f"a notebook ({name}), which is no log", hint)


def _pointers(files: list[Path]) -> NoRun | None:
    count = sum(map(is_pointer, files))
    if not count:
        return None
    text = f"{count} of {len(files)} files are Git LFS pointers, not the files themselves"
    return NoRun(text, FETCH)


def _source(files: list[Path]) -> NoRun | None:
    programs = [one for one in files if one.suffix == ".py"]
    project = [one.name for one in files if one.name in _PROJECT]
    if not programs or not (project or 2 * len(programs) > len(files)):
        return None
    return NoRun(f"a source tree ({len(programs)} Python files) without a log in it", _WHERE)


def _notebooks(files: list[Path]) -> NoRun | None:
    found = [one for one in files if one.suffix == ".ipynb"]
    return _notebook(found[0].name) if found else None


def _models(files: list[Path]) -> NoRun | None:
    found = [one for one in files if one.suffix.lower() in _WEIGHTS or _is_model(one)]
    if not found:
        return None
    kind = "checkpoints" if len(found) > 1 else "a saved model"
    return NoRun(f"{kind} ({_listed(found)}) without a log: weights hold no training curve", _WHERE)


def _archives(files: list[Path]) -> NoRun | None:
    found = [one for one in files if one.suffix.lower() in (*_ARCHIVES, ".zip")]
    if not found:
        return None
    hint = f"Unpack it, or read a zip in place: rldoctor analyze zip://::{found[0]}"
    return NoRun(f"archives ({_listed(found)}), which are not looked into", hint)


def _pictures(files: list[Path]) -> NoRun | None:
    found = [one for one in files if one.suffix.lower() in _PICTURES]
    if 2 * len(found) <= len(files):
        return None
    return NoRun(f"pictures and films ({_listed(found)}): no numbers can be read from them", _WHERE)


def _tables(files: list[Path]) -> NoRun | None:
    found = [one for one in files if one.suffix.lower() in (".csv", ".tsv")]
    if not found:
        return None
    text = f"tables ({_listed(found)}) that neither count nor name anything of a training"
    return NoRun(text, "If one is a log all the same, name the file; --map TAG=METRIC says what it holds.")


def _listed(files: list[Path]) -> str:
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    return ", ".join(one.name for one in files[:2]) + more


_FOLDERS: tuple[Callable[[list[Path]], NoRun | None], ...] = (
    _pointers,
    _source,
    _notebooks,
    _models,
    _archives,
    _pictures,
    _tables,
)
