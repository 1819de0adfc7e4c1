"""The options of ``rldoctor task ...``."""

from __future__ import annotations

from typing import Annotated

import typer

from rldoctor.commands.program import TASK_HELP, Program

task_program = Program("task", TASK_HELP)

Format = Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal or json.")]


@task_program.command("show")
def task_show(
    env: Annotated[str, typer.Argument(metavar="ENV", help="Id, e.g. HalfCheetah-v4 or cheetah_run.")],
    format: Format = "terminal",
) -> None:
    """Spaces, time limit, reward, scores of simple policies and of published runs, with sources."""
    from rldoctor.commands.task import show_task

    raise typer.Exit(show_task(env, format))


@task_program.command("list")
def task_list(
    pattern: Annotated[
        str, typer.Argument(metavar="[PATTERN]", help="Only ids that hold this text, or fit it: 'Ant*'.")
    ] = "",
    format: Format = "terminal",
) -> None:
    """Every task that is known, your own settings' included."""
    from rldoctor.commands.task import list_tasks

    raise typer.Exit(list_tasks(pattern, format))


@task_program.command("measure")
def task_measure(
    env: Annotated[
        str,
        typer.Argument(
            metavar="ENV", help="CartPole-v1, my_package:MyEnv-v0 or my.module:make_env. Its code is run."
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Add the entry to this rldoctor.toml.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an entry of that name.")] = False,
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Name of the entry [the id].")] = "",
    episodes: Annotated[int, typer.Option("--episodes", metavar="N", min=1, help="For each policy.")] = 20,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the first episode.")] = 0,
    idle: Annotated[
        int | None, typer.Option("--idle", metavar="ACTION", help="The discrete action that does nothing.")
    ] = None,
    max_steps: Annotated[
        int, typer.Option("--max-steps", metavar="N", min=1, help="Where it has no time limit of its own.")
    ] = 30_000,
) -> None:
    """Play the random and the do-nothing policy, and print the entry for rldoctor.toml."""
    from rldoctor.commands.task_measure import Request, measure_task

    request = Request(env, output, force, name, episodes, seed, idle, max_steps)
    raise typer.Exit(measure_task(request))
