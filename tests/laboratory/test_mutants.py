"""Planted faults: every text stands in the installed library, and what is planted acts."""

from __future__ import annotations

import ast
import csv
import dataclasses
import importlib.util
import json
import multiprocessing
from collections import Counter
from pathlib import Path

import pytest
import yaml

pytest.importorskip("stable_baselines3")
pytest.importorskip("sb3_contrib")

from laboratory.mutants.mutation import Edit, MutationError, changed_source, locate, plant
from laboratory.mutants.outcome import judge
from laboratory.mutants.plan import HEALTHY, LAYOUTS, PlannedRun, plan
from laboratory.mutants.scoring import diagnosis, row, summary
from laboratory.mutants.table import HARMFUL, HARMLESS, PlantedFault, TrainingTask, faults, tasks

ROOT = Path(__file__).parents[2]
EVERY = [(fault, algo) for fault in faults().values() for algo in fault.algorithms]
TRAIN = "stable_baselines3.ppo.ppo:PPO.train"


# ---------------------------------------------------------------------------------------------- the table


def test_every_text_stands_exactly_once_in_the_installed_library() -> None:
    wrong = []
    for fault, algo in EVERY:
        for edit in fault.edits[algo]:
            try:
                planted = locate(edit)
            except MutationError as error:
                wrong.append(f"{fault.name} ({algo}): {error}")
                continue
            package = importlib.util.find_spec(edit.where.partition(".")[0])
            assert package is not None
            assert package.origin is not None
            lines = (Path(package.origin).parents[1] / planted.file).read_text(encoding="utf-8").splitlines()
            assert edit.find.splitlines()[0].strip() in lines[planted.line - 1]
    assert wrong == []


def test_every_changed_function_compiles() -> None:
    for fault, algo in EVERY:
        groups: dict[str, list[Edit]] = {}
        for edit in fault.edits[algo]:
            groups.setdefault(edit.where, []).append(edit)
        for where, edits in groups.items():
            compile(changed_source(where, edits), f"{fault.name} ({algo})", "exec")


def test_every_fault_plants_something_in_at_least_one_task() -> None:
    assert [f.name for f in faults().values() if not f.settings and not all(f.edits.values())] == []
    assert [f.name for f in faults().values() if not any(f.fits(task) for task in tasks().values())] == []


def test_causes_are_codes_of_the_catalogue() -> None:
    known = set(yaml.safe_load((ROOT / "rules" / "catalogue.yaml").read_text(encoding="utf-8"))["codes"])
    assert {code for fault in faults().values() for code in fault.roots} - known == set()
    assert {fault.expect for fault in faults().values()} == {HARMFUL, HARMLESS}


def test_splits_are_by_environment_and_both_have_both_kinds_of_actions() -> None:
    splits: dict[str, set[str]] = {}
    for task in tasks().values():
        splits.setdefault(task.env, set()).add(task.split)
    assert all(len(found) == 1 for found in splits.values())
    for split in ("tune", "hold"):
        assert {task.actions for task in tasks().values() if task.split == split} == {
            "discrete",
            "continuous",
        }


# ---------------------------------------------------------------------------------------------- the plan


def test_the_plan_is_balanced_from_its_beginning() -> None:
    runs = plan()
    assert len({run.key for run in runs}) == len(runs)
    first = runs[:200]
    assert 0.4 < sum(run.task.split == "hold" for run in first) / len(first) < 0.6
    assert 0.4 < sum(run.layout in ("zoo", "csv-config") for run in runs) / len(runs) < 0.6
    assert set(Counter(run.layout for run in first)) == set(LAYOUTS)
    round_one = {run.fault.name for run in runs[: 3 * len(faults())] if run.fault}
    assert round_one == set(faults())


def test_twins_come_before_the_faults_of_their_task_and_have_every_seed() -> None:
    seen: dict[str, list[int]] = {}
    for run in plan():
        if run.fault is None:
            seen.setdefault(run.task.name, []).append(run.seed)
        assert run.task.name in seen, f"{run.name} comes before a healthy twin"
    assert {name: sorted(seeds) for name, seeds in seen.items()} == {name: [0, 1, 2] for name in tasks()}


def test_a_folder_does_not_tell_what_was_planted() -> None:
    run = PlannedRun(tasks()["ppo-cartpole"], faults()["advantage-sign"], 0)
    assert "advantage" not in run.key
    assert "ppo" not in run.key


# ---------------------------------------------------------------------------------------------- mutation


@pytest.mark.parametrize("text", ["no such text", "self"])
def test_a_text_that_is_not_there_exactly_once_is_refused_before_anything_changes(text: str) -> None:
    from stable_baselines3 import PPO

    before = PPO.train
    fitting = Edit(TRAIN, "advantages = rollout_data.advantages\n", "advantages = -rollout_data.advantages\n")
    with pytest.raises(MutationError, match="exactly once"):
        plant([fitting, Edit(TRAIN, text, "pass")])
    assert PPO.train is before


def test_an_inherited_function_is_refused() -> None:
    with pytest.raises(MutationError, match="no such function of its own"):
        locate(Edit("stable_baselines3.ppo.ppo:PPO.collect_rollouts", "a", "b"))


# ---------------------------------------------------------------------------------------------- training

SMALL = {
    "ppo": {"n_steps": 64, "batch_size": 32, "n_epochs": 2},
    "dqn": {"learning_starts": 20, "train_freq": 4, "batch_size": 8, "exploration_fraction": 0.5},
}


def small(algo: str) -> TrainingTask:
    """A task of that algorithm with a budget of two updates (PPO) or sixty (DQN)."""
    task = next(task for task in tasks().values() if task.algo == algo)
    steps = {"ppo": 192, "dqn": 250}[algo]
    return dataclasses.replace(task, steps=steps, n_envs=1, settings=SMALL[algo])


def _train(run: PlannedRun, folder: Path, answer: Path) -> None:
    """Train in a process of its own, since the library is changed in it."""
    from laboratory.mutants import training

    answer.write_text(json.dumps(training.train(run, folder)), encoding="utf-8")


def trained(run: PlannedRun, tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """Folder and measured label of a real training."""
    folder, answer = tmp_path / run.key, tmp_path / f"{run.key}.json"
    process = multiprocessing.get_context("fork").Process(target=_train, args=(run, folder, answer))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == 0
    return folder, json.loads(answer.read_text(encoding="utf-8"))


@dataclasses.dataclass(frozen=True)
class CsvRun(PlannedRun):
    """A run whose layout is the one that is easiest to compare."""

    @property
    def layout(self) -> str:
        return "csv-monitor"


def rows(folder: Path) -> list[dict[str, str]]:
    """The training metrics of a log, row by row, without the clock."""
    with (folder / "progress.csv").open(encoding="utf-8") as file:
        return [{k: v for k, v in entry.items() if k.startswith("train/")} for entry in csv.DictReader(file)]


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The metrics of the unchanged library, by algorithm."""
    base = tmp_path_factory.mktemp("unchanged")
    return {algo: rows(trained(CsvRun(small(algo), None, 0), base)[0]) for algo in SMALL}


def test_a_training_repeats_so_that_a_difference_proves_something(
    unchanged: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    assert rows(trained(CsvRun(small("ppo"), None, 0), tmp_path)[0]) == unchanged["ppo"]


@pytest.mark.parametrize(
    ("algo", "fault"),
    [("ppo", "advantage-sign"), ("ppo", "critic-blind"), ("dqn", "td-gamma-0.3")],
)
def test_a_planted_fault_changes_the_training(
    algo: str, fault: str, unchanged: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    folder, label = trained(CsvRun(small(algo), faults()[fault], 0), tmp_path)
    assert len(rows(folder)) == len(unchanged[algo])
    assert rows(folder) != unchanged[algo]
    assert [edit["find"] for edit in label["planted"]] == [edit.find for edit in faults()[fault].edits[algo]]


def test_true_returns_are_kept_below_a_monitor_that_lies(tmp_path: Path) -> None:
    run = CsvRun(small("ppo"), faults()["reward-sign-monitor"], 0)
    folder, label = trained(run, tmp_path)
    logged = (folder / "0.monitor.csv").read_text(encoding="utf-8").splitlines()[2:]
    assert all(float(line.split(",")[0]) < 0 for line in logged)
    assert all(entry is None or entry[0] > 0 for entry in label["training_returns"])
    assert label["evaluation"]["mean"] > 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_has_its_files_and_never_the_planted_value(layout: str, tmp_path: Path) -> None:
    kind = type("OfLayout", (PlannedRun,), {"layout": property(lambda self: layout)})
    folder, _ = trained(kind(small("ppo"), faults()["gae-gamma-0.3"], 0), tmp_path)
    names = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert any(name.startswith("events") for name in names) == (layout in ("tensorboard", "zoo"))
    assert ("progress.csv" in names) == layout.startswith("csv")
    assert ("0.monitor.csv" in names) == (layout in ("csv-monitor", "zoo"))
    assert ({"config.json", "config.yml"} & set(names) != set()) == (layout in ("zoo", "csv-config"))
    for name in ("config.json", "config.yml", "args.yml"):
        for path in folder.rglob(name):
            text = path.read_text(encoding="utf-8")
            assert "0.3" not in text
            assert "gae-gamma" not in text


# ---------------------------------------------------------------------------------------------- judging


def label(evaluation: float, training: float, fault: str = "x", stopped: str = "") -> dict[str, object]:
    """What judging reads of a label."""
    ends = [None] * 9 + [[training, 10.0, 5]]
    return {"fault": fault, "stopped": stopped, "evaluation": {"mean": evaluation}, "training_returns": ends}


TWINS = [label(100.0, 90.0, HEALTHY), label(96.0, 92.0, HEALTHY), label(104.0, 88.0, HEALTHY)]


@pytest.mark.parametrize(
    ("evaluation", "training", "outcome", "by"),
    [
        (10.0, 90.0, HARMFUL, ["evaluation"]),
        (100.0, 20.0, HARMFUL, ["training"]),
        (98.0, 89.0, HARMLESS, []),
        (83.0, 80.0, "unclear", []),
    ],
)
def test_harm_is_what_stays_below_the_twins(
    evaluation: float, training: float, outcome: str, by: list[str]
) -> None:
    found = judge(label(evaluation, training), TWINS, floor=0.0)
    assert (found["outcome"], found["by"]) == (outcome, by)


def test_nothing_is_judged_without_twins_that_learned() -> None:
    assert judge(label(1.0, 1.0), TWINS[:1], floor=0.0)["outcome"] == "unjudged"
    lost = [label(1.0, 1.0, HEALTHY), label(-1.0, -1.0, HEALTHY)]
    assert judge(label(1.0, 1.0), lost, floor=0.0)["outcome"] == "unjudged"
    assert judge(label(1.0, 1.0, stopped="nan"), TWINS, floor=0.0)["outcome"] == HARMFUL


def test_a_twin_that_collapsed_is_no_example_of_health() -> None:
    collapsed = label(5.0, 4.0, HEALTHY)
    assert judge(collapsed, [*TWINS, collapsed], floor=0.0)["outcome"] in ("unclear", "unjudged")


# ---------------------------------------------------------------------------------------------- scoring


def test_a_checkout_is_asked_about_a_real_run(tmp_path: Path) -> None:
    fault: PlantedFault = faults()["critic-blind"]
    folder, _ = trained(CsvRun(small("ppo"), fault, 0), tmp_path)
    (tmp_path / "answers").mkdir()
    found = diagnosis(tmp_path, folder.name, ROOT, tmp_path / "answers")
    assert found["algorithm"] == "ppo"
    told = {
        "split": "tune",
        "outcome": HARMFUL,
        "fault": fault.name,
        "mechanism": fault.mechanism,
        "task": "ppo-cartpole",
        "seed": 0,
        "layout": "csv-monitor",
        "folder": folder.name,
        "shares": {},
        "roots": list(fault.roots),
    }
    line = row(told, {**found, "roots": [{"code": "VAL-02", "severity": "warning", "message": "m"}]})
    assert (line["flagged"], line["first"], line["top3"]) == (True, True, True)
    info = row(told, {**found, "roots": [{"code": "VAL-02", "severity": "info", "message": "m"}]})
    assert (info["flagged"], info["first"]) == (False, False)
    assert "1 of    2" in summary([line, info], "tune")


def test_the_mutants_import_nothing_of_the_package() -> None:
    for path in (ROOT / "laboratory" / "mutants").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] != "rldoctor", path
            elif isinstance(node, ast.Import):
                assert all(alias.name.partition(".")[0] != "rldoctor" for alias in node.names), path
