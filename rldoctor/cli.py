"""The command line: parse, call, print, exit. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from rldoctor import __version__
from rldoctor.commands.options import Options, detail
from rldoctor.commands.problems import EXIT_FAILED, tell, tell_error, tell_unexpected
from rldoctor.commands.program import CONFIG_HELP, RULES_HELP, TASK_HELP, Program, QuickCommand, Takes
from rldoctor.commands.standard_streams import FULL, forgiving_streams, raise_lost, to_nowhere
from rldoctor.errors import RldoctorError

EPILOG = (
    "Exit codes: 0 no finding at or above --fail-on; 1 findings; 2 could not do the job; 3 coverage too low."
)


class InOrder(QuickCommand):
    """A command that remembers the order of its options: ``-o FILE`` belongs to the ``-f`` before it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the words before the parser sorts them by option."""
        from rldoctor.commands.outputs import in_order

        ctx.meta["reports"] = in_order(args)
        return super().parse_args(ctx, args)


program = Program(
    "rldoctor",
    "Reads a deep-RL training log and says what went wrong, since when, why, and what to change.",
    EPILOG,
)

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Run directory, tree of runs, file, .aim repository, glob, URL, or - (standard input).",
    ),
]
PathsOrNewest = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Run directory, tree of runs, file, .aim repository, glob, URL, or - (standard input). "
        "Without one: the newest run under runs, logs, outputs, wandb, mlruns, ray_results ...",
        show_default=False,
    ),
]
# How to read a log.
READING = ("config", "set", "map", "algorithm", "framework", "env")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rldoctor {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@program.command(cls=InOrder, epilog=EPILOG)
def analyze(
    context: typer.Context,
    options: Annotated[
        Options,
        Takes(
            "format",
            "output",
            *READING,
            "select",
            "ignore",
            "rules",
            "thresholds",
            "fail_on",
            "min_coverage",
            "reference",
            "baseline",
            "aggregate",
            "strict",
        ),
    ],
    paths: PathsOrNewest = [],  # noqa: B006 - typer copies it
    write_baseline: Annotated[
        str, typer.Option("--write-baseline", metavar="FILE", help="Write what is found now to such a file.")
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every rule, setting and note.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="One line per run.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Show the HTML report in the browser.")] = False,
    jobs: Annotated[
        str, typer.Option("--jobs", metavar="N", help="Processes for many runs (default: the cores).")
    ] = "",
    timeout: Annotated[
        str, typer.Option("--timeout-per-run", metavar="SECONDS", help="Leave out a run that takes longer.")
    ] = "",
    cache: Annotated[
        bool, typer.Option("--cache", help="Keep results; judge only what changed since.")
    ] = False,
    backend: Annotated[
        str, typer.Option("--backend", metavar="NAME", help="Of joblib: loky, dask or ray.")
    ] = "",
    address: Annotated[
        str, typer.Option("--address", metavar="URL", help="Of the Dask scheduler or Ray head.")
    ] = "",
) -> None:
    """Diagnose every run found under the paths."""
    from rldoctor.commands.analyze import analyze as command
    from rldoctor.commands.how_many import HowMany

    shown = detail(verbose=verbose, quiet=quiet)
    reports = context.meta["reports"]
    many = HowMany.typed(jobs, timeout, backend, address, cache=cache)
    raise typer.Exit(command(paths, options, reports, write_baseline, shown, many, show=show))


@program.command()
def inspect(
    paths: Paths,
    options: Annotated[Options, Takes(*READING, "rules", "strict")],
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal or json.")
    ] = "terminal",
) -> None:
    """Show what was read: runs, tags and their meaning, step axis, hyperparameters, every note."""
    from rldoctor.commands.inspect import inspect as command

    raise typer.Exit(command(paths, options, format))


@program.command(cls=InOrder, epilog="Exit codes: 0 no regression; 1 a regression; 2 could not compare.")
def compare(
    context: typer.Context,
    base: Annotated[str, typer.Argument(metavar="BASE", help="One run, or a directory or glob of seeds.")],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="The same for what was changed.")],
    options: Annotated[Options, Takes("format", "output", *READING, "rules", "strict")],
    base_config: Annotated[
        list[str], typer.Option("--base-config", metavar="FILE", help="Hyperparameters of the base only.")
    ] = [],  # noqa: B006 - typer copies it
    candidate_config: Annotated[
        list[str], typer.Option("--candidate-config", metavar="FILE", help="Of the candidate only.")
    ] = [],  # noqa: B006
    base_mean: Annotated[
        float | None, typer.Option("--base-mean", help="Outcome as a number; BASE may be a mere YAML file.")
    ] = None,
    base_std: Annotated[float | None, typer.Option("--base-std", help="Its standard deviation.")] = None,
    candidate_mean: Annotated[float | None, typer.Option("--candidate-mean", help="The same.")] = None,
    candidate_std: Annotated[float | None, typer.Option("--candidate-std", help="The same.")] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="VERDICT",
            help="regression, unclear, never; critical, error: a new finding, too [regression].",
        ),
    ] = "",
) -> None:
    """Say what changed between two runs or groups of seeds: effect, first departure, settings, findings."""
    from rldoctor.commands.compare import GivenArm
    from rldoctor.commands.compare import compare as command

    sides = (
        GivenArm(base, tuple(base_config), base_mean, base_std),
        GivenArm(candidate, tuple(candidate_config), candidate_mean, candidate_std),
    )
    raise typer.Exit(command(*sides, options, fail_on, context.meta["reports"]))


@program.command(
    epilog="Exit codes: 0 --once; 1 --exit-on was reached; 2 could not do the job; 130 ended by Ctrl-C."
)
def watch(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Run, tree, file, .aim repository or glob; may come later.")
    ],
    every: Annotated[float, typer.Option(metavar="SECONDS", help="Between two looks.")] = 60.0,
    warn_on: Annotated[
        str, typer.Option("--warn-on", metavar="SEVERITY", help="Least severity that is told [warning].")
    ] = "",
    exit_on: Annotated[
        str, typer.Option("--exit-on", metavar="SEVERITY", help="End with code 1 when one is this severe.")
    ] = "",
    webhook: Annotated[str, typer.Option(metavar="URL", help="Post every piece of news as JSON.")] = "",
    once: Annotated[bool, typer.Option("--once", help="One look, then end.")] = False,
    state: Annotated[str, typer.Option(metavar="FILE", help="Remember here what was told.")] = "",
    *,
    options: Annotated[Options, Takes(*READING, "select", "ignore", "rules", "reference")],
) -> None:
    """Diagnose a run while it trains, and speak of what is new, worse or gone."""
    from rldoctor.commands.watch import watch as command

    raise typer.Exit(
        command(
            path,
            options,
            every=every,
            warn_on=warn_on,
            exit_on=exit_on,
            webhook=webhook,
            once=once,
            state=state,
        )
    )


@program.command(cls=InOrder)
def demo(context: typer.Context, options: Annotated[Options, Takes("format", "output")]) -> None:
    """Diagnose a bundled run, to see what a report looks like."""
    from rldoctor.commands.demo import demo as command

    raise typer.Exit(command(context.meta["reports"]))


@program.command()
def index(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="What analyze wrote: -f parquet or -f jsonl.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The page; - is standard output.")
    ] = "index.html",
    details: Annotated[
        bool, typer.Option("--details", help="Also a page for each run, in a folder beside it.")
    ] = False,
) -> None:
    """Make the page of many runs from the table of their results."""
    from rldoctor.commands.index import index as command

    raise typer.Exit(command(table, output, details=details))


@program.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code or slug of a rule, e.g. POL-01.")],
    rules: Annotated[list[str], typer.Option("--rules", metavar="DIR", help="A further pack of rules.")] = [],  # noqa: B006
) -> None:
    """Say in words what a rule means, what it looks at, and how often it was wrong."""
    from rldoctor.commands.explain import explain as command

    raise typer.Exit(command(code, rules))


@program.command()
def skill() -> None:
    """Print a skill file that tells a coding agent how to use this program."""
    from rldoctor.commands.skill import skill as command

    raise typer.Exit(command())


@program.command()
def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print the completion script of a shell."""
    from rldoctor.commands.completion import completion as command

    raise typer.Exit(command(shell, program))


@program.command()
def doctor() -> None:
    """Say which versions and optional parts are installed."""
    from rldoctor.commands.doctor import doctor as command

    raise typer.Exit(command())


@program.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def reference(context: typer.Context) -> None:
    """Train a reference run with Stable-Baselines3 (needs the extra 'reference')."""
    from rldoctor.commands.reference import reference as command

    raise typer.Exit(command(list(context.args)))


@program.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def throughput(context: typer.Context) -> None:
    """Measure where more environments stop to pay (needs the extra 'reference')."""
    from rldoctor.commands.throughput import throughput as command

    raise typer.Exit(command(list(context.args)))


def _rules() -> Program:
    from rldoctor.cli_rules import rules_program

    return rules_program


def _tasks() -> Program:
    from rldoctor.cli_task import task_program

    return task_program


def _config() -> Program:
    from rldoctor.cli_config import config_program

    return config_program


program.group("rules", RULES_HELP, _rules)
program.group("config", CONFIG_HELP, _config)
program.group("task", TASK_HELP, _tasks)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; every error is told on standard error."""
    forgiving_streams()
    try:
        words = None if arguments is None else list(arguments)
        code = program.build(_top)(args=words, prog_name="rldoctor", standalone_mode=False)
        sys.stdout.flush()
        raise_lost()
    except RldoctorError as error:
        tell_error(error)
    except BrokenPipeError:
        return _closed_pipe()
    except SystemExit as end:
        # How the parser ends a program whose output nobody reads any more.
        if isinstance(end.__context__, BrokenPipeError):
            return _closed_pipe()
        raise
    except OSError as error:
        return _not_written(error)
    except (KeyboardInterrupt, typer.Abort):
        tell("interrupted")
        return 130
    except Exception as error:
        return _other(error)
    else:
        return code if isinstance(code, int) else 0
    return EXIT_FAILED


def _other(error: Exception) -> int:
    """A usage error of the parser (click has its own exceptions, wherever typer keeps them), or a defect."""
    message = getattr(error, "format_message", None)
    if message is None:
        tell_unexpected(error)
        return EXIT_FAILED
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{message()}\n")
        return EXIT_FAILED
    command = context.command_path if context is not None else "rldoctor"
    tell(message(), f"see: {command} --help")
    return EXIT_FAILED


def _not_written(error: OSError) -> int:
    """Standard output that takes nothing more is no defect of ours; any other error of the system is."""
    if error.errno not in FULL or error.filename is not None:
        return _other(error)
    tell(f"standard output cannot be written: {error.strerror}", "write to a file with -o FILE")
    to_nowhere()
    return EXIT_FAILED


def _closed_pipe() -> int:
    """The reader of our output went away (``| head``): stop quietly, as after SIGPIPE."""
    to_nowhere()
    return 141


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run())
