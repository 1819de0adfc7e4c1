"""The name of a group of seeds, for a page of many runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rldoctor.report.clean import clean


def group_name(names: Sequence[str]) -> str:
    """What the names of a group have in common: ``ppo-Hopper-v5`` of ``ppo-Hopper-v5-0`` and ``-1``."""
    if len(names) == 1:
        return names[0]
    first, last = min(names), max(names)
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    stem = clean(re.sub(r"[-_/.#\s]*(seed|s)?[-_=]*$", "", first[:common], flags=re.IGNORECASE))
    # Half a word is no name.
    whole = not first[common : common + 1].isalpha() and not last[common : common + 1].isalpha()
    return stem if stem and whole else f"{clean(first)} and {len(names) - 1} more"
