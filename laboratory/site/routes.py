"""What would have to be logged or set for a quantity that rules need, as Markdown."""

from __future__ import annotations

from rldoctor.engine.policy import load_derived
from rldoctor.engine.what_to_log import LoggedSoFar, additions
from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.paths import builtin_rules_dir


def how(name: str, place: LoggedSoFar) -> str:
    """What to add so that ``name`` (``a or b``: either) is there."""
    found = additions((name,), place, load_derived(builtin_rules_dir()))
    return "; ".join(_line(one) for one in found)


def _line(addition: Addition) -> str:
    name = addition.setting
    match addition.kind:
        case AdditionKind.NONE:
            return "nothing to add: it cannot be had from this framework"
        case AdditionKind.OFF:
            return f"nothing to add: `{name}` is switched off"
        case AdditionKind.OPTION:
            return f"`--{name} NAME`"
        case AdditionKind.SETTING:
            return f"the setting: a configuration file beside the log, or `--set {name}=VALUE`"
        case AdditionKind.METRIC:
            return _metric(addition)


def _metric(addition: Addition) -> str:
    hint = addition.line or f"under any name, with `--map TAG={addition.name}`"
    shown = f"`{hint}`" if "(" in hint and "`" not in hint else hint
    shown = shown.replace("|", "\\|")
    return f"`{addition.name}`: {shown}" if addition.derived else shown
