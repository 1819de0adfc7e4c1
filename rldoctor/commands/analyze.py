"""``rldoctor analyze``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rldoctor.commands.how_many import HowMany, several
from rldoctor.commands.options import Options
from rldoctor.commands.outputs import Reports, from_settings, plan_outputs, write_reports, write_without_runs
from rldoctor.commands.places import check_outputs, check_runs, named_inputs
from rldoctor.commands.problems import EXIT_FAILED, tell, tell_unexpected
from rldoctor.commands.progress import each_run
from rldoctor.commands.reading import read_all, tell_failures, too_much_lost
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.model.finding import Diagnosis
from rldoctor.model.run import Run
from rldoctor.report.registry import STDOUT, check_written


def analyze(
    paths: Sequence[str],
    options: Options,
    reports: Sequence[tuple[str, str]] = (),
    write_baseline: str = "",
    detail: int = 0,
    many: HowMany | None = None,
    *,
    show: bool = False,
) -> int:
    """Read, diagnose and report; the exit code.

    Without ``paths`` the newest run under the usual folders is looked at. ``reports``: the ``-f`` and ``-o``
    of the command line in order; without any, those of the settings. ``write_baseline``: a file for what is
    found, which then counts as known. ``detail``: 1 more, -1 less of the terminal report. ``many``: how more
    than one run is judged.

    0 nothing at or above ``fail_on``; 1 findings at or above it; 2 a path without a readable run, a run that
    could not be diagnosed, or with ``strict`` anything that could not be read; 3 coverage below
    ``min_coverage``.
    """
    from rldoctor.commands import gate

    many = many or HowMany()
    outputs = plan_outputs(reports or from_settings(options.format, options.output))
    targets = [target for _, target in outputs]
    for output in outputs:
        check_written(*output)
    check_outputs([*targets, write_baseline], named_inputs(paths, options))
    check_outputs(targets, [("the baseline", options.baseline)] if options.baseline else [])
    if show:
        from rldoctor.commands import opened

        outputs = opened.with_page(outputs)
    # Fails before the long work when a rule file, the name of a rule or the baseline is wrong.
    asked = gate.prepare(options, write_baseline)
    paths = paths or [newest()]
    if several(paths, many):
        from rldoctor.commands.many_parts import planned

        plan = planned(paths)
        if many.limit or many.cache or sum(len(one.parts) for one in plan) > 1:
            from rldoctor.commands.analyze_many import analyze_many

            return analyze_many(asked, plan, Reports(outputs, detail, show), many)
    # A report on the terminal says itself what could not be read.
    loaded = read_all(paths, options, told_later=("terminal", STDOUT) in outputs)
    check_runs([*targets, write_baseline], loaded.runs)
    found, broken = _diagnose(loaded.runs, options)
    diagnoses = gate.judged(asked, found)
    reading = loaded.reading(*broken, strict=options.strict)
    if not diagnoses:
        tell_failures(loaded.failures)
        write_without_runs(outputs, reading)
    else:
        from rldoctor.report import write

        write_reports(outputs, lambda format, target: write(diagnoses, format, target, detail, reading))
        if show:
            opened.open_pages(outputs)
        gate.tell_gate(asked, diagnoses)
    if too_much_lost(loaded.runs, reading) or loaded.unread or broken or not diagnoses:
        if write_baseline:
            tell(f"{write_baseline} was not written: not every run could be judged", label="warning")
        return EXIT_FAILED
    gate.write_baseline(asked, diagnoses)
    return gate.exit_code(diagnoses)


def newest() -> str:
    """The newest run below the usual folders, told on standard error. UsageError where there is none."""
    from rldoctor.readers.newest import USUAL, newest_run

    here = Path.cwd()
    run = newest_run(here)
    if run is None:
        text = f"no path given, and no run under {', '.join(USUAL)} in {here} or under ~/ray_results"
        raise UsageError(text, hint="Say where the log is: rldoctor analyze PATH")
    shown = run.relative_to(here) if run.is_relative_to(here) else run
    sys.stderr.write(f"no path given: the newest run is {shown}\n")
    return str(shown)


def check_rules(options: Options) -> None:
    """Fail before the long work when a rule file or the name of a task is wrong."""
    from rldoctor import api
    from rldoctor.commands.derived import decided
    from rldoctor.commands.problems import tell_drafts

    api.rules(options.rules_dirs)
    decided(options)
    tell_drafts(options.rules_dirs)


def _diagnose(runs: Sequence[Run], options: Options) -> tuple[list[Diagnosis], list[str]]:
    """The diagnoses, and a line for each run that could not be diagnosed because of a defect of ours."""
    from rldoctor import api

    found: list[Diagnosis] = []
    broken: list[str] = []
    for run in each_run(_with_twins(runs) if len(runs) > 1 else runs):
        try:
            found.append(api.diagnose(run, **options.for_run(run).rule_arguments()))
        except RldoctorError:
            raise
        except Exception as error:  # the other runs are still worth reporting
            tell_unexpected(error, f"diagnosing {run.path}")
            broken.append(f"{run.path}: could not be diagnosed: {type(error).__name__}")
    return found, broken


def _with_twins(runs: Sequence[Run]) -> Sequence[Run]:
    from rldoctor import api

    try:
        return api.with_twins(runs)
    except RldoctorError:
        raise
    except Exception as error:  # each run can be judged without the others
        tell_unexpected(error, "looking for runs that are twins")
        return runs
