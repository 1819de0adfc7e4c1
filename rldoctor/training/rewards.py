"""What a plan does to the environment's reward before the learner and the log see it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward transform, applied inside the Monitor wrapper: logged returns are *after* it.

    ``factor`` multiplies the reward. With ``sharpness`` k the environment's reward is read as minus a
    tracking error and becomes ``factor * exp(-k * error)``: in (0, factor] for errors >= 0. ``centred``
    subtracts the running mean of the rewards. ``learner_factor`` multiplies what the learner gets
    after logging and after any normalisation; the last two are applied in ``envs``, which has the state.
    """

    factor: float = 1.0
    sharpness: float | None = None
    centred: bool = False
    learner_factor: float = 1.0

    def __call__(self, reward: float) -> float:
        """The transformed reward; NaN stays NaN, and a hugely negative reward gives 0, never an error."""
        if self.sharpness is None:
            return self.factor * float(reward)
        return self.factor * math.exp(self.sharpness * float(reward))

    @property
    def plain(self) -> bool:
        """Whether calling the transform changes nothing."""
        return self.factor == 1.0 and self.sharpness is None

    def scaled(self, factor: float) -> Reward:
        """The same form with the reward multiplied by a further ``factor``."""
        return replace(self, factor=self.factor * factor)

    def sharper(self, times: float) -> Reward:
        """The same exponential form with k multiplied; raises ValueError when there is no exponential."""
        if self.sharpness is None:
            raise ValueError("this reward has no exp(-k*error) form to sharpen")
        return replace(self, sharpness=self.sharpness * times)

    def settings(self) -> dict[str, float | str]:
        """The configuration lines that describe the transform; empty when it changes nothing.

        A plain factor is called ``env_reward_factor``, not ``reward_scale``: logged returns already
        contain it, and a reader must not apply it twice. The learner's factor is a ``reward_scale``.
        """
        told: dict[str, float | str] = {"reward_centred": True} if self.centred else {}
        if self.learner_factor != 1.0:
            told["reward_scale"] = self.learner_factor
        return {**self._form(), **told}

    def _form(self) -> dict[str, float | str]:
        """The lines on the factor and the exponential."""
        if self.plain:
            return {}
        if self.sharpness is None:
            return {"env_reward_factor": self.factor}
        return {
            "reward_form": "exp(-k*error)",
            "reward_weight": self.factor,
            "reward_exponent": self.sharpness,
        }


class RunningCentre:
    """Called with one reward after the other: each minus the mean of the last thousand or so.

    The mean is a plain one at first and forgets exponentially later: with one over all rewards, a policy
    that improves stays above its past, and centring does little harm (seen on Hopper-v5).
    """

    def __init__(self, least: float = 1e-3) -> None:
        """``least``: weight of the newest reward once 1/n has fallen below it."""
        self.mean, self.count, self.least = 0.0, 0, least

    def __call__(self, reward: float) -> float:
        """The centred reward; after a NaN, NaN."""
        self.count += 1
        self.mean += max(1 / self.count, self.least) * (float(reward) - self.mean)
        return float(reward) - self.mean


PLAIN = Reward()
"""The environment's own reward."""
