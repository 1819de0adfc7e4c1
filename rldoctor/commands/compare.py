"""``rldoctor compare``."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.commands.option_kinds import one_of
from rldoctor.commands.options import Options, existing_file
from rldoctor.commands.outputs import plan_outputs, write_reports
from rldoctor.commands.places import check_outputs, check_runs, named_inputs
from rldoctor.commands.problems import EXIT_FAILED, EXIT_FINDINGS, tell_drafts
from rldoctor.commands.reading import too_much_lost
from rldoctor.errors import UsageError
from rldoctor.model.comparison import Comparison, Verdict
from rldoctor.model.finding import Severity
from rldoctor.model.reading import Unread
from rldoctor.plain_data import dataclass

FAIL_ON = ("regression", "unclear", "critical", "error", "never")
_FAILS = {
    "regression": (Verdict.REGRESSION,),
    "unclear": (Verdict.REGRESSION, Verdict.UNCLEAR),
    "critical": (Verdict.REGRESSION,),
    "error": (Verdict.REGRESSION,),
    "never": (),
}
# With these a finding of that level, new in most runs of the candidate, fails as a regression does.
_LEVELS = {"critical": Severity.CRITICAL, "error": Severity.ERROR}


@dataclass(frozen=True, slots=True)
class GivenArm:
    """What the command line says of one arm."""

    path: str
    config: tuple[str, ...] = ()
    mean: float | None = None
    std: float | None = None

    def summary(self, name: str) -> tuple[float, float] | None:
        """Mean and standard deviation, or None; UsageError for only one of them or a negative spread."""
        if self.mean is None and self.std is None:
            return None
        if self.mean is None or self.std is None:
            raise UsageError(f"--{name}-mean and --{name}-std belong together", hint="give both")
        if not (abs(self.mean) < float("inf") and 0 <= self.std < float("inf")):
            raise UsageError(
                f"--{name}-mean {self.mean} --{name}-std {self.std}: expected a number and a spread >= 0"
            )
        return self.mean, self.std


def compare(
    base: GivenArm,
    candidate: GivenArm,
    options: Options,
    fail_on: str,
    reports: Sequence[tuple[str, str]] = (),
) -> int:
    """Compare and report; the exit code.

    0 no regression (or none that ``fail_on`` asks for); 1 a regression, or a new finding as bad as it
    says; 2 the comparison could not be made:
    nothing readable, different environments, or no outcome that both sides log (the rest is still printed).
    """
    from rldoctor import api
    from rldoctor.commands.derived import decided
    from rldoctor.commands.progress import reading
    from rldoctor.report import comparison as report

    outputs = plan_outputs(reports)
    for format, _ in outputs:
        report.check_format(format)
    limit = one_of(fail_on or "regression", FAIL_ON, "--fail-on")
    tell_drafts(options.rules_dirs)
    decided(options)
    targets = [target for _, target in outputs]
    configs = [("a configuration", name) for name in (*base.config, *candidate.config)]
    check_outputs(targets, [*named_inputs([base.path, candidate.path], options), *configs])
    with reading() as progress:
        found = api.compare(
            base.path,
            candidate.path,
            base_summary=base.summary("base"),
            candidate_summary=candidate.summary("candidate"),
            base_config=[existing_file(name) for name in base.config],
            candidate_config=[existing_file(name) for name in candidate.config],
            loading={**options.load_arguments(), "progress": progress},
            ruling=options.rule_arguments(),
        )
    check_runs(targets, [*found.base.runs, *found.candidate.runs])
    write_reports(outputs, lambda format, target: report.write(found, format, target))
    arms = (found.base, found.candidate)
    lost = Unread(tuple(text for arm in arms for text in arm.failures), options.strict)
    if too_much_lost([run for arm in arms for run in arm.runs], lost):
        return EXIT_FAILED
    return exit_code(found, limit)


def exit_code(found: Comparison, fail_on: str) -> int:
    """The exit code of a comparison; 2 when nothing could be compared, whatever ``fail_on`` says."""
    from rldoctor.comparison.findings_diff import new_findings

    if found.verdict is Verdict.UNKNOWN:
        return EXIT_FAILED
    level = _LEVELS.get(fail_on)
    fails = found.verdict in _FAILS[fail_on] or (level is not None and bool(new_findings(found, level)))
    return EXIT_FINDINGS if fails else 0
