"""Codes of rules as links to the text of the rule, which the page holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from rldoctor.plain_data import dataclass
from rldoctor.report.clean import clean
from rldoctor.report.rule_texts import RuleText, codes_in


@dataclass(frozen=True, slots=True)
class Codes:
    """The rules that the page tells of, by code; ``fired``: those that it holds unpacked."""

    texts: Mapping[str, RuleText] = field(default_factory=dict)
    fired: Collection[str] = ()

    def link(self, code: str) -> Any:
        """A code as a link to the text of its rule; as it is where the page has none."""
        from markupsafe import Markup, escape

        if code not in self.texts:
            return Markup("<code>{}</code>").format(escape(code))
        # Without a script a packed rule has no place of its own.
        place = anchor(code) if code in self.fired else "rules"
        link = Markup('<a class="rule" href="#{}" data-rule="{}"><code>{}</code></a>')
        return link.format(place, anchor(code), code)

    def linked(self, text: str) -> Any:
        """A text, escaped, with every code of a known rule as a link."""
        from markupsafe import Markup, escape

        pieces = codes_in(clean(text), self.texts)
        return Markup("").join(self.link(part) if known else escape(part) for part, known in pieces)


def anchor(code: str) -> str:
    """The id of a rule's text; the codes of :class:`RuleText` hold letters, digits and hyphens only."""
    return f"rule-{code}"
