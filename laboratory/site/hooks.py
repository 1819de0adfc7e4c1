"""What MkDocs calls while it builds the site (``hooks`` in ``mkdocs.yml``)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from laboratory.site.examples import Example, examples
from laboratory.site.fill import filled
from laboratory.site.links import outward
from laboratory.site.navigation import expanded
from laboratory.site.rule_pages import with_example
from laboratory.validation.collect import bundled_runs
from rldoctor import api
from rldoctor.commands.config import SCHEMA_FILE, schema_text

_RULE = re.compile(r"rules/([A-Z]+-\d+)\.md")


def on_config(config: Any) -> Any:
    """Put every rule and every decision into the navigation."""
    config.nav = expanded(config.nav, Path(config.docs_dir), api.rules())
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Add what is made from the bundled runs and the vocabulary, and mend links that leave the site."""
    path = page.file.src_uri
    rule = _RULE.fullmatch(path)
    if rule is not None:
        markdown = with_example(markdown, _examples().get(rule.group(1), 0))
    return outward(filled(markdown), path, config.repo_url or "")


def on_post_build(*, config: Any) -> None:
    """The schema of the settings file says where it is served, where that is known."""
    if config.site_url:
        address = f"{config.site_url.rstrip('/')}/{SCHEMA_FILE}"
        text = schema_text(address)
        (Path(config.site_dir) / SCHEMA_FILE).write_text(text, encoding="utf-8", newline="\n")


@lru_cache(maxsize=1)
def _examples() -> dict[str, Example | int]:
    return examples(bundled_runs(), [rule.code for rule in api.rules()])
