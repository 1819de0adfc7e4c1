"""What the site adds to the page of a rule: the rule at work on a real bundled run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from laboratory.site.examples import Example
from laboratory.site.svg import svg

_TESTS = (
    "The rule is tested on cases written for it (its `.test.yaml` in the repository), which say that it does "
    "what it means to, not how it does on your runs."
)


def with_example(markdown: str, example: Example | int) -> str:
    """The page with a section before its first one (``Fires when``).

    ``example``: a run that shows the rule at work, or the number of runs that should have and do not.
    """
    section = "## On a real run\n\n" + (_none(example) if isinstance(example, int) else _shown(example))
    head, mark, rest = markdown.partition("\n## ")
    return f"{head}\n{section}\n{mark}{rest}"


def _none(should: int) -> str:
    if not should:
        return f"No bundled run was made to show this. {_TESTS}"
    runs = "one bundled run" if should == 1 else f"{should} bundled runs"
    return f"The label of {runs} names this rule, and it fires in none of them. {_TESTS}"


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
    caption += _derived(figure["derived"])
    return (
        '<figure class="rd-figure">\n'
        f'<div class="rd-scroll" tabindex="0" role="group" aria-label="plot">{svg(figure)}</div>\n'
        f"<figcaption>{caption}{legend} {_key(figure)}</figcaption>\n</figure>"
    )


def _derived(made: Mapping[str, str]) -> str:
    """How the curve was computed; nothing for a logged one."""
    formula = f": <code>{escape(made['formula'])}</code>" if made.get("formula") else ""
    return f" Derived{formula} ({escape(made['says'])})." if made else ""


def _key(figure: Mapping[str, Any]) -> str:
    """What the marks in the plot mean, those that are there."""
    marks = {
        "spans": "shaded: where the condition held",
        "marks": "red: its onset",
        "limits": "dashed: the limit",
    }
    said = "; ".join(text for name, text in marks.items() if figure[name])
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _text(message: str) -> str:
    """A message as plain Markdown text."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", message)
