"""Which report goes where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rldoctor.commands.problems import tell, tell_error
from rldoctor.commands.standard_streams import FULL, lose_output
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.model.reading import Unread
from rldoctor.plain_data import dataclass, replace
from rldoctor.report.registry import FORMATS, STDOUT, check_format, format_of

Output = tuple[str, str]
SHOW_RUNS = ("terminal", "html")
"""The formats that are nothing without a run."""


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports that a call is to make, how much the terminal's says, and whether a page is opened."""

    outputs: Sequence[Output]
    detail: int = 0
    show: bool = False


FORMAT, OUTPUT = "-f", "-o"
_SPELLINGS = {"-f": FORMAT, "--format": FORMAT, "-o": OUTPUT, "--output": OUTPUT}


def in_order(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The ``-f`` and ``-o`` options of a command line with their values, in the order they were written."""
    found: list[tuple[str, str]] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        name, sign, value = word.partition("=")
        if word in _SPELLINGS:
            found.append((_SPELLINGS[word], next(words, "")))
        elif sign and name in _SPELLINGS and name.startswith("--"):
            found.append((_SPELLINGS[name], value))
        elif word[:2] in _SPELLINGS and not word.startswith("--"):
            found.append((_SPELLINGS[word[:2]], word[2:].removeprefix("=")))
    return found


def from_settings(formats: Iterable[str], outputs: Iterable[str]) -> list[tuple[str, str]]:
    """The same for a settings file, where all formats stand before all outputs."""
    return [*((FORMAT, name) for name in formats), *((OUTPUT, name) for name in outputs)]


def plan_outputs(choices: Sequence[tuple[str, str]]) -> list[Output]:
    """Pairs of format and target.

    An output belongs to the format before it that has none yet; of several, to the one its name's ending
    stands for. An output without a format before it gets the format of its ending. A format without an
    output goes to standard output, and so does the terminal report when no format was asked for.

    Raises:
        UsageError: an unknown format, a format that cannot be told, or two reports for one place.
    """
    waiting: list[str] = []
    found: list[Output] = []
    for kind, value in choices:
        if kind == FORMAT:
            waiting.append(check_format(value))
        else:
            found.append((_format_for(value, waiting), value))
    if not any(kind == FORMAT for kind, _ in choices):
        waiting.append("terminal")
    found = [*((name, STDOUT) for name in waiting), *found]
    _check_places(found)
    return found


def _format_for(target: str, waiting: list[str]) -> str:
    """The format of a file, taken from those that wait for one where there are any."""
    named = format_of(target)
    if named in waiting:
        waiting.remove(named)
        return named
    if len(waiting) == 1:
        return waiting.pop()
    if named is None or waiting:
        raise UsageError(
            f"cannot tell the format of {target} from its name",
            hint=f"say which: -f FORMAT -o {target}, with a format of {', '.join(FORMATS)}",
        )
    return named


def _check_places(found: Sequence[Output]) -> None:
    places = [target for _, target in found]
    for place in places:
        if places.count(place) > 1:
            where = "standard output" if place == STDOUT else place
            raise UsageError(f"two reports cannot both go to {where}", hint="give each -f its own -o FILE")


def write_reports(outputs: Sequence[Output], write_one: Callable[[str, str], None]) -> None:
    """Each report to its place; one that cannot be written does not stop the others. Raises what failed.

    Files come first: whoever reads standard output may stop reading (``| head``).
    """
    failed: list[RldoctorError] = []
    for format, target in sorted(outputs, key=lambda one: one[1] == STDOUT):
        try:
            if target == STDOUT:
                _write_out(format, write_one)
                continue
            write_one(format, target)
        except RldoctorError as error:  # the other reports are written all the same
            failed.append(error)
            continue
        sys.stderr.write(f"wrote {target}\n")
    if failed:
        for one in failed[1:]:
            tell_error(one)
        raise failed[0]


def write_without_runs(outputs: Sequence[Output], reading: Unread) -> None:
    """The reports of a call that judged no run: what failed, and that it failed, in every format that can.

    A page and the terminal report show runs; what failed was told on standard error. No result is no pass,
    so the failures count as with ``--strict``. UsageError where another file than a report would be
    overwritten: it may be the log that could not be read.
    """
    from rldoctor.commands.places import check_replaced
    from rldoctor.report import write

    check_replaced(target for _, target in outputs if Path(target).is_file())
    failed = replace(reading, strict=True)
    for format, target in outputs:
        if format in SHOW_RUNS and target != STDOUT:
            tell(f"{target} was not written: no run could be judged", label="warning")
    able = [one for one in outputs if one[0] not in SHOW_RUNS]
    write_reports(able, lambda format, target: write([], format, target, reading=failed))


def _write_out(format: str, write_one: Callable[[str, str], None]) -> None:
    """A report on standard output; where that takes no more, what is still to do is done first."""
    try:
        write_one(format, STDOUT)
        sys.stdout.flush()
    except OSError as error:
        full = error.errno in FULL and error.filename is None
        if not (full or isinstance(error, BrokenPipeError)):
            raise
        lose_output(error)
