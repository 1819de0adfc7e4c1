"""``rldoctor rules``: show and test."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.report.numbers import plural

if TYPE_CHECKING:
    from rldoctor.rulebook.schema import FixSpec, Rule


def show_rule(name: str, directories: Sequence[str]) -> int:
    """Everything about one rule; UsageError when there is none of that code or slug."""
    from rldoctor.report.terminal_parts import console

    rule = find_rule(name, rules_in_use(directories))
    out = console()
    for line in _described(rule):
        out.print(_wrapped(line, out.width), soft_wrap=True)
    return 0


def find_rule(name: str, found: Sequence[Rule]) -> Rule:
    """The rule of a code or slug, any case; UsageError when there is none."""
    known = {key: rule for rule in found for key in (rule.code, rule.slug)}
    rule = known.get(name.upper()) or known.get(name.lower())
    if rule is None:
        written = name.upper() if name[-1:].isdigit() else name.lower()
        guess = did_you_mean(written, list(known)) if "-" in name else ""
        raise UsageError(f"no rule is called '{name}'{guess}", hint="see: rldoctor rules list")
    return rule


def _wrapped(text: str, width: int) -> str:
    """Long lines continue below their own text, a step further in."""
    from textwrap import fill

    lines = []
    for line in text.splitlines() or [""]:
        indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
        lines.append(
            fill(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
        )
    return "\n".join(lines)


def test_rules(directory: str) -> int:
    """Run the tests beside the rules; 1 when a case does not hold."""
    from rldoctor.datafiles.packs import pack_directories
    from rldoctor.engine.policy import load_derived, load_policy, with_facts
    from rldoctor.engine.ruletest import run_tests
    from rldoctor.paths import builtin_rules_dir
    from rldoctor.rulebook.loader import load_pack

    path = pack_directory(directory)
    rules = load_pack([path])
    packs = pack_directories([path])
    policy = with_facts(load_policy(builtin_rules_dir()), packs[1:])
    reports = run_tests(rules, policy, load_derived(*packs))
    failed = [report for report in reports if report.problems]
    for report in failed:
        sys.stdout.write(f"FAILED {report.rule.code} {report.case.name}\n")
        sys.stdout.writelines(f"    {problem}\n" for problem in report.problems)
    sys.stdout.write(
        f"{plural(len(reports), 'case')} of {plural(len(rules), 'rule')}: {len(failed)} failed\n"
    )
    return 1 if failed else 0


def pack_directory(name: str) -> Path:
    """The directory of a pack, the built-in one when none is named; UsageError when it is not there."""
    from rldoctor.paths import builtin_rules_dir

    path = Path(name) if name else builtin_rules_dir()
    if not path.is_dir():
        raise UsageError(f"{path}: no such directory", hint="give a directory of rule files")
    return path


def rules_in_use(directories: Sequence[str]) -> Sequence[Rule]:
    """As :func:`pack`; where none is named with the packs of the settings file, as in ``analyze``."""
    from rldoctor.commands.settings import load_settings

    # A report names codes of those packs, and says how to ask about them.
    return pack(directories or load_settings().rules)


def pack(directories: Sequence[str]) -> Sequence[Rule]:
    """The built-in rules and those of further directories."""
    from rldoctor import api
    from rldoctor.commands.options import Options
    from rldoctor.commands.problems import tell_drafts

    found = Options(rules=tuple(directories)).rules_dirs
    tell_drafts(found)
    return api.rules(found)


def _described(rule: Rule) -> Iterator[str]:
    yield f"{rule.code} {rule.slug}  ({rule.severity.label}, {rule.status})"
    yield rule.failure_title
    if rule.measured is not None:
        yield rule.measured.sentence
    yield ""
    yield f"applies to   {', '.join(rule.applies_to.algorithms)}"
    if rule.applies_to.except_algorithms:
        yield f"except       {', '.join(rule.applies_to.except_algorithms)}"
    needs = [*rule.requires, *(" or ".join(group) for group in rule.requires_one_of), *rule.requires_config]
    yield f"needs        {', '.join(needs) or 'nothing in particular'}"
    if rule.optional or rule.config:
        yield f"uses         {', '.join([*rule.optional, *(f'config.{name}' for name in rule.config)])}"
    yield f"file         {rule.path}"
    yield from _condition(rule)
    yield from _thresholds(rule)
    yield from _causes(rule)
    yield from _bullets("when it is wrong", rule.false_positives)
    yield from _bullets("advice that is wrong", [f'"{one.read}" {one.but}' for one in rule.wrong_advice])
    yield from _bullets("references", [f"{ref.title} {ref.url}".strip() for ref in rule.references])


def _condition(rule: Rule) -> Iterator[str]:
    yield "\nfires when"
    yield f"  {rule.when.text}"
    for name, expression in rule.let.items():
        yield f"    {name} = {expression.text}"
    yield from _bullets("does not fire when", [f"{guard.says} [{guard.when.text}]" for guard in rule.unless])


def _thresholds(rule: Rule) -> Iterator[str]:
    if rule.thresholds:
        yield f"\nthresholds (change with --threshold {rule.code}.NAME=VALUE)"
    for one in rule.thresholds.values():
        unit = f" {one.unit}" if one.unit not in {"", "1"} else ""
        yield f"  {one.name} = {one.value:g}{unit}  [{one.low:g} to {one.high:g}]  {one.note}"


def _causes(rule: Rule) -> Iterator[str]:
    yield from _bullets("causes", [cause.says for cause in rule.causes])
    yield from _bullets("fixes", [_fix_text(fix) for fix in rule.fixes.values()])
    yield from _bullets("leads to", [f"{edge.code} {edge.says}".strip() for edge in rule.leads_to])


def _fix_text(fix: FixSpec) -> str:
    target = f"{fix.knob} -> {fix.to.text}" if fix.knob and fix.to is not None else fix.knob
    return "; ".join(part for part in (target, fix.text or fix.otherwise, fix.because) if part)


def _bullets(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"\n{title}"
        yield from (f"  - {item}" for item in items)
