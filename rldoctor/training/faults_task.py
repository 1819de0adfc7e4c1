"""Faults in the environment: its reward, its observations, its ends."""

from __future__ import annotations

from dataclasses import replace

from rldoctor.training.fault import CONTINUOUS_OFF, Fault, both, fields, hyper
from rldoctor.training.plan import Plan

_ANY = ("ppo", "a2c", "trpo", *CONTINUOUS_OFF)
_SLOW = ("OUT-10", "OUT-03")

# Noise of the first position and velocity that puts most episodes beyond or next to where they end.
_FALLING = {"InvertedPendulum-v5": 3.0, "Hopper-v5": 0.5, "Walker2d-v5": 1.0}


def _bad_start(plan: Plan) -> Plan:
    """The environment's own noise of the first state, far too large."""
    noise = {"reset_noise_scale": _FALLING.get(plan.env_id, 0.5)}
    return replace(plan, env_kwargs={**plan.env_kwargs, **noise})


def _centred(plan: Plan) -> Plan:
    """Rewards minus their running mean."""
    return replace(plan, reward=replace(plan.reward, centred=True))


def _scaled_twice(plan: Plan) -> Plan:
    """A second scaling on top of the normaliser's (on-policy) or of a fixed temperature (SAC)."""
    scaled = replace(plan, reward=replace(plan.reward, learner_factor=1e-4))
    return scaled.with_hyper(ent_coef=0.2) if plan.algo == "sac" else replace(scaled, normalize=True)


TASK_FAULTS = (
    Fault(
        name="truncation-as-terminal",
        doc="The time limit counts as the end of the task, so the value of states near it is learnt too low.",
        how="truncated steps are reported as terminated",
        cause="time limit treated as terminal",
        roots=("CFG-01",),
        symptoms=("OUT-03", "VAL-01"),
        algos=_ANY,
        plant=fields(tampering=("limit-as-end",)),
    ),
    Fault(
        name="obs-unscaled",
        doc="Observations differ in scale by a factor of 1,000, not normalised: the large ones dominate.",
        how="every second observation x 1000, no normalisation",
        cause="observations not normalised",
        roots=("CFG-05",),
        symptoms=("POL-03", "POL-02", "ENT-08", "NUM-03", "VAL-01", "VAL-02", "OUT-10", "OUT-03"),
        algos=("ppo", "a2c"),
        plant=fields(tampering=("unscale",), normalize=False),
    ),
    Fault(
        name="learning-to-die",
        doc="Staying alive costs more than it earns, so the best policy ends every episode at once.",
        how="5 less reward per step on a task that ends on a fall (Hopper-v5), no normalisation",
        cause="the reward makes ending the episode the best policy",
        roots=("OUT-06",),
        symptoms=("OUT-03", "OUT-10", "REW-09"),
        algos=_ANY,
        plant=fields(tampering=("punish-living",), normalize=False),
    ),
    Fault(
        name="nan-injected",
        doc="Rewards become NaN in the middle of the run, and with the next update every weight is NaN.",
        how="reward NaN from half of the run on, no normalisation",
        cause="NaN in the reward",
        roots=("NUM-01",),
        symptoms=("OUT-02",),
        algos=_ANY,
        plant=fields(tampering=("inject-nan",), normalize=False),
        starts=0.5,
    ),
    Fault(
        name="sign-flipped",
        doc="The sign of the reward changes in the middle of the run: what was learnt is punished.",
        how="reward x -1 from half of the run on",
        cause="sign of the reward flipped",
        roots=("REW-06", "OUT-02"),
        symptoms=("OUT-04", "VAL-01", "ENT-05", "VAL-11"),
        algos=_ANY,
        plant=fields(tampering=("flip-sign",)),
        starts=0.5,
    ),
    Fault(
        name="reward-centred",
        doc="The mean reward is subtracted on a task that can end early: staying alive is worth nothing.",
        how="reward minus its running mean on a task that ends on a fall (InvertedPendulum-v5, Hopper-v5)",
        cause="subtracting the mean changes the best policy where episodes can end",
        roots=("REW-06", "REW-01"),
        symptoms=("OUT-06", "VAL-01", "VAL-02", "POL-06", *_SLOW),
        algos=_ANY,
        plant=_centred,
    ),
    Fault(
        name="reward-double-scaled",
        doc="The reward is scaled down although its scale is already set: almost no signal is left.",
        how="the learner's reward x 1e-4, on top of VecNormalize (on-policy) or of ent_coef=0.2 (SAC)",
        cause="rewards scaled twice",
        roots=("REW-05", "REW-02"),
        symptoms=("VAL-01", "VAL-02", "POL-06", "ENT-01", "VAL-11", *_SLOW),
        algos=("ppo", "a2c", "sac"),
        plant=_scaled_twice,
    ),
    Fault(
        name="reward-outliers",
        doc="A few rewards are hundreds of times larger than usual: each one undoes what was learnt.",
        how="one step in 2000 earns about 20,000 of either sign, not normalised; returns of single episodes",
        cause="reward outliers",
        roots=("REW-10",),
        symptoms=("VAL-01", "VAL-02", "VAL-03", "REW-04", "NUM-02", *_SLOW),
        algos=_ANY,
        plant=both(fields(tampering=("rare-spikes",), normalize=False), hyper(stats_window_size=1)),
    ),
    Fault(
        name="reward-wrong-sign",
        doc="The reward pays for distance from the goal: the return rises all along, and nothing is solved.",
        how="reward x -1 on a goal task that logs its success rate (FetchReachDense-v4)",
        cause="the reward pays for something other than the task",
        roots=("REW-09", "REW-12"),
        symptoms=("OUT-05", "ENT-08"),
        algos=_ANY,
        plant=fields(tampering=("pay-for-distance",)),
    ),
    Fault(
        name="bad-start",
        doc="Episodes start where the task is nearly over: they end before anything can be learnt from them.",
        how="reset_noise_scale so large that most first states are next to or beyond the end of the task",
        cause="first states that are out of reach of the task",
        roots=("REW-11",),
        symptoms=_SLOW,
        algos=_ANY,
        plant=_bad_start,
    ),
    Fault(
        name="action-bounds-wide",
        doc="Declared action bounds are far wider than what makes a difference: every action is full force.",
        how="action bounds x 50, clipped to the true ones inside the environment",
        cause="action bounds far too wide",
        roots=("ENT-09",),
        symptoms=("ENT-08", *_SLOW),
        algos=CONTINUOUS_OFF,
        plant=fields(tampering=("widen-actions",)),
    ),
    Fault(
        name="never-ending-episodes",
        doc="No episode ever ends, so no return is logged and no first state is seen again.",
        how="neither the time limit nor the end of the task reaches the learner",
        cause="episodes never end",
        roots=("LOG-02",),
        symptoms=("VAL-02", "REW-04"),
        algos=("ppo", "a2c", "trpo"),
        plant=fields(tampering=("never-end",)),
    ),
    Fault(
        name="fps-degrading",
        doc="Every step takes longer than the one before it: a leak, a growing buffer, a log read again.",
        how="a wait that grows to 4 ms per step of an environment",
        cause="throughput falls during the run",
        roots=("THR-01",),
        symptoms=("THR-02",),
        algos=_ANY,
        plant=fields(tampering=("slow-down",)),
    ),
)
