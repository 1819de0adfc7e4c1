"""``understand``: from a raw run to a run in canonical names, units and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rldoctor.datafiles.canonical import canonical
from rldoctor.datafiles.packs import Packs
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import RawRun, RawSeries, RawSetting
from rldoctor.model.run import Run
from rldoctor.vocabulary.algorithm import (
    algorithm_names,
    algorithm_of,
    believed,
    canonical_algorithm,
    detect_algorithm,
    environment,
    in_table,
    seed,
)
from rldoctor.vocabulary.assemble import Assembled, assemble, with_units
from rldoctor.vocabulary.axis import LOGGED, axis_note, build_axes, find_own_axes
from rldoctor.vocabulary.conservation import conserved
from rldoctor.vocabulary.knobs import Resolved, resolve_settings, with_logged
from rldoctor.vocabulary.naming import Mapped, Named, check_tag_map, name_series, renamed
from rldoctor.vocabulary.prefix import recognised
from rldoctor.vocabulary.run_notes import oddities
from rldoctor.vocabulary.step_metric import with_step_metric
from rldoctor.vocabulary.tables import (
    GENERIC,
    AxisRule,
    FrameworkTable,
    check_framework,
    load_table,
    logged,
)
from rldoctor.vocabulary.tables import choose as choose_row

_NO_MAP: Mapping[str, str] = {}


def understand(
    raw: RawRun,
    *,
    algorithm: str | None = None,
    framework: str | None = None,
    tag_map: Mapping[str, str] = _NO_MAP,
    overrides: Sequence[RawSetting] = (),
    packs: Packs = (),
) -> Run:
    """What a raw run says, in canonical metrics, knobs, units and environment steps.

    ``algorithm`` and ``framework`` overrule detection, ``tag_map`` names the metric of a tag, ``overrides``
    are configuration values of the user's own (framework keys, or canonical knobs in canonical units).
    Nothing is dropped: what is not understood is in ``metrics.unmapped`` and ``config.unmapped``,
    bookkeeping in ``metrics.ignored``, everything odd in ``notes``. ``packs``: vocabulary folders that add to
    the built-in one. UsageError for an unknown algorithm, framework, metric or key, RuleError for a wrong
    file of a vocabulary.
    """
    # The order is one of dependence: the framework names the tags, the tags tell the algorithm, both read the
    # knobs, the knobs convert the axis; hyperparameters that are themselves logged need the finished series.
    check_tag_map(tag_map, packs)
    logged_as = raw.series
    raw, found = (raw, check_framework(framework, packs)) if framework else recognised(raw, packs)
    table = load_table(found, packs)
    series = [renamed(one, table) for one in raw.series]
    known = _known_as(tag_map, logged_as, series)
    name, named = _named(raw, series, table, algorithm, known, overrides)
    resolved = resolve_settings(raw.settings, table, name, overrides)
    rule = _axis_rule(table, name, raw)
    mapped = find_own_axes(with_units(named.mapped, rule.unit, rule.offset, table.name != GENERIC))
    kept = conserved(mapped, resolved.config, name)
    mapped = kept.mapped
    named.ignored.extend(kept.ignored)
    axes = build_axes(mapped, resolved.config)
    units = canonical(packs).units
    frame = assemble(mapped, axes, resolved.config, name, series, raw.notes, units)
    resolved.config = with_logged(resolved.config, frame.series, table, name)
    note = axis_note(axes, frame.main, frame.unit, {rule.unit: rule.note})
    named.notes.extend(kept.notes)
    return _run(raw, table, name, named, resolved, frame, note)


def _known_as(
    tag_map: Mapping[str, str], logged_as: Sequence[RawSeries], series: Sequence[RawSeries]
) -> Mapping[str, str]:
    """The user's map also under the tags our table uses (without ``ray/tune/``, with Aim's context)."""
    # Sorted: where two logged tags become one, the same of the user's entries wins in every run.
    pairs = {(old.tag, new.tag) for old, new in zip(logged_as, series, strict=True)}
    known = {new: tag_map[old] for old, new in sorted(pairs) if old in tag_map}
    # A tag that is there under another name only is not one that is missing.
    here = {old for old, _ in pairs}
    return {**{tag: metric for tag, metric in tag_map.items() if tag not in here}, **known}


def _named(
    raw: RawRun,
    series: Sequence[RawSeries],
    table: FrameworkTable,
    algorithm: str | None,
    tag_map: Mapping[str, str],
    overrides: Sequence[RawSetting],
) -> tuple[str, Named]:
    """The algorithm and the meaning of every series; named again when only the metrics tell the family."""
    if algorithm:
        name = _check_algorithm(algorithm)
        name = in_table(name, table) or name
    else:
        seen = RawRun(raw.id, raw.path, raw.format, settings=[*overrides, *raw.settings])
        name = detect_algorithm(seen, table, {one.tag for one in series})
    named = with_step_metric(name_series(series, table, name, tag_map), raw.notes, name)
    metrics = {one.metric for one in named.mapped}
    if name and (algorithm or believed(name, table, metrics)):
        return name, named
    # Rows of a table and guesses may hang on the algorithm, which here only the metrics gave away: once more.
    kin = algorithm_of(metrics)
    if not kin:
        return kin, named
    return kin, with_step_metric(name_series(series, table, kin, tag_map), raw.notes, kin)


def _check_algorithm(text: str) -> str:
    known = algorithm_names()
    name = text.lower() if text.lower() in known else canonical_algorithm(text)
    if not name:
        raise UsageError(
            f"unknown algorithm {text!r}{did_you_mean(text.lower(), known)}",
            hint=f"Known: {', '.join(known)}.",
        )
    return name


def _axis_rule(table: FrameworkTable, algorithm: str, raw: RawRun) -> AxisRule:
    tags = raw.tags()
    # Only the tags tell RLlib's old stack, which logs against timesteps, from its new one (iterations).
    rules = [rule for rule in table.axis if not rule.when_tags or logged(rule.when_tags, tags)]
    unknown = AxisRule(LOGGED, note="the log does not say what a step is")
    return choose_row(rules, algorithm) or unknown


def _run(
    raw: RawRun,
    table: FrameworkTable,
    algorithm: str,
    named: Named,
    resolved: Resolved,
    frame: Assembled,
    note: str,
) -> Run:
    metrics = MetricFrame(
        frame.series, tuple(frame.alternates), tuple(named.unmapped), tuple(dict.fromkeys(named.ignored))
    )
    odd = oddities(table, algorithm, frame.series, _unverified(named.mapped))
    return Run(
        id=raw.id,
        path=raw.path,
        format=raw.format,
        framework=table.name,
        algorithm=algorithm,
        metrics=metrics,
        config=resolved.config,
        env=environment(raw, resolved.config),
        seed=seed(resolved.config),
        axis=frame.unit,
        axis_note=note,
        notes=(*raw.notes, *named.notes, *resolved.notes, *frame.notes, *odd),
        wording=resolved.wording,
        log_hints={**load_table(GENERIC).log_hints, **table.log_hints},
        files=tuple(raw.files),
    )


def _unverified(mapped: Sequence[Mapped]) -> tuple[str, ...]:
    return tuple(one.raw.tag for one in mapped if one.rule.unverified)


def coverage_of(run: Run) -> tuple[int, int]:
    """How many logged tags were explained (mapped, or known to be bookkeeping), and how many there are."""
    tags = {one.tag for one in (*run.metrics.series.values(), *run.metrics.alternates)}
    explained = len(tags | set(run.metrics.ignored))
    return explained, explained + len({one.tag for one in run.metrics.unmapped})
