"""Which findings count: waivers, seeds, baseline."""

from dataclasses import replace
from datetime import date

import pytest
from every import every
from gate_samples import diagnosis, run

from rldoctor.comparison.criteria import load_criteria
from rldoctor.comparison.grouping import seed_groups
from rldoctor.gate.judge import Conditions, Terms, judge
from rldoctor.gate.levels import aggregate, recorded
from rldoctor.gate.waivers import Waiver, unused
from rldoctor.model.finding import Severity
from rldoctor.paths import builtin_rules_dir

TODAY = date(2026, 6, 1)


def judged(now, *, before=None, waivers=(), how="any", fail_on="error", together=False):
    """Standing and text of each root of each run, with a marker on what fails."""
    known = None if before is None else [None if one is None else recorded(one) for one in before]
    groups = [list(range(len(now)))] if together else [[index] for index in range(len(now))]
    conditions = Conditions(how, tuple(waivers), known, TODAY)
    made = judge(now, [Terms(fail_on)] * len(now), groups, conditions)
    return [
        {one.code: (one.standing.value, one.severity.label, one.fails) for one in each.gate.judged}
        for each in made
    ]


def one(*roots, **options):
    return diagnosis(run("exp/run"), *roots, **options)


@every(
    ("before", "now", "expected"),
    [
        (["POL-01 error"], ["POL-01 error"], {"POL-01": ("known", "error", False)}),
        (["POL-01 critical"], ["POL-01 error"], {"POL-01": ("known", "error", False)}),
        (["POL-01 warning"], ["POL-01 error"], {"POL-01": ("worse", "error", True)}),
        ([], ["POL-01 error"], {"POL-01": ("new", "error", True)}),
        ([], ["POL-01 warning"], {"POL-01": ("new", "warning", False)}),
        # A symptom that was known before stands by itself now, or under another root: nothing is worse.
        (["POL-01 error > OUT-10 error"], ["OUT-10 error"], {"OUT-10": ("known", "error", False)}),
        (["OUT-10 error"], ["CFG-05 warning > OUT-10 error"], {"CFG-05": ("new", "warning", False)}),
        # A known root that explains something new and worse is worse; something new and no worse is not.
        (["POL-01 error"], ["POL-01 error > OUT-10 critical"], {"POL-01": ("worse", "critical", True)}),
        (["POL-01 error"], ["POL-01 error > OUT-10 error"], {"POL-01": ("known", "error", False)}),
        (["POL-01 warning"], ["POL-01 warning > OUT-10 error"], {"POL-01": ("worse", "error", True)}),
    ],
)
def test_a_baseline_lets_pass_what_is_neither_new_nor_worse(before, now, expected):
    assert judged([one(*now)], before=[one(*before)]) == [expected]


def test_a_run_that_the_baseline_does_not_know_is_new_altogether():
    assert judged([one("POL-01 error")], before=[None]) == [{"POL-01": ("new", "error", True)}]


@pytest.mark.parametrize("fail_on", ["never", "critical", "error", "warning", "info"])
def test_without_anything_else_the_worst_root_decides(fail_on):
    found = one("VAL-01 warning > OUT-10 error", "CFG-05 info")
    fails = [code for code, (_, _, failed) in judged([found], fail_on=fail_on)[0].items() if failed]
    expected = {"never": [], "critical": [], "info": ["VAL-01", "CFG-05"]}
    assert fails == expected.get(fail_on, ["VAL-01"])


def test_a_waiver_covers_the_finding_and_what_it_explains_until_its_day():
    waiver = Waiver("POL-01", "exp/*", "the actor is frozen on purpose", TODAY)
    found = one("POL-01 critical > OUT-10 error", "VAL-01 error")
    expected = {"POL-01": ("waived", "critical", False), "VAL-01": ("new", "error", True)}
    assert judged([found], waivers=[waiver]) == [expected]
    late = replace(waiver, expires=date(2026, 5, 31))
    assert judged([found], waivers=[late])[0]["POL-01"] == ("new", "critical", True)
    elsewhere = replace(waiver, path="other/*")
    assert judged([found], waivers=[elsewhere])[0]["POL-01"] == ("new", "critical", True)
    assert judged([found], waivers=[late, waiver]) == [expected]


def test_a_waived_symptom_no_longer_makes_its_root_worse():
    waiver = Waiver("OUT-10", "**", "short on purpose", TODAY)
    found = one("CFG-05 warning > OUT-10 error")
    assert judged([found], waivers=[waiver]) == [{"CFG-05": ("new", "warning", False)}]


def test_an_expired_waiver_says_so():
    waiver = Waiver("POL-01", "**", "x", date(2026, 5, 31))
    (made,) = judge([one("POL-01 error")], [Terms()], [[0]], Conditions("any", (waiver,), None, TODAY))
    assert made.gate.of("POL-01").text == "the waiver of POL-01 for ** expired on 2026-05-31"


def test_a_waiver_that_covers_nothing_is_told():
    waivers = [
        Waiver("POL-01", "exp", "x", TODAY),
        Waiver("VAL-01", "exp", "x", TODAY),
        Waiver("POL-01", "no", "x", TODAY),
    ]
    lines = unused(waivers, [one("POL-01 error")])
    assert lines == [
        "the waiver of VAL-01 for exp is not used: VAL-01 was not found there",
        "the waiver of POL-01 for no is not used: no run of this call has that path",
    ]


@every(
    ("levels", "any_", "median", "all_"),
    [
        ([], 0, 0, 0),
        ([3], 3, 3, 3),
        ([3, 0], 3, 0, 0),
        ([3, 3, 0], 3, 3, 0),
        ([4, 3, 0], 4, 3, 0),
        ([4, 2, 2], 4, 2, 2),
        ([3, 3, 0, 0], 3, 0, 0),
        ([3, 3, 2, 0], 3, 2, 0),
    ],
)
def test_median_is_the_level_that_more_than_half_of_the_seeds_reach(levels, any_, median, all_):
    assert [aggregate(levels, how) for how in ("any", "median", "all")] == [any_, median, all_]


def seeds(*findings, unmeasured=()):
    return [
        diagnosis(run(f"exp/seed{seed}", seed), *roots, unmeasured=unmeasured)
        for seed, roots in enumerate(findings)
    ]


def test_one_seed_of_three_is_not_enough_for_the_median_and_the_arithmetic_is_shown():
    now = seeds(["POL-01 error"], [], [])
    assert judged(now, how="median", together=True)[0] == {"POL-01": ("few_seeds", "error", False)}
    (first, *_) = judge(now, [Terms()] * 3, [[0, 1, 2]], Conditions("median"))
    assert first.gate.of("POL-01").text == "in 1 of 3 seeds at error or worse; --aggregate median asks for 2"
    assert first.gate.seeds == 3


def test_two_seeds_of_three_are_enough_for_the_median_and_not_for_all():
    now = seeds(["POL-01 critical"], ["POL-01 error"], [])
    assert [list(each.values()) for each in judged(now, how="median", together=True)] == [
        [("new", "error", True)],
        [("new", "error", True)],
        [],
    ]
    assert judged(now, how="all", together=True)[0] == {"POL-01": ("few_seeds", "critical", False)}


def test_a_seed_that_could_not_look_has_no_say():
    now = [*seeds(["POL-01 error"]), *seeds([], [], unmeasured=("POL-01",))]
    assert judged(now, how="all", together=True)[0] == {"POL-01": ("new", "error", True)}


def test_a_symptom_common_to_the_seeds_fails_though_their_roots_differ():
    now = seeds(["POL-01 error > OUT-10 error"], ["VAL-01 error > OUT-10 error"], [])
    first, second, third = judged(now, how="median", together=True)
    assert first == {"POL-01": ("few_seeds", "error", False), "OUT-10": ("new", "error", True)}
    assert second["OUT-10"] == ("new", "error", True)
    assert third == {}


def test_the_seeds_of_the_baseline_are_aggregated_as_well():
    two, three = seeds(["POL-01 error"], ["POL-01 error"], []), seeds(*[["POL-01 error"]] * 3)
    assert judged(three, before=two, how="median", together=True)[2] == {"POL-01": ("known", "error", False)}
    single = seeds(["POL-01 error"], [], [])
    assert judged(two, before=single, how="median", together=True)[0] == {"POL-01": ("new", "error", True)}
    assert judged(two, before=single) == [
        {"POL-01": ("known", "error", False)},
        {"POL-01": ("new", "error", True)},
        {},
    ]


def groups(*runs, terms=None):
    return seed_groups(runs, load_criteria(builtin_rules_dir()), terms or [Terms()] * len(runs))


def test_runs_that_differ_only_in_the_seed_form_a_group():
    same = [run(f"x/{seed}", seed, learning_rate=3e-4) for seed in (0, 1)]
    assert groups(*same, run("x/2", 2, learning_rate=1e-3)) == [[0, 1], [2]]
    assert groups(*same, run("x/2", 2, learning_rate=3e-4, env="Walker2d-v5")) == [[0, 1], [2]]
    assert groups(*same, terms=[Terms("error"), Terms("critical")]) == [[0], [1]]


def test_runs_without_settings_are_alone():
    assert groups(run("x/seed0", 0), run("x/seed1", 1)) == [[0], [1]]


def test_levels_are_severities():
    assert recorded(one("POL-01 warning > OUT-10 error")) == {
        "POL-01": Severity.ERROR,
        "OUT-10": Severity.ERROR,
    }
