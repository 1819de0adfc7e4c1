"""A home-made log whose names say nothing: a remark and no verdict, never an error against the run."""

from rldoctor.api import diagnose, load


def test_unknown_names_are_a_remark_and_no_verdict(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "Episode,Total prey,Variant B\n" + "".join(f"{i},{i * 2},{i % 7}\n" for i in range(1, 80))
    )
    (run,) = load(path).runs
    found = diagnose(run)
    assert found.verdict == "not_enough_data"
    assert [(root.finding.code, root.severity.label) for root in found.roots] == [("LOG-01", "info")]


def test_nothing_but_counters_is_still_an_error(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,fps\n" + "".join(f"{i},{100 + i % 7}\n" for i in range(1, 80)))
    (run,) = load(path).runs
    assert [(root.finding.code, root.severity.label) for root in diagnose(run).roots] == [("LOG-01", "error")]
