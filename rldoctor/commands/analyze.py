"""``rldoctor analyze``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rldoctor.commands.options import FAIL_ON, Options, one_of, parse_share
from rldoctor.commands.outputs import Output, from_settings, plan_outputs
from rldoctor.commands.problems import EXIT_COVERAGE, EXIT_FAILED, EXIT_FINDINGS, tell_unexpected
from rldoctor.commands.progress import each_run
from rldoctor.commands.reading import read_all
from rldoctor.errors import RldoctorError
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.run import Run


def analyze(paths: Sequence[str], options: Options, reports: Sequence[tuple[str, str]] = ()) -> int:
    """Read, diagnose and report; the exit code.

    ``reports``: the ``-f`` and ``-o`` of the command line in order; without any, those of the settings.

    0 nothing at or above ``fail_on``; 1 findings at or above it; 2 a path without a readable run, or a run
    that could not be diagnosed; 3 coverage below ``min_coverage``.
    """
    outputs = plan_outputs(reports or from_settings(options.format, options.output))
    fail_on = one_of(options.fail_on or "error", FAIL_ON, "--fail-on")
    least = parse_share(options.min_coverage or "0", "--min-coverage")
    check_rules(options)
    loaded = read_all(paths, options)
    diagnoses, broken = _diagnose(loaded.runs, options)
    if diagnoses:
        _write(diagnoses, outputs)
    if loaded.unread or broken or not diagnoses:
        return EXIT_FAILED
    return gate(diagnoses, fail_on, least)


def check_rules(options: Options) -> None:
    """Fail before the long work when a rule file or a rule name is wrong."""
    from rldoctor import api

    api.rules(options.rules_dirs)


def _diagnose(runs: Sequence[Run], options: Options) -> tuple[list[Diagnosis], int]:
    """The diagnoses, and how many runs could not be diagnosed because of a defect of ours."""
    from rldoctor import api

    arguments = options.rule_arguments()
    found: list[Diagnosis] = []
    broken = 0
    for run in each_run(runs):
        try:
            found.append(api.diagnose(run, **arguments))
        except RldoctorError:
            raise
        except Exception as error:  # the other runs are still worth reporting
            tell_unexpected(error, f"diagnosing {run.path}")
            broken += 1
    return found, broken


def _write(diagnoses: Sequence[Diagnosis], outputs: Sequence[Output]) -> None:
    from rldoctor.report import write
    from rldoctor.report.registry import STDOUT

    for format, target in outputs:
        write(diagnoses, format, target)
        if target != STDOUT:
            sys.stderr.write(f"wrote {target}\n")


def gate(diagnoses: Sequence[Diagnosis], fail_on: str, least: float) -> int:
    """The exit code that the findings and the coverage ask for."""
    if fail_on != "never":
        limit = Severity.parse(fail_on)
        if any(d.worst is not None and d.worst >= limit for d in diagnoses):
            return EXIT_FINDINGS
    if any(d.coverage.share < least for d in diagnoses):
        return EXIT_COVERAGE
    return 0
