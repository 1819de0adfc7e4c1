"""The options of ``rldoctor rules ...``."""

from __future__ import annotations

from typing import Annotated

import typer

from rldoctor.commands.options import OPTIONS
from rldoctor.commands.program import RULES_HELP, Program

rules_program = Program("rules", RULES_HELP)

# Where none is named `list` and `show` use the packs of the settings file; `docs` writes what is named only.
Rules = Annotated[
    list[str],
    typer.Option(*OPTIONS["rules"].flags, metavar=OPTIONS["rules"].metavar, help=OPTIONS["rules"].help),
]


@rules_program.command("list")
def rules_list(
    rules: Rules = [],  # noqa: B006
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal or json.")
    ] = "terminal",
) -> None:
    """What every rule finds, by area."""
    from rldoctor.commands.rules_list import list_rules

    raise typer.Exit(list_rules(rules, format))


@rules_program.command("show")
def rules_show(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code or slug, e.g. POL-01.")],
    rules: Rules = [],  # noqa: B006
) -> None:
    """Everything about one rule: condition, thresholds, causes, fixes, sources."""
    from rldoctor.commands.rules import show_rule

    raise typer.Exit(show_rule(code, rules))


@rules_program.command("test")
def rules_test(
    directory: Annotated[
        str, typer.Argument(metavar="[DIR]", help="Rules to test (default: the built-in ones).")
    ] = "",
) -> None:
    """Run the tests beside the rules."""
    from rldoctor.commands.rules import test_rules

    raise typer.Exit(test_rules(directory))


@rules_program.command("lint")
def rules_lint(
    directory: Annotated[
        str, typer.Argument(metavar="[DIR]", help="Rules to check (default: the built-in ones).")
    ] = "",
) -> None:
    """Check every file of a pack: rules, tests, lists, vocabulary; each problem with its place."""
    from rldoctor.commands.rules_lint import lint_rules

    raise typer.Exit(lint_rules(directory))


@rules_program.command("new")
def rules_new(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the new rule, e.g. MY-01.")],
    into: Annotated[
        str, typer.Option("--into", metavar="DIR", help="The rule pack to write into [my-rules].")
    ] = "",
    slug: Annotated[str, typer.Option("--slug", metavar="NAME", help="its-name, also the file's.")] = "",
    area: Annotated[str, typer.Option("--area", metavar="NAME", help="Folder inside the pack.")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="How it reads when it fires.")] = "",
    builtin: Annotated[
        bool, typer.Option("--builtin", help="Write into the built-in pack of this clone.")
    ] = False,
) -> None:
    """Begin a rule: its file and its tests, every field explained, with what is left to write."""
    from rldoctor.commands.rules_new import new_rule

    raise typer.Exit(new_rule(code, into, slug=slug, area=area, title=title, builtin=builtin))


@rules_program.command("docs")
def rules_docs(
    into: Annotated[str, typer.Option("--into", metavar="DIR", help="Directory of the pages.")],
    rules: Rules = [],  # noqa: B006
) -> None:
    """Write a Markdown page for every rule, and an index."""
    from rldoctor.commands.rules_docs import write_docs

    raise typer.Exit(write_docs(into, rules))


@rules_program.command(
    "validate", epilog="Exit codes: 0 done; 1 --check found a problem; 2 could not do the job."
)
def rules_validate(
    runs: Annotated[
        str,
        typer.Option(
            "--runs", metavar="DIR", help="Labelled runs (default: this checkout's reference_runs)."
        ),
    ] = "",
    record: Annotated[
        str,
        typer.Option("--json", metavar="FILE", help="Where the figures go (default: into reference_runs)."),
    ] = "",
    into: Annotated[
        str, typer.Option("--into", metavar="FILE", help="Where the page goes (default: docs/validation.md).")
    ] = "",
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; 1 when a committed figure is worse or out of date."),
    ] = False,
    table: Annotated[
        bool, typer.Option("--table", help="Write nothing; show for every run what was expected and found.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=0, help="Processes (0: by itself).")] = 0,
) -> None:
    """Measure the rules on runs with known faults: recall, false alarms, first root cause, onset."""
    from rldoctor.commands.rules_validate import validate

    raise typer.Exit(validate(runs, record, into, check=check, table=table, jobs=jobs))
