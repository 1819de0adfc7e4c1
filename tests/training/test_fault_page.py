"""The page on the faults is the registry's, and its links lead somewhere."""

import re
from pathlib import Path

from rldoctor.training.fault_page import page
from rldoctor.training.faults import FAULTS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current():
    again = "write it again: python -m rldoctor.training.fault_page > docs/faults.md"
    assert (DOCS / "faults.md").read_text(encoding="utf-8") == page(), again


def test_every_fault_is_on_it_once():
    assert sorted(re.findall(r"^### (.+)$", page(), re.MULTILINE)) == sorted(FAULTS)


def test_its_links_lead_to_pages():
    missing = {link for link in re.findall(r"\((rules/[^)]+)\)", page()) if not (DOCS / link).exists()}
    assert not missing
