"""Faults that are a wrong setting of an off-policy learner: warm-up, noise, update ratio, temperature."""

from __future__ import annotations

from rldoctor.training.fault import CONTINUOUS_OFF, Fault, hyper
from rldoctor.training.plan import Plan

_SLOW = ("OUT-10", "OUT-03")


def _overused(plan: Plan) -> Plan:
    """Eight updates per transition, with the critics that there are."""
    return plan.with_hyper(gradient_steps=8 * plan.n_envs)


REPLAY_FAULTS = (
    Fault(
        name="warmup-too-short",
        doc="Training starts with the first transition, so the first updates fit almost no data.",
        how="learning_starts=0",
        cause="warm-up too short",
        roots=("OFF-02",),
        symptoms=("ENT-08", "NUM-03", "VAL-08", "VAL-09", *_SLOW),
        algos=CONTINUOUS_OFF,
        plant=hyper(learning_starts=0),
    ),
    Fault(
        name="no-exploration-noise",
        doc="A deterministic policy acts without noise, so it only ever sees what it already does.",
        how="no action noise, a warm-up of 100 random steps",
        cause="exploration noise missing",
        roots=("ENT-10",),
        symptoms=("OFF-02", "ENT-08", *_SLOW),
        algos=("td3", "ddpg"),
        plant=hyper(noise_std=0.0, learning_starts=100),
    ),
    Fault(
        name="update-ratio-too-high",
        doc="Eight updates per transition with the usual two critics: the first data are overfitted.",
        how="8 gradient steps per transition",
        cause="too many updates per transition",
        roots=("OFF-05", "VAL-09"),
        symptoms=("VAL-08", "VAL-07", "ENT-08", *_SLOW),
        algos=("sac", "td3", "ddpg"),
        plant=_overused,
    ),
    Fault(
        name="alpha-fixed-high",
        doc="A fixed temperature so high that entropy outweighs the reward: the policy stays random.",
        how="ent_coef=20, not learnt",
        cause="temperature fixed too high",
        roots=("ENT-01",),
        symptoms=("VAL-07", "VAL-11", *_SLOW),
        algos=("sac",),
        plant=hyper(ent_coef=20.0),
    ),
    Fault(
        name="alpha-fixed-low",
        doc="A fixed temperature of practically zero: the policy narrows at once and explores no more.",
        how="ent_coef=1e-6, not learnt, a warm-up of 100 random steps",
        cause="temperature fixed too low",
        roots=("ENT-04", "ENT-08"),
        symptoms=("OFF-02", "VAL-09", "VAL-08", *_SLOW),
        algos=("sac",),
        plant=hyper(ent_coef=1e-6, learning_starts=100),
    ),
)
