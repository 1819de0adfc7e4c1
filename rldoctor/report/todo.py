"""What to do about a diagnosis: one change first, and what to try if that did not help."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.model.finding import Diagnosis, Finding, Prescription, Root, Severity
from rldoctor.plain_data import dataclass
from rldoctor.report.clean import clean

# Under these verdicts nothing is wrong: what was found are remarks.
CALM = {"healthy", "info"}


@dataclass(frozen=True, slots=True)
class Fix:
    """One entry of the list: the prescription, the root it belongs to, and the finding that it is of."""

    root: Root
    prescription: Prescription
    finding: Finding

    @property
    def change(self) -> str:
        """``learning_rate: 0.0003 -> 0.0001``, or an empty string when there is no number to set."""
        fix = self.prescription
        if not (fix.key and fix.to):
            return ""
        default = " (default)" if fix.assumed else ""
        before = f"{clean(fix.now)}{default} -> " if fix.now else ""
        return f"{clean(fix.key)}: {before}{clean(fix.to)}"

    @property
    def sentence(self) -> str:
        """The full sentence, or an empty string when ``change`` already says the same."""
        text = clean(self.prescription.text)
        generated = f"Set {clean(self.prescription.key)} to "
        return "" if self.change and text.startswith(generated) else text

    @property
    def cause(self) -> str:
        """The cause it answers, in words; empty where it answers the finding as a whole."""
        found = (one.text for one in self.finding.causes if one.id == self.prescription.cause)
        return clean(next(found, ""))


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What to try instead, for one cause. ``heading``: that cause, or the finding."""

    heading: str
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True)
class Todo:
    """``first``: the change for the first root; ``otherwise``: in order, what to try if it did not help."""

    first: Fix | None = None
    otherwise: tuple[Alternatives, ...] = ()

    @property
    def all(self) -> tuple[Fix, ...]:
        """Every fix in its order."""
        rest = (fix for group in self.otherwise for fix in group.fixes)
        return () if self.first is None else (self.first, *rest)


def todo(diagnosis: Diagnosis) -> Todo:
    """The list of a diagnosis: no change twice, one number for a key, no guess where something is wrong."""
    calm = diagnosis.verdict in CALM
    found = list(_distinct(fix for root in diagnosis.roots for fix in _of(root, calm=calm)))
    if not found:
        return Todo()
    # What nothing decides about comes after what the numbers say, within the first root.
    own = [fix for fix in found if fix.root is found[0].root]
    first = next((fix for fix in own if fix.prescription.sure), own[0])
    return Todo(first, _grouped(fix for fix in found if fix is not first))


def _of(root: Root, *, calm: bool) -> Iterator[Fix]:
    """The fixes of a root; of what it explains, where it is a guess itself or has none."""
    for finding in (root.finding, *root.explains):
        if finding.prescriptions and (calm or not _guess(finding)):
            yield from (Fix(root, one, finding) for one in finding.prescriptions)
            return


def _guess(finding: Finding) -> bool:
    """A note that was never more: one that was lowered because the run learns all the same is none."""
    return finding.severity is Severity.INFO and not finding.capped


def _distinct(fixes: Iterator[Fix]) -> Iterator[Fix]:
    """Without the same action again: the same key, the same words, or the same fix of another rule."""
    seen: set[str] = set()
    for fix in fixes:
        one = fix.prescription
        marks = {one.key} if one.key and one.to else {one.id, one.text}
        if not marks & seen:
            yield fix
        seen |= marks


def _grouped(fixes: Iterator[Fix]) -> tuple[Alternatives, ...]:
    groups: dict[tuple[str, str], list[Fix]] = {}
    for fix in fixes:
        groups.setdefault((fix.finding.code, fix.prescription.cause), []).append(fix)
    return tuple(Alternatives(_heading(fixes), tuple(fixes)) for fixes in groups.values())


def _heading(fixes: list[Fix]) -> str:
    return fixes[0].cause or f"{clean(fixes[0].finding.title)}."
