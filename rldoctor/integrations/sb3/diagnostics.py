"""``DiagnosticsCallback``: logs what SB3 does not log and the rules ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from rldoctor.integrations.sb3.critics import batch_measures
from rldoctor.integrations.sb3.gradients import GradientWatch, actor_parameters, flat, watched_parameters
from rldoctor.integrations.sb3.randomness import untouched
from rldoctor.integrations.sb3.replay import replay_measures
from rldoctor.integrations.sb3.rollouts import entropy_measures, rollout_measures

PREFIX = "rldoctor/"
_log = logging.getLogger("rldoctor")


class DiagnosticsCallback(BaseCallback):  # type: ignore[misc] # SB3 is not typed here
    """Log Q values, gradients, actions, advantages and the replay buffer under ``rldoctor/<metric>``.

    Add it to ``model.learn(..., callback=DiagnosticsCallback())``. Works with PPO, A2C, TRPO, SAC, TQC, TD3,
    DDPG and DQN; values appear in the rows SB3 writes. What it measures, every ``every`` calls of the
    vectorised environment and at most once between two updates:

    * off-policy, after the warm-up: ``q_mean``,
      ``q2_mean``, ``twin_q_gap``, ``q_std``, ``q_policy_mean``, ``entropy`` and ``policy_std`` (SAC, TQC),
      ``action_saturation``, ``buffer_size``, ``replay_age_mean``, ``replay_reward_mean``,
      ``replay_reward_std``, ``goal_distance`` (observations with goals);
    * on-policy, of a whole rollout: ``advantage_mean``, ``advantage_std_raw``, ``return_std``,
      ``value_mean``, ``action_saturation``, and ``entropy`` for TRPO (PPO and A2C log it themselves);
    * both: ``grad_norm_actor``, ``grad_norm_critic``, ``grad_norm`` before clipping, from the first updates
      after each measurement; ``parameter_change``, how far one training call moved the acting network;
      ``step_success_rate``, the share of steps with ``info["is_success"]``, where an environment says so.

    The training itself is unchanged: random states are restored, weights stay the same bit for bit. A
    measurement that fails (an unusual policy) is reported once and left out from then on.
    """

    def __init__(self, every: int = 100, batch: int = 256, verbose: int = 0) -> None:
        """``every``: environment calls between measurements; ``batch``: replayed transitions in each."""
        super().__init__(verbose)
        if every < 1 or batch < 2:
            raise ValueError(f"every must be at least 1 and batch at least 2, not {every} and {batch}")
        self.every = every
        self.batch = batch
        self._failed: set[str] = set()
        self._watch: GradientWatch | None = None
        self._acting: list[Any] = []
        self._before: Any = None
        self._due = False
        self._measured = -every
        self._successes = [0.0, 0]

    def _on_training_start(self) -> None:
        self._off_policy = hasattr(self.model, "replay_buffer")
        self._attempt("gradients", self._find_parameters)

    def _on_step(self) -> bool:
        self._count_successes(self.locals.get("infos", ()))
        if self.n_calls - self._measured >= self.every:
            self._due = not self._off_policy or self.num_timesteps > self.model.learning_starts
        return True

    def _on_rollout_end(self) -> None:
        """Measure here, right before SB3 trains: rollouts are complete and networks in evaluation mode."""
        if not self._due:
            return
        self._due, self._measured = False, self.n_calls
        if self._off_policy:
            self._measure("replay buffer", lambda: replay_measures(self.model))
            self._measure("replay batch", lambda: batch_measures(self.model, self.batch))
        else:
            self._measure("rollout", lambda: rollout_measures(self.model))
            if hasattr(self.model, "cg_max_steps"):
                self._measure("entropy", lambda: entropy_measures(self.model))
        self._attempt("gradients", self._watch_update)

    def _on_rollout_start(self) -> None:
        if self._before is not None:
            before, self._before = self._before, None
            change = lambda: {"parameter_change": float((flat(self._acting) - before).norm())}  # noqa: E731
            self._measure("parameter change", change)

    def _on_training_end(self) -> None:
        if self._watch is not None:
            self._watch.disarm()

    def _find_parameters(self) -> None:
        self._acting = actor_parameters(self.model)
        self._watch = GradientWatch(watched_parameters(self.model))

    def _watch_update(self) -> None:
        if self._watch is not None:
            self._watch.arm(self._record)
            self._before = flat(self._acting)

    def _count_successes(self, infos: Any) -> None:
        """Add up ``is_success``; recorded with the next measurement."""
        said = [float(info["is_success"]) for info in infos if "is_success" in info]
        self._successes[0] += sum(said)
        self._successes[1] += len(said)

    def _measure(self, what: str, measure: Callable[[], Mapping[str, float]]) -> None:
        """Record the values of one kind of measurement, with the random states left alone."""

        def record_all() -> None:
            with untouched(self.model.device):
                values = measure()
            for metric, value in values.items():
                self._record(metric, value)
            if self._successes[1]:
                self._record("step_success_rate", self._successes[0] / self._successes[1])
                self._successes = [0.0, 0]

        self._attempt(what, record_all)

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        """Do it, unless it has failed before; a failure is told once and never raised."""
        if what in self._failed:
            return
        try:
            action()
        except Exception as error:  # a diagnostic must never end a training
            self._failed.add(what)
            _log.warning(
                "DiagnosticsCallback cannot measure the %s of this %s (%s: %s); the training goes on without",
                what,
                type(self.model).__name__,
                type(error).__name__,
                error,
            )

    def _record(self, metric: str, value: float) -> None:
        """Averaged by SB3 over the measurements of one row."""
        self.logger.record_mean(PREFIX + metric, value)
