"""``rldoctor analyze`` where a path has several parts: judged apart, reported together."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rldoctor.commands import gate
from rldoctor.commands.how_many import HowMany
from rldoctor.commands.judging_part import JudgePart
from rldoctor.commands.many_parts import PathRuns
from rldoctor.commands.many_runs import ManyJudged, diagnoses_of, for_report, judge_many, streamed
from rldoctor.commands.outputs import Reports, write_reports, write_without_runs
from rldoctor.commands.places import check_runs
from rldoctor.commands.problems import EXIT_COVERAGE, EXIT_FAILED, EXIT_FINDINGS, tell
from rldoctor.commands.reading import strict_fails, tell_failures
from rldoctor.many.spool import Spool
from rldoctor.model.reading import Unread
from rldoctor.report.registry import STDOUT, write, write_many

EXIT_INTERRUPTED = 130


def analyze_many(asked: gate.Gate, plan: Sequence[PathRuns], wanted: Reports, how: HowMany) -> int:
    """Judge the runs of all parts and report; the exit code."""
    formats = tuple(dict.fromkeys(format for format, _ in wanted.outputs))
    alone = streamed(asked, formats)
    spool = Spool()
    try:
        work = JudgePart(asked, formats if alone else ())
        made = judge_many(plan, work, how, spool)
        return _reported(asked, made, wanted, spool, alone=alone)
    finally:
        spool.close()


def _reported(
    asked: gate.Gate,
    made: ManyJudged,
    wanted: Reports,
    spool: Spool,
    *,
    alone: bool,
) -> int:
    reading = Unread((*made.unread, *made.failures, *made.broken), asked.options.strict)
    # A report on the terminal says itself what could not be read.
    if ("terminal", STDOUT) not in wanted.outputs or not made.runs:
        tell_failures([*made.failures, *made.broken])
    check_runs([*(target for _, target in wanted.outputs), asked.write], [one.about for one in made.runs])
    code = 0
    if made.runs and alone:
        runs = for_report(made, reading, spool)
        write_reports(wanted.outputs, lambda format, target: write_many(runs, format, target))
        code = _alone_code(made)
    elif made.runs:
        code = _together(asked, made, reading, wanted, spool)
    else:
        write_without_runs(wanted.outputs, reading)
    return _code(asked, made, reading, code)


def _alone_code(made: ManyJudged) -> int:
    if any(one.about.fails for one in made.runs):
        return EXIT_FINDINGS
    return 0 if all(one.about.covered for one in made.runs) else EXIT_COVERAGE


def _together(
    asked: gate.Gate,
    made: ManyJudged,
    reading: Unread,
    wanted: Reports,
    spool: Spool,
) -> int:
    diagnoses = gate.judged(asked, diagnoses_of(made, spool))
    write_reports(
        wanted.outputs,
        lambda format, target: write(diagnoses, format, target, wanted.detail, reading),
    )
    if wanted.show:
        from rldoctor.commands.opened import open_pages

        open_pages(wanted.outputs)
    gate.tell_gate(asked, diagnoses)
    if not _failed(made):
        gate.write_baseline(asked, diagnoses)
    return gate.exit_code(diagnoses)


def _failed(made: ManyJudged) -> bool:
    return bool(made.interrupted or made.unread or made.broken or not made.runs)


def _code(asked: gate.Gate, made: ManyJudged, reading: Unread, code: int) -> int:
    lost = len(reading.failures) + sum(one.about.lost for one in made.runs)
    strict = strict_fails(lost if reading.strict else 0)
    if not (_failed(made) or strict):
        return code
    if asked.write:
        tell(f"{asked.write} was not written: not every run could be judged", label="warning")
    if made.interrupted:
        sys.stderr.write("interrupted: the reports hold the runs that were judged until then\n")
        return EXIT_INTERRUPTED
    return EXIT_FAILED
