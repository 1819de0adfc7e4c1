"""The record of trainings that are left open, and the page about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from laboratory import left_open
from laboratory.mutants.packing import unpack
from rldoctor.differential.criteria import CRITERIA
from rldoctor.differential.planted import LeftOpen, read

ROOT = Path(__file__).parents[2]


def test_the_page_is_that_of_the_record() -> None:
    page = (ROOT / "docs" / "left-open.md").read_text(encoding="utf-8")
    assert left_open.page(read(ROOT / left_open.RECORD)) == page


def test_trainings_of_the_same_environment_foretell_nothing() -> None:
    trainings = [LeftOpen("dqn", env, "OUT-10", "gamma", "g", 0.0) for env in ("A", "A", "B")]
    seen: list[list[str]] = []

    def watching(others, one):
        seen.append([other.env for other in others])
        return {kind.id: 0.1 for kind in CRITERIA.load().kinds}

    left_open.foretold(trainings, watching, CRITERIA.load())
    assert seen == [["B"], ["B"], ["A", "A"]]


def test_the_place_of_a_kind_counts_those_with_a_larger_share() -> None:
    assert left_open.Foretold({"a": 0.5, "b": 0.3, "c": 0.2}, "c").place() == 3
    assert left_open.Foretold({"a": 0.5, "b": 0.3, "c": 0.2}, "a").place() == 1


@pytest.mark.skipif(not (ROOT / left_open.STORE).is_dir(), reason="needs the planted runs")
def test_the_record_holds_what_the_program_says_of_real_trainings(tmp_path: Path) -> None:
    wanted = ("healthy", "td-same-state", "q-frozen")
    unpack(
        ROOT / left_open.STORE,
        tmp_path,
        lambda label: label["task"] == "dqn-acrobot" and label["fault"] in wanted,
    )
    floors = {"Acrobot-v1": -486.5}
    (tmp_path / "labels" / "random_returns.json").write_text(json.dumps(floors), encoding="utf-8")
    rows = list(left_open.records(tmp_path))
    # The frozen network is found as what it is, so only the other fault is left open.
    assert {row["mechanism"] for row in rows} == {"observations misaligned"}
    left_open.write(rows, tmp_path / "out.json")
    known = set(read(ROOT / left_open.RECORD))
    assert set(read(tmp_path / "out.json")) <= known
