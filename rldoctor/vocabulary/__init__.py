"""From what a framework logged to canonical metrics and knobs: tables per framework, and a careful guess."""

from rldoctor.vocabulary.mapping import coverage_of, understand

__all__ = ["coverage_of", "understand"]
