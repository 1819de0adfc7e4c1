"""``rldoctor rules new``: the files of a rule that is still to be written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.errors import Problem, RuleError, UsageError
from rldoctor.report.numbers import plural

if TYPE_CHECKING:
    from rldoctor.rulebook.scaffold import Scaffold


# Where a rule goes that is begun without saying where.
OWN_PACK = "my-rules"


def new_rule(
    code: str, into: str, *, slug: str = "", area: str = "", title: str = "", builtin: bool = False
) -> int:
    """Write the scaffold of a rule and its tests, and say what its author must fill in.

    ``builtin``: into the built-in pack of this checkout; without it nothing is ever written there.

    Raises:
        UsageError: the code or a name is not usable, a rule of that code or a file is already there, the pack
            is the built-in one and was not asked for.
    """
    pack = _pack(into, builtin=builtin)
    made = _planned(code.strip().upper(), slug.strip(), area.strip(), title.strip())
    rule = pack / made.path
    tests = rule.with_suffix(".test.yaml")
    for path, text in ((rule, made.rule), (tests, made.tests)):
        _write(path, text)
    _report(pack, (rule, tests), _to_fill_in(rule))
    return 0


def _pack(into: str, *, builtin: bool) -> Path:
    """The pack to write into."""
    from rldoctor.paths import PACKAGE, builtin_rules_dir

    own = builtin_rules_dir()
    if builtin and into:
        raise UsageError("--builtin and --into name two packs", hint="leave one of them out")
    if builtin and own.is_relative_to(PACKAGE):
        raise UsageError(
            "--builtin: the built-in rules of an installed package are not to be changed",
            hint="work in a clone, or write a pack of your own: --into DIR",
        )
    if builtin:
        return own
    pack = Path(into or OWN_PACK)
    if pack.resolve().is_relative_to(own.resolve()):
        raise UsageError(
            f"{pack} is the built-in pack",
            hint="--builtin writes there; a pack of your own is any other directory: --into my-rules",
        )
    return pack


def _planned(code: str, slug: str, area: str, title: str) -> Scaffold:
    """The scaffold; what was not given comes from the catalogue and from the built-in rules."""
    from rldoctor import api
    from rldoctor.paths import builtin_rules_dir
    from rldoctor.rulebook.declarations import CODE
    from rldoctor.rulebook.lists import catalogue
    from rldoctor.rulebook.scaffold import scaffold, slug_of

    if not CODE.fullmatch(code):
        raise UsageError(f"'{code}' is not a rule code", hint="two to six letters and a number: MY-01")
    builtin = api.rules()
    written = next((rule for rule in builtin if rule.code == code), None)
    if written is not None:
        raise UsageError(
            f"{code} is a built-in rule ({written.slug})",
            hint="take letters of your own, such as MY-01; a threshold is changed with --threshold",
        )
    catalogued = catalogue(builtin_rules_dir()).get(code, "")
    slug = slug or catalogued or slug_of(title)
    if not slug:
        raise UsageError(f"{code} needs a name", hint=f"rldoctor rules new {code} --slug what-goes-wrong")
    prefix = code.partition("-")[0]
    areas = {rule.code.partition("-")[0]: rule.area for rule in builtin}
    area = area or areas.get(prefix, prefix.lower())
    return scaffold(code, _identifier(slug, "--slug"), _identifier(area, "--area"), title)


def _identifier(name: str, option: str) -> str:
    """``name`` when it can be a slug and a file name; it never leaves the pack's directory."""
    from rldoctor.rulebook.formula import IDENTIFIER

    if not IDENTIFIER.fullmatch(name):
        raise UsageError(
            f"{option} {name!r} is not a valid name", hint="lower-case words joined by hyphens: policy-frozen"
        )
    return name


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: this file exists already", hint="choose another --slug") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def _to_fill_in(path: Path) -> tuple[Problem, ...]:
    from rldoctor.rulebook.loader import load_rule

    try:
        load_rule(path)
    except RuleError as error:
        return error.problems
    return ()


def _report(pack: Path, files: tuple[Path, Path], problems: tuple[Problem, ...]) -> None:
    sys.stdout.writelines(f"wrote {path}\n" for path in files)
    sys.stdout.write(f"\n{plural(len(problems), 'text')} to write in the first:\n")
    sys.stdout.writelines(f"  line {problem.line}: {_short(problem)}\n" for problem in problems)
    sys.stdout.write(
        "\nThe condition is an example: replace it, and the cases of the test file with it. Then\n"
        f"  rldoctor rules lint {pack}\n  rldoctor rules test {pack}\n  rldoctor analyze RUN --rules {pack}\n"
    )


def _short(problem: Problem) -> str:
    return problem.text.removeprefix("still to be written: ")
