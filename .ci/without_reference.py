"""Make an environment as ``pip install -e ".[dev]"`` makes it, out of the one this script runs in.

``python .ci/without_reference.py DIR`` makes a virtual environment DIR that sees the distributions that the
extra ``dev`` needs and no others: torch and Stable-Baselines3 (extra ``reference``) are missing there. It
holds links, so it takes no download.
"""

from __future__ import annotations

import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def asked_for(extra: str) -> list[str]:
    """What an extra of this project installs beside the project itself, with the extras that it names."""
    texts = []
    for text in PROJECT["optional-dependencies"][extra]:
        need = Requirement(text)
        own = need.name == PROJECT["name"]
        texts += [one for name in sorted(need.extras) for one in asked_for(name)] if own else [text]
    return texts


def needed(text: str, found: dict[str, Distribution]) -> None:
    """Add a distribution and all it needs; what is not installed here was not asked for on this system."""
    need = Requirement(text)
    key = f"{canonicalize_name(need.name)}[{','.join(sorted(need.extras))}]"
    try:
        one = distribution(need.name)
    except PackageNotFoundError:
        return
    if key in found:
        return
    found[key] = one
    for further in one.requires or ():
        marker = Requirement(further).marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *need.extras}):
            needed(further, found)


def entries(one: Distribution, site: Path) -> set[str]:
    """The files and folders of a distribution right below site-packages."""
    top = {file.parts[0] for file in one.files or ()}
    return {name for name in top if name not in ("..", "__pycache__") and (site / name).exists()}


def main(target: Path) -> None:
    """Make the environment."""
    site = Path(sysconfig.get_path("purelib"))
    found: dict[str, Distribution] = {}
    for text in [PROJECT["name"], *PROJECT["dependencies"], *asked_for("dev")]:
        needed(text, found)
    venv.create(target, with_pip=False)
    into = next(target.glob("lib/python3*/site-packages"))
    for name in sorted({name for one in found.values() for name in entries(one, site)}):
        (into / name).symlink_to(site / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
