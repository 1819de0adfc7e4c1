"""Faults that are a wrong setting of an on-policy learner: rollouts, minibatches, epochs, clips."""

from __future__ import annotations

from dataclasses import replace

from rldoctor.training.fault import ON_POLICY, Fault, hyper
from rldoctor.training.plan import Plan

_SLOW = ("OUT-10", "OUT-03")


def _oversized_minibatch(plan: Plan) -> Plan:
    """A minibatch four times as large as the rollout it is drawn from."""
    rollout = int(str(plan.hyper.get("n_steps", 2048))) * plan.n_envs
    return plan.with_hyper(batch_size=4 * rollout)


def _raw_value_clip(plan: Plan) -> Plan:
    """The value clip of normalised rewards on raw ones."""
    return replace(plan.with_hyper(clip_range_vf=0.2), normalize=False)


ROLLOUT_FAULTS = (
    Fault(
        name="n-epochs-huge",
        doc="Every rollout is trained on for so long that the policy leaves the data it was collected with.",
        how="n_epochs=60",
        cause="too many epochs per rollout",
        roots=("CFG-07", "POL-03"),
        symptoms=("POL-02", "ENT-02", "VAL-01", "OUT-02", *_SLOW),
        algos=("ppo",),
        plant=hyper(n_epochs=60),
    ),
    Fault(
        name="gae-lambda-zero",
        doc="Advantages are one-step differences of a critic that knows nothing yet.",
        how="gae_lambda=0",
        cause="GAE's lambda too low for the critic",
        roots=("CFG-08",),
        symptoms=("VAL-01", "VAL-02", "POL-06", *_SLOW),
        algos=(*ON_POLICY, "trpo"),
        plant=hyper(gae_lambda=0.0),
    ),
    Fault(
        name="rollout-too-short",
        doc="Rollouts are far shorter than the horizon of the advantage and hold few transitions.",
        how="n_steps=8, batch_size=8 x environments, a row every 16 rollouts",
        cause="rollouts shorter than the horizon",
        roots=("CFG-03", "CFG-10"),
        symptoms=("VAL-01", "VAL-02", "POL-06", *_SLOW),
        algos=("ppo",),
        plant=lambda plan: replace(plan.with_hyper(n_steps=8, batch_size=8 * plan.n_envs), log_interval=16),
    ),
    Fault(
        name="minibatch-mismatch",
        doc="The minibatch is larger than the rollout, so an epoch is one step and most updates are lost.",
        how="batch_size = 4 x the rollout",
        cause="minibatch larger than the rollout",
        roots=("CFG-04",),
        symptoms=("POL-01", "POL-04", "ENT-01", "VAL-02", *_SLOW),
        algos=("ppo",),
        plant=_oversized_minibatch,
    ),
    Fault(
        name="value-clip-tiny",
        doc="Value clipping made for normalised rewards stops the critic from reaching raw returns.",
        how="clip_range_vf=0.2, rewards not normalised",
        cause="value clip far below the scale of the returns",
        roots=("VAL-06", "VAL-02"),
        symptoms=("VAL-03", "REW-04", *_SLOW),
        algos=("ppo",),
        plant=_raw_value_clip,
    ),
    Fault(
        name="grad-clip-tiny",
        doc="The clip of the gradient norm is so small that the optimiser's epsilon swallows every step.",
        how="max_grad_norm=1e-7",
        cause="gradient clip far below the gradients",
        roots=("NUM-04", "POL-01"),
        symptoms=("POL-04", "ENT-01", "VAL-01", "VAL-02", "VAL-03", *_SLOW),
        algos=("ppo",),
        plant=hyper(max_grad_norm=1e-7),
    ),
    Fault(
        name="trpo-line-search",
        doc="Only one full step is tried, and the quadratic KL model makes it too long: the search fails.",
        how="line_search_max_iter=1, target_kl=0.3, cg_damping=1e-4",
        cause="TRPO's line search fails: nothing shrinks a step that is too long",
        roots=("POL-07",),
        symptoms=("POL-01", "ENT-01", *_SLOW),
        algos=("trpo",),
        plant=hyper(line_search_max_iter=1, target_kl=0.3, cg_damping=1e-4),
    ),
    Fault(
        name="ent-coef-negative",
        doc="The entropy bonus has the wrong sign: the policy is rewarded for becoming narrow, and does so.",
        how="ent_coef=-0.1",
        cause="sign of the entropy bonus",
        roots=("ENT-02",),
        symptoms=("VAL-04", "POL-02", "POL-03", *_SLOW),
        algos=ON_POLICY,
        plant=hyper(ent_coef=-0.1),
    ),
)
