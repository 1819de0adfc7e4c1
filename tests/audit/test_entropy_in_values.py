"""How much of SAC's values can be entropy bonus, by what the target network can have brought them."""

from __future__ import annotations

import numpy as np

from tests.audit.made_logs import rows
from tests.every import every

CONFIG = {"gamma": 0.99, "tau": 0.005, "updates_per_transition": 1.0, "learning_starts": 100}
STEPS = 320.0 * np.arange(1, 19)
# As Adam at a rate of 0.001 lowers it from 1, with a gap to the target entropy that closes.
ALPHA = np.exp(-0.00055 * STEPS)


def possible(q: float, config: dict[str, float] = CONFIG, every_steps: int = 320) -> float:
    found = rows(
        "sac",
        config,
        every_steps,
        episode_return=list(np.linspace(-145, -210, 18)),
        episode_length=[80.0] * 18,
        policy_loss=list(-np.linspace(q / 10, q, 18)),
        entropy_coef=list(ALPHA),
        entropy_coef_loss=list(np.log(ALPHA) * np.linspace(3.4, 0.1, 18)),
    )
    return found["q_possible"].best


@every(("q", "answer"), [(80.0, 0.0), (15.0, 1.0), (-60.0, 1.0)])
def test_values_of_the_wrong_sign_are_held_against_the_bonus_that_they_can_hold(
    q: float, answer: float
) -> None:
    """The temperature was 1 and would be worth hundreds in a horizon, had the values the time for one."""
    assert possible(q) == answer


def test_updates_that_nobody_wrote_down_are_those_that_the_temperature_made() -> None:
    """A temperature that falls as fast as eleven updates a step move it has had them, and the values too."""
    unwritten = {name: value for name, value in CONFIG.items() if name != "updates_per_transition"}
    assert possible(80.0, {**unwritten, "learning_rate": 0.001}, 320) == 0.0
    assert possible(80.0, {**unwritten, "learning_rate": 0.00005}, 320) == 1.0
