"""What the first update says of discount and rewards: before anything is learned a loss is its targets alone.

With values near 0 the first value loss of an on-policy run is the mean square of the lambda-returns of the
logged rewards, ``r (1 - (gamma lambda)^k) / (1 - gamma lambda)`` k steps before an episode ends, and the
first critic loss of a replay learner is the mean square of the rewards (its targets are ``r + gamma Q'`` with
Q' near 0).
So the loss tells the reward that the learner sees and the effective discount, whatever is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rldoctor.audit.opening import Opening, opening
from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass

_DECAYS = np.array([0.0, *np.linspace(0.05, 0.95, 19), 0.97, 0.98, 0.99, 0.995, 1.0])


@dataclass(frozen=True, slots=True)
class _Start:
    """The first logged update: its step, its loss, and what the episodes of that time paid per step.

    ``opening``: the episodes of the first rollout, one by one, where the log has them. ``divisor``: what the
    logged rewards were divided by, 1 where nothing normalises them; ``reward`` is after it.
    """

    step: float
    loss: float
    reward: float
    length: float
    opening: Opening | None = None
    divisor: float = 1.0

    def made(self) -> str:
        """The episodes that the targets were made of, in words."""
        return self._paid() + (f", after normalisation by {self.divisor:.2g}," if self.divisor != 1 else "")

    def _paid(self) -> str:
        if self.opening is not None:
            return f"{self.reward:.3g} a step in {self.opening.told()}"
        return f"{self.reward:.3g} a step over {self.length:.0f} steps"


def first_update(sight: Sight) -> Iterator[AuditRow]:
    """The reward that the learner sees, and the effective discount."""
    factor = sight.setting("reward_scale")
    if np.isfinite(factor) and factor != 1:
        return
    # A2C is logged every 100 updates, when its values are no longer those of the start.
    if sight.of("ppo", "ppo_recurrent", "maskable_ppo", "trpo", "a2c") and sight.holds("first_targets"):
        start = _start(sight, "value_loss")
        if start is not None and not sight.of("a2c"):
            start = _normalised(sight, replace(start, opening=opening(sight)))
            counted = list(_counted(sight, start))
            yield from counted
            endless = any(one.name == "ends_seen" for one in counted)
            # Two readings of one number: what runs through the ends is no larger reward or discount.
            discounted = [] if endless else list(_discounted(sight, start))
            yield from discounted
            yield from _own_targets(sight, start)
            # What the first targets deny, later ones that differ a little do not restore.
            denied = any(one.name == "discount_acts" and one.best == 0 for one in discounted)
            yield from () if endless or denied else _spread(sight, start)
        elif start is not None:
            yield from _spread(sight, start)
    elif (
        sight.of("sac", "tqc", "td3", "ddpg", "dqn") and sight.holds("first_td_loss") and _few_updates(sight)
    ):
        start = _start(sight, "critic_loss")
        if start is not None:
            yield from _undiscounted(sight, start)


def _normalised(sight: Sight, start: _Start) -> _Start:
    """The start with its rewards divided as the library's normaliser does, where episodes tell by how much.

    The divisor is the deviation of the discounted sums so far over the first rollout. Where nobody wrote down
    that rewards are normalised, and the loss is that of rewards as they are, they are taken as they are.
    """
    on = sight.setting("normalize_reward") > 0 and sight.holds("reward_normaliser")
    gamma = sight.setting("gamma")
    if start.opening is None or not on or not np.isfinite(gamma):
        return start
    due = start.opening.square(gamma * sight.setting("gae_lambda"), start.reward)
    least, most = _error(sight, start, due)
    if not sight.written("normalize_reward") and least < start.loss / due < most:
        return start
    divisor = start.opening.running_deviation(gamma, start.reward)
    return replace(start, reward=start.reward / divisor, divisor=divisor) if divisor > 0 else start


def _few_updates(sight: Sight) -> bool:
    """Whether the first logged loss is of a critic that has hardly moved."""
    _, updates, _ = sight.together("gradient_updates", "critic_loss")
    return bool(updates.size and updates[0] <= sight.criteria["fresh_updates"])


def _start(sight: Sight, name: str) -> _Start | None:
    """The first row with a loss, where rewards have one sign and size at that time; None where they do not.

    Rewards of both signs cancel in a mean, and their mean square is not known.
    """
    if not sight.logged(name, "episode_return", "episode_length"):
        return None
    steps, loss = sight.together(name)
    _, returns, lengths = sight.together("episode_return", "episode_length")
    if not loss.size or returns.size < sight.criteria["least_rows"] or (lengths <= 0).any():
        return None
    opening = returns[: int(sight.criteria["opening_rows"])] / lengths[: int(sight.criteria["opening_rows"])]
    reward = float(opening[0])
    steady = float(np.ptp(opening)) < sight.criteria["steady_reward"] * abs(reward)
    one_sign = bool((returns > 0).all() or (returns < 0).all())
    known = steady and one_sign and np.isfinite(loss[0]) and loss[0] > 0
    # Beyond the end of a rollout a target is a value, and those are near 0.
    length = float(np.fmin(lengths[0], sight.setting("rollout_length")))
    return _Start(float(steps[0]), float(loss[0]), reward, length) if known else None


def _squares(start: _Start, decays: FloatArray, longest: float) -> FloatArray:
    """Mean square of the lambda-returns over the steps of an episode, for each decay; shape (n,)."""
    if start.opening is not None:
        return np.array([start.opening.square(float(one), start.reward) for one in decays])
    left = np.arange(1, int(np.clip(start.length, 1, longest)) + 1)
    targets = [left if one >= 1 else (1 - one**left) / (1 - one) for one in decays]
    return np.array([float(np.mean(np.square(start.reward * one))) for one in targets])


def _discounted(sight: Sight, start: _Start) -> Iterator[AuditRow]:
    """On-policy: by the loss beside the square of the reward, too small a discount or another reward."""
    decay = sight.setting("gamma") * sight.setting("gae_lambda")
    if not np.isfinite(decay) or _may_be_normalised(sight, start) or _large_step(sight):
        return
    if not sight.written("gamma"):
        decay = min(decay, sight.criteria["shortest_usual"])
    numbers = sight.criteria
    usual = float(_squares(start, np.array([decay]), numbers["longest"])[0])
    ratio = start.loss / usual
    size = start.loss / start.reward**2
    text = (
        f"first value loss {start.loss:.3g}; {start.made()} at "
        f"gamma x lambda = {decay:.3g} make targets with a mean square of {usual:.3g}"
    )
    least, most_ratio = _error(sight, start, usual)
    short = ratio < least and size > numbers["reward_low"]
    # Every decay whose targets could have made this loss, within the error of the model.
    squares = _squares(start, _DECAYS, numbers["longest"])
    fits = _DECAYS[(start.loss / squares > least) & (start.loss / squares < most_ratio)]
    if fits.size and (short or ratio >= least):
        # Up to the neighbours that do not fit: the truth lies between two points of the grid.
        low = float(_DECAYS[max(int(np.searchsorted(_DECAYS, fits[0])) - 1, 0)])
        high = float(_DECAYS[min(int(np.searchsorted(_DECAYS, fits[-1])) + 1, _DECAYS.size - 1)])
        said = f"{text}: the effective gamma x lambda is {low:.2g} to {high:.2g}"
        yield row(sight, "acting_decay", Implied(float(np.mean(fits)), low, high, said, (start.step,) * 2, 1))
    yield mechanism(sight, "discount_acts", not short, text, np.array([start.step]))
    if ratio > most_ratio and _runs_on(sight, start, decay):
        yield mechanism(sight, "ends_seen", False, text, np.array([start.step]))
        return
    if not short and not (ratio > most_ratio and _thrown_off(sight)):
        # A lambda of 1 makes larger targets out of the same rewards.
        written = sight.written("gamma") and sight.written("gae_lambda")
        longest = decay if written else numbers["longest_usual"]
        most = float(_squares(start, np.array([longest]), numbers["longest"])[0])
        yield from _factor(sight, start, text, usual, (usual * least, max(most, usual) * most_ratio))


def _runs_on(sight: Sight, start: _Start, decay: float) -> bool:
    """Whether a loss that is too large is that of returns which run on through the ends of the rollout.

    Only where it is a mean over the update, which tells the targets to a factor of two.
    """
    formula, length = sight.formula("first_targets"), sight.setting("rollout_length")
    if start.opening is not None or formula is None or not formula.numbers or not length > start.length:
        return False
    endless = _squares(replace(start, length=length), np.array([decay]), sight.criteria["longest"])
    return bool(sight.criteria["endless_low"] < start.loss / endless[0] < sight.criteria["counted_high"])


def _thrown_off(sight: Sight) -> bool:
    """Whether the first steps made the critic worse than a constant: its loss is then not its targets'."""
    _, explained = sight.together("explained_variance")
    return bool(
        explained.size and explained[: int(sight.criteria["few_rows"])].min() < sight.criteria["wild_ev"]
    )


def _error(sight: Sight, start: _Start, usual: float) -> tuple[float, float]:
    """Least and largest ratio of the first loss to the mean square of the targets that the model allows."""
    numbers = sight.criteria
    if start.opening is None:
        formula = sight.formula("first_targets")
        own = {} if formula is None else formula.numbers
        low, high = (own.get(name, numbers[name]) for name in ("targets_low", "targets_high"))
        return low, high
    # A critic that may move by a small part of its targets only cannot learn them within the update.
    clip = sight.setting("clip_range") if sight.setting("clip_value_loss") > 0 else NAN
    held = clip < numbers["held_clip"] * np.sqrt(usual)
    return numbers["held_low" if held else "targets_low"], numbers["counted_high"]


def _counted(sight: Sight, start: _Start) -> Iterator[AuditRow]:
    """The first loss against the targets of episodes that are known one by one, with and without their ends.

    A loss can be smaller than the square of its targets, as the critic learns within the update, but not
    larger.
    """
    decay = sight.setting("gamma") * sight.setting("gae_lambda")
    if (
        start.opening is None
        or not np.isfinite(decay)
        or _may_be_normalised(sight, start)
        or _large_step(sight)
    ):
        return
    # Where nobody wrote the discount down the targets may be those of the longest usual one.
    decay = decay if sight.written("gamma") else max(decay, sight.criteria["longest_usual"])
    due, endless = (one(decay, start.reward) for one in (start.opening.square, start.opening.endless))
    text = (
        f"first value loss {start.loss:.3g}; {start.made()} at gamma x lambda = {decay:.3g} make targets "
        f"with a mean square of {due:.3g}, and of {endless:.3g} if returns ran on through the ends"
    )
    least, most = _error(sight, start, due)
    for name, one in (("targets_counted", start.loss / due), ("targets_endless", start.loss / endless)):
        yield row(sight, name, Implied(one, one / most, one / least, text, (start.step,) * 2, 1))
    # A normaliser's first divisors are small, so both are low by a factor: the nearer one is meant.
    nearer = start.loss**2 > due * endless
    if start.loss / due > most >= start.loss / endless and nearer:
        yield mechanism(sight, "ends_seen", False, text, np.array([start.step]))


def _large_step(sight: Sight) -> bool:
    """Whether the first update moved the policy so far that its loss is no longer that of a fresh critic."""
    _, kl = sight.together("approx_kl")
    return bool(kl.size and kl[0] > sight.criteria["usual_step"])


def _own_targets(sight: Sight, start: _Start) -> Iterator[AuditRow]:
    """A fresh critic that explains its first targets: they are its own, as with a lambda of 0."""
    steps, explained = sight.together("explained_variance")
    if (
        explained.size < sight.criteria["few_rows"]
        or not sight.criteria["one_reward_low"]
        < start.loss / start.reward**2
        < sight.criteria["one_reward_high"]
    ):
        return
    # A run that goes on from another one begins late, with a critic that is not fresh.
    if steps[0] > sight.criteria["first_within"] * float(np.min(np.diff(steps))):
        return
    text = (
        f"explained variance {explained[0]:.2f} in the first update (0 is usual), with a value loss of "
        f"{start.loss:.2g} where a reward is {start.reward:.2g}"
    )
    own = float(explained[0]) > sight.criteria["own_targets"]
    yield mechanism(sight, "targets_beyond", not own, text, steps[:1])


def _spread(sight: Sight, start: _Start) -> Iterator[AuditRow]:
    """The width of the targets late in a run whose episodes still end early, in any scale of its rewards.

    Where every step pays the same and episodes end at different times, the discounted return of a state
    depends on how far the end is. Targets that hardly differ, against their own first size, do not see the
    end: because the discount is small, if the first targets were no larger than a few rewards, else because
    they run through it.
    """
    cap = sight.setting("max_episode_length")
    steps, loss, explained, returns, lengths = sight.together(
        "value_loss", "explained_variance", "episode_return", "episode_length"
    )
    late = (
        steps >= steps[-1] - sight.criteria["plateau"] * (steps[-1] - steps[0]) if steps.size else steps > 0
    )
    if not np.isfinite(cap) or late.sum() < sight.criteria["few_rows"]:
        return
    per_step = returns / np.maximum(lengths, 1)
    unit = float(np.ptp(per_step)) < sight.criteria["unit_reward"] * abs(float(per_step[0]))
    if not (
        unit and median(lengths[late]) < sight.criteria["ends_early"] * cap and _caught_up(sight, steps[late])
    ):
        return
    if start.loss < sight.criteria["reward_low"] * start.reward**2:
        # A discount of 0 leaves the reward in the first targets: these hold none, and shrink with the values.
        return
    variance = loss[late] / np.maximum(1 - explained[late], sight.criteria["unexplained"])
    width = float(np.sqrt(median(variance)))
    share = width / float(np.sqrt(start.loss))
    # A running normaliser divides the first rewards by next to nothing: later targets are of another scale.
    own_scale = sight.setting("normalize_reward") > 0 and width > sight.criteria["normalised_differ"]
    differ = share > sight.criteria["target_width"] or own_scale
    largest = float(np.sqrt(variance.max() / start.loss))
    if not differ and _between_ends(sight, median(lengths[late]), largest):
        return
    text = (
        f"targets differ by {width:.2g} (root of value loss / (1 - explained variance)) at the end, "
        f"{share:.2g} of the first ones' size, though episodes end after "
        f"{median(lengths[late]):.0f} of {cap:.0f} steps"
    )
    far = start.loss > sight.criteria["far_targets"] * start.reward**2
    name = "ends_seen" if far else "discount_acts"
    yield mechanism(sight, name, differ, text, steps[late])


def _between_ends(sight: Sight, length: float, largest: float) -> bool:
    """Whether targets that hardly differ may be those of rollouts without an end, whose states are all alike.

    Of rollouts shorter than an episode some hold an end. Were it seen, one of the rows would have targets
    that differ (``largest``, against the size of the first ones).
    """
    batch = sight.setting("rollout_batch")
    if sight.of("a2c") and not np.isfinite(batch):
        batch = sight.criteria["short_rollout"]
    if batch < sight.criteria["ends_in_rollout"] * length:
        return True
    return batch < sight.criteria["ends_surely"] * length and largest > sight.criteria["end_width"]


def _caught_up(sight: Sight, late: FloatArray) -> bool:
    """Whether a mean over episodes at the end is mostly of episodes of this part.

    A policy that has just learned is logged with the lengths of a hundred episodes ago.
    """
    series = sight.metrics["episode_length"]
    episodes = (series.window or 1) * sight.criteria["window_share"]
    return float(late[-1] - late[0]) >= episodes * float(series.finite().values[-1])


def _may_be_normalised(sight: Sight, start: _Start) -> bool:
    """Whether rewards are, or may be, divided by an unknown deviation: targets have a width near 1."""
    written = sight.setting("normalize_reward")
    if start.divisor != 1:
        return False
    if np.isfinite(written):
        return bool(written)
    usual = sight.criteria["normalised_low"] < start.loss < sight.criteria["normalised_high"]
    return usual and not _narrow(sight)


def _narrow(sight: Sight) -> bool:
    """Whether the next targets are too much alike for returns divided by their own deviation."""
    if not sight.holds("targets_spread"):
        return False
    steps, loss, explained = sight.together("value_loss", "explained_variance")
    paid = sight.metrics["episode_return"].finite()
    if not steps.size or not len(paid):
        return False
    returns = np.interp(steps, paid.steps, paid.values)
    # The deviation is that of all rewards so far: where learned penalties shrink, so do the targets.
    shrunk = (returns > returns[0]) & (np.abs(returns) < sight.criteria["narrow_size"] * np.abs(returns[0]))
    next_ones = (np.arange(loss.size) <= sight.criteria["narrow_rows"]) & ~shrunk
    next_ones[:1] = False
    if next_ones.sum() < sight.criteria["few_rows"]:
        return False
    width = np.sqrt(loss[next_ones] / np.maximum(1 - explained[next_ones], sight.criteria["unexplained"]))
    return median(width) < sight.criteria["normalised_least"]


def _undiscounted(sight: Sight, start: _Start) -> Iterator[AuditRow]:
    """Replay learners: the first loss is the mean square of the rewards, or their Huber loss."""
    if _may_be_normalised(sight, start):
        return
    square = start.reward**2
    form = sight.formula("td_loss")
    huber = sight.of("dqn") and form is not None and form.form == "huber"
    usual = abs(start.reward) - 0.5 if huber and abs(start.reward) > 1 else square / (2 if huber else 1)
    text = f"first critic loss {start.loss:.3g}; {start.reward:.3g} a step alone makes {usual:.3g}"
    error = (usual * sight.criteria["targets_low"], usual * sight.criteria["targets_high"])
    yield from _factor(sight, start, text, usual, error)


def _factor(
    sight: Sight, start: _Start, text: str, usual: float, error: tuple[float, float]
) -> Iterator[AuditRow]:
    """The factor between the learner's reward and the logged one: the root of the ratio of their squares.

    ``usual``: the mean square of the targets. ``error``: the least and the largest first loss that the
    model allows for a factor of 1. Where the targets are small the values of a fresh
    network, and SAC's entropy bonus, make more of the loss.
    """
    # DQN has no bonus, and its loss of one reward is half of its square.
    least = sight.criteria["targets_least"] * (sight.criteria["no_bonus"] if sight.of("dqn") else 1.0)
    if usual < least:
        return
    factor = float(np.sqrt(start.loss / usual))
    formula = sight.formula("first_targets")
    # What the last minibatch of an update is left with may be little because the targets are all alike, as
    # with a discount near 0 (targets_vary).
    if formula is not None and formula.row == "last" and start.loss < error[0]:
        return
    high, low = (float(np.sqrt(start.loss / one)) for one in error)
    said = f"{text}: the learner's reward is {low:.2g} to {high:.2g} times the logged one"
    yield row(sight, "reward_factor", Implied(factor, low, high, said, span(np.array([start.step])), 1))
