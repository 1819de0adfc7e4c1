"""Which report goes where."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.errors import UsageError
from rldoctor.report.registry import FORMATS, STDOUT, check_format, format_of

Output = tuple[str, str]


def plan_outputs(formats: Sequence[str], targets: Sequence[str]) -> list[Output]:
    """Pairs of format and target from ``-f`` and ``-o``.

    As many of one as of the other: paired in order. Otherwise a file finds its format by its ending,
    and the one format left over goes to standard output. Without any ``-f`` the terminal report is printed.

    Raises:
        UsageError: an unknown format, a file name whose format cannot be told, or two reports for one place.
    """
    wanted = [check_format(name) for name in formats]
    if len(wanted) == len(targets) and wanted:
        found = list(zip(wanted, targets, strict=True))
    elif not wanted:
        found = [("terminal", STDOUT), *((_by_name(target), target) for target in targets)]
    else:
        found = _matched(wanted, targets)
    _check_places(found)
    return found


def _matched(formats: Sequence[str], targets: Sequence[str]) -> list[Output]:
    """Give each file the format of its ending; what is left of the formats goes to standard output."""
    left = list(formats)
    found: list[Output] = []
    for target in targets:
        name = _by_name(target)
        if name in left:
            left.remove(name)
        found.append((name, target))
    return [*((name, STDOUT) for name in left), *found]


def _by_name(target: str) -> str:
    name = format_of(target)
    if name is None:
        raise UsageError(
            f"cannot tell the format of {target} from its name",
            hint=f"say which: -f FORMAT -o {target}, with a format of {', '.join(FORMATS)}",
        )
    return name


def _check_places(found: Sequence[Output]) -> None:
    places = [target for _, target in found]
    for place in places:
        if places.count(place) > 1:
            where = "standard output" if place == STDOUT else place
            raise UsageError(f"two reports cannot both go to {where}", hint="give each -f its own -o FILE")
