"""Two runs of one code, environment and seed: equal to the last digit until something is not the same.

The rows of both are aligned by step. Which kind of number differs first tells what the change can be; what
that is stands in ``twins`` of ``rules/compare.yaml``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from rldoctor.comparison.changes import find_changes
from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.comparison.twins_file import BEFORE, LATER, ROWS, UPDATE, UPDATE_FIRST, TwinCriteria
from rldoctor.model.comparison import Arm, Twin, TwinValue
from rldoctor.model.raw import BoolArray, FloatArray, Note
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass, replace

NOTE, ROUNDING, OTHER = "twin", "rounding", "other"
_EPISODES = ("lengths", "returns")
_WHEN = {BEFORE: "before the first update", UPDATE: "in the first update", LATER: "after the first update"}
_FEW = 3
_RETURNS = ("episode_return", "eval_return")
# The last tenth of the returns is the end.
_LAST = 10
# Algorithm, axis, environment, seed.
_Kin = tuple[str, str, str, int | None]
# What a monitor's header tells, too: not what the run was configured with.
_NAMES = ("algo", "env_id", "seed")
_NO_CONFIGURATION = ("default", "first value of", "derived from", "fixed by")


@dataclass(frozen=True, slots=True)
class Aligned:
    """One metric of both runs up to the end of the shorter: ``same`` points, then the first that differs.

    ``step`` is None where nothing differs; ``missing`` where only one run has that row, and the other's value
    is NaN. ``size`` is what a difference is small beside.
    """

    metric: str
    steps: FloatArray
    values: FloatArray
    step: float | None
    base: float = float("nan")
    candidate: float = float("nan")
    size: float = 0.0
    missing: bool = False

    def tiny(self, share: float) -> bool:
        """Whether the difference is at most that share of the metric's size."""
        return not self.missing and abs(self.base - self.candidate) <= share * self.size


def arm_twins(base: Arm, candidate: Arm, criteria: CompareCriteria) -> tuple[Twin, ...]:
    """The twin of every candidate run in the base, where there is one.

    Of two single runs also what another seed would explain as well is told.
    """
    alone = len(base.runs) == len(candidate.runs) == 1
    names = names_of([(run.path, run.id) for run in (*base.runs, *candidate.runs)])
    found = (best_twin(run, base.runs, criteria, names) for run in candidate.runs)
    return tuple(
        one
        for one in found
        if one is not None
        and not (one.vague and not one.telling)
        and (one.telling or one.same_seed or (alone and one.seed))
    )


def with_twin_notes(runs: Sequence[Run], criteria: CompareCriteria) -> list[Run]:
    """The runs, each with a note of its twin among those that end better, where there is one."""
    search = TwinSearch(runs.__getitem__, criteria, names_of([(run.path, run.id) for run in runs]))
    notes = search.notes(len(runs))
    return [
        run if note is None else replace(run, notes=(*run.notes, note))
        for run, note in zip(runs, notes, strict=True)
    ]


class TwinSearch:
    """Looks for the twin of each run among those that end better; ``run_of`` gives a run by its number.

    What a run has that a good one has not is the question; the first of two equals has none. Of the runs of
    one algorithm, environment and seed the first few are remembered, by number: that many are compared at
    most, and thousands of runs need not be held.
    """

    def __init__(
        self, run_of: Callable[[int], Run], criteria: CompareCriteria, names: Mapping[Path, str]
    ) -> None:
        """``names``: what each run is called, by its path."""
        self._run_of, self._criteria, self._names = run_of, criteria, names
        self._most = int(criteria.twins.limits["most"])
        self._pools: dict[_Kin, list[int]] = {}

    def notes(self, count: int) -> list[Note | None]:
        """What is to be noted of each of the first ``count`` runs."""
        levels = [_final_level(self._run_of(number)) for number in range(count)]
        best_first = sorted(range(count), key=lambda number: -levels[number])
        found = {number: self.note(number) for number in best_first}
        return [found[number] for number in range(count)]

    def note(self, number: int) -> Note | None:
        """What is to be noted of a run, which those that are asked for later are compared with."""
        run = self._run_of(number)
        kin = [self._run_of(one) for one in islice(self._kin(run), self._most)]
        twin = best_twin(run, kin, self._criteria, self._names)
        pool = self._pools.setdefault(_kin_of(run), [])
        if len(pool) < self._most:
            pool.append(number)
        return Note(NOTE, twin.text) if twin is not None and _worth_a_note(twin) else None

    def _kin(self, run: Run) -> Iterator[int]:
        """The runs that may be twins of one, first those of its own environment and seed."""
        own = [(run.algorithm, run.axis, env, seed) for env in (run.env, "") for seed in (run.seed, None)]
        # With environment and seed known nothing else can be one; thousands of seeds are not gone through.
        keys = own if run.env and run.seed is not None else [*own, *self._pools]
        for key in dict.fromkeys(keys):
            if _may_be_kin(key, _kin_of(run)):
                yield from self._pools.get(key, ())


def _final_level(run: Run) -> float:
    """Median of the last returns; below every other where none is logged."""
    for name in _RETURNS:
        if name in run.metrics and len(values := run.metrics[name].finite().values):
            return float(np.median(values[-max(len(values) // _LAST, 1) :]))
    return float("-inf")


def _kin_of(run: Run) -> _Kin:
    return (run.algorithm, run.axis, run.env, run.seed)


def _may_be_kin(one: _Kin, other: _Kin) -> bool:
    """One algorithm and axis; environment and seed equal, as far as both are known."""
    pairs = ((one[2], other[2], ""), (one[3], other[3], None))
    told = all(mine == theirs or unknown in (mine, theirs) for mine, theirs, unknown in pairs)
    return told and bool(one[0]) and one[:2] == other[:2]


def best_twin(
    run: Run, others: Iterable[Run], criteria: CompareCriteria, names: Mapping[Path, str] | None = None
) -> Twin | None:
    """The run that stays equal longest among those that may be twins (``most`` of them are looked at).

    ``names``: what a run is called, by its path; else its id.
    """
    kin = [one for one in others if one.path != run.path and may_be_twins(one, run)]
    looked = [(one, align(one, run, criteria.twins)) for one in kin[: int(criteria.twins.limits["most"])]]
    measured = [(one, rows) for one, rows in looked if rows]
    if not measured:
        return None
    other, rows = max(measured, key=lambda pair: _agreement(pair[1]))
    return read(other, run, rows, criteria, names)


def may_be_twins(base: Run, candidate: Run) -> bool:
    """One algorithm and axis; environment and seed equal, as far as both are known."""
    return _may_be_kin(_kin_of(base), _kin_of(candidate))


def align(base: Run, candidate: Run, criteria: TwinCriteria) -> list[Aligned]:
    """Every metric that both log under one tag, without clocks."""
    share = 0.0 if base.format == candidate.format else criteria.limits["rounding"]
    pairs = [
        (one, candidate.metrics[name])
        for name, one in base.metrics.series.items()
        if name in candidate.metrics and name not in criteria.clocks
    ]
    return [
        _aligned(one, other, share)
        for one, other in pairs
        if one.tag == other.tag and not one.tag.startswith(criteria.clock_tags) and len(one) and len(other)
    ]


def read(
    base: Run,
    candidate: Run,
    rows: Sequence[Aligned],
    criteria: CompareCriteria,
    names: Mapping[Path, str] | None = None,
) -> Twin:
    """What the aligned rows say."""
    called = names or {}
    known = criteria.twins
    first = min((row.step for row in rows if row.step is not None), default=None)
    same = [row.steps if first is None else row.steps[row.steps < first] for row in rows]
    equal = np.unique(np.concatenate(same))
    measured = [row for row in rows if known.kinds.get(row.metric) not in ("set", "counters", None)]
    twin = Twin(
        called.get(base.path, base.id),
        called.get(candidate.path, candidate.id),
        same_seed=_one_seed(base, candidate),
        rows=int(equal.size),
        numbers=sum(int(part.size) for part in same),
        telling=sum(_telling(row, first, known.limits) for row in measured),
        equal_until=float(equal[-1]) if equal.size else None,
        step=first,
    )
    if first is not None:
        at_first = [row for row in rows if row.step == first]
        twin = _localised(twin, at_first, _when(first, rows, known), base, candidate, criteria)
    return replace(twin, text=sentence(twin))


def sentence(twin: Twin) -> str:
    """``identical to A in ... until step 512; ...``."""
    if twin.step is None:
        return f"identical to {twin.base} in every number that both log ({_extent(twin)})"
    if twin.equal_until is None:
        begun = f"{twin.base} differs from the first row on"
    else:
        begun = f"identical to {twin.base} until step {twin.equal_until:,.0f} ({_extent(twin)})"
    told = ", ".join(_told(value) for value in twin.differs[:_FEW])
    more = len(twin.differs) - _FEW
    rest = f" and {more} more" if more > 0 else ""
    where = f"first difference at step {twin.step:,.0f}, {_WHEN[twin.when]}: {told}{rest}"
    return f"{begun}; {where}. That points to {twin.says}{_cause(twin)}"


def _extent(twin: Twin) -> str:
    """``4 numbers of 1 row``."""
    return f"{twin.numbers:,} numbers of {twin.rows:,} row{'' if twin.rows == 1 else 's'}"


def _cause(twin: Twin) -> str:
    if twin.kind == ROUNDING or twin.fits is None:
        return ""
    if twin.fits:
        return f". Of the settings that differ, {', '.join(twin.fits)} can make it"
    return ". No setting that differs can make it: look at the code, and at what is not logged"


def _told(value: TwinValue) -> str:
    name = value.metric.replace("_", " ")
    if value.missing:
        return f"{name} (only one run has that row)"
    return f"{name} ({value.base:.6g} against {value.candidate:.6g})"


def _localised(
    twin: Twin, rows: Sequence[Aligned], when: str, base: Run, candidate: Run, criteria: CompareCriteria
) -> Twin:
    known = criteria.twins
    order = known.order(candidate.framework, candidate.algorithm)
    # One number that was rounded otherwise says nothing beside others that really differ.
    real = [row for row in rows if not row.tiny(known.limits["rounding"])]
    ranked = sorted(real or rows, key=lambda row: _rank(row, when, order, known))
    values = tuple(TwinValue(row.metric, row.base, row.candidate, row.missing) for row in ranked)
    twin = replace(twin, when=when, differs=values)
    if not real:
        says = "nothing: it is of the size of rounding (another machine, library or kind of file)"
        return replace(twin, kind=ROUNDING, says=says)
    kind = _kind(ranked[0], known)
    place = known.place(when, kind, order, bool(twin.telling))
    if place is None:
        return replace(twin, kind=kind, says="nothing that is known of these numbers")
    fits = _fits(base, candidate, place.groups, criteria)
    return replace(twin, kind=kind, says=place.says, fits=fits, seed=place.seed, vague=place.vague)


def _fits(
    base: Run, candidate: Run, groups: frozenset[str], criteria: CompareCriteria
) -> tuple[str, ...] | None:
    arms = (Arm("base", str(base.path), (base,)), Arm("candidate", str(candidate.path), (candidate,)))
    changed = find_changes(*arms, criteria).changed
    known = (_configured(base), _configured(candidate))
    # The default of a run without a configuration is a guess: nobody knows that it differs.
    sure = (
        one
        for one in changed
        if one.group in groups
        and (known[0] or not one.base_default)
        and (known[1] or not one.candidate_default)
    )
    told = tuple(f"{one.key} ({one.base} -> {one.candidate})" for one in sure)
    return told or (() if all(known) else None)


def _configured(run: Run) -> bool:
    """Whether a setting is known that is neither a name, nor a default, nor read off the log."""
    knobs = ((name, knob.source) for name, knob in run.config.knobs.items())
    return any(name not in _NAMES and not source.startswith(_NO_CONFIGURATION) for name, source in knobs)


def _rank(row: Aligned, when: str, order: str, known: TwinCriteria) -> tuple[bool, bool, int]:
    """What came first of the numbers of one row: a setting last, the episodes by the logger's order."""
    kinds = [*dict.fromkeys(known.kinds.values())]
    kind = known.kinds.get(row.metric, OTHER)
    after = when != BEFORE and order == UPDATE_FIRST and kind in _EPISODES
    place = kinds.index(kind) if kind in kinds else len(kinds)
    return (row.missing, after, place)


def _kind(row: Aligned, known: TwinCriteria) -> str:
    return ROWS if row.missing else known.kinds.get(row.metric, OTHER)


def _when(first: float, rows: Iterable[Aligned], known: TwinCriteria) -> str:
    """Whether the first difference lies before, in or after the first row with a number of an update."""
    starts = [_start(row) for row in rows if known.kinds.get(row.metric) in known.learning]
    begun = min(starts, default=float("inf"))
    return BEFORE if first < begun else UPDATE if first == begun else LATER


def _start(row: Aligned) -> float:
    return float(row.steps[0]) if row.steps.size else float(row.step or 0.0)


def _aligned(one: Series, other: Series, share: float) -> Aligned:
    end = min(one.steps[-1], other.steps[-1])
    a, b = (int(np.searchsorted(series.steps, end, side="right")) for series in (one, other))
    count = min(a, b)
    same = (one.steps[:count] == other.steps[:count]) & _equal(
        one.values[:count], other.values[:count], share
    )
    at = count if bool(same.all()) else int(np.argmin(same))
    steps, values = one.steps[:at], one.values[:at]
    if at >= max(a, b):
        return Aligned(one.name, steps, values, None)
    left = float(one.steps[at]) if at < a else float("inf")
    right = float(other.steps[at]) if at < b else float("inf")
    if left != right:
        base = float(one.values[at]) if left < right else float("nan")
        candidate = float(other.values[at]) if right < left else float("nan")
        return Aligned(one.name, steps, values, min(left, right), base, candidate, missing=True)
    base, candidate = float(one.values[at]), float(other.values[at])
    # The smaller of both: a run that blows up later makes no early difference small.
    usual = min(_usual(part) for part in (one.values[:a], other.values[:b]))
    size = max((abs(part) for part in (base, candidate, usual) if np.isfinite(part)), default=0.0)
    return Aligned(one.name, steps, values, left, base, candidate, size)


def _usual(values: FloatArray) -> float:
    """The median size of the finite values, 0 where there is none."""
    known = np.abs(values[np.isfinite(values)])
    return float(np.median(known)) if known.size else 0.0


def _equal(one: FloatArray, other: FloatArray, share: float) -> BoolArray:
    """Equal to the last digit, or to that share where two kinds of files keep different digits."""
    with np.errstate(invalid="ignore"):
        near = np.abs(one - other) <= share * np.maximum(np.abs(one), np.abs(other))
    found: BoolArray = (one == other) | near | (np.isnan(one) & np.isnan(other))
    return found


def _telling(row: Aligned, first: float | None, limits: Mapping[str, float]) -> int:
    """How many equal numbers of a metric no chance makes equal: no whole numbers or means of a few."""
    values = row.values if first is None else row.values[row.steps < first]
    known = np.unique(values[np.isfinite(values)])
    times = known[:, None] * np.arange(1, int(limits["telling"]) + 1)
    whole = np.abs(times - np.round(times)) <= limits["digits"] * np.maximum(np.abs(times), 1.0)
    return int(np.sum(~whole.any(axis=1)))


def _agreement(rows: Sequence[Aligned]) -> tuple[float, int]:
    first = min((row.step for row in rows if row.step is not None), default=float("inf"))
    return first, sum(int(row.steps.size) for row in rows)


def _worth_a_note(twin: Twin) -> bool:
    """Equal numbers, or none although the configurations say that there should be."""
    return bool(twin.telling) or (twin.same_seed and not twin.vague and twin.fits == ())


def _one_seed(one: Run, other: Run) -> bool:
    """Whether both are known to have one environment and one seed."""
    return bool(one.env) and one.seed is not None and (one.env, one.seed) == (other.env, other.seed)


def names_of(places: Sequence[tuple[Path, str]]) -> dict[Path, str]:
    """What tells each run, a path and an id, from the others: its id, or its path where several have it."""
    counts = Counter(identity for _, identity in places)
    return {path: identity if counts[identity] == 1 else str(path) for path, identity in places}
