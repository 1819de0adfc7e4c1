"""Places in a page that the build fills: ``<!-- fill: missing stable_baselines3 ppo -->``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from laboratory.site.measurable import Logged, by_rule, every_log, measurable, missing, overview
from laboratory.validation.collect import bundled_runs
from rldoctor import api
from rldoctor.errors import UsageError
from rldoctor.model.finding import Outcome

_PLACE = re.compile(r"<!-- fill: (\w+) ?(.*?) -->")


def filled(markdown: str) -> str:
    """The page with every place filled.

    Raises:
        UsageError: a place asks for something that there is not.
    """
    return _PLACE.sub(lambda found: _one(*found.groups()), markdown)


def _one(kind: str, about: str) -> str:
    if kind not in _KINDS:
        raise UsageError(f"fill: unknown kind {kind!r}", hint=f"Known: {', '.join(_KINDS)}.")
    return _KINDS[kind](about)


def _logged(key: str) -> Logged:
    found = next((one for one in every_log() if one.key == key), None)
    if found is None:
        raise UsageError(f"fill: no log {key!r}", hint=f"Known: {', '.join(one.key for one in every_log())}.")
    return found


def _count(key: str) -> str:
    found = measurable(_logged(key))
    return f"{len(found.looks)} of {len(found.looks) + len(found.lacking)}"


def _run(name: str) -> str:
    """What the rules make of a bundled run."""
    run = api.load(bundled_runs() / name).runs[0]
    outcomes = [one.outcome for one in api.diagnose(run).results]
    looked = sum(one in (Outcome.FIRED, Outcome.PASSED) for one in outcomes)
    apply = sum(one is not Outcome.NOT_APPLICABLE for one in outcomes)
    return f"{looked} of {apply}"


_KINDS: Mapping[str, Callable[[str], str]] = {
    "count": _count,
    "missing": lambda key: "\n".join(missing(_logged(key))),
    "overview": lambda _: "\n".join(overview(every_log())),
    "rules": lambda _: "\n".join(by_rule(every_log())),
    "run": _run,
}
