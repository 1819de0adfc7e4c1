"""Variants of the sample rule on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rulebook_samples import KNOWN, RULE, TESTS, Write, replaced

from rldoctor.errors import RuleError
from rldoctor.rulebook.loader import load_rule


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a variant of the rule (and of its tests) and give its path."""

    def make(
        *changes: tuple[str, str], tests: str | None = TESTS, name: str = "test-rule", area: str = "policy"
    ) -> Path:
        folder = tmp_path / area
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.yaml"
        path.write_text(replaced(RULE, *changes))
        if tests is not None:
            (folder / f"{name}.test.yaml").write_text(tests)
        return path

    return make


@pytest.fixture
def problems_of(write: Write) -> Callable[..., list[str]]:
    """The problems of a variant, as ``line:column: text``."""

    def check(*changes: tuple[str, str], **how: str | None) -> list[str]:
        with pytest.raises(RuleError) as caught:
            load_rule(write(*changes, **how), KNOWN)
        return [f"{one.line}:{one.column}: {one.text}" for one in caught.value.problems]

    return check
