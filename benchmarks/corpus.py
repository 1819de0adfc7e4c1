"""How the diagnosis fares on labelled real runs: ``python benchmarks/corpus.py [CORPUS] [--only TEXT]``.

The corpus is a folder with ``labels.json`` (a list of ``{id, dir, label, ...}``; ``label`` is ``healthy``,
``unclear`` or a list of problems) and one directory per entry. It is not part of this project; by default the
folder ``../shared/corpus`` beside the checkout is used. Prints one line per entry, then the false-alarm rate
over the runs labelled healthy, how many labelled problems raised anything, and the share of tags understood.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rldoctor.api import diagnose, load
from rldoctor.errors import RldoctorError
from rldoctor.model.finding import Diagnosis, Severity

# What a label of the corpus may be called by: one of these findings, or the verdict where none can be made.
BLIND = "not_enough_data"
MATCHES: dict[str, frozenset[str]] = {
    label: frozenset(codes.split())
    for label, codes in {
        "q_value_explosion": "VAL-07 VAL-08 VAL-09",
        "q_overestimation": "VAL-07 VAL-08 VAL-09",
        "actor_saturated_dead_gradient": "NUM-03 ENT-08",
        "return_collapse": "OUT-02 OUT-04",
        "return_collapse_late": "OUT-02 OUT-04",
        "stuck_at_floor": "OUT-10 OUT-02 OUT-03",
        "no_learning": "OUT-10 OUT-02",
        "no_learning_stuck_at_floor": "OUT-10 POL-01 VAL-08 ENT-02",
        "entropy_collapse": "ENT-02 POL-01",
        "entropy_drop": "ENT-02",
        "policy_frozen": "POL-01",
        "policy_frozen_random": "POL-01 POL-04 ENT-01 OUT-10",
        "explained_variance_zero": "VAL-02 POL-01",
        "value_loss_zero": "ENT-02 VAL-04 LOG-05",
        "success_zero": "OUT-05 REW-08 REW-09",
        "success_stall": "OUT-05 REW-08",
        "plateau": "OUT-03 OUT-10",
        "plateau_unstable": "OUT-03 OUT-02",
        "unstable": "REW-10 OUT-02 OUT-03 OUT-05 VAL-03",
        "std_growth_mild": "ENT-03",
        "no_episode_completes": "LOG-02",
        "too_short": f"{BLIND} LOG-02",
        "many_aborted_restarts": f"{BLIND} LOG-03",
        "odd_format": f"{BLIND} LOG-01",
    }.items()
}

DEFAULT = Path(__file__).resolve().parents[1] / ".." / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled entry and what was found in it."""

    entry: dict[str, Any]
    diagnoses: tuple[Diagnosis, ...]
    error: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the reader of the curves called it healthy."""
        return self.entry["label"] == "healthy"

    @property
    def alarm(self) -> bool:
        """Whether any of its runs has a root cause at error or above."""
        return any(root.severity >= Severity.ERROR for one in self.diagnoses for root in one.roots)

    @property
    def found(self) -> set[str]:
        """Every finding's code, and the verdict of runs that cannot be judged."""
        codes = {
            result.code for one in self.diagnoses for result in one.results if result.finding is not None
        }
        return codes | {one.verdict for one in self.diagnoses}

    @property
    def roots(self) -> set[str]:
        """Codes of the root causes, and the verdict of runs that cannot be judged."""
        codes = {root.finding.code for one in self.diagnoses for root in one.roots}
        return codes | {one.verdict for one in self.diagnoses}

    @property
    def wanted(self) -> set[str]:
        """Codes that any of its labels may be called by."""
        labels = self.entry["label"] if isinstance(self.entry["label"], list) else []
        return {code for label in labels for code in MATCHES[label]}

    @property
    def warned(self) -> bool:
        """Whether any of its runs has a root cause at warning or above."""
        return any(root.severity >= Severity.WARNING for one in self.diagnoses for root in one.roots)


def read_entry(corpus: Path, entry: dict[str, Any]) -> Line:
    """Diagnose the runs of one labelled entry."""
    try:
        runs = load(corpus / entry["dir"]).runs
    except RldoctorError as error:
        return Line(entry, (), str(error))
    wanted = entry.get("aim_run")
    chosen = [run for run in runs if not wanted or wanted[:8] in run.id]
    return Line(entry, tuple(diagnose(run) for run in chosen))


def describe(line: Line) -> str:
    """One printed line: mark, id, label, verdict of each run, roots with what they explain."""
    wrong = line.healthy and line.alarm
    missed = bool(line.wanted) and not line.wanted & line.found
    mark = "FALSE ALARM" if wrong else "missed" if missed else "ok"
    label = line.entry["label"]
    text = label if isinstance(label, str) else ",".join(label)
    verdicts = "; ".join(verdict(one) for one in line.diagnoses) or line.error
    return f"{mark:11s} {line.entry['id']:50s} [{text}]\n{'':12s}{verdicts}"


def verdict(diagnosis: Diagnosis) -> str:
    """Verdict, framework, algorithm, coverage and roots of one run in one line."""
    run, coverage = diagnosis.run, diagnosis.coverage
    roots = " ".join(
        f"{root.finding.code}({root.finding.severity.label}->{root.severity.label})"
        + (f"<-{'+'.join(one.code for one in root.explains)}" if root.explains else "")
        for root in diagnosis.roots
    )
    return (
        f"{diagnosis.verdict} {run.framework}/{run.algorithm or '?'} {coverage.ran}/{coverage.total} {roots}"
    )


def summary(lines: list[Line]) -> str:
    """The totals."""
    healthy = [line for line in lines if line.healthy]
    sick = [line for line in lines if isinstance(line.entry["label"], list)]
    alarms = sum(line.alarm for line in healthy)
    errors = [result for line in lines for one in line.diagnoses for result in one.results if result.error]
    return "\n".join(
        [
            f"entries {len(lines)}, runs {sum(len(line.diagnoses) for line in lines)}",
            f"healthy {len(healthy)}: {alarms} with an error or critical root cause "
            f"({alarms / max(len(healthy), 1):.1%})",
            f"healthy with a warning: {sum(line.warned for line in healthy) - alarms}",
            f"labelled problems {len(sick)}: error or critical {sum(line.alarm for line in sick)}, "
            f"warning or more {sum(line.warned for line in sick)}",
            f"  matching finding {sum(bool(line.wanted & line.found) for line in sick)}, "
            f"matching root cause {sum(bool(line.wanted & line.roots) for line in sick)}",
            f"entries not read: {sum(bool(line.error) for line in lines)}; rules that crashed: {len(errors)}",
            *sorted({f"  {result.code}: {result.error}" for result in errors}),
        ]
    )


def understood(lines: list[Line]) -> str:
    """Share of tags mapped or deliberately ignored, per framework."""
    counts: dict[str, list[int]] = {}
    for line in lines:
        for one in line.diagnoses:
            frame = one.run.metrics
            made = {part.name for part in one.derivations}
            logged = [series for name, series in frame.series.items() if name not in made]
            known = len({series.tag for series in [*logged, *frame.alternates]}) + len(frame.ignored)
            pair = counts.setdefault(one.run.framework, [0, 0])
            pair[0] += known
            pair[1] += known + len(frame.unmapped)
    rows = [f"  {name:20s} {known}/{total} tags explained" for name, (known, total) in sorted(counts.items())]
    return "\n".join(["tags:", *rows])


def main() -> int:
    """Print the table and the totals; exit code 1 when more than 5 % of the healthy runs raise an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--only", default="", help="entries whose id contains this text")
    options = parser.parse_args()
    labels = json.loads((options.corpus / "labels.json").read_text())
    lines = [read_entry(options.corpus, entry) for entry in labels if options.only in entry["id"]]
    print("\n".join(describe(line) for line in lines))
    print("\n" + summary(lines) + "\n" + understood(lines))
    healthy = [line for line in lines if line.healthy]
    return int(sum(line.alarm for line in healthy) > 0.05 * len(healthy))


if __name__ == "__main__":
    sys.exit(main())
