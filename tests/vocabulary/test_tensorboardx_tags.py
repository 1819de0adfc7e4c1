"""tensorboardX writes ``Policy/Learning Rate`` as ``Policy/Learning_Rate``; the framework is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from rldoctor.api import load
from rldoctor.model.run import Run
from rldoctor.vocabulary.detect import fingerprints
from rldoctor.vocabulary.tables import written_plainly

tensorboard_x = pytest.importorskip("tensorboardX")
torch_board = pytest.importorskip("torch.utils.tensorboard")

ML_AGENTS = (
    "Environment/Cumulative Reward",
    "Environment/Episode Length",
    "Policy/Extrinsic Reward",
    "Policy/Curiosity Reward",
    "Policy/Extrinsic Value Estimate",
    "Policy/Learning Rate",
    "Policy/Entropy",
    "Policy/Beta",
    "Losses/Policy Loss",
    "Losses/Value Loss",
)
SKRL = (
    "Reward / Total reward (mean)",
    "Reward / Instantaneous reward (mean)",
    "Episode / Total timesteps (mean)",
    "Loss / Policy loss",
    "Loss / Value loss",
    "Loss / Entropy loss",
    "Policy / Standard deviation",
)
RLKIT = (
    "expl/num steps total",
    "trainer/QF1 Loss",
    "trainer/Policy Loss",
    "evaluation/Average Returns",
    "Epoch",
)


def logged_with(module: object, folder: Path, tags: tuple[str, ...]) -> Run:
    writer = module.SummaryWriter(str(folder))
    for index in range(12):
        for offset, tag in enumerate(tags):
            writer.add_scalar(tag, 0.1 * (1 + offset) + 0.01 * index, 1000 * (index + 1))
    writer.close()
    (run,) = load(folder).runs
    return run


def meanings(run: Run) -> dict[str, list[float]]:
    return {name: [round(value, 5) for value in one.values] for name, one in run.metrics.series.items()}


def components(run: Run) -> set[tuple[str, str]]:
    """Members of families and what the wildcard of their row stood for."""
    return {(one.name, one.attributes.get("component", "")) for one in run.metrics.alternates}


@pytest.mark.parametrize(("name", "tags"), [("ml_agents", ML_AGENTS), ("skrl", SKRL), ("rlkit", RLKIT)])
def test_both_writers_mean_the_same(tmp_path: Path, name: str, tags: tuple[str, ...]) -> None:
    exact = logged_with(torch_board, tmp_path / "torch", tags)
    plain = logged_with(tensorboard_x, tmp_path / "tensorboardx", tags)
    assert {one.tag for one in plain.metrics.series.values()} != {
        one.tag for one in exact.metrics.series.values()
    }, "the writers differ, or this test tests nothing"
    assert (exact.framework, plain.framework) == (name, name)
    assert len(meanings(exact)) >= 4
    assert meanings(plain) == meanings(exact)
    assert components(plain) == components(exact)


def test_what_a_wildcard_stands_for_is_the_same(tmp_path: Path) -> None:
    found = components(logged_with(tensorboard_x, tmp_path, ML_AGENTS))
    assert ("reward_component", "Curiosity") in found


def test_it_is_what_tensorboardx_writes() -> None:
    clean = pytest.importorskip("tensorboardX.summary")._clean_tag
    for entry in fingerprints().values():
        for tag in (tag for one in entry["any"] for tag in one.get("tags", ()) if "*" not in tag):
            assert written_plainly(tag) == clean(tag)


def test_no_framework_takes_another_ones_tags_in_this_spelling() -> None:
    """Two frameworks that differ in spaces only would be mixed up: there are none."""
    spellings: dict[frozenset[str], set[str]] = {}
    for name, entry in fingerprints().items():
        for one in entry["any"]:
            # What is told by settings, files or words has no tags to be mixed up.
            if (
                one.get("tags")
                and not one.get("files")
                and not one.get("contexts")
                and not one.get("without")
            ):
                wanted = frozenset(written_plainly(tag) for tag in one.get("tags", ()))
                spellings.setdefault(wanted, set()).add(name)
    assert [names for names in spellings.values() if len(names) > 1] == []


def test_home_made_words_with_underscores_stay_home_made(tmp_path: Path) -> None:
    tags = ("Loss/policy_loss", "Policy/entropy", "Environment/reward", "learning_rate")
    assert logged_with(tensorboard_x, tmp_path, tags).framework == "generic"
