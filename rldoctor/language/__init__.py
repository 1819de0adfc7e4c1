"""The expression language of the rules: parser, evaluator, function library. The security boundary.

    parser.parse(text: str | float | int | bool) -> Expression          raises errors.ExpressionError
    Expression: .text, .names, .config, .run (frozensets of names), .tree; hashable, equal by text
    evaluator.Scope(steps, names, config, run, spacing, planned)        see its docstring; ``step`` and
        ``progress`` are supplied by the evaluator, everything else by the caller
    evaluator.evaluate(expression, scope) -> Value                      float | bool | FloatArray | BoolArray
    evaluator.spacing_of(expression, scope) -> float                    for Scope.spacing of each ``let``
    functions.base.truth(value) -> BoolArray                            non-zero is true, NaN is false

``count(c)`` of a condition counts the points at which it is true. ``trend_p`` is NaN below four independent
points. ``true`` and ``false`` (or ``True``, ``False``) are constants. A scalar in a reduction without
``where=`` is one value.
"""
