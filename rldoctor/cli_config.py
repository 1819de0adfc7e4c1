"""The options of ``rldoctor config ...``."""

from __future__ import annotations

import typer

from rldoctor.commands.program import CONFIG_HELP, Program

config_program = Program("config", CONFIG_HELP)


@config_program.command()
def init() -> None:
    """Write rldoctor.toml into the current directory: every key, explained, none of them set."""
    from rldoctor.commands.config import init as command

    raise typer.Exit(command())


@config_program.command()
def schema() -> None:
    """Print the JSON schema of rldoctor.toml, for editors."""
    from rldoctor.commands.config import schema as command

    raise typer.Exit(command())
