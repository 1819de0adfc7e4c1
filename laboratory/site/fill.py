"""Places in a page that the build fills: ``<!-- fill: missing stable_baselines3 ppo -->``.

Between such a mark and ``<!-- end -->`` the file holds what was last filled in, so that it reads well where
it is not built: ``python -m laboratory.site.fill`` writes it into the files of ``docs``. The build makes it
anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import chdir
from pathlib import Path

from laboratory.site.measurable import Logged, by_rule, every_log, measurable, missing, overview
from laboratory.site.walk import shown
from laboratory.validation.collect import bundled_runs
from rldoctor import api
from rldoctor.errors import UsageError
from rldoctor.model.finding import Outcome

_PLACE = re.compile(r"<!-- fill: (\w+) ?(.*?) -->((?:(?!<!-- fill).)*?<!-- end -->)?", re.DOTALL)
_DOCS = Path(__file__).parents[2] / "docs"


def filled(markdown: str) -> str:
    """The page with every place filled.

    Raises:
        UsageError: a place asks for something that there is not.
    """
    return _PLACE.sub(lambda found: _one(found[1], found[2]), markdown)


def refilled(markdown: str) -> str:
    """The page with its marks, and between each and its end what belongs there."""
    return _PLACE.sub(lambda found: _marked(found[1], found[2]), markdown)


def empty(markdown: str) -> list[str]:
    """The marks of a page that nothing stands behind."""
    return [
        found[0]
        for found in _PLACE.finditer(markdown)
        if not (found[3] or "").removesuffix("<!-- end -->").strip()
    ]


def _marked(kind: str, about: str) -> str:
    text = _one(kind, about)
    mark = f"<!-- fill: {kind}{f' {about}' if about else ''} -->"
    return f"{mark}\n\n{text}\n\n<!-- end -->" if "\n" in text else f"{mark}{text}<!-- end -->"


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


def _printed(arguments: str) -> str:
    """A command as it is typed and what it prints, really run in the checkout; the exit code where not 0."""
    command = [sys.executable, "-m", "rldoctor", *shlex.split(arguments)]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONPATH": str(_DOCS.parent)}
    done = subprocess.run(
        command, cwd=_DOCS.parent, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise UsageError(f"fill: rldoctor {arguments} failed: {done.stderr.strip()}")
    code = f"\n(exit code {done.returncode})" if done.returncode else ""
    return f"```text\n$ rldoctor {arguments}\n{done.stdout.rstrip()}{code}\n```"


def _python(expression: str) -> str:
    """An expression of Python and its value, with ``rldoctor.api`` imported."""
    with chdir(_DOCS.parent):
        value = eval(expression, {"api": api})
    return f"```python\n>>> from rldoctor import api\n>>> {expression}\n{value!r}\n```"


def _file(name: str) -> str:
    """A file of the documentation as a block of code."""
    text = (_DOCS / name).read_text(encoding="utf-8")
    return f"```{_LANGUAGES[Path(name).suffix]}\n{text.rstrip()}\n```"


_LANGUAGES = {".py": "python", ".toml": "toml"}
_KINDS: Mapping[str, Callable[[str], str]] = {
    "count": _count,
    "missing": lambda key: "\n".join(missing(_logged(key))),
    "overview": lambda _: "\n".join(overview(every_log())),
    "rules": lambda _: "\n".join(by_rule(every_log())),
    "run": _run,
    "printed": _printed,
    "python": _python,
    "file": _file,
    "step": shown,
}


def main() -> None:
    """Fill the files of ``docs``."""
    for page in sorted(_DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if _PLACE.search(text):
            page.write_text(refilled(text), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
