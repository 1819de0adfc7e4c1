"""Faults in the wiring: a part that is not trained, a schedule or an old log-probability that is wrong."""

from __future__ import annotations

from dataclasses import replace

from rldoctor.training.fault import CONTINUOUS_OFF, ON_POLICY, Fault, fields
from rldoctor.training.plan import Plan

_SLOW = ("OUT-10", "OUT-03")


def _single_step(plan: Plan) -> Plan:
    """One update per rollout on all of it, where the ratio has to be exactly one."""
    rollout = int(str(plan.hyper.get("n_steps", 2048))) * plan.n_envs
    return replace(plan.with_hyper(n_epochs=1, batch_size=rollout), surgery=("clipped-log-prob",))


def _loud_critic(plan: Plan) -> Plan:
    """Actor and critic on one trunk, with a value loss that leaves the policy no share of the gradient."""
    shared = plan.with_hyper(vf_coef=1e4, policy_kwargs={"share_features_extractor": True})
    return replace(shared, surgery=("share-trunk",), normalize=False)


WIRING_FAULTS = (
    Fault(
        name="frozen-critic",
        doc="The critic's parameters are never trained (not in the optimiser): the actor follows noise.",
        how="value net without gradients; off-policy, the critic's optimiser does not step",
        cause="wiring: updates do not reach the critic",
        roots=("VAL-12", "VAL-15", "VAL-02", "VAL-03", "VAL-11"),
        symptoms=("VAL-01", "POL-06", "REW-04", "ENT-06", *_SLOW),
        algos=(*ON_POLICY, *CONTINUOUS_OFF),
        plant=fields(surgery=("freeze-critic",)),
    ),
    Fault(
        name="second-critic-frozen",
        doc="The second of the two critics is never trained, and the smaller value of the two is the target.",
        how="the second critic's parameters stop requiring gradients",
        cause="wiring: updates do not reach the second critic",
        roots=("VAL-10",),
        symptoms=("VAL-09", "VAL-11", *_SLOW),
        algos=("sac", "td3"),
        plant=fields(surgery=("freeze-second-critic",)),
    ),
    Fault(
        name="logprob-mismatch",
        doc="The stored log-probability is that of the clipped action, the stored action the unclipped one.",
        how="old log-probabilities of clipped actions; one epoch of one minibatch, so the ratio must be 1",
        cause="old and new log-probabilities belong to different actions",
        roots=("POL-09",),
        symptoms=("POL-03", "POL-02", "POL-01", "ENT-01", "ENT-03", "VAL-02", *_SLOW),
        algos=("ppo",),
        plant=_single_step,
    ),
    Fault(
        name="lr-annealed-early",
        doc="The learning rate's schedule ends after a third of the run: the rest trains nothing.",
        how="learning rate falls linearly to 0 at 30 % of the run",
        cause="learning rate annealed too early",
        roots=("POL-10",),
        symptoms=("POL-01", "POL-04", "ENT-01", "LOG-05", *_SLOW),
        algos=(*ON_POLICY, "sac", "td3"),
        plant=fields(surgery=("anneal-early",)),
        starts=0.3,
    ),
    Fault(
        name="lr-spike",
        doc="The schedule restarts with a rate far too large in mid-run: a few updates wreck the policy.",
        how="learning rate x 100 between 60 % and 63 % of the run",
        cause="a burst of far too large a learning rate",
        roots=("POL-02",),
        symptoms=("OUT-02", "POL-03", "CFG-06", "ENT-02", "ENT-03", "VAL-01", "NUM-02", "OUT-04", *_SLOW),
        algos=("ppo",),
        plant=fields(surgery=("restart-rate",)),
        starts=0.6,
    ),
    Fault(
        name="vf-coef-huge",
        doc="Actor and critic share a trunk and one gradient clip, and the value loss dominates both.",
        how="one trunk for both, vf_coef=1e4, rewards not normalised",
        cause="the value loss leaves the policy no gradient",
        roots=("VAL-05", "POL-01"),
        symptoms=("NUM-04", "POL-04", "ENT-01", "REW-04", "VAL-02", *_SLOW),
        algos=("ppo",),
        plant=_loud_critic,
    ),
    Fault(
        name="saturated-start",
        doc="The actor's last layer starts so large that tanh passes no gradient: it stays at the bounds.",
        how="weights of the actor's output layer x 1000 at the start",
        cause="actor saturated from the start",
        roots=("ENT-08", "NUM-03"),
        symptoms=("ENT-05", "VAL-08", "VAL-09", "VAL-07", *_SLOW),
        algos=CONTINUOUS_OFF,
        plant=fields(surgery=("saturate-actor",)),
    ),
)
