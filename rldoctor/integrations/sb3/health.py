"""``HealthCheckCallback``: the rules, applied to the log while the training is still running."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from stable_baselines3.common.callbacks import BaseCallback

from rldoctor import api
from rldoctor.integrations.sb3.settings import live_settings
from rldoctor.model.finding import Diagnosis, Finding, Severity

_log = logging.getLogger("rldoctor")


class HealthCheckCallback(BaseCallback):  # type: ignore[misc] # SB3 is not typed here
    """Diagnose the run's own log every so often, and warn once about each new root cause.

    Reads ``model.logger.dir`` (give the model a ``tensorboard_log``, or ``set_logger(configure(path,
    ["csv"]))``), so it sees what a later ``rldoctor analyze`` of that folder sees. Warnings go to the Python
    logger ``rldoctor``, which prints them on standard error unless configured otherwise. Root causes found so
    far, oldest first, are in ``findings``. It can never break a training: whatever goes wrong inside is
    reported once, and the training goes on.
    """

    def __init__(
        self,
        every: int = 20_000,
        *,
        warn_on: str = "critical",
        stop_on: str | None = None,
        log_dir: str | Path | None = None,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        verbose: int = 0,
    ) -> None:
        """``every`` transitions over all environments; severities ``info`` to ``critical``.

        ``warn_on``: the least severity worth a warning; ``stop_on``: end the training at a root cause this
        severe (None: never). ``log_dir`` overrules the logger's directory. ``select`` and ``ignore`` choose
        rules as on the command line. ValueError for an unknown severity or an interval below 1.
        """
        super().__init__(verbose)
        if every < 1:
            raise ValueError(f"every must be at least 1 transition, not {every}")
        self.every = every
        self.warn_on = Severity.parse(warn_on)
        self.stop_on = None if stop_on is None else Severity.parse(stop_on)
        self.log_dir = log_dir
        self.select, self.ignore = tuple(select), tuple(ignore)
        self.findings: list[Finding] = []
        self._next = every
        self._broken = False

    def _on_training_start(self) -> None:
        self._next = self.num_timesteps + self.every

    def _on_step(self) -> bool:
        if self.num_timesteps < self._next:
            return True
        self._next = self.num_timesteps + self.every
        return not self._stops(self._check())

    def _on_training_end(self) -> None:
        self._check()

    def _check(self) -> list[Diagnosis]:
        """Diagnose and warn; nothing when it fails, which is told once."""
        try:
            diagnoses = self._diagnoses()
            for diagnosis in diagnoses:
                self._warn(diagnosis)
        except Exception as error:  # a health check must never end a training by accident
            if not self._broken:
                _log.warning(
                    "health check failed (%s: %s); the training goes on", type(error).__name__, error
                )
            self._broken = True
            return []
        return diagnoses

    def _diagnoses(self) -> list[Diagnosis]:
        """A diagnosis of every run in the log directory (normally one)."""
        folder = self.log_dir or self.logger.dir
        if not folder:
            raise ValueError("the model logs into no directory: give it tensorboard_log, or pass log_dir")
        if not any(Path(folder).iterdir()):
            return []
        algorithm = type(self.model).__name__.lower()
        runs = api.load(folder, algorithm=algorithm, settings=live_settings(self.model))
        return [api.diagnose(run, select=self.select, ignore=self.ignore) for run in runs]

    def _warn(self, diagnosis: Diagnosis) -> None:
        """One warning for each root cause that is severe enough and was not there before."""
        known = {finding.code for finding in self.findings}
        for root in diagnosis.roots:
            if root.severity >= self.warn_on and root.finding.code not in known:
                self.findings.append(root.finding)
                fix = next((one.text for one in root.finding.prescriptions), "")
                _log.warning(
                    "step %d: %s %s: %s%s",
                    self.num_timesteps,
                    root.finding.code,
                    root.severity.label,
                    root.finding.message,
                    fix and f" -> {fix}",
                )

    def _stops(self, diagnoses: Sequence[Diagnosis]) -> bool:
        """Whether a root cause is severe enough to end the training."""
        if self.stop_on is None:
            return False
        severe = [r for d in diagnoses for r in d.roots if r.severity >= self.stop_on]
        for root in severe[:1]:
            _log.warning("training stopped at step %d: %s", self.num_timesteps, root.finding.code)
        return bool(severe)
