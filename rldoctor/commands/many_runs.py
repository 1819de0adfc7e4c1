"""``rldoctor analyze`` of many runs: over processes, with the memory of one run where possible."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

from rldoctor.commands import gate
from rldoctor.commands.how_many import HowMany
from rldoctor.commands.judging_part import JudgePart, quietly
from rldoctor.commands.many_parts import PathRuns, numbered, unread
from rldoctor.commands.problems import tell, tell_unexpected
from rldoctor.commands.progress import watch
from rldoctor.errors import RldoctorError
from rldoctor.many.processes import Done, Lost, Processes, start_method
from rldoctor.many.results import PartResult, unpacked
from rldoctor.many.spool import KeptRun, Spool, value_at
from rldoctor.plain_data import dataclass, replace
from rldoctor.readers.run_folders import RunFolders
from rldoctor.report.run_names import relative_places
from rldoctor.report.run_parts import STREAMED, ManyRuns, RunParts, total, with_note

if TYPE_CHECKING:
    from rldoctor.commands.caching import KeptNotes
    from rldoctor.model.finding import Diagnosis
    from rldoctor.model.raw import Note
    from rldoctor.model.reading import Unread
    from rldoctor.model.run import Run

# Fewer parts are judged sooner than further processes have started.
LEAST = {"fork": 4, "spawn": 16}
# Runs at hand for a comparison with their twins.
_AT_HAND = 64


@dataclass(slots=True)
class ManyJudged:
    """What became of all parts: the runs in order, what was lost, whether the user stopped it."""

    runs: list[KeptRun] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    interrupted: bool = False
    twins: KeptNotes | None = None


def streamed(asked: gate.Gate, formats: Sequence[str]) -> bool:
    """Whether every report is written run by run, and no run is judged by what the others have."""
    options = asked.options
    alone = asked.how == "any" and not (asked.baseline or asked.write or options.waivers or options.per_path)
    return alone and set(formats) <= set(STREAMED)


def judge_many(paths: Sequence[PathRuns], work: JudgePart, how: HowMany, spool: Spool) -> ManyJudged:
    """Judge every part; what was done when the user stopped it is kept."""
    parts = list(numbered(paths))
    tasks = [path.parts[place] for path, place in parts]
    made = ManyJudged()
    left = set(range(len(tasks)))
    try:
        for done in watch(_results(work, tasks, how, made), len(tasks), "analysing"):
            left.discard(done.number)
            path, place = parts[done.number]
            _take(path, place, done, made, spool)
    except KeyboardInterrupt:
        made.interrupted = True
        text = f"interrupted: {len(left):,} of {len(tasks):,} parts were not looked at"
        made.failures.append(text)
    if not made.interrupted:
        made.unread = unread(paths, work.asked.options)
    made.failures = [*(text for one in paths for text in one.failures), *made.failures]
    made.runs = [run for one in paths for run in one.runs()]
    return made


def _results(work: JudgePart, tasks: Sequence[RunFolders], how: HowMany, into: ManyJudged) -> Iterator[Done]:
    """The results of all tasks, those first that were there already."""
    if not how.cache:
        yield from _made(work, tasks, range(len(tasks)), how)
        return
    from rldoctor.commands.caching import cached_results

    cached = cached_results(work)
    if cached is None:
        tell("there is no place for a cache: every run is judged", label="warning")
        yield from _made(work, tasks, range(len(tasks)), how)
        return
    keys = [cached.key(task) for task in tasks]
    into.twins = cached.notes(keys)
    left = []
    for number, key in enumerate(keys):
        found = cached.get(key)
        if found is None:
            left.append(number)
        else:
            yield Done(number, found)
    for done in _made(work, tasks, left, how):
        if isinstance(done.result, bytes) and not done.skipped and not unpacked(done.result).broken:
            cached.put(keys[done.number], done.result)
        yield done


def _made(
    work: JudgePart, tasks: Sequence[RunFolders], numbers: Sequence[int], how: HowMany
) -> Iterator[Done]:
    """Results that are made now; processes are only started where they pay, or where one may hang."""
    if how.backend and numbers:
        from rldoctor.many.cluster import over_cluster

        yield from over_cluster(work, tasks, numbers, how.backend, how.address, how.jobs)
        return
    jobs = min(how.jobs or cores(), len(numbers))
    if numbers and (how.limit or (jobs > 1 and len(numbers) >= LEAST[start_method()])):
        yield from Processes(work, tasks, jobs, how.limit).results(numbers)
        return
    for number in numbers:
        yield Done(number, work(tasks[number], frozenset(), quietly))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _take(path: PathRuns, place: int, done: Done, made: ManyJudged, spool: Spool) -> None:
    made.broken += done.skipped
    if isinstance(done.result, Lost):
        made.broken.append(f"{path.parts[place].shown}: {done.result.why}")
        return
    result: PartResult = unpacked(done.result)
    path.kept[place] = [spool.keep(run) for run in result.runs]
    path.failures += result.failures
    made.broken += result.broken
    for text, crash in zip(result.broken, result.crashes, strict=True):
        tell_unexpected(RuntimeError(crash), f"diagnosing {text.partition(': ')[0]}")


def for_report(made: ManyJudged, reading: Unread, spool: Spool) -> ManyRuns:
    """The runs as reports need them that are written run by run, with what is noted of their twins."""
    notes = twin_notes(made, spool)

    def each() -> Iterator[RunParts]:
        for one, note in zip(made.runs, notes, strict=True):
            parts: RunParts = value_at(spool, one.parts)
            parts.id = one.about.id
            yield with_note(parts, note, one.about.notes)

    names = relative_places([(str(one.about.path), one.about.id) for one in made.runs])
    return ManyRuns(each, names, total([one.about.counts for one in made.runs]), reading)


def diagnoses_of(made: ManyJudged, spool: Spool) -> list[Diagnosis]:
    """The diagnoses themselves, all at once, for the reports that look at all runs together."""
    found = []
    for one, note in zip(made.runs, twin_notes(made, spool), strict=True):
        diagnosis: Diagnosis = value_at(spool, one.whole)
        run, at = diagnosis.run, one.about.notes
        if note is not None or run.id != one.about.id:
            more = () if note is None else (note,)
            run = replace(run, id=one.about.id, notes=(*run.notes[:at], *more, *run.notes[at:]))
            diagnosis = replace(diagnosis, run=run)
        found.append(diagnosis)
    return found


def twin_notes(made: ManyJudged, spool: Spool) -> list[Note | None]:
    """What is to be noted of each run; nothing where looking for twins failed."""
    from rldoctor.comparison.criteria import load_criteria
    from rldoctor.comparison.twins import TwinSearch, names_of
    from rldoctor.paths import builtin_rules_dir

    if len(made.runs) < 2:
        return [None] * len(made.runs)
    kept = None if made.interrupted or made.broken or made.twins is None else made.twins
    if kept is not None and (notes := kept.get(len(made.runs))) is not None:
        return notes

    @lru_cache(maxsize=_AT_HAND)
    def run_of(number: int) -> Run:
        run: Run = value_at(spool, made.runs[number].run)
        return run

    try:
        names = names_of([(one.about.path, one.about.id) for one in made.runs])
        search = TwinSearch(run_of, load_criteria(builtin_rules_dir()), names)
        notes = search.notes(len(made.runs))
        if kept is not None:
            kept.put(notes)
        return notes
    except RldoctorError:
        raise
    except Exception as error:  # each run can be judged without the others
        tell_unexpected(error, "looking for runs that are twins")
        return [None] * len(made.runs)
