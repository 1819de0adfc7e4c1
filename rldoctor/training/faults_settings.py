"""Faults that are a wrong setting of the learner."""

from __future__ import annotations

from rldoctor.training.fault import CONTINUOUS_OFF, ON_POLICY, Fault, hyper
from rldoctor.training.plan import Plan

_SLOW = ("OUT-10", "OUT-03")


def _warmup(plan: Plan) -> Plan:
    """Collect at random for four fifths of the run."""
    return plan.with_hyper(learning_starts=plan.steps * 4 // 5)


def _lone_critic(plan: Plan) -> Plan:
    """One critic, eight updates per transition; the width of the networks stays."""
    kwargs = plan.hyper.get("policy_kwargs")
    nets = dict(kwargs) if isinstance(kwargs, dict) else {}
    return plan.with_hyper(policy_kwargs={**nets, "n_critics": 1}, gradient_steps=8 * plan.n_envs)


def _no_hindsight(plan: Plan) -> Plan:
    """The same budget and buffer, without relabelling."""
    return plan.with_hyper(her=False)


SETTINGS_FAULTS = (
    Fault(
        name="lr-too-high",
        doc="The learning rate is so large that an update throws the policy far away: KL and clipping soar.",
        how="learning_rate=0.03",
        cause="learning rate too high",
        roots=("POL-03", "CFG-06", "POL-02"),
        symptoms=("ENT-02", "ENT-03", "ENT-08", "VAL-01", "NUM-02", "OUT-02", *_SLOW),
        algos=ON_POLICY,
        plant=hyper(learning_rate=0.03),
    ),
    Fault(
        name="clip-range-tiny",
        doc="The clip range is so narrow that the surrogate's gradient vanishes after the first tiny move.",
        how="clip_range=0.0005",
        cause="clip range too small",
        roots=("POL-04",),
        symptoms=("POL-01", "ENT-01", "POL-03", *_SLOW),
        algos=("ppo",),
        plant=hyper(clip_range=0.0005),
    ),
    Fault(
        name="target-kl-tiny",
        doc="The KL limit stops every rollout's training in its first epochs, so the data are hardly used.",
        how="target_kl=1e-5",
        cause="target KL too small",
        roots=("POL-05",),
        symptoms=("POL-04", "POL-01", "ENT-01", *_SLOW),
        algos=("ppo",),
        plant=hyper(target_kl=1e-5),
    ),
    Fault(
        name="gamma-low",
        doc="The discount horizon is a step or two, far shorter than what the task needs: a greedy policy.",
        how="gamma=0.3 (horizon 1.4 steps)",
        cause="discount horizon too short",
        roots=("CFG-02",),
        symptoms=_SLOW,
        algos=("ppo", "a2c", "trpo", *CONTINUOUS_OFF),
        plant=hyper(gamma=0.3),
    ),
    Fault(
        name="ent-coef-large",
        doc="The entropy bonus outweighs the advantages: the policy widens without bound.",
        how="ent_coef=0.5",
        cause="entropy coefficient too large",
        roots=("ENT-03", "ENT-01"),
        symptoms=("ENT-08", "OUT-04", *_SLOW),
        algos=ON_POLICY,
        plant=hyper(ent_coef=0.5),
    ),
    Fault(
        name="tau-zero",
        doc="The target networks hardly move (tau's convention is swapped): values stay near their start.",
        how="tau=1e-6",
        cause="target update rate near 0",
        roots=("OFF-06",),
        symptoms=("VAL-11", "ENT-06", *_SLOW),
        algos=CONTINUOUS_OFF,
        plant=hyper(tau=1e-6),
    ),
    Fault(
        name="warmup-too-long",
        doc="Four fifths of the budget are spent on random actions before the first update.",
        how="learning_starts = 80 % of the steps",
        cause="warm-up too long",
        roots=("OFF-03",),
        symptoms=_SLOW,
        algos=CONTINUOUS_OFF,
        plant=_warmup,
    ),
    Fault(
        name="single-critic-high-utd",
        doc="One critic and eight updates per transition: nothing holds back the overestimation.",
        how="n_critics=1, 8 gradient steps per transition",
        cause="overestimation: a single critic trained too often",
        roots=("OFF-05", "VAL-09"),
        symptoms=("VAL-08", "VAL-07", "ENT-08", *_SLOW),
        algos=("sac", "td3"),
        plant=_lone_critic,
    ),
    Fault(
        name="sparse-without-her",
        doc="A sparse goal reward without hindsight relabelling: nearly all rewards are the same.",
        how="her=false on a sparse goal task (FetchReach-v4; random actions hardly ever solve FetchSlide-v4)",
        cause="sparse reward not discovered",
        roots=("REW-08",),
        symptoms=("OUT-05", "ENT-04", *_SLOW),
        algos=("sac", "td3", "ddpg"),
        plant=_no_hindsight,
    ),
)
