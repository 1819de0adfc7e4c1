"""A collection of labelled runs -> cases."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import Any

from laboratory.validation.cases import DiagnosedRun, Label, Seen, SeenFinding
from rldoctor import api
from rldoctor.errors import ReadError, RldoctorError, UsageError
from rldoctor.model.envelope import Envelope
from rldoctor.model.finding import Diagnosis, Finding, Outcome, Root
from rldoctor.model.run import Run
from rldoctor.paths import PACKAGE
from rldoctor.yamlio import load_yaml

LABEL = "run.yaml"
LOOKED = (Outcome.FIRED, Outcome.PASSED)
RUNS_PER_PROCESS = 20
"""A process of its own takes about as long to start as this many runs take to diagnose."""


def bundled_runs() -> Path:
    """The collection of a checkout; ReadError in an installation, which has one run of it only."""
    found = PACKAGE.parent / "reference_runs"
    if not (found / "healthy").is_dir():
        raise ReadError(
            "the labelled runs are not part of an installation",
            hint="clone the repository, or name a collection: --runs DIR",
        )
    return found


def labels(collection: Path) -> list[Label]:
    """The labels of every run below a directory, by name.

    Raises:
        ReadError: no labelled run there, or a label that lacks what is scored. RuleError: invalid YAML.
    """
    files = sorted(collection.rglob(LABEL)) if collection.is_dir() else []
    if not files:
        raise ReadError(f"{collection}: no labelled run", hint=f"a labelled run has a {LABEL} beside its log")
    return [_label(file, file.parent.relative_to(collection).as_posix()) for file in files]


def _label(file: Path, name: str) -> Label:
    data = load_yaml(file)
    if not isinstance(data, dict) or data.get("label") not in ("healthy", "faulty"):
        raise ReadError(f"{file}: 'label' must be healthy or faulty")
    try:
        return _typed(data, name)
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(
            f"{file}: the label is not complete ({error})", hint="see reference_runs/README.md"
        ) from None


def _typed(data: Mapping[str, Any], name: str) -> Label:
    faulty = data["label"] == "faulty"
    return Label(
        name=name,
        fault=str(data["fault"]) if faulty else "",
        shows=data["shows"] if faulty else None,
        roots=tuple(data["expected"]["roots"]),
        symptoms=tuple(data["expected"]["symptoms"]),
        onset=float(data["onset"] or 0),
        steps=float(data["steps"]),
        split=str(data["split"]),
        algo=str(data["algo"]),
        task=" ".join(str(part) for part in (data["env"], data.get("variant")) if part),
    )


def cases(collection: Path, found: Sequence[Label], jobs: int) -> Iterator[DiagnosedRun]:
    """Diagnose the runs one by one, in ``jobs`` processes; in the order of the labels.

    Raises:
        ReadError: a labelled folder without exactly one readable run. RuleError: a rule file is invalid.
        RldoctorError: a process died.
    """
    api.rules()
    paths = [str(collection / label.name) for label in found]
    mates = [tuple(str(collection / name) for name in twins(label, found)) for label in found]
    if jobs < 2:
        seen: Iterator[Seen] = map(observe, paths, mates)
        yield from (DiagnosedRun(*pair) for pair in zip(found, seen, strict=True))
        return
    # Not fork: numpy's thread pool does not survive it everywhere.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_start)
    try:
        seen = pool.map(observe, paths, mates, chunksize=4)
        yield from (DiagnosedRun(*pair) for pair in zip(found, seen, strict=True))
    except BrokenProcessPool:
        raise RldoctorError(
            "a process died while it diagnosed (out of memory?)", hint="try --jobs 1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start() -> None:
    """The rules are loaded once in each process and never looked through for garbage again."""
    gc.disable()
    api.rules()
    gc.freeze()
    gc.enable()


def twins(label: Label, found: Sequence[Label]) -> tuple[str, ...]:
    """The other healthy runs of the same algorithm on the same task, by name."""
    same = (one for one in found if one.healthy and (one.algo, one.task) == (label.algo, label.task))
    return tuple(one.name for one in same if one.name != label.name)


@lru_cache(maxsize=64)
def _run(path: str) -> Run:
    runs = api.load(path).runs
    if len(runs) != 1:
        raise ReadError(f"{path}: {len(runs)} runs where one is labelled")
    return runs[0]


def observe(path: str, mates: Sequence[str] = ()) -> Seen:
    """The diagnosis of the run in a folder, held against an envelope of its ``mates``.

    Not against the bundled envelope: a healthy run is part of that, and cannot fall out of it.
    """
    run = _run(path)
    others = [other for other in map(_run, mates) if other.framework == run.framework]
    return reduced(api.diagnose(run, references=_reference(others)))


def _reference(others: Sequence[Run]) -> Sequence[str | Envelope]:
    """The envelope of runs; none where they have no task or outcome in common."""
    if not others:
        return ("off",)
    try:
        return (api.build_reference(others, "the other healthy runs of this task"),)
    except UsageError:
        return ("off",)


def reduced(diagnosis: Diagnosis) -> Seen:
    """What is scored of a diagnosis."""
    return Seen(
        verdict=diagnosis.verdict,
        roots=tuple(_found(root.finding, root) for root in diagnosis.roots),
        folded=tuple(_found(one, root) for root in diagnosis.roots for one in root.explains),
        looked=frozenset(result.code for result in diagnosis.results if result.outcome in LOOKED),
        broken=tuple(result.code for result in diagnosis.results if result.outcome is Outcome.ERROR),
    )


def _found(finding: Finding, root: Root) -> SeenFinding:
    return SeenFinding(finding.code, finding.severity, root.severity, finding.onset)
