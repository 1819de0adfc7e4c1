"""What to log or set so that a rule can look, in words. Plain text, already cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.model.finding import RuleResult
from rldoctor.model.run import Run
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.report import words
from rldoctor.report.clean import clean

_ASIDE = pattern(r"^\([^)]*\) *")


@dataclass(frozen=True, slots=True)
class Told:
    """One addition: ``what`` to do and the ``code`` to do it with, if any; ``logs``: code of the training."""

    what: str
    code: str = ""
    logs: bool = False

    @property
    def text(self) -> str:
        """Both on one line."""
        return f"{self.what}: {self.code}" if self.code else self.what


@dataclass(slots=True)
class Once:
    """Says of a run's rules what each lacks; the same thing only once.

    ``first``: what was told already, and the code of the rule it was told of.
    """

    run: Run
    first: dict[Addition, str] = field(default_factory=dict)

    def of(self, result: RuleResult) -> tuple[list[Told], list[str]]:
        """What to add for a rule, and the codes of the rules for which the rest was told already."""
        told, see = [], dict[str, None]()
        for addition in result.additions:
            key = Addition("", addition.name, addition.kind)
            code = self.first.setdefault(key, result.code)
            if code == result.code:
                told.append(tell(addition, self.run))
            else:
                see[code] = None
        return told, list(see)

    def text(self, result: RuleResult) -> str:
        """``; log x with: line; see VAL-10``: to stand behind why a rule could not look. May be empty."""
        told, see = self.of(result)
        parts = [one.text for one in told] + ([f"see {clean(', '.join(see))}"] if see else [])
        return "".join(f"; {part}" for part in parts)


def tell(addition: Addition, run: Run) -> Told:
    """One addition in words."""
    name, line, wanted = clean(addition.setting), clean(addition.line), _wanted(addition.wanted)
    to_log = f"for {wanted} log {name}" if addition.derived else f"log {name}"
    given = f"for {wanted}: " if addition.derived else ""
    match addition.kind:
        case AdditionKind.METRIC if not line:
            return Told(f"{to_log}, under any name with", f"--map TAG={name}")
        case AdditionKind.METRIC if line.startswith("("):
            return Told(f"for {name}: {_ASIDE.sub('', line)}")
        case AdditionKind.METRIC if line[:1].isupper():
            return Told(f"{to_log}: {line}")
        case AdditionKind.METRIC:
            return Told(f"{to_log} with", line, logs=True)
        case AdditionKind.SETTING:
            where = "in a configuration file beside the log or with"
            return Told(f"{given}if the run has {name}, say its value, {where}", f"--set {name}=VALUE")
        case AdditionKind.OPTION:
            return Told(f"say which {name} it is with", f"--{name} NAME")
        case AdditionKind.OFF:
            return Told(f"{given}{name} is off in this run, so there is nothing to see")
        case AdditionKind.NONE:
            return Told(f"{wanted} cannot be had from {_source(run)}")


def as_json(additions: Sequence[Addition], run: Run) -> list[dict[str, str]]:
    """As plain data: ``for`` which of ``missing``, what to ``add`` (``kind``), ``how`` in words, ``line``."""
    return [
        {
            "for": one.wanted,
            "add": "" if one.kind in (AdditionKind.OFF, AdditionKind.NONE) else one.name,
            "kind": one.kind.value,
            "how": tell(one, run).what,
            "line": tell(one, run).code,
        }
        for one in additions
    ]


def _wanted(names: str) -> str:
    return " or ".join(clean(name).removeprefix("config.") for name in names.split(" or "))


def _source(run: Run) -> str:
    """Whose log it is, as in a sentence."""
    if run.framework in ("", "generic"):
        return "a log of an unknown framework"
    return f"{words.framework(run)}'s {words.algorithm(run)}" if run.algorithm else words.framework(run)
