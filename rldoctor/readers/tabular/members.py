"""The well-known files of a run directory, read as one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSetting
from rldoctor.readers.tabular.contents import Contents, contents
from rldoctor.readers.tabular.continued import continued, later_parts
from rldoctor.readers.tabular.nameless import named_by_file
from rldoctor.readers.tabular.names import EVALUATIONS, GROUPS, SCALARS, is_json, is_monitor
from rldoctor.readers.tabular.order import in_order
from rldoctor.readers.tabular.restval import note_filled_zeros
from rldoctor.readers.tabular.table import Table, read_table

RLLIB = "result.json"
_RLLIB_CONFIG = "params.json"
# RLlib repeats its whole configuration in every line of ``result.json``; it is read once, as settings.
_NOT_METRICS = frozenset({"config"})


def read_members(directory: Path, names: Sequence[str]) -> RawRun:
    """One run (id ``""``) of everything in ``names``; what cannot be read is noted.

    ReadError when none of the files can be read.
    """
    run = RawRun("", directory, "table")
    errors: list[ReadError] = []
    for part in _parts(directory, names, errors):
        part.into(run)
    if not run.files:
        raise errors[0] if errors else ReadError(f"{directory}: no table to read")
    run.notes.extend(Note("unreadable-file", str(error), "warning", lost=True) for error in errors)
    run.format = _format(names)
    return run


def _parts(directory: Path, names: Sequence[str], errors: list[ReadError]) -> Iterator[Contents]:
    for group in GROUPS:
        yield from _first_readable(directory, [name for name in group if name in names], names, errors)
    yield from _companions(directory, names, errors)
    if SCALARS in names:
        from rldoctor.readers.tabular.scalars_dir import read_scalars_dir

        yield read_scalars_dir(directory / SCALARS)


def _companions(directory: Path, names: Sequence[str], errors: list[ReadError]) -> Iterator[Contents]:
    """Episodes and evaluations; one that cannot be read costs only itself."""
    monitors = [name for name in names if is_monitor(name)]
    # The reader of each kind where there is such a file: most directories have one kind of table.
    if monitors:
        from rldoctor.readers.tabular.monitor import read_monitors

        try:
            yield read_monitors(directory, monitors)
        except ReadError as error:
            errors.append(error)
    if EVALUATIONS in names:
        from rldoctor.readers.tabular.evaluations import read_evaluations

        try:
            yield read_evaluations(directory / EVALUATIONS)
        except ReadError as error:
            errors.append(error)


def _first_readable(
    directory: Path, names: Sequence[str], beside: Sequence[str], errors: list[ReadError]
) -> Iterator[Contents]:
    """The preferred of several files with the same rows; the next one when it cannot be read."""
    for position, name in enumerate(names):
        try:
            later = later_parts(name, beside)
            part = contents(
                continued(read_rows(directory / name), [read_rows(directory / one) for one in later])
            )
            part.files.extend(later)
        except ReadError as error:
            errors.append(error)
            continue
        spare = names[position + 1 :]
        if spare:
            part.notes.append(Note("same-rows", f"{', '.join(spare)}: same rows as {name}, not read"))
            # Not read, but files of this run all the same: fingerprints of frameworks look at their names.
            part.files.extend(spare)
        # ``params.json`` holds the same, and is read as any configuration file is.
        if name == RLLIB and not (directory / _RLLIB_CONFIG).is_file():
            part.settings.extend(_rllib_settings(directory / name))
        yield part
        return


def read_rows(path: Path) -> Table:
    """A table of any kind; ReadError when it holds rows but no number at all."""
    if is_json(path.name):
        from rldoctor.readers.tabular.jsonlines import read_json_lines

        # Ray's JSON logger writes a NaN as null; elsewhere null is a blank.
        rllib = path.name == RLLIB
        table = read_json_lines(path, null_is_nan=rllib, skip=_NOT_METRICS if rllib else frozenset())
    else:
        table = read_table(path)
        named_by_file(table)
        note_filled_zeros(table)
    table = in_order(table)
    if table.rows and not table.series and not any(part.numeric for part in table.columns):
        raise ReadError(f"{path}: no column of numbers", hint="Expected a table with at least one metric.")
    return table


def _rllib_settings(path: Path) -> list[RawSetting]:
    from rldoctor.readers.tabular.jsonlines import first_whole_object, flat

    line, entry = first_whole_object(path)
    config = entry.get("config")
    if not isinstance(config, dict):
        return []
    return [RawSetting(key.replace("/", "."), value, f"{path.name}:{line}") for key, value in flat(config)]


def _format(names: Sequence[str]) -> str:
    """``monitor`` when there is nothing but monitor files and evaluations, else ``json`` or ``csv``."""
    rows = [name for name in names if not is_monitor(name) and name != EVALUATIONS]
    if not rows:
        return "monitor" if any(map(is_monitor, names)) else "evaluations"
    return "json" if RLLIB in rows or all(is_json(name) for name in rows) else "csv"
