"""What a plantable fault is, and the plants most of them are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rldoctor.errors import UsageError
from rldoctor.training.plan import Plan

Plant = Callable[[Plan], Plan]


@dataclass(frozen=True, slots=True)
class Fault:
    """One documented fault.

    ``doc`` says what is wrong and why it is harmful, ``how`` how it is planted, ``cause`` the cause in
    words, ``algos`` which algorithms it applies to. ``variant`` is the catalogue variant it is planted
    on ("" the plain task); ``starts`` the share of the run after which it acts.
    """

    name: str
    doc: str
    how: str
    cause: str
    roots: tuple[str, ...]
    symptoms: tuple[str, ...]
    algos: tuple[str, ...]
    plant: Plant
    variant: str = ""
    starts: float = 0.0

    def sick(self, plan: Plan) -> Plan:
        """The plan with this fault; raises UsageError when it does not apply to the algorithm."""
        if plan.algo not in self.algos:
            raise UsageError(
                f"fault '{self.name}' does not apply to {plan.algo}",
                hint=f"it applies to {', '.join(self.algos)}",
            )
        return replace(self.plant(plan), fault=self.name)


def hyper(**changes: object) -> Plant:
    """Replace constructor arguments."""
    return lambda plan: plan.with_hyper(**changes)


def fields(**changes: object) -> Plant:
    """Replace plan fields."""
    return lambda plan: replace(plan, **changes)  # type: ignore[arg-type]


def scaled_reward(factor: float) -> Plant:
    """Scale the reward and train on it raw: without VecNormalize, which would undo the scaling."""
    return lambda plan: replace(plan, reward=plan.reward.scaled(factor), normalize=False)


def both(first: Plant, second: Plant) -> Plant:
    """One plant after the other."""
    return lambda plan: second(first(plan))


ON_POLICY = ("ppo", "a2c")
CONTINUOUS_OFF = ("sac", "td3", "ddpg")
