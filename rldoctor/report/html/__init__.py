"""One self-contained HTML file: works offline, loads nothing, trusts nothing that came from a log."""

from __future__ import annotations

from rldoctor.report.html.page import render

__all__ = ["render"]
