"""``rldoctor doctor``: what is installed."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from rldoctor import __version__

DISTRIBUTION = "rl-training-doctor"
NEEDED = ("numpy", "pandas", "PyYAML", "tensorboard", "typer", "rich", "jinja2")
EXTRAS = {
    "aim": ("aim",),
    "reference": ("torch", "stable-baselines3", "sb3-contrib", "gymnasium", "gymnasium-robotics", "mujoco"),
    "table": ("pyarrow",),
    "dask": ("joblib", "cloudpickle", "distributed"),
    "ray": ("joblib", "cloudpickle", "ray"),
    "video": ("pillow", "imageio", "imageio-ffmpeg", "pygame-ce"),
}


def doctor() -> int:
    """Print versions, extras and the rules; 2 when a needed package is missing."""
    lines = [f"rldoctor {__version__}", f"python {platform.python_version()} on {platform.system()}", ""]
    missing = [name for name in NEEDED if installed(name) is None]
    lines += [f"  {name:<22}{installed(name) or 'MISSING'}" for name in NEEDED]
    for extra, packages in EXTRAS.items():
        lines += ["", *_extra(extra, packages)]
    lines += ["", _rules()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 2 if missing else 0


def installed(name: str) -> str | None:
    """The version of a distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _extra(extra: str, packages: tuple[str, ...]) -> list[str]:
    found = {name: installed(name) for name in packages}
    complete = all(found.values())
    head = f"extra {extra}: {'installed' if complete else 'not complete'}"
    lines = [head, *(f"  {name:<22}{text or 'not installed'}" for name, text in found.items())]
    return lines if complete else [*lines, f"  install with: pip install '{DISTRIBUTION}[{extra}]'"]


def _rules() -> str:
    from rldoctor import api
    from rldoctor.errors import RldoctorError

    try:
        found = api.rules()
    except RldoctorError as error:
        return f"rules: cannot be loaded: {error}"
    return f"rules: {len(found)} built in"
