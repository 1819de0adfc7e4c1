"""Loading rules: every field, and every way to get one wrong, with its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from every import every
from rulebook_samples import KNOWN, RULE, TESTS, Problems, Write, replaced

from rldoctor.errors import RuleError
from rldoctor.model.finding import Severity
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import load_pack, load_rule
from rldoctor.rulebook.schema import AppliesTo, Span


def test_every_field_is_read(write: Write) -> None:
    rule = load_rule(write(), KNOWN)
    assert (rule.code, rule.slug, rule.area, rule.status) == ("TST-01", "test-rule", "policy", "experimental")
    assert rule.severity is Severity.WARNING
    assert rule.applies_to == AppliesTo(("ppo", "off_policy"), ("dqn",))
    assert rule.requires == ("approx_kl",)
    assert rule.requires_one_of == (("entropy", "policy_std"),)
    assert (rule.requires_config, rule.config) == (("gamma",), ("learning_rate",))
    assert rule.min_points == 12
    limit = rule.thresholds["limit"]
    assert (limit.value, limit.unit, limit.low, limit.high, limit.note) == (0.01, "nats", 0, 1, "why")
    assert list(rule.let) == ["level", "spread"]
    assert (rule.hold, rule.bridge) == (Span("share", 0.08), Span("points", 3))
    assert rule.ignore_first == Span("steps", 2000)
    assert rule.unless[0].id == "learned"
    assert (rule.cap_if_improving, rule.cap_if_solved) == (Severity.WARNING, Severity.INFO)
    assert rule.escalate[0][0] is Severity.ERROR
    assert rule.reduce[0][1].text == "config.gamma > 1"
    assert (rule.measure["low"].format, rule.measure["low"].limit, rule.measure["level"].format) == (
        ".3f",
        "limit",
        ".4g",
    )
    assert [(edge.code, edge.strength) for edge in rule.leads_to] == [("TST-02", "M"), ("TST-03", "H")]
    assert rule.leads_to[1].when is not None
    assert rule.causes[0].fixes == ("raise",)
    assert rule.causes[1].more_likely_if is None
    fix = rule.fixes["raise"]
    assert (fix.knob, fix.digits, fix.otherwise) == ("learning_rate", 1, "Raise it.")
    assert fix.to is not None
    assert fix.wordings["stable_baselines3"].startswith("Set {key}")
    assert rule.false_positives == ("A run that was stopped.",)
    assert rule.references[0].url == "https://example.org"


def test_what_the_file_says_anyway_need_not_be_written(write: Write) -> None:
    """Its name and folder are slug and area, a setting is declared by its use, a fix needs what it reads."""
    whole = load_rule(write(), KNOWN)
    short = load_rule(
        write(
            ("schema: 1\n", ""),
            ("slug: test-rule\n", ""),
            ("area: policy\n", ""),
            ("config: [learning_rate]\n", ""),
            ("knob: learning_rate", "raise: learning_rate"),
            ("    needs: [config.learning_rate, level]\n", ""),
        ),
        KNOWN,
    )
    assert replace(short, fixes={}) == replace(whole, fixes={})
    needed = ("config.learning_rate",)
    assert short.fixes["raise"] == replace(whole.fixes["raise"], direction="raise", needs=needed)


def test_a_fix_needs_the_settings_it_reads_but_for_those_with_a_substitute(write: Write) -> None:
    to = "to: config.gamma * coalesce(config.learning_rate, 1)"
    written = write(("to: config.learning_rate * 2", to), ("    needs: [config.learning_rate, level]\n", ""))
    rule = load_rule(written, KNOWN)
    assert rule.fixes["raise"].needs == ("config.gamma",)


def test_defaults(write: Write) -> None:
    lines = ("applies_to:", "min_points:", "for:", "bridge:", "ignore_first:", "cap_if")
    kept = "".join(line for line in RULE.splitlines(keepends=True) if not line.startswith(lines))
    path = write()
    path.write_text(kept)
    rule = load_rule(path, KNOWN)
    assert rule.applies_to == AppliesTo()
    assert (rule.min_points, rule.hold, rule.bridge, rule.cap_if_solved) == (10, None, None, None)


@every(
    ("old", "new", "problem"),
    [
        ("schema: 1", "schema: 2", "1:9: this program reads 'schema: 1'"),
        ("title: It moves\n", "", "1:1: 'title' is missing"),
        ("title: It moves", "title: 5", "6:8: 'title' must be text, found a number"),
        ("title: It moves", "title: ''", "6:9: 'title' is empty"),
        ("title: It moves", "titel: It moves", "6:1: unknown key 'titel' (did you mean 'title'?)"),
        ("code: TST-01", "code: test1", "2:7: 'test1' must look like POL-01"),
        ("slug: test-rule", "slug: other-rule", "3:7: the slug 'other-rule' must be the file's name"),
        ("slug: test-rule", "slug: Test_Rule", "3:7: 'Test_Rule' must be lower-case words"),
        ("severity: warning", "severity: bad", "4:11: unknown severity 'bad'"),
        ("area: policy", "area: value", "5:7: the area 'value' must be the folder's name (policy)"),
        ("min_points: 12", "min_points: 1.5", "14:13: 'min_points' must be a whole number"),
        ("min_points: 12", "min_points: 0", "14:13: 'min_points' must be a whole number"),
        (
            "min_points: 12",
            "min_points: x",
            "14:13: 'min_points' must be a whole number from 1 to 1000000, found text",
        ),
        (
            "min_points: 12",
            "min_points: true",
            "14:13: 'min_points' must be a whole number from 1 to 1000000, found true or false",
        ),
        (
            "title: It moves",
            "title: It moves\nstatus: stabel",
            "7:9: 'stabel' is no status (did you mean 'stable'?)",
        ),
        (
            "title: It moves",
            "title: It moves\nstatus: zzz",
            "7:9: 'zzz' is no status: expected one of experimental",
        ),
        ("[ppo, off_policy]", "[ppo, pppo]", "8:32: 'pppo' is no algorithm (did you mean 'ppo'?)"),
        ("[ppo, off_policy]", "[xyzzy]", "8:27: 'xyzzy' is no algorithm: expected one of a2c, a3c"),
        (
            "{algorithms: [ppo, off_policy], except: [dqn]}",
            "{algoritms: [ppo]}",
            "8:14: unknown key 'algoritms'",
        ),
        (
            "{algorithms: [ppo, off_policy], except: [dqn]}",
            "ppo",
            "8:13: 'applies_to' must be a mapping, found text",
        ),
        ("requires: [approx_kl]", "requires: [approx_kl, 3]", "9:23: expected a name, found a number"),
        ("requires: [approx_kl]", "requires: {a: 1}", "9:11: 'requires' must be a list, found a mapping"),
        ("requires: [approx_kl]", "requires: [approx_kl, approx_kl]", "9:23: 'approx_kl' stands here twice"),
        (
            "requires: [approx_kl]",
            "requires: [aprox_kl]",
            "9:12: unknown metric 'aprox_kl' (did you mean 'approx_kl'?)",
        ),
        ("[[entropy, policy_std]]", "[[entropy, 4]]", "10:29: expected a name, found a number"),
        (
            "[[entropy, policy_std]]",
            "[[entropy, approx_kl]]",
            "10:29: the metric 'approx_kl' is declared twice",
        ),
        ("requires_one_of: [[", "requires_one_of: {a: [", "not valid YAML"),
        (
            "requires_one_of: [[entropy, policy_std]]",
            "requires_one_of: entropy",
            "10:18: 'requires_one_of' must be a list",
        ),
        ("config: [learning_rate]", "config: [learning_rat]", "13:10: unknown knob 'learning_rat'"),
        (
            "config: [learning_rate]",
            "config: [learning_rate, gamma]",
            "13:25: the knob 'gamma' is declared twice",
        ),
        ("value: 0.01, unit", "valu: 0.01, unit", "16:10: 'value' is missing"),
        ("value: 0.01, unit", "value: 2, unit", "16:18: the value 2 is outside its range [0, 1]"),
        ("value: 0.01, unit: nats,", "value: 0.01,", "16:10: 'unit' is missing"),
        ("range: [0, 1], note: why}", "note: why}", "16:10: 'range' is missing"),
        ("range: [0, 1]", "range: [1, 0]", "16:43: 'range' must be two numbers, the lower one first"),
        ("range: [0, 1]", "range: [0]", "16:43: 'range' must be two numbers"),
        ("range: [0, 1]", "range: [0, true]", "16:43: 'range' must be two numbers"),
        ("range: [0, 1]", "range: wide", "16:43: 'range' must be a list, found text"),
        ("  limit: {", "  3: {", "16:3: expected a name, found a number"),
        ("thresholds:\n", "thresholds: 3\nx:\n", "15:13: 'thresholds' must be a mapping, found a number"),
        ("median(abs(approx_kl))", "median(abs(approx_kl", "19:20: syntax: '(' was never closed"),
        ("median(abs(approx_kl))", "[1]", "19:10: expected an expression, found a list"),
        ("level: median", "level: medain", "19:10: unknown function 'medain' (did you mean 'median'?)"),
        ("spread < 1", "spred < 1", "23:29: unknown name 'spred' (did you mean 'spread'?)"),
        ("spread < 1", "value_loss < 1", "23:29: the metric 'value_loss' is used but not declared"),
        ("spread < 1", "tau < 1", "23:29: unknown name 'tau': a knob is written config.tau"),
        ("spread < 1", "config.tua < 1", "23:29: unknown config.tua (did you mean 'tau'?)"),
        ("spread < 1", "config.gamma < config.gama", "23:44: unknown config.gama (did you mean 'gamma'?)"),
        ("spread < 1", "run.improvin < 1", "23:29: unknown run.improvin (did you mean 'improving'?)"),
        ("spread < 1", "active", "23:29: unknown name 'active'"),
        ("spread < 1", "low < 1", "23:29: unknown name 'low'"),
        ("level: median(abs(approx_kl))", "level: spread * 2", "19:10: unknown name 'spread'"),
        ("when: approx_kl", "wen: approx_kl", "1:1: 'when' is missing"),
        ("when: approx_kl < limit and", "when: 'approx_kl < limt and", "not valid YAML"),
        (
            "since: approx_kl < limit",
            "since: 'approx_kl < limt'",
            "24:21: unknown name 'limt' (did you mean 'limit'?)",
        ),
        ("for: 8%", "for: 8", "25:6: 'for' must be text"),
        ("for: 8%", "for: 8 parsecs", "25:6: '8 parsecs' is no length of training"),
        ("for: 8%", "for: 101%", "25:6: more than 100% of the run"),
        ("not_ready_says: too little of {low}\n", "", "1:1: 'not_ready_says' is missing"),
        ("id: learned", "id: Learned It", "29:10: 'Learned It' must be lower-case words"),
        ("when: run.learned > 0, says", "wen: 3, says", "29:5: 'when' is missing"),
        ("cap_if_solved: info", "cap_if_solved: low", "31:16: unknown severity 'low'"),
        ("escalate: {error:", "escalate: {eror:", "32:12: unknown severity 'eror'"),
        ("escalate: {error: low < limit / 10}", "escalate: {error: [1]}", "32:19: expected an expression"),
        ("format: .3f", "format: 3q", "35:71: '3q' is no number format"),
        ("limit: limit", "limit: limt", "35:83: unknown threshold 'limt' (did you mean 'limit'?)"),
        ("slope: {value: slope(approx_kl)}", "slope: {}", "37:10: 'value' is missing"),
        ("KL is {low} over", "KL is {lwo} over", "38:10: unknown field '{lwo}' (did you mean 'low'?)"),
        ("KL is {low} over", "KL is {low over", "38:10: the braces of this text do not match"),
        ("KL is {low} over", "KL is {low:.3f} over", "38:10: '{low}' takes no format here"),
        ("KL is {low} over", "KL is {low!r} over", "38:10: '{low}' takes no format here"),
        ("KL is {low} over", "KL is {low.__class__} over", "38:10: unknown field '{low.__class__}'"),
        ("KL is {low} over", "KL is {} over", "38:10: unknown field '{}'"),
        ("KL is {low} over", "KL is {to} over", "38:10: unknown field '{to}'"),
        ("passed_message: KL is {low}.\n", "", "1:1: 'passed_message' is missing"),
        ("strength: H", "strength: X", "40:45: 'X' is no strength: expected one of H, M, L"),
        ("leads_to: [TST-02,", "leads_to: [3,", "40:12: expected text, found a number"),
        (
            "fixes: [raise]",
            "fixes: [rase]",
            "42:103: unknown fix 'rase' (did you mean 'raise'?)",
        ),
        ("more_likely_if: config.learning_rate < 1, ", "", "42:34: 'rejected_says' without 'more_likely_if'"),
        ("id: other", "id: rate", "43:10: the id 'rate' stands here twice"),
        ("  check: {", "  Check It: {", "54:3: 'Check It' must be lower-case words"),
        (
            "text: Look at it., ",
            "",
            "54:10: a fix needs a knob ('lower', 'raise' or 'set') and 'to', or 'text'",
        ),
        ("knob: learning_rate", "knob: learnin_rate", "46:11: unknown knob 'learnin_rate'"),
        (
            "knob: learning_rate",
            "lower: learning_rate\n    knob: tau",
            "'lower' and 'knob': a fix changes one knob",
        ),
        ("digits: 1", "digits: 99", "48:13: 'digits' must be a whole number from 1 to 15"),
        ("needs: [config.learning_rate, level]", "needs: [config.tua]", "49:13: unknown name 'config.tua'"),
        (
            "    else: Raise it.\n",
            "",
            "45:3: what is said where learning_rate or level is not known? Write 'else'",
        ),
        (
            'stable_baselines3: "Set',
            'stable_baselines3: 3, y: "Set',
            "51:29: 'stable_baselines3' must be text, found a number",
        ),
        ("    because: It is {low}.\n", "", "46:5: 'because' is missing"),
        ("[A run that was stopped.]", "[unknown]", "56:19: 'unknown' is no answer"),
        ("[A run that was stopped.]", "[Unlikely.]", "56:19: 'Unlikely.' is no answer"),
        ("[A run that was stopped.]", "[]", "56:18: no situation in which this rule fires wrongly is named"),
        ("false_positives: [A run that was stopped.]\n", "", "1:1: 'false_positives' is missing"),
        ("references: [{title: A paper, url:", "references: [{url:", "59:14: 'title' is missing"),
        ("references:", "reference:", "1:1: 'references' is missing"),
    ],
)
def test_a_defect_is_reported_with_its_place(problems_of: Problems, old: str, new: str, problem: str) -> None:
    assert any(problem in found for found in problems_of((old, new))), problems_of((old, new))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "spread < 1 and clip_fraction < share_limit",
            "spread < 1 and clip_fraction < 1",
            "17:3: 'share_limit' is not used",
        ),
        ("and spread < 1", "", "20:3: 'spread' is not used"),
        (
            "optional: [clip_fraction]",
            "optional: [clip_fraction, value_loss]",
            "12:27: the metric 'value_loss' is declared but not used",
        ),
        (
            "config: [learning_rate]",
            "config: [learning_rate, tau]",
            "13:25: the knob 'tau' is declared but not used",
        ),
    ],
)
def test_what_is_declared_must_be_used(problems_of: Problems, old: str, new: str, problem: str) -> None:
    assert problems_of((old, new)) == [problem]


def test_names_in_templates_limits_needs_and_knobs_are_uses(write: Write) -> None:
    changes = [
        ("clip_fraction < share_limit", "clip_fraction < 1"),
        ("KL is {low}.", "KL is {low}, {share_limit}."),
        ("reduce: {info: config.gamma > 1}\n", ""),
    ]
    assert load_rule(write(*changes), KNOWN).reduce == ()


@every(
    ("old", "new", "problem"),
    [
        ("  share_limit: {", "  share: {", "17:3: the name 'share' is already a word of the language"),
        ("  spread: coal", "  entropy: coal", "20:3: the name 'entropy' is already a metric"),
        ("  spread: coal", "  limit: coal", "20:3: the name 'limit' is already a threshold"),
        (
            "  level: {value: level}",
            "  level: {value: 2 * level}",
            "36:3: the name 'level' is already a 'let'",
        ),
        ("  spread: coal", "  _s: coal", "20:3: '_s' is not a usable name: letters, digits and _"),
        ("  spread: coal", "  a-b: coal", "20:3: 'a-b' is not a usable name: letters, digits and _"),
        ("  spread: coal", "  \u00e9: coal", "20:3: '\u00e9' is not a usable name: letters, digits and _"),
        (
            "  low: {value: ",
            "  active: {value: ",
            "35:3: the name 'active' is already a word of the language",
        ),
    ],
)
def test_a_name_means_one_thing(problems_of: Problems, old: str, new: str, problem: str) -> None:
    assert problem in problems_of((old, new))


def test_every_problem_of_a_file_is_reported_in_order(problems_of: Problems) -> None:
    found = problems_of(
        ("title: It moves", "title: 5"), ("for: 8%", "for: x"), ("severity: warning", "severity: x")
    )
    lines = [int(one.split(":")[0]) for one in found]
    assert len(found) == 3
    assert lines == sorted(lines) == [4, 6, 25]


def test_a_file_that_is_no_mapping(write: Write) -> None:
    path = write()
    path.write_text("- 1\n")
    with pytest.raises(RuleError, match="expected a mapping, found a list"):
        load_rule(path, KNOWN)
    path.write_text("a: [")
    with pytest.raises(RuleError, match="not valid YAML"):
        load_rule(path, KNOWN)


def test_rules_without_grid_or_tests(write: Write) -> None:
    """A rule that requires nothing can always be measured, and needs no not_measured case."""
    text = replaced(TESTS, ("  - {name: absent", "#"))
    changes = [
        ("requires: [approx_kl]\nrequires_one_of: [[entropy, policy_std]]\nrequires_config: [gamma]\n", ""),
        ("optional: [clip_fraction]", "optional: [clip_fraction, approx_kl, entropy, policy_std]"),
        ("config: [learning_rate]", "config: [learning_rate, gamma]"),
        ("ready: count(approx_kl) > 5\nnot_ready_says: too little of {low}\n", ""),
        (", gamma {config_gamma})", "[, gamma {config_gamma}])"),
    ]
    assert load_rule(write(*changes, tests=text), KNOWN).requires == ()
    path = write(tests="nonsense")
    assert load_rule(path, KNOWN, tests=False).code == "TST-01"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([("outcome: fired", "outcome: passed")], "no case with outcome fired"),
        ([("outcome: passed", "outcome: fired")], "no case with outcome passed: a near-miss"),
        ([("outcome: not_measured", "outcome: error")], "no case with outcome not_measured"),
        ([("rule: test-rule", "rule: best-rule")], "these tests are for 'best-rule'"),
        ([("rule: test-rule\n", "")], "'rule' is missing"),
        ([("cases:", "cases: [")], "not valid YAML"),
    ],
)
def test_tests_are_required(problems_of: Problems, changes: list[tuple[str, str]], problem: str) -> None:
    assert any(problem in found for found in problems_of(tests=replaced(TESTS, *changes)))


def test_missing_tests(problems_of: Problems) -> None:
    assert problems_of(tests=None) == [
        "0:0: the tests of TST-01 are missing: test-rule.test.yaml beside the rule"
    ]


def pack(write: Write, *second: tuple[str, str], name: str = "second") -> Path:
    """A pack of two rules; returns its directory."""
    path = write()
    renamed = [("slug: test-rule", f"slug: {name}"), ("TST-02, ", ""), *second]
    write(
        ("code: TST-01", "code: TST-02"),
        *renamed,
        tests=replaced(TESTS, ("rule: test-rule", f"rule: {name}")),
        name=name,
    )
    return path.parents[1]


def test_a_pack_is_ordered_by_code(write: Write) -> None:
    directory = pack(write)
    (directory / "catalogue.yaml").write_text("codes: {}")
    assert [rule.code for rule in load_pack([directory], KNOWN)] == ["TST-01", "TST-02"]


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ([("TST-03", "TST-99")], "no rule has the code 'TST-99' (did you mean"),
        ([("TST-03", "TST-02")], "a rule cannot lead to itself"),
        ([("code: TST-02", "code: TST-01")], "the code 'TST-01' is already that of"),
        ([("code: TST-02", "code: TST-03")], "the catalogue calls TST-03 'third'"),
    ],
)
def test_rules_of_a_pack_fit_together(write: Write, second: list[tuple[str, str]], problem: str) -> None:
    directory = pack(write)
    path = directory / "policy" / "second.yaml"
    path.write_text(replaced(path.read_text(), *second))
    with pytest.raises(RuleError) as caught:
        load_pack([directory], KNOWN)
    assert problem in str(caught.value)
    assert "second.yaml:" in str(caught.value)


def test_slugs_are_unique_over_folders(write: Write) -> None:
    directory = pack(write)
    write(("area: policy", "area: other"), ("code: TST-01", "code: TST-04"), area="other")
    with pytest.raises(RuleError, match="the slug 'test-rule' is already that of"):
        load_pack([directory], KNOWN)


def test_problems_of_all_files_come_together(write: Write) -> None:
    directory = pack(write, ("title: It moves", "title: 5"))
    (directory / "policy" / "test-rule.yaml").write_text("a: [")
    with pytest.raises(RuleError) as caught:
        load_pack([directory], KNOWN)
    assert {Path(one.file).name for one in caught.value.problems} == {"second.yaml", "test-rule.yaml"}
    assert caught.value.hint


def test_an_empty_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rule file"):
        load_pack([tmp_path], KNOWN)


def test_the_built_in_rules_load() -> None:
    rules = load_pack([builtin_rules_dir()])
    assert len(rules) >= 15
    assert load_rule(Path(rules[0].path)) == rules[0]


def test_a_file_without_a_slug_must_be_named_like_one(write: Write) -> None:
    path = write(("slug: test-rule\n", ""), tests=None, name="Test Rule")
    with pytest.raises(RuleError, match="the file's name is the slug of the rule"):
        load_rule(path, KNOWN)
