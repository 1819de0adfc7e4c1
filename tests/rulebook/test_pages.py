"""Rule pages."""

from __future__ import annotations

import re

from rulebook_samples import KNOWN, RULE, Write, replaced

from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import load_pack, load_rule
from rldoctor.rulebook.pages import index_page, rule_page


def test_a_page_says_everything(write: Write) -> None:
    page = rule_page(load_rule(write(), KNOWN))
    for text in [
        "# TST-01 It does not move",
        "| Severity | warning, at most warning while the run learns, at most info when the task is solved |",
        "| Algorithms | ppo, off_policy (not dqn) |",
        "| Must be logged | `approx_kl`, `entropy` or `policy_std` |",
        "| Must be known | `gamma` |",
        "| Also used | `clip_fraction`, `config.learning_rate` |",
        "    level = median(abs(approx_kl))",
        "hold for at least 8 % of the run, over gaps of up to 3 points, after the first 2,000 steps.",
        "- error when `low < limit / 10`",
        "| `limit` | 0.01 | nats | 0 to 1 | why |",
        "  More likely if `config.learning_rate < 1`.",
        "  Fixes: raise.",
        "- **raise**: Raise it. It is {low}.",
        "  `learning_rate` to `config.learning_rate * 2`.",
        "  Then: More.",
        "- **check**: Look at it.",
        "- TST-02 (M)\n- TST-03 (H) because",
        "- A run that was stopped.",
        '## Advice you may have read\n\n- "Wait longer." It does not move by itself.',
        "- [A paper](https://example.org)",
    ]:
        assert text in page, text


def test_a_page_leaves_out_what_a_rule_does_not_have(write: Write) -> None:
    path = write()
    lines = (
        "applies_to",
        "cap_if",
        "for:",
        "bridge",
        "ignore",
        "unless",
        "  - {id: learned",
        "escalate",
        "reduce",
        "expect:",
    )
    kept = "".join(line for line in RULE.splitlines(keepends=True) if not line.startswith(lines))
    changes = [
        (', url: "https://example.org"', ""),
        ("requires_config: [gamma]\n", ""),
        ("(now {now}, gamma {config_gamma})", ""),
        # A number that is always known needs no other words.
        ("    to: config.learning_rate * 2\n", '    to: "0.001"\n'),
        ("    else: Raise it.\n", ""),
        ("    needs: [config.learning_rate, level]\n", ""),
    ]
    path.write_text(replaced(kept, *changes))
    page = rule_page(load_rule(path, KNOWN))
    for text in ("Stays quiet", "Expect afterwards", "This must hold", "Must be known", "at most"):
        assert text not in page, text
    assert "| Algorithms | any |" in page
    assert "Change `learning_rate`." in page
    assert "- A paper\n" in page


def test_every_built_in_rule_has_a_page() -> None:
    for rule in load_pack([builtin_rules_dir()], tests=False):
        page = rule_page(rule)
        assert page.startswith(f"# {rule.code} ")
        assert all(name in page for name in rule.thresholds)


def test_a_page_links_to_the_pages_there_are(write: Write) -> None:
    page = rule_page(load_rule(write(), KNOWN), {"TST-02": "It <b>fails</b>"})
    assert "- [TST-02 It &lt;b&gt;fails&lt;/b&gt;](TST-02.md) (M)\n- TST-03 (H) because" in page


def test_texts_of_a_rule_are_shown_as_text(write: Write) -> None:
    path = write()
    changes = [
        ("failure_title: It does not move", 'failure_title: "It <script>x</script> \\e[31m [l](u) *b*"'),
        ("https://example.org", "javascript:alert(1)"),
    ]
    path.write_text(replaced(RULE, *changes))
    page = rule_page(load_rule(path, KNOWN))
    assert page.startswith("# TST-01 It &lt;script&gt;x&lt;/script&gt; \\[31m \\[l](u) \\*b\\*\n")
    assert "- A paper javascript:alert(1)\n" in page


def test_the_index_lists_rules_by_area() -> None:
    rules = load_pack([builtin_rules_dir()], tests=False)
    page = index_page(rules)
    assert page.startswith(f"# Rules\n\n{len(rules)} rules in {len({rule.area for rule in rules})} areas")
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == sorted({rule.area for rule in rules})
    assert "| [POL-01](POL-01.md) | The policy does not move | critical |" in page
    assert re.search(r"one of \d+ metrics \|$", page, re.MULTILINE)
    assert max(map(len, page.splitlines())) < 400
