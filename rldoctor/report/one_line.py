"""What ``print`` shows of a run, a diagnosis and a comparison: the line of ``--quiet``."""

from __future__ import annotations

from rldoctor.model.comparison import Comparison
from rldoctor.model.finding import Diagnosis
from rldoctor.model.run import Run
from rldoctor.report import words
from rldoctor.report.clean import clean


def of_run(run: Run) -> str:
    """``runs/ppo_1: Stable-Baselines3, PPO, Hopper-v5, seed 0, 30,720 environment steps``."""
    return f"{clean(run.path)}: {', '.join(words.facts(run))}"


def of_diagnosis(diagnosis: Diagnosis) -> str:
    """``runs/ppo_1: critical: The policy does not move, since step 512.``."""
    verdict = words.verdict_label(diagnosis).lower()
    return f"{clean(diagnosis.run.path)}: {verdict}: {words.alone(diagnosis)}"


def of_comparison(comparison: Comparison) -> str:
    """``runs/a with runs/b: regression: The candidate is 40% lower than the base: ...``."""
    from rldoctor.report import compare_words as say

    arms = f"{clean(comparison.base.path)} with {clean(comparison.candidate.path)}"
    return f"{arms}: {say.LABELS[comparison.verdict].lower()}: {say.headline(comparison)}"
