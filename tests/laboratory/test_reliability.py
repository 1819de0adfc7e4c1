"""The table of faults and formats can be made, and nothing in it crashes or is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from every import every

from laboratory.reliability.__main__ import trials
from laboratory.reliability.faults import FAULTS
from laboratory.reliability.formats import FORMATS, HEALTHY, TRACKERS
from laboratory.reliability.nobody import possible
from laboratory.reliability.page import page
from laboratory.reliability.surroundings import SURROUNDINGS, around

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (HEALTHY.is_dir() and TRACKERS.is_dir()), reason="needs the bundled logs")


@every("form", FORMATS, ids=lambda form: form.name)
def test_every_fault_is_survived_and_every_loss_that_can_be_known_is_said(form) -> None:
    made = trials(2, form.name)
    every_one = [one for found in made.values() for one in found]
    wanted = [one for one in FAULTS if not one.by_format or form.name in one.by_format]
    assert len(every_one) >= sum(possible() or not one.as_nobody for one in wanted)
    assert [one.crash for one in every_one if one.crash] == []
    assert not any(one.unsaid for one in every_one)
    assert any(one.lost for one in every_one)
    if form.checked:
        assert not any(one.wrong for one in every_one)


@every("name", SURROUNDINGS)
def test_nothing_around_a_log_costs_an_old_report_or_a_number(name: str) -> None:
    found = around(name)
    assert not found.wrong
    assert found.tried or found.skipped


def test_the_page_names_every_format_and_every_fault() -> None:
    text = page({}, {})
    committed = (ROOT / "docs" / "reliability.md").read_text()
    for name in (*(one.name for one in FORMATS), *(one.name for one in FAULTS)):
        assert name in text
        assert name in committed
    for name in SURROUNDINGS:
        assert f"| {name} | " in committed
    assert "0 crashes" in committed
    assert "0 losses that were not reported" in committed
