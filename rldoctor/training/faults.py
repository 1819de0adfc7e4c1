"""The registry of plantable faults: one entry each, with its documentation and the rules that should fire.

A fault is a function from a healthy plan to a sick one. ``roots`` are the rule codes any of which is the
right headline, the best first; ``symptoms`` are codes that may be folded under it. What a run really
showed is in its ``run.yaml``, not here.
"""

from __future__ import annotations

from dataclasses import replace

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.training.fault import CONTINUOUS_OFF, ON_POLICY, Fault, both, fields, hyper, scaled_reward
from rldoctor.training.faults_replay import REPLAY_FAULTS
from rldoctor.training.faults_rollouts import ROLLOUT_FAULTS
from rldoctor.training.faults_settings import SETTINGS_FAULTS
from rldoctor.training.faults_task import TASK_FAULTS
from rldoctor.training.faults_wiring import WIRING_FAULTS

_NO_TARGET: tuple[dict[str, object], dict[str, object]] = (
    {"tau": 1.0},
    {
        "tau": 1.0,
        "target_update_interval": 1,
        "train_freq": 1,
        "gradient_steps": 1,
        "learning_rate": 1e-2,
        "max_grad_norm": 1e9,
        "policy_kwargs": {"net_arch": [64, 64]},
    },
)

# How many times too sharp. Tuned PPO overcomes even k = 30 on Pendulum within 30,000 steps.
_TOO_SHARP = {"Pendulum-v1": 150.0, "Reacher-v5": 40.0}

_FAULTS = (
    Fault(
        name="lr-zero",
        doc="The learning rate is so small that no update moves the policy: KL stays near 0, entropy frozen.",
        how="learning_rate=1e-7",
        cause="learning rate too low",
        roots=("CFG-06", "POL-01"),
        symptoms=("ENT-01", "VAL-01", "OUT-10"),
        algos=ON_POLICY,
        plant=hyper(learning_rate=1e-7),
    ),
    Fault(
        name="frozen-actor",
        doc="The actor's parameters are not trained (not in the optimiser, or detached) while the critic is.",
        how="policy net, action head and log_std stop requiring gradients",
        cause="wiring: updates do not reach the policy",
        roots=("POL-01", "NUM-03"),
        symptoms=("ENT-01", "OUT-10"),
        algos=ON_POLICY,
        plant=fields(surgery=("freeze-actor",)),
    ),
    Fault(
        name="reward-tiny",
        doc="Rewards are far below the noise of a fresh critic, so normalised advantages are mostly noise.",
        how="reward x 1e-4, no reward normalisation",
        cause="reward scale too small",
        roots=("REW-02", "REW-12"),
        symptoms=("VAL-01", "POL-06", "OUT-10"),
        algos=ON_POLICY,
        plant=scaled_reward(1e-4),
    ),
    Fault(
        name="reward-zero",
        doc="The reward is identically zero: nothing to learn, and SAC's temperature decays unopposed.",
        how="reward x 0, no reward normalisation",
        cause="no reward signal",
        roots=("REW-01",),
        symptoms=("VAL-01", "POL-06", "ENT-04", "OUT-10"),
        algos=(*ON_POLICY, *CONTINUOUS_OFF),
        plant=scaled_reward(0.0),
    ),
    Fault(
        name="reward-huge",
        doc="Value targets are so large that the critic cannot reach them in time: it predicts a constant.",
        how="reward x 100, no reward normalisation",
        cause="reward scale too large",
        roots=("REW-04", "VAL-02", "REW-12"),
        symptoms=("POL-04", "ENT-01", "OUT-10"),
        algos=ON_POLICY,
        plant=scaled_reward(100.0),
    ),
    Fault(
        name="ppo-defaults-large-returns",
        doc="Library defaults on a task with discounted returns in the hundreds and no normalisation.",
        how="PPO's defaults in place of the tuned values (gamma 0.99, lr 3e-4, one environment)",
        cause="reward scale too large for the optimiser settings",
        roots=("REW-04", "VAL-02"),
        symptoms=("POL-04", "ENT-01", "OUT-10"),
        algos=("ppo",),
        plant=both(hyper(learning_rate=3e-4, n_steps=512, gamma=0.99), fields(n_envs=1, normalize=False)),
    ),
    Fault(
        name="reward-exp-sharp",
        doc="A tracking reward exp(-k*error) with k so large that typical errors earn almost nothing.",
        how="k = 30 on Pendulum-v1 (sensible: 0.2), k = 240 on Reacher-v5 (sensible: 6)",
        cause="k too sharp for the current error",
        roots=("REW-03",),
        symptoms=("REW-02", "VAL-01", "POL-06", "OUT-10"),
        algos=("ppo",),
        plant=lambda plan: replace(plan, reward=plan.reward.sharper(_TOO_SHARP[plan.env_id])),
        variant="exp",
    ),
    Fault(
        name="buffer-tiny",
        doc="The replay buffer holds less than one episode of every environment: narrow, correlated data.",
        how="4 environments, buffer_size=500 in all, updates kept at one per transition",
        cause="replay buffer too small",
        roots=("OFF-01",),
        symptoms=("VAL-10", "OUT-02", "OUT-03", "OUT-10"),
        algos=CONTINUOUS_OFF,
        plant=both(hyper(buffer_size=500, gradient_steps=-1), fields(n_envs=4, log_interval=4)),
    ),
    Fault(
        name="no-target-net",
        doc="Targets are bootstrapped from the network being trained: Q chases itself and explodes.",
        how="tau=1 with an update of the target at every step, and for DQN lr 1e-2 without gradient clipping",
        cause="no target network: effective tau above 0.5",
        roots=("OFF-06", "VAL-08"),
        symptoms=("VAL-07", "OUT-10", "OUT-02", "NUM-01"),
        algos=("dqn", "sac", "td3", "ddpg"),
        plant=lambda plan: plan.with_hyper(**_NO_TARGET[plan.algo == "dqn"]),
    ),
    Fault(
        name="few-updates",
        doc="Many environments, one gradient step per vector step: most transitions are hardly ever used.",
        how="16 environments, gradient_steps=1, batch_size=64 (each transition sampled 4 times)",
        cause="too few updates per transition",
        roots=("OFF-04",),
        symptoms=("ENT-06", "VAL-11", "ENT-01", "OUT-10"),
        algos=CONTINUOUS_OFF,
        plant=both(hyper(gradient_steps=1, batch_size=64), fields(n_envs=16, log_interval=16)),
    ),
    Fault(
        name="target-entropy-high",
        doc="The target entropy cannot be reached by a bounded policy: alpha, then Q, grow exponentially.",
        how="target_entropy=+2 (the ceiling is 0.69 per action dimension)",
        cause="target entropy unreachable",
        roots=("ENT-07",),
        symptoms=("ENT-05", "VAL-08", "VAL-07", "OUT-10", "NUM-01"),
        algos=("sac",),
        plant=hyper(target_entropy=2.0),
    ),
    Fault(
        name="target-entropy-low",
        doc="The target entropy is far below -dim(A): alpha collapses and exploration ends.",
        how="target_entropy=-15 on one action dimension",
        cause="target entropy too low",
        roots=("ENT-07",),
        symptoms=("ENT-04", "ENT-08"),
        algos=("sac",),
        plant=hyper(target_entropy=-15.0),
    ),
)

_ELSEWHERE = (*SETTINGS_FAULTS, *ROLLOUT_FAULTS, *REPLAY_FAULTS, *WIRING_FAULTS, *TASK_FAULTS)
FAULTS = {fault.name: fault for fault in (*_FAULTS, *_ELSEWHERE)}


def find_fault(name: str) -> Fault:
    """The fault of that name; raises UsageError with the nearest name and the list when unknown."""
    if name not in FAULTS:
        raise UsageError(
            f"unknown fault '{name}'{did_you_mean(name, list(FAULTS))}",
            hint=f"known faults: {', '.join(FAULTS)}",
        )
    return FAULTS[name]
