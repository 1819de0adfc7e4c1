"""What is installed is bounded: a major version that breaks things does not come by itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from every import every
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
OWN = "rl-training-doctor"
# Their numbers count releases or years, not breaks: a bound would only be in the way.
UNBOUNDED = {"pyarrow", "fsspec", "distributed", "pillow", "pandas-stubs", "types-pyyaml"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements() -> list[Requirement]:
    """What the package and its extras ask for, without the package itself."""
    known = project()["project"]
    texts = [
        *known["dependencies"],
        *(one for part in known["optional-dependencies"].values() for one in part),
    ]
    return [one for one in map(Requirement, texts) if one.name != OWN]


def pinned() -> dict[str, str]:
    """The versions that the tests were run with."""
    found = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    return {name.lower(): version for name, version in found}


@every("needed", requirements, ids=lambda one: str(one))
def test_it_has_a_lower_and_an_upper_bound_that_the_tested_version_is_within(needed: Requirement) -> None:
    bounds = {one.operator for one in needed.specifier}
    assert needed.name.lower() in UNBOUNDED or bounds == {">=", "<"}
    version = pinned().get(needed.name.lower())
    assert version is None or needed.specifier.contains(version)


def test_the_build_is_bounded_too() -> None:
    for text in project()["build-system"]["requires"]:
        assert {one.operator for one in Requirement(text).specifier} == {">=", "<"}
