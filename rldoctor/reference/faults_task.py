"""Faults in the environment: its reward, its observations, its ends."""

from __future__ import annotations

from rldoctor.reference.fault import CONTINUOUS_OFF, Fault, fields

_ANY = ("ppo", "a2c", "trpo", *CONTINUOUS_OFF)

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
        doc="Observations differ in size by a factor of 1000, not normalised: the large drown the others.",
        how="every second observation x 1000, no normalisation",
        cause="observations not normalised",
        roots=("CFG-05",),
        symptoms=("POL-03", "POL-02", "ENT-08", "NUM-03", "VAL-01", "VAL-02", "OUT-10", "OUT-03"),
        algos=("ppo", "a2c"),
        plant=fields(tampering=("unscale",), normalize=False),
    ),
    Fault(
        name="learning-to-die",
        doc="Living costs more than it can earn, so the best policy ends every episode as fast as it can.",
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
    ),
)
