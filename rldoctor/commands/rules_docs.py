"""``rldoctor rules docs``: the rules as a directory of Markdown pages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import UsageError
from rldoctor.files import write_whole
from rldoctor.report.numbers import plural


def rule_pages(directories: Sequence[str]) -> dict[str, str]:
    """File name and text of the index, of what rules share, and of a page for every rule."""
    from rldoctor.commands.rules import pack
    from rldoctor.paths import builtin_rules_dir
    from rldoctor.rulebook.build import fix
    from rldoctor.rulebook.pages import INDEX, SHARED, index_page, page_name, rule_page, shared_page
    from rldoctor.rulebook.prescriptions import book_by

    found = pack(directories)
    titles = {rule.code: rule.failure_title for rule in found}
    book = book_by([builtin_rules_dir(), *map(Path, directories)])
    shared = shared_page([fix(name, one) for name, one in book.items()], found)
    pages = {page_name(rule.code): rule_page(rule, titles) for rule in found}
    return {INDEX: index_page(found), SHARED: shared, **pages}


def write_docs(into: str, directories: Sequence[str]) -> int:
    """Write the pages; UsageError where that cannot be done. Files of other names are left alone."""
    target = Path(into)
    pages = rule_pages(directories)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            write_whole(text, target / name)
    except OSError as error:
        raise UsageError(f"cannot write into {target}: {error.strerror or error}") from None
    # Beside the index stands the page of what the rules share.
    sys.stdout.write(f"{target}: {plural(len(pages) - 2, 'page')} and an index\n")
    others = sorted(path.name for path in target.glob("*.md") if path.name not in pages)
    if others:
        sys.stdout.write(f"not a page of these rules: {', '.join(others)}\n")
    return 0
