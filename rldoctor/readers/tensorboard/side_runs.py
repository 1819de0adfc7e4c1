"""Directories that a SummaryWriter creates beside a run: not runs, but parts of the one they lie in.

* ``add_hparams`` writes ``<run>/<unix time>/`` with the hyperparameters and one point per final metric.
* ``add_scalars(main, {key: value})`` writes one directory per key, all with the tag ``main``: torch
  ``<run>/<main with / as _>_<key>/``, tensorboardX ``<run>/<main>/<key>/``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rldoctor.model.raw import Note, RawRun
from rldoctor.patterns import pattern
from rldoctor.plain_data import replace

_UNIX_TIME = pattern(r"^\d{9,11}(\.\d+)?$")
_FORMAT = "tensorboard"
_BURST_SECONDS = 10.0
"""``add_hparams`` writes everything at once; a named directory whose points span more is a run."""

Hosts = Mapping[Path, Sequence[RawRun]]


def attach_side_runs(runs: Sequence[RawRun]) -> list[RawRun]:
    """The runs without those that are side directories; these became part of the run they lie in.

    ``runs`` may be of any format; only TensorBoard runs are attached, to runs with event files. A host gets
    the settings, and the series with a context: ``{"hparams": directory}`` or ``{"series": key}``.
    """
    hosts: dict[Path, list[RawRun]] = {}
    for run in runs:
        if run.format.startswith(_FORMAT):
            hosts.setdefault(run.path, []).append(run)
    kept: set[int] = set()  # ids: runs may be equal, and a search among 500 of them for each is slow
    # Parents first: what is attached must not become a host, and a host's own series are not touched.
    for run in sorted(runs, key=lambda run: len(run.path.parts)):
        home = _home(run, hosts) if run.format == _FORMAT else None
        if home is None:
            kept.add(id(run))
        else:
            directory, context = home
            _attach(_host(run, hosts[directory]), run, context)
            hosts[run.path].remove(run)
    return [run for run in runs if id(run) in kept]


def _home(run: RawRun, hosts: Hosts) -> tuple[Path, dict[str, str]] | None:
    """The directory of the run this one belongs to, and the context of its series there; None for a run."""
    parent = run.path.parent
    if _is_hparams(run) and hosts.get(parent):
        return parent, {"hparams": run.path.name}
    tags = run.tags()
    if len(tags) != 1:
        return None
    (tag,) = tags
    # torch puts the key behind the tag, with every ``/`` replaced.
    prefix = tag.replace("/", "_") + "_"
    if run.path.name.startswith(prefix) and hosts.get(parent):
        return parent, {"series": run.path.name.removeprefix(prefix)}
    # tensorboardX makes a folder for each part of the tag, so the host is as many levels further up.
    levels = tag.count("/") + 1
    if parent.as_posix().endswith("/" + tag) and hosts.get(run.path.parents[levels]):
        return run.path.parents[levels], {"series": run.path.name}
    return None


def _is_hparams(run: RawRun) -> bool:
    """Hyperparameters and at most one point per series, written at once."""
    if not any(setting.source == "events:hparams" for setting in run.settings):
        return False
    if any(series.steps.size > 1 for series in run.series):
        return False
    walls = [float(series.wall[0]) for series in run.series if series.wall is not None and series.wall.size]
    burst = not walls or max(walls) - min(walls) <= _BURST_SECONDS
    return burst and (_UNIX_TIME.match(run.path.name) is not None or bool(walls))


def _host(run: RawRun, candidates: Sequence[RawRun]) -> RawRun:
    """Of several runs in the directory, the last that began before this one."""
    start = _first_wall(run)
    before = [other for other in candidates if _first_wall(other) <= start]
    return max(before, key=_first_wall) if before else candidates[0]


def _first_wall(run: RawRun) -> float:
    walls = [float(series.wall[0]) for series in run.series if series.wall is not None and series.wall.size]
    return min(walls, default=float("-inf"))


def _attach(host: RawRun, run: RawRun, context: dict[str, str]) -> None:
    """Make ``run`` part of ``host``. A setting that the host already has is kept; a difference is noted."""
    where = run.path.relative_to(host.path).as_posix()
    own = {setting.key: setting for setting in host.settings}
    for setting in run.settings:
        known = own.get(setting.key)
        if known is None:
            host.settings.append(setting)
        elif known.value != setting.value:
            text = f"{setting.key}: {known.value!r} ({known.source}), but {setting.value!r} in {where}"
            host.notes.append(Note("setting-differs", text))
    host.series += [
        replace(series, context={**series.context, **context}, source=f"{where}/{series.source}")
        for series in run.series
    ]
    host.files += [f"{where}/{name}" for name in run.files]
    host.notes += [note for note in run.notes if note.code != "no-scalars"]
    what = "hyperparameters" if "hparams" in context else f"series {context['series']!r}"
    host.notes.append(Note("side-directory", f"{where}: {what} written by the same SummaryWriter"))
    if run.series:
        host.notes = [note for note in host.notes if note.code != "no-scalars"]
