"""``rldoctor.toml``, or ``[tool.rldoctor]`` of ``pyproject.toml``, in the current directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.commands import option_kinds as kinds
from rldoctor.commands.option_kinds import one_of, parse_share
from rldoctor.commands.options import BY_TYPED_NAME, FAIL_ON, OPTIONS, Options, PathOptions, key_of
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.files import read_text

if TYPE_CHECKING:
    from rldoctor.gate.waivers import Waiver
    from rldoctor.model.task import Task

OWN_FILE = "rldoctor.toml"
MAX_BYTES = 1 << 20
SHARED_FILE = "pyproject.toml"
KEYS = tuple(key_of(name) for name in OPTIONS)
PATH_KEYS = tuple(key_of(name) for name, one in OPTIONS.items() if one.per_path)
WAIVER_KEYS = ("code", "path", "reason", "expires")


def load_settings(directory: Path | None = None) -> Options:
    """The settings of a directory (default: the current one); empty options when there are none.

    Raises:
        UsageError: invalid TOML, an unknown key, or a value of the wrong type.
    """
    base = directory or Path()
    own, shared = base / OWN_FILE, base / SHARED_FILE
    if own.is_file():
        return _options(_read(own), OWN_FILE)
    if shared.is_file():
        table = _table(_read(shared), "tool", SHARED_FILE).get("rldoctor", {})
        return _options(table, f"{SHARED_FILE} [tool.rldoctor]")
    return Options()


def _read(path: Path) -> dict[str, Any]:
    import tomllib  # most directories have no settings file

    try:
        return tomllib.loads(read_text(path, MAX_BYTES))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path.name} is not valid TOML: {error}") from error
    except OSError as error:
        raise UsageError(f"cannot read {path.name}: {error.strerror}") from error


def _table(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{where}: '{key}' must be a table")
    return value


def _options(data: object, where: str) -> Options:
    if not isinstance(data, dict):
        raise UsageError(f"{where}: expected a table of settings")
    values: dict[str, Any] = {
        name.replace("-", "_"): _value(name, value, f"{where}: '{key}'")
        for name, key, value in _named(data, KEYS, where)
    }
    return Options(**values)


def _named(data: Mapping[str, Any], known: Sequence[str], where: str) -> list[tuple[str, str, Any]]:
    """Canonical name, key as written and value of each entry; UsageError for a key that is not known."""
    found = [(key.replace("_", "-"), key, value) for key, value in data.items()]
    for name, key, _ in found:
        if name not in known:
            raise UsageError(
                f"{where}: unknown key '{key}'{did_you_mean(name, known)}", hint=f"keys: {', '.join(known)}"
            )
    return found


def _value(name: str, value: object, where: str) -> object:
    return READERS[OPTIONS[name.replace("-", "_")].kind](value, where)


def _text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise UsageError(f"{where}: expected text, got {value!r}")


def _flag(value: object, where: str) -> bool:
    if isinstance(value, bool):
        return value
    raise UsageError(f"{where}: expected true or false, got {value!r}")


def _share(value: object, where: str) -> str:
    return str(value) if isinstance(value, int | float) else _text(value, where)


def _settings(value: object, where: str) -> tuple[str, ...]:
    return tuple(f"{key}={_plain(entry, where)}" for key, entry in _any_table(value, where).items())


def _thresholds(value: object, where: str) -> dict[str, dict[str, float]]:
    table = _any_table(value, where)
    return {str(code): _numbers(entry, f"{where}, {code}") for code, entry in table.items()}


def _waivers(value: object, where: str) -> tuple[Waiver, ...]:
    return tuple(_waiver(entry, at) for entry, at in _tables(value, where))


def _tasks(value: object, where: str) -> tuple[Task, ...]:
    from rldoctor.tasks.entry import tasks_from_settings

    return tasks_from_settings(_any_table(value, where), where.partition(":")[0])


def _per_path(value: object, where: str) -> tuple[PathOptions, ...]:
    return tuple(_path_options(entry, at) for entry, at in _tables(value, where))


def _tables(value: object, where: str) -> list[tuple[dict[str, Any], str]]:
    """The tables of an array, each with what to call it in a message (counted from 1)."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UsageError(f"{where}: expected an array of tables", hint="write it with double brackets")
    return [(entry, f"{where} {number}") for number, entry in enumerate(value, 1)]


def _required(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{where}: '{key}' is required, as text that is not empty")
    return value.strip()


def _waiver(entry: dict[str, Any], where: str) -> Waiver:
    from rldoctor.gate.waivers import Waiver

    _named(entry, WAIVER_KEYS, where)
    code, path, reason = (_required(entry, key, where) for key in ("code", "path", "reason"))
    return Waiver(code.upper(), path, reason, _day(entry.get("expires"), where))


def _day(value: object, where: str) -> date:
    """A TOML date, or a text of its form."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _plain_date(value)
    except ValueError:
        raise UsageError(
            f"{where}: 'expires' is required, as a date; got {value!r}",
            hint="the last day on which it holds: expires = 2027-03-31",
        ) from None


def _plain_date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise ValueError


def _path_options(entry: dict[str, Any], where: str) -> PathOptions:
    named = _named(entry, ("path", *PATH_KEYS), where)
    values = {name: _value(name, value, f"{where}: '{key}'") for name, key, value in named if name != "path"}
    if "fail-on" in values:
        one_of(str(values["fail-on"]), FAIL_ON, f"{where}: 'fail-on'")
    if "min-coverage" in values:
        parse_share(str(values["min-coverage"]), f"{where}: 'min-coverage'")
    options: dict[str, Any] = {name.replace("-", "_"): value for name, value in values.items()}
    return PathOptions(_required(entry, "path", where), Options(**options))


def _texts(value: object, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UsageError(f"{where}: expected a text or a list of texts, got {value!r}")
    return tuple(items)


def _any_table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a table, got {value!r}")
    return value


def _text_table(value: object, where: str) -> dict[str, str]:
    table = _any_table(value, where)
    for tag, metric in table.items():
        if not isinstance(metric, str):
            raise UsageError(
                f"{where}: '{tag}' must be the name of a metric", hint='write "my/tag" = "approx_kl"'
            )
    return table


def _numbers(value: object, where: str) -> dict[str, float]:
    table = _any_table(value, where)
    for name, number in table.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UsageError(f"{where}.{name}: expected a number, got {number!r}")
    return {name: float(number) for name, number in table.items()}


def _plain(value: object, where: str) -> str:
    """A setting as ``--set`` would take it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"{where}: settings are text, numbers or booleans, got {value!r}")


# One reader for each kind; which options there are stands in ``Options``.
READERS: Mapping[kinds.OptionKind, Callable[[Any, str], Any]] = {
    kinds.TEXT: _text,
    kinds.SHARE: _share,
    kinds.FLAG: _flag,
    kinds.TEXTS: _texts,
    kinds.NAMES: _texts,
    kinds.SETTINGS: _settings,
    kinds.METRICS: _text_table,
    kinds.THRESHOLDS: _thresholds,
    kinds.WAIVERS: _waivers,
    kinds.TASKS: _tasks,
    kinds.PER_PATH: _per_path,
}


def options(**typed: Any) -> Options:
    """What a command goes by: its options as typed, by :func:`typed_name`, over the settings file.

    Raises:
        UsageError: an option that cannot be read, or an invalid settings file.
    """
    named = {BY_TYPED_NAME[name]: value for name, value in typed.items()}
    values = {name: OPTIONS[name].kind.typed(value) for name, value in named.items()}
    return Options(**values).over(load_settings())


def keys_table() -> str:
    """The Markdown table of ``docs/settings.md``: every key, how it is written, and its option."""
    rows = ["| key | value | option | |", "|---|---|---|---|"]
    for name, one in OPTIONS.items():
        flags = ", ".join(f"`{flag}`" for flag in one.flags) or "none"
        help = one.help.replace("|", "\\|")
        rows.append(f"| `{key_of(name)}` | {one.kind.in_file} | {flags} | {help} |")
    return "\n".join(rows)
