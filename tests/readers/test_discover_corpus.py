"""Every labelled run of the shared corpus is found."""

import json
from pathlib import Path

import numpy as np
import pytest
from every import every

from rldoctor.readers.discover import find_runs

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
# Stopped before the first episode ended, or a text-only file beside the labelled runs.
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not (CORPUS / "labels.json").is_file(), reason="the shared corpus is not beside the checkout"
    ),
]


def _labels():
    if not (CORPUS / "labels.json").is_file():
        return []
    return json.loads((CORPUS / "labels.json").read_text())


@pytest.fixture(scope="module")
def found():
    folders = sorted(path for path in CORPUS.iterdir() if path.is_dir())
    return {folder.name: find_runs(folder) for folder in folders if not _needs_aim(folder)}


def _needs_aim(folder):
    if not any(folder.rglob(".aim")):
        return False
    try:
        import aim  # noqa: F401
    except ImportError:
        return True
    return False


def test_no_part_failed(found):
    assert [failure for part in found.values() for failure in part.failures] == []


@every("label", _labels(), ids=lambda label: label["id"])
def test_labelled_run_is_found_with_numbers(found, label):
    folder, _, below = label["dir"].partition("/")
    if folder not in found:
        pytest.skip("needs the aim extra")
    runs = [run for run in found[folder] if run.id == below or run.id.startswith((f"{below}/", f"{below}#"))]
    if label["aim_run"]:
        runs = [run for run in runs if label["aim_run"].startswith(run.id.rpartition("/")[2])]
    assert runs
    assert any(part.values.size for run in runs for part in run.series)
    for run in runs:
        for part in run.series:
            assert part.steps.shape == part.values.shape
            assert np.isfinite(part.steps).all()


def test_ids_are_unique_and_sorted(found):
    for part in found.values():
        ids = [run.id for run in part]
        assert ids == sorted(set(ids))
