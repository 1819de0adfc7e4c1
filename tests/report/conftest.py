"""The sample diagnoses by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from report_samples import BUILDERS

from rldoctor.model.finding import Diagnosis


@pytest.fixture
def make() -> Callable[[str], Diagnosis]:
    """Builds one of the sample diagnoses by name."""
    return lambda name: BUILDERS[name]()
