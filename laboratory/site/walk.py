"""The two long steps of ``docs/two-minutes.md``, carried out: the installation and the second training.

``python -m laboratory.site.walk`` does both (two minutes; it needs the network and the extra ``reference``)
and keeps what came of them: ``recorded.json`` and, of the training, its log. The build of the documentation
shows that, and carries a step out again when what it depends on has changed, or under ``SITE_WALK=1``.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from rldoctor.errors import RldoctorError

ROOT = Path(__file__).parents[2]
HOME = ROOT / "docs" / "examples" / "two-minutes"
RECORD = HOME / "recorded.json"
SICK = "reference_runs/faulty/clip-range-tiny/ppo-Hopper-v5-1"
ALWAYS = "SITE_WALK"
# What makes the installation and the training what they are.
INPUTS: Mapping[str, tuple[str, ...]] = {
    "install": ("pyproject.toml", "constraints.txt", "hatch_build.py"),
    "train": ("docs/examples/two-minutes/train.py",),
}
_INSTALL = (
    "python3 -m venv .venv && . .venv/bin/activate",
    "pip install -q -c constraints.txt .",
    "rldoctor --version",
)
_TRAIN = "python train.py 0.2 retrained"
_NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "site", "venv", "build", "dist", "tests", "benchmarks"
)
_LIBRARIES = ("stable_baselines3", "torch", "gymnasium", "mujoco", "numpy")


@dataclass(frozen=True, slots=True)
class Step:
    """What was typed and printed; ``seconds`` it took; the day; ``inputs``: SHA-256 of what it depends on."""

    typed: tuple[str, ...]
    printed: tuple[str, ...]
    seconds: int
    day: str
    versions: str
    inputs: str


def shown(name: str) -> str:
    """A step as the page shows it: what was typed, what was printed, and when that was."""
    step = current(name)
    lines = [*(f"$ {line}" for line in step.typed), *step.printed]
    text = "\n".join(lines)
    about = " or ".join(f"`{Path(one).name}`" for one in INPUTS[name])
    return (
        f"```text\n{text}\n```\n\n*Run on {step.day} ({step.versions}), {step.seconds} s; "
        f"run again by the build of this page when {about} changes.*"
    )


@lru_cache(maxsize=2)
def current(name: str) -> Step:
    """The record of a step while it holds, else the step carried out now."""
    kept = recorded().get(name)
    if kept is not None and kept.inputs == inputs(name) and not os.environ.get(ALWAYS):
        return kept
    return carry_out(name)


def recorded() -> dict[str, Step]:
    """What is kept of the steps."""
    if not RECORD.is_file():
        return {}
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: _step(**one) for name, one in found.items()}


def _step(typed: list[str], printed: list[str], seconds: int, day: str, versions: str, inputs: str) -> Step:
    return Step(tuple(typed), tuple(printed), seconds, day, versions, inputs)


def inputs(name: str, root: Path = ROOT) -> str:
    """The SHA-256 over the files that a step depends on."""
    digest = hashlib.sha256()
    for file in INPUTS[name]:
        digest.update(f"{file}\0".encode() + (root / file).read_bytes())
    return digest.hexdigest()


def carry_out(name: str) -> Step:
    """Do a step, and keep what came of it. RldoctorError when it cannot be done here."""
    began = time.monotonic()
    typed, printed, versions = _STEPS[name]()
    seconds = round(time.monotonic() - began)
    day = datetime.now(UTC).date().isoformat()
    step = Step(typed, printed, seconds, day, versions, inputs(name))
    kept = {**recorded(), name: step}
    text = json.dumps({key: asdict(one) for key, one in sorted(kept.items())}, indent=2) + "\n"
    RECORD.write_text(text, encoding="utf-8", newline="\n")
    return step


def _install() -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """A fresh environment in a copy of the tree; what is installed must say of the run what the tree says."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "rldoctor"
        shutil.copytree(ROOT, clone, ignore=_NOT_COPIED)
        printed = _run("\n".join(("set -e", *_INSTALL)), clone)
        look = f"analyze {SICK} --fail-on never"
        installed = _run(f"cd / && {clone}/.venv/bin/rldoctor {look.replace(SICK, str(clone / SICK))}", clone)
        here = _run(f"{sys.executable} -m rldoctor {look}", ROOT)
    if installed.replace(f"{clone}/", "") != here:
        raise RldoctorError("the installed program says something else of the run than the tree")
    return _INSTALL, tuple(printed.splitlines()), f"Python {platform.python_version()}"


def _train() -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The training of the page, with this interpreter; its log takes the place of the last one."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(HOME / "train.py", place)
        printed = _run(_TRAIN.replace("python", sys.executable, 1), place)
        shutil.rmtree(HOME / "retrained", ignore_errors=True)
        shutil.copytree(place / "retrained", HOME / "retrained")
    return (_TRAIN,), tuple(printed.splitlines()), _versions()


def _versions() -> str:
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name.replace('_', '-'))}" for name in _LIBRARIES)


def _run(script: str, place: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    environment |= {"COLUMNS": "80", "NO_COLOR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        raise RldoctorError(f"two-minutes: {script!r} ended with {done.returncode}: {last}")
    return done.stdout


_STEPS: Mapping[str, Callable[[], tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    "install": _install,
    "train": _train,
}


def main() -> None:
    """Carry both steps out."""
    for name in _STEPS:
        step = carry_out(name)
        sys.stdout.write(f"{name}: {step.seconds} s\n")


if __name__ == "__main__":
    main()
