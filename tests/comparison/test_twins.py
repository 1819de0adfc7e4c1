"""Twins: real trainings of one code and seed, in which one thing is changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from arms import CRITERIA, arm, run_of
from every import every

import rldoctor
from rldoctor import api
from rldoctor.comparison.twins import align, arm_twins, best_twin, may_be_twins, read, with_twin_notes
from rldoctor.model.comparison import Arm, Twin
from rldoctor.report import compare_markdown, compare_terminal
from rldoctor.report.compare_json import document
from rldoctor.report.html import compare_page

CHANGES: dict[str, dict[str, float]] = {
    "base": {},
    "again": {},
    "gamma": {"gamma": 0.9},
    "rate": {"learning_rate": 1e-3},
    "clip": {"clip_range": 0.05},
    "seed": {},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PPO on CartPole, 2,048 steps in rollouts of 512, as SB3 logs it, each with one thing changed."""
    sb3 = pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.logger import configure

    folder = tmp_path_factory.mktemp("twins")
    for name, changed in CHANGES.items():
        seed = 1 if name == "seed" else 0
        model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=512, seed=seed, device="cpu", **changed)
        model.set_logger(configure(str(folder / name), ["csv", "tensorboard"]))
        model.learn(2048)
        model.logger.close()
        (event,) = (folder / name).glob("events*")
        (folder / "events" / name).mkdir(parents=True)
        event.rename(folder / "events" / name / event.name)
        configured = {"algo": "ppo", "env_id": "CartPole-v1", "seed": seed, "n_steps": 512, "gamma": 0.99}
        told = {**configured, "learning_rate": 3e-4, "clip_range": 0.2, **changed}
        (folder / "events" / name / "config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def twin(trained: Path, name: str, base: str = "base", place: str = "events") -> Twin | None:
    (found,) = rldoctor.compare(trained / place / base, trained / place / name).twins or (None,)
    return found


@every(
    ("name", "kind", "says", "fits"),
    [
        ("gamma", "targets", "discount", ("gamma (0.99 -> 0.9)",)),
        ("rate", "step", "learning rate", ("learning_rate (0.0003 -> 0.001)",)),
        ("clip", "step", "loss", ("clip_range (0.2 -> 0.05)",)),
    ],
)
def test_the_first_update_tells_data_from_step(
    name: str, kind: str, says: str, fits: tuple[str, ...], trained: Path
) -> None:
    found = twin(trained, name)
    assert found is not None
    assert (found.when, found.kind, found.equal_until, found.step) == ("update", kind, 512.0, 1024.0)
    assert says in found.says
    assert found.fits == fits
    assert found.text.startswith("identical to base until step 512")


def test_a_changed_step_leaves_the_returns_alone(trained: Path) -> None:
    """The explained variance is made before the update, of the same data."""
    found, data = twin(trained, "rate"), twin(trained, "gamma")
    assert found is not None
    assert data is not None
    assert "explained_variance" not in {value.metric for value in found.differs}
    assert data.differs[0].metric == "explained_variance"


def test_the_same_training_is_the_same_to_the_last_digit(trained: Path) -> None:
    found = twin(trained, "again")
    assert found is not None
    assert (found.step, found.rows, found.differs) == (None, 4, ())
    assert "identical to base in every number" in found.text


def test_another_seed_is_no_twin_and_says_so_where_it_is_not_known(trained: Path) -> None:
    assert twin(trained, "seed") is None
    found = twin(trained, "seed", place=".")
    assert found is not None
    assert (found.when, found.kind, found.equal_until) == ("before", "lengths", None)
    assert "seed" in found.says
    assert found.fits is None


def test_event_files_and_tables_hold_the_same_numbers(trained: Path) -> None:
    """An event file keeps seven digits; a table keeps all."""
    base, candidate = trained / "events" / "base", trained / "gamma"
    (found,) = rldoctor.compare(base, candidate).twins
    assert (found.when, found.kind, found.step) == ("update", "targets", 1024.0)
    assert found.fits is None, "the default of a run without a configuration is a guess"
    (same,) = rldoctor.compare(base, trained / "again").twins
    assert same.step is None


def test_code_that_differs_is_told_from_settings(trained: Path) -> None:
    """The configuration says the same, the numbers do not."""
    place = trained / "events"
    said = (place / "base" / "config.json").read_text(encoding="utf-8")
    old = (place / "gamma" / "config.json").read_text(encoding="utf-8")
    (place / "gamma" / "config.json").write_text(said, encoding="utf-8")
    try:
        found = twin(trained, "gamma")
    finally:
        (place / "gamma" / "config.json").write_text(old, encoding="utf-8")
    assert found is not None
    assert found.fits == ()
    assert "No setting that differs can make it: look at the code" in found.text


SAME = (("base", "again"), ("again", "base"))


def test_analyze_notes_the_runs_of_a_folder(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rldoctor.commands.analyze import analyze
    from rldoctor.commands.options import Options

    analyze([str(trained / "events")], Options())
    told = " ".join(capsys.readouterr().out.split())
    assert "The same training until a number differs" in told
    runs = api.with_twins(rldoctor.load(trained / "events").runs)
    notes = {run.id: [note.text for note in run.notes if note.code == "twin"] for run in runs}
    # The one that ends best is what the others are held against; of two equals one has no note.
    best = next(name for name, texts in notes.items() if not texts and name != "seed")
    ends = {run.id: np.median(run.metrics["episode_return"].values[-3:]) for run in runs if run.id != "seed"}
    assert ends[best] == max(ends.values())
    assert {name: len(texts) for name, texts in notes.items()} == {
        name: int(name not in ("seed", best)) for name in ("again", "base", "clip", "gamma", "rate", "seed")
    }
    assert any(f"{one}: identical to {other} in every number" in told for one, other in SAME)
    assert "gamma: identical to" in told


def test_reports_have_it(trained: Path) -> None:
    comparison = rldoctor.compare(trained / "events" / "base", trained / "events" / "gamma")
    shown = " ".join(compare_terminal.render(comparison).split())
    assert "gamma: identical to base until step 512" in shown
    for page in (compare_markdown.render(comparison), compare_page.render(comparison)):
        assert "gamma: identical to base until step 512" in page
        assert "Where the same training begins to differ" in page
    (entry,) = document(comparison)["twins"]
    assert (entry["kind"], entry["step"]) == ("targets", 1024.0)


# ------------------------------------------------------------------------------------- what proves nothing

STEPS = np.array([100.0, 200.0, 300.0])


def _pair(one: dict[str, list[float]], other: dict[str, list[float]]) -> Twin:
    base, candidate = (
        run_of(name, {key: np.array(values) for key, values in metrics.items()}, steps=STEPS)
        for name, metrics in (("base", one), ("candidate", other))
    )
    return read(base, candidate, align(base, candidate, CRITERIA.twins), CRITERIA)


def test_numbers_that_chance_makes_equal_prove_no_seed() -> None:
    """Every episode of Pendulum has 200 steps; four episodes of Acrobot end at -492.25 in many runs."""
    same = {"episode_length": [200.0, 200.0, 200.0], "episode_return": [-500.0, -492.25, -480.5]}
    assert _pair({**same, "approx_kl": [0.1, 0.2, 0.3]}, {**same, "approx_kl": [0.2, 0.2, 0.2]}).telling == 0
    real = {"episode_return": [-1382.0904541015625, -1259.9971923828125, -1100.5]}
    assert _pair(real, real).telling == 2


def test_arms_of_other_seeds_have_no_twins() -> None:
    rng = np.random.default_rng(0)
    assert arm_twins(arm("a", rng, 3), arm("b", rng, 3), CRITERIA) == ()


def test_a_difference_of_rounding_localises_nothing() -> None:
    one = {"episode_return": [1.2345678, 2.3456789, 3.4567891], "approx_kl": [0.0123, 0.0234, 0.0345]}
    other = {**one, "approx_kl": [0.0123, 0.0234 * (1 + 1e-7), 0.0346]}
    found = _pair(one, other)
    assert (found.kind, found.step) == ("rounding", 200.0)
    assert "That points to nothing" in found.text


def test_a_run_that_blows_up_later_makes_no_early_difference_small() -> None:
    """A DQN without terminal masks: 0.821 against 0.856 at first, a million at the end."""
    one = {"episode_return": [9.3478261, 11.847826, 20.3], "critic_loss": [0.8211, 0.9, 0.7]}
    other = {"episode_return": [9.3478261, 11.847826, 20.3], "critic_loss": [0.8562, 3e5, 2e6]}
    found = _pair(one, other)
    assert (found.kind, found.step) == ("critic", 100.0)


def test_a_rounded_number_beside_others_does_not_decide() -> None:
    """CleanRL with another learning rate: an explained variance of -0.0195295 against -0.0195296."""
    one = {"explained_variance": [-0.0195295, 0.5, 0.7], "approx_kl": [0.0123, 0.0234, 0.0345]}
    other = {"explained_variance": [-0.0195296, 0.4, 0.7], "approx_kl": [0.0223, 0.0334, 0.0445]}
    found = _pair(one, other)
    assert (found.kind, [value.metric for value in found.differs]) == ("step", ["approx_kl"])


def test_a_run_that_stopped_is_held_against_what_there_is() -> None:
    one = {"approx_kl": [0.0123, 0.0234, 0.0345]}
    found = _pair(one, {"approx_kl": [0.0123, 0.0234]})
    assert (found.step, found.rows) == (None, 2)


def test_not_a_number_is_equal_to_itself() -> None:
    one = {"approx_kl": [0.0123, float("nan"), 0.0345], "value_loss": [1.5, float("nan"), 2.5]}
    assert _pair(one, one).step is None


def test_a_number_that_became_nan_is_no_missing_row() -> None:
    one = {"approx_kl": [0.0123, 0.0234, 0.0345], "value_loss": [1.5, 2.0, 2.5]}
    found = _pair(one, {**one, "approx_kl": [0.0123, float("nan"), float("nan")]})
    assert (found.kind, found.step, found.differs[0].missing) == ("step", 200.0, False)
    assert "approx kl (0.0234 against nan)" in found.text
    every = {"approx_kl": [float("nan")] * 3}
    assert _pair(one, every).kind == "step"


def test_runs_of_another_algorithm_or_environment_are_no_twins() -> None:
    one = run_of("a", {"approx_kl": np.array([0.1])}, steps=STEPS)
    assert may_be_twins(one, one)
    assert may_be_twins(replace(one, env="CartPole-v1"), one)
    for other in (replace(one, algorithm="sac"), replace(one, axis="iterations")):
        assert not may_be_twins(one, other)
    assert not may_be_twins(replace(one, env="CartPole-v1"), replace(one, env="Acrobot-v1"))
    assert not may_be_twins(replace(one, seed=0), replace(one, seed=1))
    assert best_twin(one, [one], CRITERIA) is None
    assert with_twin_notes([one], CRITERIA) == [one]


def test_every_phase_and_kind_is_placed_and_every_group_is_a_suspect() -> None:
    known = CRITERIA.twins
    groups = {suspect.name for suspect in CRITERIA.suspects}
    assert {name for place in known.places for name in place.groups} <= groups
    for when in ("before", "update", "later"):
        for kind in ("lengths", "returns", "rows", "counters", "set"):
            assert known.place(when, kind, "episodes_first", equal=False), (when, kind)
    for kind in known.learning:
        for order in ("episodes_first", "update_first", "many_updates"):
            assert known.place("update", kind, order, equal=False), (kind, order)
    assert Arm("a", "a", ()).runs == ()
