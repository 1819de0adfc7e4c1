"""What a run leaves open, in reports: the kinds of faults, their shares, and the check that finds each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rldoctor.model.differential import Differential, Experiment, OpenKind, OpenTraining, ProbeCount
from rldoctor.report.clean import clean
from rldoctor.report.numbers import percent, plural

TITLE = "Left open"
APART = "To tell the first two apart"
CAUTION = (
    "The shares are those of trainings with one planted fault, evenly over mechanisms, or none: begin with "
    "the check that costs you least."
)


def in_short(left: Differential) -> str:
    """The same in a line, which the kinds follow."""
    return clean(f"in {left.of_family} trainings of known fault that left no more than this it was")


def basis(left: Differential) -> str:
    """What the shares were counted in."""
    counted = plural(left.of_family, "training")
    return clean(
        f"{counted} of {left.family} algorithms whose fault is known left no more in the log than this, "
        f"{left.same:,} of them with {left.finding}. It was"
    )


def shares(left: Differential) -> list[tuple[str, str]]:
    """Share and kind, the most frequent first; the last row is what is not shown."""
    rows = [(percent(one.share), clean(one.title)) for one in left.kinds]
    rest = 1.0 - sum(one.share for one in left.kinds)
    return [*rows, (percent(rest), "another kind")]


def example(one: OpenTraining) -> str:
    """``DQN on Acrobot-v1, where ...: 2% of what it gains without``."""
    where = f"{one.algorithm.upper()} on {one.env}"
    return clean(f"{where}, {one.fault}: {percent(one.kept)} of what the same training gains without it")


def experiment(one: Experiment) -> str:
    """What tells the first two kinds apart, and how it came out where each of them was planted."""
    if not one.counts:
        return clean(one.says)
    first, second, sound = map(_learned, one.counts)
    return clean(
        f"Train your program on a task of {one.says}. {first} with a fault of the first kind "
        f"learned it, {second} with one of the second, {sound} without a fault."
    )


def _learned(count: ProbeCount) -> str:
    return f"{count.learned:,} of {count.trainings:,}"


def refuted(left: Differential) -> str:
    """What is not counted, empty where nothing is."""
    names = ", ".join(left.refuted)
    return clean(f"Not counted, as this log speaks against it: {names}.") if names else ""


def as_dict(left: Differential | None) -> dict[str, Any] | None:
    """The ``differential`` object of the JSON report, None where nothing is left open."""
    if left is None:
        return None
    return {
        "finding": left.finding,
        "family": left.family,
        "same": left.same,
        "of_family": left.of_family,
        "refuted": list(left.refuted),
        "kinds": [_kind(one) for one in left.kinds],
        "experiment": left.experiment and _experiment(left.experiment),
    }


def _experiment(one: Experiment) -> dict[str, Any]:
    return {
        "says": one.says,
        "line": one.line,
        "counts": [
            {"kind": count.kind, "learned": count.learned, "trainings": count.trainings}
            for count in one.counts
        ],
    }


def _kind(one: OpenKind) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "share": round(one.share, 3),
        "same": one.same,
        "of_family": one.family,
        "check": one.check,
        "line": one.line,
        "examples": [
            {"algorithm": run.algorithm, "env": run.env, "fault": run.fault, "kept": run.kept}
            for run in one.examples
        ],
    }


def as_view(left: Differential | None) -> dict[str, Any] | None:
    """The same for the HTML template, every text clean."""
    if left is None:
        return None
    return {
        "basis": basis(left),
        "rest": shares(left)[-1][0],
        "caution": CAUTION,
        "refuted": refuted(left),
        "apart": APART,
        "experiment": left.experiment
        and {"says": experiment(left.experiment), "line": _code(left.experiment.line)},
        "kinds": [
            {
                "share": percent(one.share),
                "title": clean(one.title),
                "count": f"{one.same:,} of {left.same:,}",
                "check": clean(one.check),
                "line": _code(one.line),
                "examples": [example(run) for run in one.examples],
            }
            for one in left.kinds
        ],
    }


def code_rows(text: str) -> Iterator[str]:
    """The rows of a piece of code, clean, each with its indentation, which is part of it."""
    for row in text.splitlines():
        bare = row.lstrip(" ")
        yield " " * (len(row) - len(bare)) + clean(bare)


def _code(text: str) -> str:
    return "\n".join(code_rows(text))
