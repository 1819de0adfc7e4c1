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

Each trial damages a good log of one format in one way and reads its directory.

- **Lost**: readings that gave fewer numbers or settings than the good log.
- **Said**: of these, readings that noted a loss, failed or ended with an error. Every report says so, and
  `--strict` turns it into an exit code.
- **Nobody can know**: losses in formats that do not record where they end or what they hold. A text log
  cut after a whole line (or an event file after a whole record), a configuration with fewer lines, a
  printed line that no longer looks like one, a file that was removed or replaced before it was read:
  nothing shows that something is missing.
- **Changed**: readings with a number or setting that the good log does not have. Formats with checksums
  nearly always detect that; in the others a digit that became another digit looks like any other number.

Undamaged logs are tried too: with 10,000 further metrics or settings, and with a clock that is set back,
at 0 or a year ahead (where the clock is not itself a metric). These are also diagnosed. Files without
read permission and read-only media are read as a user without privileges.

"""


def page(trials: Trials, surroundings: Mapping[str, Around]) -> str:
    """The whole page."""
    parts = (_totals(trials), _formats(trials), _faults(trials), _around(surroundings))
    return HEAD + "\n".join(line for part in parts for line in (*part, "")).rstrip("\n") + "\n"


def _around(found: Mapping[str, Around]) -> Iterator[str]:
    yield "## Around the log"
    yield ""
    yield "| fault, and the required result | tried | wrong |"
    yield "|---|---:|---|"
    for name, one in found.items():
        said = f"not tried: {one.skipped}" if one.skipped else "; ".join(one.wrong) or "0"
        yield f"| {name} | {one.tried} | {said} |"


def _totals(trials: Trials) -> Iterator[str]:
    every = [one for found in trials.values() for one in found]
    checked = [one for form in FORMATS if form.checked for one in _of(trials, form)]
    yield f"{len(every):,} trials: {sum(bool(one.crash) for one in every)} crashes, "
    yield f"{sum(one.seconds > SLOW for one in every)} readings that took more than {SLOW:g} s of CPU time, "
    yield f"{sum(one.unsaid for one in every)} losses that were not reported, "
    wrong = sum(one.wrong > 0 for one in checked)
    yield f"{wrong} of {len(checked):,} readings of formats with checksums gave a changed number."


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
