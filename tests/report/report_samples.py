"""Diagnoses made by hand, with the content that a real engine gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import (
    Cause,
    Coverage,
    Diagnosis,
    Finding,
    Interval,
    Measure,
    Outcome,
    Prescription,
    Rival,
    Root,
    RuleResult,
    Severity,
)
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import Note, RawSeries, RawSetting
from rldoctor.model.run import Run
from rldoctor.model.series import Series

STEPS = 2048.0 * np.arange(1, 490)
EVIL_TAG = "<script>alert(1)</script>{{7*7}}</script>\x1b[31m[bold]red[/bold]\u202e"


def series(name: str, values: np.ndarray, tag: str = "", unit: str = "") -> Series:
    return Series(name, STEPS[: values.size], values, tag or f"train/{name}", unit)


def ppo_series(frozen: bool = True) -> dict[str, Series]:
    rng = np.random.default_rng(0)
    n = STEPS.size
    moving = 0.012 + 0.003 * rng.standard_normal(n)
    kl = np.where(np.arange(n) < 100, moving, 2e-8 * (1 + 0.1 * rng.random(n))) if frozen else moving
    entropy = -8.5 - (0.0 if frozen else 0.01) * np.arange(n) + 0.001 * rng.standard_normal(n)
    reward = np.minimum(np.arange(n), 100 if frozen else n) * 12.0 + 40 * rng.standard_normal(n)
    return {
        "approx_kl": series("approx_kl", kl, unit="nats"),
        "entropy": series("entropy", entropy, "train/entropy_loss", "nats"),
        "episode_return": series("episode_return", reward, "rollout/ep_rew_mean", "reward"),
        "clip_fraction": series("clip_fraction", np.clip(kl * 9, 0, 1), unit="fraction 0..1"),
    }


def ppo_run(name: str = "ppo_1", *, frozen: bool = True, **changes: object) -> Run:
    knobs = {
        "learning_rate": Knob("learning_rate", 3e-4, "learning_rate", 3e-4, "args.yml:12"),
        "n_epochs": Knob("n_epochs", 10, "n_epochs", 10, "args.yml:14"),
        "clip_range": Knob("clip_range", 0.2, "clip_range", 0.2, "args.yml:8", "a schedule: its start"),
        "total_env_steps": Knob("total_env_steps", 1_000_000, "n_timesteps", 1e6, "args.yml:20"),
    }
    values: dict[str, object] = {
        "id": name,
        "path": Path("runs") / name,
        "format": "tensorboard",
        "framework": "stable_baselines3",
        "algorithm": "ppo",
        "metrics": MetricFrame(
            ppo_series(frozen), unmapped=(RawSeries("custom/foo", STEPS[:3], np.array([1.0, 2.0, 3.0])),)
        ),
        "config": RunConfig(knobs, (RawSetting("policy_kwargs.net", "[64]", "args.yml:30"),)),
        "env": "HalfCheetah-v4",
        "seed": 3,
        "axis_note": "steps are environment transitions",
        "notes": (
            Note("truncated-file", "events.out.tfevents.1: the last record is cut short", "warning"),
            Note("one-file", "read one event file", "info"),
        ),
    }
    return Run(**{**values, **changes})  # type: ignore[arg-type]


def frozen_finding() -> Finding:
    span = (204_800.0, 1_001_472.0)
    return Finding(
        code="POL-01",
        slug="policy-frozen",
        title="The policy stopped changing",
        severity=Severity.CRITICAL,
        message="Median KL 2.1e-08 from step 204,800 to the end, limit 1e-05: the policy stands still.",
        area="policy-update",
        onset=204_800.0,
        intervals=(Interval(204_800.0, 1_001_472.0, open=True),),
        measures=(
            Measure("kl_typical", 2.1e-8, "nats", "2.1e-08", 1e-5, "kl_limit", span, 389, "median KL"),
            Measure("entropy_change", 0.0004, "nats", window=span, n=389, says="change of the entropy"),
            Measure(
                "lr_implied", 2.9e-7, limit=1e-2, limit_name="lr_floor", says="learning rate implied by KL"
            ),
        ),
        causes=(
            Cause(
                "not-in-optimizer", "The actor's parameters are not in the optimiser.", True, ("check-opt",)
            ),
            Cause("lr-zero", "The learning-rate schedule reached zero.", False, ("lower-learning-rate",)),
        ),
        prescriptions=(
            Prescription(
                "raise-learning-rate",
                "Set learning_rate to 0.001 (now 0.0003).",
                "learning_rate",
                "learning_rate",
                "0.0003",
                "0.001",
                1e-3,
                "For small steps KL grows with the square of the learning rate.",
                "approx_kl between 0.005 and 0.02 within 20 updates.",
            ),
            Prescription(
                "check-opt", "Check that every policy parameter is in the optimiser and has a gradient."
            ),
        ),
        references=(("The 37 Implementation Details of PPO", "https://example.org/ppo"),),
        metrics=("approx_kl", "entropy"),
        expect="approx_kl median 0.005 to 0.02.",
        false_positives=("A learning-rate schedule that ends at zero on purpose.",),
    )


def symptom(code: str, title: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code, title.lower().replace(" ", "-"), title, severity, f"{title}.", onset=212_992.0)


def fired(finding: Finding) -> RuleResult:
    return RuleResult(finding.code, finding.slug, finding.title, Outcome.FIRED, finding)


def results(*findings: Finding) -> tuple[RuleResult, ...]:
    other = (
        RuleResult("VAL-01", "value-useless", "The critic explains returns", Outcome.NOT_MEASURED,
                   missing=("explained_variance",),
                   additions=(Addition("explained_variance", "explained_variance", AdditionKind.METRIC,
                                       'logger.record("train/explained_variance", ev)'),)),
        RuleResult("NUM-01", "not-finite", "All values are finite", Outcome.PASSED, reason="no NaN",
                   measures=(Measure("bad", float("nan"), limit=float("inf")),)),
        RuleResult("OFF-01", "buffer", "The buffer is large enough", Outcome.NOT_APPLICABLE,
                   reason="only SAC"),
        RuleResult("LOG-02", "broken", "A broken rule", Outcome.ERROR, error="division of a series by text"),
    )  # fmt: skip
    return tuple(fired(f) for f in findings) + other


def sick(run: Run | None = None) -> Diagnosis:
    root, first = frozen_finding(), symptom("ENT-04", "Entropy does not move")
    second = symptom("OUT-10", "The return is flat", Severity.WARNING)
    rival = Rival("CFG-06", "Learning rate too low", "KL would be about 1e-3 at 3e-4; it is 2.1e-08.")
    return Diagnosis(
        run or ppo_run(),
        Coverage(ran=4, not_measured=1, not_applicable=1, error=1, total=7),
        "critical",
        (Root(root, (first, second), 9.0, (rival,)),),
        results(root, first, second),
        outcome_note="The return stopped improving at 10% of the run.",
    )


def healthy(run: Run | None = None) -> Diagnosis:
    return Diagnosis(
        run or ppo_run("ppo_2", frozen=False), Coverage(1, 1, 1, 1, 4), "healthy", results=results()
    )


def no_data() -> Diagnosis:
    run = ppo_run("empty", metrics=MetricFrame({}), config=RunConfig(), algorithm="", framework="generic")
    missed = RuleResult(
        "POL-01", "policy-frozen", "The policy moves", Outcome.NOT_MEASURED, missing=("approx_kl",)
    )
    return Diagnosis(
        run, Coverage(0, 1, 0, 0, 1), "not_enough_data", (), (missed,), verdict_note="3 points only."
    )


def hostile() -> Diagnosis:
    metrics = MetricFrame(
        {"approx_kl": series("approx_kl", np.array([0.1, np.nan, np.inf, 0.2]), EVIL_TAG, "nats")},
        unmapped=(RawSeries(EVIL_TAG, STEPS[:2], np.array([1.0, 2.0])),),
    )
    knob = Knob("learning_rate", EVIL_TAG, EVIL_TAG, EVIL_TAG, EVIL_TAG, EVIL_TAG)
    run = ppo_run(
        EVIL_TAG,
        path=Path("runs/\udcff<script>alert(2)</script>"),
        metrics=metrics,
        config=RunConfig({"learning_rate": knob}, (RawSetting(EVIL_TAG, EVIL_TAG, EVIL_TAG),)),
        env=EVIL_TAG,
        framework=EVIL_TAG,
        algorithm=EVIL_TAG,
        axis_note=EVIL_TAG,
        notes=(Note("odd", EVIL_TAG, "warning", (EVIL_TAG,)),),
    )
    finding = Finding(
        EVIL_TAG, "evil", EVIL_TAG, Severity.ERROR, EVIL_TAG,
        onset=float("nan"),
        measures=(Measure(*[EVIL_TAG, np.inf, EVIL_TAG, EVIL_TAG, 0.5, EVIL_TAG, (0.0, np.nan), 3]),),
        prescriptions=(Prescription(*[EVIL_TAG] * 6, None, EVIL_TAG, EVIL_TAG),),
        references=((EVIL_TAG, "javascript:alert(3)"),),
        metrics=("approx_kl",),
    )  # fmt: skip
    root = Root(finding, (finding,), 1.0, (Rival(EVIL_TAG, EVIL_TAG, EVIL_TAG),))
    return Diagnosis(run, Coverage(1, 0, 0, 0, 1), "error", (root,), (fired(finding),))


BUILDERS: dict[str, Callable[[], Diagnosis]] = {
    "sick": sick,
    "healthy": healthy,
    "no_data": no_data,
    "hostile": hostile,
}
