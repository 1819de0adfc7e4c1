"""Reports: a complete ``Diagnosis`` in, text out. Nothing here changes or completes a diagnosis."""

from __future__ import annotations

from rldoctor.report.registry import FORMATS, render, write

__all__ = ["FORMATS", "render", "write"]
