"""What the site adds to the page of a rule: the rule at work on a real bundled run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from rldoctor.site.examples import Example
from rldoctor.site.svg import svg

NONE = (
    "No bundled run shows this. The rule is tested on cases written for it (its `.test.yaml` in the "
    "repository), which say that it does what it means to, not how it does on your runs."
)


def with_example(markdown: str, example: Example | None) -> str:
    """The page with a section before its first one (``Fires when``)."""
    section = "## On a real run\n\n" + (NONE if example is None else _shown(example))
    head, mark, rest = markdown.partition("\n## ")
    return f"{head}\n{section}\n{mark}{rest}"


def _shown(example: Example) -> str:
    label = example.label
    about = f"Bundled run `{label.name}`, trained with the fault `{label.fault}` planted on purpose."
    says = f"> {_text(example.finding.message)}"
    figures = [_figure(figure) for figure in example.figures]
    drawn = figures or ["The finding rests on settings or on the whole log; there is no one curve to draw."]
    return "\n\n".join([about, says, *drawn])


def _figure(figure: Mapping[str, Any]) -> str:
    said = {key: escape(str(figure[key])) for key in ("title", "unit", "tag", "about", "legend")}
    unit = f" ({said['unit']})" if said["unit"] else ""
    legend = f" Green band: {said['legend']}." if said["legend"] else ""
    caption = f"<strong>{said['title']}</strong>{unit}, tag <code>{said['tag']}</code>, {said['about']}."
    return (
        '<figure class="rd-figure">\n'
        f'<div class="rd-scroll" tabindex="0" role="group" aria-label="plot">{svg(figure)}</div>\n'
        f"<figcaption>{caption}{legend} {_KEY}</figcaption>\n</figure>"
    )


_KEY = "Shaded: where the condition held; red: its onset; dashed: the limit."


def _text(message: str) -> str:
    """A message as plain Markdown text."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", message)
