from pathlib import Path

import pytest

from rldoctor.outcome import Criteria
from rldoctor.outcome.criteria_file import load_criteria


@pytest.fixture(scope="session")
def criteria() -> Criteria:
    return load_criteria(Path(__file__).parents[2] / "rules")
