"""``python -m laboratory.audit_coverage``: how often the audit is right.

Every bundled healthy run (``reference_runs/healthy``) with the configuration beside it, and every healthy
run of the planted ones (``reference_runs/planted``), of which half have no configuration: the truth is then
that of the laboratory's tables, and the audit does not know it. ``--into FILE`` writes the page.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from laboratory.mutants.packing import finished, unpack
from laboratory.mutants.plan import HEALTHY
from laboratory.mutants.table import TrainingTask, tasks
from laboratory.validation.collect import bundled_runs
from rldoctor import api
from rldoctor.audit.audit import audit
from rldoctor.audit.criteria_file import read_criteria
from rldoctor.model.audit import AuditRow
from rldoctor.model.run import Run
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass

GOAL, COST_GOAL, REPEATS = 0.95, 20.0, 5
BUNDLED, PLANTED = "bundled", "planted"
MECHANISM, WORST = "0 or 1", 3
ROUNDING = 1e-6
# Settings that the vocabulary has no name for, and no row of the audit needs.
NO_KNOB = ("n_critic_updates",)
HEAD = """# How often the audit is right about healthy runs

Made by `python -m laboratory.audit_coverage --into docs/audit-coverage.md`.

{bundled} healthy bundled runs with their configuration, and {planted} healthy runs of the laboratory, most of
which have none: there the [audit](audit.md) sees the library's defaults, and the truth is what the laboratory
trained with. A row is right when its interval holds the setting; a mechanism, when it is found where it is.
An interval that is open at one end bounds one side only.

"""


@dataclass(frozen=True, slots=True)
class HealthyRun:
    """A run, where it is from, and the same run with everything it was made with."""

    name: str
    origin: str
    run: Run
    told: Run


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the audit of one run, with the truth (None: nobody knows it)."""

    run: HealthyRun
    row: AuditRow
    truth: float | None

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth; an open end bounds nothing, and an unknown truth is held."""
        if self.truth is None:
            return True
        room = ROUNDING * max(abs(self.truth), 1.0)
        return not (self.row.low > self.truth + room or self.row.high < self.truth - room)

    @property
    def bounded(self) -> bool:
        """Whether the interval says anything."""
        return math.isfinite(self.row.low) or math.isfinite(self.row.high)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the page; 1 where a quantity misses the goal."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.audit_coverage", description=__doc__)
    parser.add_argument("--into", type=Path, metavar="FILE", help="the page (docs/audit-coverage.md)")
    options = parser.parse_args(arguments)
    runs = [*_bundled(), *_planted()]
    answers = [answer for run in runs for answer in _answers(run)]
    text = page(answers, {run.name: _cost(run.run) for run in runs}, runs)
    if options.into:
        options.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(bool(_below(_told(answers))))


def _bundled() -> Iterator[HealthyRun]:
    """The healthy bundled runs; their configuration is the truth."""
    for folder in sorted((bundled_runs() / "healthy").iterdir()):
        if folder.is_dir():
            run = api.load(folder)[0]
            yield HealthyRun(folder.name, BUNDLED, run, run)


def _planted() -> Iterator[HealthyRun]:
    """The healthy runs of the archives, and each with the settings of its task."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        unpack(bundled_runs() / PLANTED, out, lambda label: bool(label["fault"] == HEALTHY))
        for key, label in finished(out):
            task = tasks()[label["task"]]
            told = api.load(out / key, algorithm=_algorithm(task), settings=_settings(task))[0]
            yield HealthyRun(f"{task.name}/{label['seed']}", PLANTED, api.load(out / key)[0], told)


def _algorithm(task: TrainingTask) -> str:
    """The canonical name."""
    return "ppo_recurrent" if task.algo == "recurrent-ppo" else task.algo


def _settings(task: TrainingTask) -> list[str]:
    """What the task was trained with, as ``--set`` has it."""
    plain = {k: v for k, v in task.settings.items() if not isinstance(v, dict) and k not in NO_KNOB}
    facts = {
        "n_envs": task.n_envs,
        "total_timesteps": task.steps,
        "env_id": task.env,
        "normalize": task.normalize,
    }
    return [f"{key}={_text(value)}" for key, value in {**plain, **facts, "env_id": task.env}.items()]


def _text(value: Any) -> str:
    """A value as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _answers(one: HealthyRun) -> Iterator[Answer]:
    """Every row of the audit that a diagnosis of the run makes."""
    for row in api.diagnose(one.run).audit:
        yield Answer(one, row, truth(row, one.told))


def truth(row: AuditRow, told: Run) -> float | None:
    """What a row should find, where that is known: a setting, or that a mechanism is there."""
    criteria = read_criteria(builtin_rules_dir()).quantities[row.name]
    setting = told.config.number
    match row.name:
        case _ if criteria.knob:
            return setting(criteria.knob)
        case "transitions_by_clock" | "transitions_by_episodes":
            return told.last_step if told.axis == "env_steps" else None
        case "acting_decay":
            return _product(setting("gamma"), setting("gae_lambda"))
        case "reward_factor":
            return None if setting("normalize_reward") else 1.0
        case "reward_noise":
            return 0.0
        case "exploration_end":
            return _product(setting("exploration_fraction"), setting("total_env_steps"))
        case _:
            return 1.0 if row.unit == MECHANISM else None


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def _cost(run: Run) -> float:
    """CPU milliseconds of one audit: the median of a few."""
    criteria, found = read_criteria(builtin_rules_dir()), []
    for _ in range(REPEATS):
        started = time.process_time()
        audit(run, criteria)
        found.append(1000 * (time.process_time() - started))
    return float(np.median(found))


def page(answers: Sequence[Answer], costs: Mapping[str, float], runs: Sequence[HealthyRun]) -> str:
    """The whole page."""
    told = _told(answers)
    counts = {origin: sum(run.origin == origin for run in runs) for origin in (BUNDLED, PLANTED)}
    unheld = sorted({f"`{one.row.name}`" for one in answers if one.truth is None})
    parts = [
        *HEAD.format(bundled=counts[BUNDLED], planted=counts[PLANTED]).splitlines(),
        *_totals(told),
        "",
        *_spent(list(costs.values())),
        "",
        "Bounds: medians of both ends over the truth; where the audit is right, 1 lies between them.",
        "",
        *_table(told),
        "",
        "## Not right",
        "",
        *_misses(told),
        "",
        "## Nothing to hold against",
        "",
        f"What no setting of a run says is shown and not counted: {', '.join(unheld)}.",
        "",
    ]
    return "\n".join(parts)


def _totals(told: Sequence[Answer]) -> Iterator[str]:
    """The counts, and the quantities that miss the goal."""
    kinds = [[one for one in told if (one.row.unit == MECHANISM) == kind] for kind in (False, True)]
    yield f"{_count(told, 'rows')}: {_count(kinds[0], 'intervals')}, {_count(kinds[1], 'mechanisms')}."
    low = ", ".join(f"`{name}`" for name in _below(told))
    yield f"The goal is {GOAL:.0%} of every quantity; below it: {low or 'none'}."


def _spent(values: Sequence[float]) -> Iterator[str]:
    """The cost of an audit."""
    yield f"One audit costs {np.median(values):.1f} ms of CPU (median of {len(values)} runs; 95 % within"
    most = max(values)
    yield f"{np.quantile(values, 0.95):.1f} ms, the slowest {most:.1f} ms; the goal is {COST_GOAL:.0f} ms)."


def _told(answers: Iterable[Answer]) -> list[Answer]:
    """Answers with a truth and an interval."""
    return [one for one in answers if one.truth is not None and one.bounded]


def _count(answers: Sequence[Answer], what: str) -> str:
    """``90 of 100 rows are right (90.0 %)``."""
    right = sum(one.covered for one in answers)
    return f"{right} of {len(answers)} {what} are right ({_share(answers):.1%})"


def _below(answers: Sequence[Answer]) -> list[str]:
    """The quantities that miss the goal."""
    names = dict.fromkeys(one.row.name for one in answers)
    return [name for name in names if _share([one for one in answers if one.row.name == name]) < GOAL]


def _bounds(answers: Sequence[Answer]) -> str:
    """Median of both ends of the intervals over the truth; empty for mechanisms and truths of 0."""
    part = [one for one in answers if one.row.unit != MECHANISM and one.truth]
    ends = [[getattr(one.row, end) / one.truth for one in part if one.truth] for end in ("low", "high")]
    finite = [[value for value in found if math.isfinite(value)] for found in ends]
    if not part:
        return ""
    return " to ".join(f"{float(np.median(found)):.3g}" if found else "open" for found in finite)


def _share(answers: Sequence[Answer]) -> float:
    return sum(one.covered for one in answers) / max(len(answers), 1)


def _table(answers: Sequence[Answer]) -> Iterator[str]:
    """A line for each quantity."""
    yield "| quantity | bundled runs | right | planted runs | right | bounds over the truth |"
    yield "|---|---|---|---|---|---|"
    for name in dict.fromkeys(one.row.name for one in answers):
        cells = []
        for origin in (BUNDLED, PLANTED):
            part = [one for one in answers if one.row.name == name and one.run.origin == origin]
            cells += [str(len(part)), f"{_share(part):.0%}" if part else ""]
        bounds = _bounds([one for one in answers if one.row.name == name])
        yield f"| `{name}` | {' | '.join(cells)} | {bounds} |"


def _misses(answers: Sequence[Answer]) -> Iterator[str]:
    """The worst rows of each quantity whose interval does not hold the truth."""
    missed = [one for one in answers if not one.covered]
    if not missed:
        yield "None."
        return
    yield f"The {WORST} worst of each quantity."
    yield ""
    yield "| quantity | not right | run | truth | interval | verdict |"
    yield "|---|---|---|---|---|---|"
    for name in dict.fromkeys(one.row.name for one in missed):
        part = sorted((one for one in missed if one.row.name == name), key=_error, reverse=True)
        for one in part[:WORST]:
            interval = f"{one.row.low:.5g} to {one.row.high:.5g}"
            verdict = one.row.verdict.replace("_", " ")
            yield f"| `{name}` | {len(part)} | {one.run.name} | {one.truth:.5g} | {interval} | {verdict} |"


def _error(one: Answer) -> float:
    """How far the truth is outside the interval, over the truth."""
    truth = one.truth or 0.0
    outside = max(one.row.low - truth, truth - one.row.high, 0.0)
    return outside / max(abs(truth), ROUNDING)


if __name__ == "__main__":
    sys.exit(main())
