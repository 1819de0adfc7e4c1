"""Commands of typer that are built when they are called: a start pays for the options of one command only."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from rldoctor.commands.option_kinds import FLAG
from rldoctor.commands.options import OPTIONS, Declared, typed_name
from rldoctor.plain_data import dataclass

CommandLine = TypeVar("CommandLine", bound=Callable[..., None])
# Said by the list of all commands, which does not import those of the groups.
RULES_HELP = "List, show, begin, test, check, measure and document rules."
CONFIG_HELP = "The settings file: begin one, or print its JSON schema."
TASK_HELP = "What is known of an environment: show, list, or measure one of your own."
_HELP_FLAGS = ["-h", "--help"]
# What typer would otherwise do for each program: completion scripts, boxes, tracebacks in colour.
_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


@dataclass(frozen=True, slots=True)
class Takes:
    """Marks the parameter of a command that gets its options: ``Annotated[Options, Takes("config", "set")]``.

    ``names`` are fields of :class:`Options`; on the command line each is an option as declared there.
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        """The names of the fields."""
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command by what ``--help`` says of it, and how to build it."""

    help: str
    build: Callable[[], Any]


class QuickCommand(TyperCommand):
    """A command whose texts and flags are taken as typed."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters and ``--help``."""
        return [_as_typed(one) for one in super().get_params(ctx)]


class LazyGroup(TyperGroup):
    """A group that lists its commands without their parameters and builds the one that is called."""

    entries: dict[str, _Entry]

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters before the command, and ``--help``."""
        return [_as_typed(one) for one in super().get_params(ctx)]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names, with its parameters, and the words left for it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.entries[command.name or ""].build(), rest


class Program:
    """A group of commands in the making: ``command`` and ``group`` add to it, ``build`` makes it."""

    def __init__(self, name: str, help: str, epilog: str = "") -> None:
        """``help`` and ``epilog`` frame the list of commands."""
        self.name, self.help, self.epilog = name, help, epilog
        self.entries: dict[str, _Entry] = {}

    def command(self, name: str = "", **settings: Any) -> Callable[[CommandLine], CommandLine]:
        """Add a function as a command; ``settings`` are those of ``typer.Typer.command``."""

        def add(function: CommandLine) -> CommandLine:
            called = name or function.__name__
            self.entries[called] = _Entry(
                inspect.getdoc(function) or "", lambda: _command(called, function, settings)
            )
            return function

        return add

    def group(self, name: str, help: str, load: Callable[[], Program]) -> None:
        """Add a group of commands, imported by ``load`` when one of them is called."""
        self.entries[name] = _Entry(help, lambda: load().build())

    def build(self, callback: Callable[..., None] = lambda: None) -> Any:
        """The group; ``callback`` has the options that stand before the command."""
        app = typer.Typer(
            name=self.name,
            help=self.help,
            epilog=self.epilog or None,
            no_args_is_help=True,
            cls=LazyGroup,
            context_settings={"help_option_names": _HELP_FLAGS},
            **_PLAIN,
        )
        app.callback()(callback)
        group: Any = typer.main.get_command(app)
        group.entries = self.entries
        group.commands = {name: TyperCommand(name, help=one.help) for name, one in self.entries.items()}
        return group


def _command(name: str, function: Callable[..., None], settings: dict[str, Any]) -> Any:
    app = typer.Typer(**_PLAIN)
    app.command(name, **{"cls": QuickCommand, **settings})(_spread(function))
    return typer.main.get_command(app)


def _spread(function: Callable[..., None]) -> Callable[..., None]:
    """The function with each of its ``Options`` as parameters of their own, and made of what was typed."""
    own = inspect.signature(function, eval_str=True).parameters.values()
    taken = {one.name: found for one in own if (found := _taken(one.annotation)) is not None}
    parameters: list[inspect.Parameter] = []
    for one in own:
        if one.name in taken:
            parameters += [_parameter(typed_name(name), OPTIONS[name]) for name in taken[one.name].names]
        else:
            # By keyword, so that a parameter without a default may stand after the options.
            parameters.append(one.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    def called(**given: Any) -> None:
        from rldoctor.commands.settings import options

        made = {name: options(**_pop(given, takes)) for name, takes in taken.items()}
        function(**given, **made)

    called.__doc__ = function.__doc__
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _pop(given: dict[str, Any], takes: Takes) -> dict[str, Any]:
    return {name: given.pop(name) for name in map(typed_name, takes.names)}


def _taken(annotation: Any) -> Takes | None:
    return next((one for one in get_args(annotation) if isinstance(one, Takes)), None)


def _parameter(name: str, option: Declared) -> inspect.Parameter:
    """An option as typer wants it."""
    said = typer.Option(*option.flags, metavar=option.metavar or None, help=option.help)
    kind: Any = list[str] if option.kind.several else bool if option.kind is FLAG else str
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=kind(), annotation=Annotated[kind, said]
    )


class _AsTyped:
    """Takes texts and flags as they are; the validator that typer would build costs 0.1 s of pydantic."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value, or the values of a parameter that takes several."""
        if param.multiple or param.nargs == -1:
            return [] if value is None else list(value)
        return value


def _as_typed(parameter: Any) -> Any:
    """The parameter without its validator if it is a text or a flag. Older versions of typer have none."""
    described = getattr(parameter, "type_descriptor", None)
    if described is not None and described.annotation in (str, list[str], bool):
        parameter._runtime_param = _AsTyped()
    return parameter
