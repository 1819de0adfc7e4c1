"""Fixtures of the Aim tests: real repositories, written by the real SDK."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

try:
    from aim_repos import write_run
except ImportError:  # As on Python 3.13; what is said then is tested in test_aim_missing.py.
    collect_ignore = ["test_aim_corpus.py", "test_aim_damage.py", "test_aim_reader.py", "test_aim_twins.py"]


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised repository: Aim takes seconds to make one, so it is made once."""
    sdk = pytest.importorskip("aim.sdk.repo")
    root = tmp_path_factory.mktemp("aim-empty")
    sdk.Repo(str(root), init=True).close()
    return root


@pytest.fixture(scope="session")
def _written(_empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(_empty, tmp_path_factory.mktemp("aim") / "project"))
    write_run(root, "first", seed=1)
    write_run(root, "second", offset=3.0, seed=2)
    return root


@pytest.fixture
def blank(_empty: Path, tmp_path: Path) -> Path:
    """A fresh repository without runs."""
    return Path(shutil.copytree(_empty, tmp_path / "blank"))


@pytest.fixture
def project(_written: Path, tmp_path: Path) -> Path:
    """A fresh copy of a repository with the runs ``first`` and ``second``, never indexed."""
    return Path(shutil.copytree(_written, tmp_path / "project"))
