"""Rules as typed data: loading and checking, overrides, the tests beside the rules, rule pages.

    loader.load_pack(directories: Sequence[Path], known: Known | None = None, *, tests=True) -> list[Rule]
    loader.load_rule(path: Path, known: Known | None = None, *, tests=True) -> Rule
    known.known_names(directories) -> Known(metrics, knobs, codes, facts)
    prescriptions.book_by(packs) -> {id: plain prescription}     a loaded rule has what it takes as its own
    sources.sources_of(packs) -> {id: title and address}     the same of what it cites
    locate.builtin_rules_dir() -> Path
    overrides.apply_overrides(rules, {"POL-01": {"kl_zero": 1e-4}}) -> list[Rule]
    overrides.select_rules(rules, select, ignore) -> list[Rule]
    series_notation.series(text, seed) -> (values, exists)
    testcases.load_tests(path) -> TestFile(path, rule, cases)
    Case(name, series, expect, config, algorithm, framework); Case.points() -> {metric: (steps, values)};
        Case.series[metric].window is the averaging window of the metric or None
    expectation.differences(case.expect, result: RuleResult) -> list[str]     empty: as expected

Errors are RuleError with every problem of every file (``file:line:column: text``); options of the user are
UsageError. Names in expressions: declared metrics, thresholds, earlier lets, ``step``, ``progress``; in
``measure`` and what is evaluated after it (escalate, reduce, causes, fixes, leads_to) also ``active``, the
mask of the points in the intervals found, and the measures above.
"""
