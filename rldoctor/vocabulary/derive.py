"""Knobs that follow from others: ``rollout_batch = n_envs * rollout_length`` and the like."""

from __future__ import annotations

from collections.abc import Callable

from rldoctor.model.config import Knob

_Formula = Callable[..., float | None]


def _ratio(top: float, bottom: float) -> float | None:
    return top / bottom if bottom > 0 else None


def _utd(gradient_steps: float, train_freq: float) -> float | None:
    """-1 gradient steps means as many as transitions were collected."""
    return 1.0 if gradient_steps < 0 else _ratio(gradient_steps, train_freq)


# Each knob with the knobs it follows from, in an order in which later rows may use earlier ones.
_FORMULAS: tuple[tuple[str, tuple[str, ...], _Formula], ...] = (
    ("rollout_batch", ("n_envs", "rollout_length"), lambda envs, length: envs * length),
    ("n_envs", ("rollout_batch", "rollout_length"), _ratio),
    ("batch_size", ("rollout_batch", "n_minibatches"), _ratio),
    ("n_minibatches", ("rollout_batch", "batch_size"), _ratio),
    ("utd", ("gradient_steps", "train_freq"), _utd),
)


def derive(knobs: dict[str, Knob]) -> None:
    """Add what follows to ``knobs``. ``gradient_steps`` of -1 becomes the number of collected transitions."""
    _resolve_gradient_steps(knobs)
    for name, inputs, formula in _FORMULAS:
        numbers = [knobs[one].number() if one in knobs else None for one in inputs]
        if name in knobs or any(number is None for number in numbers):
            continue
        value = formula(*numbers)
        if value is not None:
            tidy = int(value) if float(value).is_integer() else value
            # What follows from an assumption is one: the audit looks for sources that begin with ``default``.
            from_default = any(knobs[one].source.startswith("default") for one in inputs)
            start = "default, through" if from_default else "derived from"
            doubt = any("not converted" in knobs[one].note for one in inputs)
            note = "assumes a single environment" if doubt else ""
            knobs[name] = Knob(name, tidy, name, tidy, f"{start} {' and '.join(inputs)}", note)


def _resolve_gradient_steps(knobs: dict[str, Knob]) -> None:
    steps, freq = knobs.get("gradient_steps"), knobs.get("train_freq")
    number = None if steps is None else steps.number()
    if steps is None or number is None or number >= 0:
        return
    collected = None if freq is None else freq.number()
    # Stable-Baselines3 then updates once per transition it collected, however many these were.
    if "utd" not in knobs:
        knobs["utd"] = Knob("utd", 1, steps.key, steps.written, steps.source, "one per transition")
    if collected is None:
        # A rule would take the -1 for a number of updates.
        del knobs["gradient_steps"]
    else:
        note = "-1: one per collected transition"
        knobs["gradient_steps"] = Knob(
            "gradient_steps", collected, steps.key, steps.written, steps.source, note
        )
