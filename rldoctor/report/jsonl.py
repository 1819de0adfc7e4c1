"""JSON Lines: a line for each run, for programs that read thousands of them one by one."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.model.finding import Diagnosis
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.report.run_parts import many
from rldoctor.report.streams import jsonl_text


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The report as text."""
    return "".join(jsonl_text(many(diagnoses, "jsonl", reading)))
