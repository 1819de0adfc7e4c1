"""One metric of a run under its canonical name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass, replace


@dataclass(frozen=True, slots=True)
class Series:
    """A metric on its own steps.

    ``steps``: shape (n,), strictly increasing; unit given by ``axis`` (``env_steps`` = environment
    transitions over all parallel environments, wherever the conversion was possible).
    ``values``: shape (n,), float64 in ``unit``; NaN means "logged as NaN", never "missing".
    ``wall``: Unix seconds, shape (n,), or None.
    ``window``: episodes the framework already averaged over (SB3 ``ep_rew_mean``: 100), or None.
    ``estimator`` and ``aggregation`` say how the number was made (KL ``k1``/``k3``; ``last_minibatch``).
    """

    name: str
    steps: FloatArray
    values: FloatArray
    tag: str
    unit: str = ""
    axis: str = "env_steps"
    wall: FloatArray | None = None
    window: int | None = None
    estimator: str = ""
    aggregation: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of points."""
        return int(self.steps.size)

    def finite(self) -> Series:
        """The same series without NaN and infinite points."""
        keep = np.isfinite(self.values)
        if bool(keep.all()):
            return self
        wall = None if self.wall is None else self.wall[keep]
        return replace(self, steps=self.steps[keep], values=self.values[keep], wall=wall)
