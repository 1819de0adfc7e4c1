"""The options of ``rldoctor config ...``."""

from __future__ import annotations

from typing import Annotated

import typer

from rldoctor.commands.program import CONFIG_HELP, Program

config_program = Program("config", CONFIG_HELP)


@config_program.command()
def init(
    schema: Annotated[
        bool, typer.Option("--schema", help="Also write the JSON schema, for completion in an editor.")
    ] = False,
    schema_url: Annotated[
        str, typer.Option("--schema-url", help="Name a schema that is served there instead.", metavar="URL")
    ] = "",
) -> None:
    """Write rldoctor.toml into the current directory: every key, explained, none of them set."""
    from rldoctor.commands.config import init as command

    raise typer.Exit(command(schema_url, with_schema=schema))


@config_program.command()
def schema(
    address: Annotated[
        str, typer.Option("--id", help="The address at which you serve it.", metavar="URL")
    ] = "",
) -> None:
    """Print the JSON schema of rldoctor.toml, for editors."""
    from rldoctor.commands.config import schema as command

    raise typer.Exit(command(address))
