"""What the built-in rules say can be read alone: no unknown in a clause, no label that leans on another."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rulebook_samples import KNOWN, Write

from rldoctor.api import builtin_pack
from rldoctor.rulebook.loader import load_rule

# Evidence is sorted, cut and quoted one line at a time, so a label may not lean on the one before it.
LEANING = re.compile(r"^(its|their|the same|and|how much it|what is left of (it|that)|of (it|that|which))\b")


def test_every_number_has_a_label_that_stands_alone() -> None:
    rules = builtin_pack().rules
    labels = {f"{rule.code} {name}": one.says for rule in rules for name, one in rule.measure.items()}
    assert len(labels) > 500
    assert [place for place, says in labels.items() if not says or LEANING.match(says)] == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Look at it (it is {config_learning_rate}).", True),
        ("Look at it[ (it is {config_learning_rate})].", False),
        ("Look at it (gamma is {config_gamma}).", False),
    ],
)
def test_a_fix_that_names_a_setting_that_may_be_unknown_is_refused(
    write: Write, problems_of: Callable[..., list[str]], text: str, *, refused: bool
) -> None:
    """The sample rule needs gamma to be known, and not the learning rate."""
    change = ("{text: Look at it.,", f'{{text: "{text}",')
    if refused:
        assert any("may be unknown" in one for one in problems_of(change))
    else:
        load_rule(write(change), KNOWN)
