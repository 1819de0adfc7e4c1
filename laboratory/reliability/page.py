"""The trials as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from laboratory.reliability.faults import FAULTS
from laboratory.reliability.formats import FORMATS, LogFormat
from laboratory.reliability.surroundings import Around
from laboratory.reliability.trial import SLOW, TrialResult

Trials = Mapping[tuple[str, str], Sequence[TrialResult]]
HEAD = """# Reliability

Made by `python -m laboratory.reliability --into docs/reliability.md`.

Faults are done to a good log of every format, one at a time, and the directory is read. **Lost**: readings
that gave fewer numbers or settings than the good log. **Said**: of those, the readings in which something was
noted as lost, failed, or ended with an error; every report says that and `--strict` makes it an exit code.
**Nobody can know**: of the others, those of formats that do not say where they end or what they hold. A text
log that ends with a whole line (or an event file with a whole record), a configuration with fewer lines, a
printed line that looks like one no more, a file that is gone or another one before it is looked at: all
of them are whole as far as anybody can tell.
**Metrics and clock**: logs of good form with 10,000 further metrics (or settings), and with a clock that is
set back, at 0 or a year ahead, where the clock is no metric itself; these are diagnosed, too. What may not be
read, and media that cannot be written, are read by a user without rights.
**Changed**: readings with a number or setting that the good log has not. Formats with checksums know that
nearly always; in the others a digit that became another digit is a number like any other: nobody can tell.

"""


def page(trials: Trials, surroundings: Mapping[str, Around]) -> str:
    """The whole page."""
    parts = (_totals(trials), _formats(trials), _faults(trials), _around(surroundings))
    return HEAD + "\n".join(line for part in parts for line in (*part, "")).rstrip("\n") + "\n"


def _around(found: Mapping[str, Around]) -> Iterator[str]:
    yield "## Around the log"
    yield ""
    yield "| fault, and what has to come of it | tried | wrong |"
    yield "|---|---:|---|"
    for name, one in found.items():
        said = f"not tried: {one.skipped}" if one.skipped else "; ".join(one.wrong) or "0"
        yield f"| {name} | {one.tried} | {said} |"


def _totals(trials: Trials) -> Iterator[str]:
    every = [one for found in trials.values() for one in found]
    checked = [one for form in FORMATS if form.checked for one in _of(trials, form)]
    yield f"{len(every):,} trials: {sum(bool(one.crash) for one in every)} crashes, "
    yield f"{sum(one.seconds > SLOW for one in every)} readings that took more than {SLOW:g} s of CPU time, "
    yield f"{sum(one.unsaid for one in every)} losses that are not said, "
    wrong = sum(one.wrong > 0 for one in checked)
    yield f"{wrong} of {len(checked):,} readings of formats that check themselves with a changed number."


def _of(trials: Trials, form: LogFormat) -> list[TrialResult]:
    return [one for (name, _), found in trials.items() if name == form.name for one in found]


def _formats(trials: Trials) -> Iterator[str]:
    yield "## By format"
    yield ""
    heads = ("tried", "lost", "said", "not said", "nobody can know", "changed", "a parser raised", "crashes")
    yield f"| format | {' | '.join(heads)} |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for form in FORMATS:
        yield f"| {form.name} | {' | '.join(map(str, _counts(_of(trials, form))))} |"
    yield ""


def _faults(trials: Trials) -> Iterator[str]:
    yield "## By fault and format"
    yield ""
    yield "`tried / lost / said`, then the readings with a changed number where there are any."
    yield ""
    yield f"| fault | {' | '.join(form.name for form in FORMATS)} |"
    yield f"|---|{'---|' * len(FORMATS)}"
    for fault in FAULTS:
        cells = (_cell(trials.get((form.name, fault.name), ())) for form in FORMATS)
        yield f"| {fault.name} | {' | '.join(cells)} |"


def _cell(found: Sequence[TrialResult]) -> str:
    if not found:
        return ""
    tried, lost, said, _, _, changed, *_ = _counts(found)
    return f"{tried} / {lost} / {said}" + (f", {changed} changed" if changed else "")


def _counts(found: Sequence[TrialResult]) -> tuple[int, ...]:
    lost = [one for one in found if one.lost]
    return (
        len(found),
        len(lost),
        sum(one.said for one in lost),
        sum(one.unsaid for one in found),
        sum(one.silent and not one.known for one in found),
        sum(one.wrong > 0 for one in found),
        sum(one.caught for one in found),
        sum(bool(one.crash) for one in found),
    )
