"""The options of one call: the command line over the settings file of the current directory."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.commands.options import Options, listed, parse_map, parse_thresholds
from rldoctor.commands.settings import load_settings


def options(
    *,
    config: Sequence[str] = (),
    set: Sequence[str] = (),
    map: Sequence[str] = (),
    algorithm: str = "",
    framework: str = "",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    rules: Sequence[str] = (),
    threshold: Sequence[str] = (),
    fail_on: str = "",
    min_coverage: str = "",
    reference: Sequence[str] = (),
    baseline: str = "",
    aggregate: str = "",
) -> Options:
    """What a command goes by; the arguments are the options as typed, empty where there is no such option.

    Raises:
        UsageError: an option that cannot be read, or an invalid settings file.
    """
    typed = Options(
        config=tuple(config),
        set=tuple(set),
        map=parse_map(map),
        algorithm=algorithm,
        framework=framework,
        select=listed(select),
        ignore=listed(ignore),
        rules=tuple(rules),
        thresholds=parse_thresholds(threshold),
        fail_on=fail_on,
        min_coverage=min_coverage,
        reference=tuple(reference),
        baseline=baseline,
        aggregate=aggregate,
    )
    return typed.over(load_settings())
