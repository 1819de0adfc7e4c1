"""One test over all its data: ``@every("path", SOURCES)`` where ``parametrize`` would make an item of each.

An item costs pytest milliseconds to collect, in each xdist worker again, and milliseconds to report:
thousands of them cost more than what they test. ``every`` calls the test with each datum, goes on after a
failure, and reports all that failed by name. Each datum has a ``tmp_path``, ``monkeypatch`` and ``capfd`` or
``capsys`` of its own; other fixtures are shared, and keep what a datum leaves in them.

Data may be a function, called when the test runs: reading hundreds of files is no part of a collection.
``pytest FILE::TEST --datum TEXT`` runs the data with TEXT in their names; ``-x`` stops at the first failure.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

# Tracebacks in full of one test; after a change that breaks everything, the names say enough.
SHOWN = 10
# What the wrapper needs of pytest, beside what the test itself asks for.
OWN = ("request", "record_property")

Ids = Callable[[Any], object] | Iterable[object] | None


def every(names: str | tuple[str, ...], data: Iterable[Any] | Callable[[], Iterable[Any]], ids: Ids = None):
    """Call the decorated test with each of ``data``; the arguments are those of ``parametrize``."""
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        fixtures = [
            part for name, part in inspect.signature(test).parameters.items() if name not in arguments
        ]
        asked = {part.name for part in fixtures}
        added = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in OWN if name not in asked]

        @functools.wraps(test)
        def run(**given: Any) -> None:
            request, record = given["request"], given["record_property"]
            shared = {name: value for name, value in given.items() if name in asked}
            cases = named(data() if callable(data) else data, arguments, ids)
            wanted = request.config.getoption("datum")
            cases = [(name, values) for name, values in cases if not wanted or wanted in name]
            assert cases or wanted, "no data: this test cannot fail"
            one_by_one(test, cases, shared, stop=request.config.getoption("maxfail") == 1, record=record)

        run.__signature__ = inspect.Signature([*fixtures, *added])
        return run

    return decorate


def named(data: Iterable[Any], arguments: list[str], ids: Ids) -> list[tuple[str, dict[str, Any]]]:
    """``(name, {argument: value})`` of every datum; equal names are numbered."""
    cases: list[tuple[str, dict[str, Any]]] = []
    taken: dict[str, int] = {}
    listed = None if ids is None or callable(ids) else iter(ids)
    for datum in data:
        values, name = (datum,) if len(arguments) == 1 else tuple(datum), None
        if hasattr(datum, "marks"):  # what pytest.param gives
            assert not datum.marks, "a datum with a mark of its own stays with parametrize"
            values, name = datum.values, datum.id
        assert len(values) == len(arguments), f"{len(values)} values for {arguments}: {values!r}"
        if listed is not None:
            name = next(listed)
        elif name is None:
            name = "-".join(str(ids(value) if callable(ids) else brief(value)) for value in values)
        taken[str(name)] = again = taken.get(str(name), 0) + 1
        cases.append(
            (f"{name} ({again})" if again > 1 else str(name), dict(zip(arguments, values, strict=True)))
        )
    return cases


def brief(value: object) -> str:
    """A value as part of a name."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@contextmanager
def fresh(shared: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
    """The fixtures for one datum: what a datum leaves behind must not reach the next."""
    with ExitStack() as stack:
        own = dict(shared)
        if "tmp_path" in own:
            own["tmp_path"] = own["tmp_path"] / str(index)
            own["tmp_path"].mkdir()
        if "monkeypatch" in own:
            own["monkeypatch"] = stack.enter_context(pytest.MonkeyPatch.context())
        for name in {"capfd", "capsys"} & set(own):
            own[name].readouterr()
        yield own


def one_by_one(
    test: Callable[..., None],
    cases: list[tuple[str, dict[str, Any]]],
    shared: dict[str, Any],
    *,
    stop: bool,
    record: Callable[[str, object], None],
) -> None:
    """Run all; raise one failure that names each datum that failed, or skip where every datum was skipped."""
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for index, (name, values) in enumerate(cases):
        try:
            with fresh(shared, index) as own:
                test(**own, **values)
        except pytest.skip.Exception as reason:
            skipped[name] = str(reason)
        except (Exception, pytest.fail.Exception) as error:
            shown = pytest.ExceptionInfo.from_exception(error)
            failed[name] = str(shown.getrepr(style="short")) if len(failed) < SHOWN else ""
            if stop:
                break
    record("data", len(cases))
    record("data skipped", len(skipped))
    if failed:
        pytest.fail(message(failed, len(cases)), pytrace=False)
    if cases and len(skipped) == len(cases):
        pytest.skip("; ".join(sorted(set(skipped.values()))))


def message(failed: dict[str, str], of: int) -> str:
    """All that failed, by name, with the first tracebacks."""
    parts = [f"{len(failed)} of {of} data failed"]
    parts += [f"--- {name}\n{text}" for name, text in failed.items() if text]
    further = [name for name, text in failed.items() if not text]
    if further:
        parts.append("--- and these:\n" + "\n".join(further))
    return "\n\n".join(parts)
