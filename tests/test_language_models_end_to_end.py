"""Reinforcement learning on language models, end to end: real tags and real writers, and the diagnosis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Diagnosis, Finding, Outcome, Severity

writers = pytest.importorskip("tensorboardX")
ROWS = 40
Values = Sequence[float]


def level(*parts: tuple[float, int], noise: float = 0.0) -> list[float]:
    """Stretches of a level, each of so many rows, with noise that is the same every time."""
    values = np.concatenate([np.full(rows, value) for value, rows in parts])
    return list(values + noise * np.random.default_rng(7).normal(size=values.size))


def ramp(first: float, last: float, rows: int = ROWS, noise: float = 0.0) -> list[float]:
    return list(np.linspace(first, last, rows) + noise * np.random.default_rng(8).normal(size=rows))


def written(
    folder: Path, tags: Mapping[str, Values], config: Mapping[str, Any] | None = None, every: int = 5
) -> Path:
    writer = writers.SummaryWriter(str(folder))
    for tag, values in tags.items():
        for index, value in enumerate(values):
            writer.add_scalar(tag, value, (index + 1) * every)
    writer.close()
    (folder / "config.json").write_text(json.dumps(dict(config or {})))
    return folder


def diagnosis_of(path: Path) -> Diagnosis:
    (run,) = load(path).runs
    return diagnose(run)


def fired(diagnosis: Diagnosis) -> dict[str, Finding]:
    results = (one for one in diagnosis.results if one.outcome is Outcome.FIRED)
    return {one.code: one.finding for one in results if one.finding is not None}


def trl(**changes: Values) -> dict[str, Values]:
    """What TRL's GRPO logs of a run in which nothing is wrong, but for ``changes`` (``_`` is ``/``)."""
    healthy: dict[str, Values] = {
        "reward": level((0.85, ROWS), noise=0.03),
        "frac_reward_zero_std": level((0.6, ROWS), noise=0.05),
        "entropy": level((0.25, ROWS), noise=0.01),
        "grad_norm": level((0.3, ROWS), noise=0.02),
        "completions/mean_length": level((220, ROWS), noise=5),
        "completions/clipped_ratio": level((0.0, ROWS)),
        "clip_ratio/region_mean": level((0.0, ROWS)),
        "learning_rate": level((1e-6, ROWS)),
        "loss": level((0.0, ROWS)),
    }
    return {f"train/{tag}": values for tag, values in (healthy | changes).items()}


FALLING = level((0.8, 20), (0.3, 20), noise=0.02)
GONE = level((0.8, 20), (0.0, 20))


def test_nothing_is_said_against_a_good_run(tmp_path):
    diagnosis = diagnosis_of(written(tmp_path, trl()))
    assert diagnosis.verdict == "healthy"
    assert diagnosis.run.algorithm == "grpo"
    # Exactly zero gradients, losses, KL and clipped shares are how such a run looks.
    zeros = trl(grad_norm=[0.0 if row % 3 else 0.3 for row in range(ROWS)])
    diagnosis = diagnosis_of(written(tmp_path / "zeros", zeros))
    assert [root.finding.code for root in diagnosis.roots if root.severity >= Severity.WARNING] == []


def test_nothing_is_asked_about_environments(tmp_path):
    diagnosis = diagnosis_of(written(tmp_path, trl()))
    asked = {one.code for one in diagnosis.results if one.outcome is not Outcome.NOT_APPLICABLE}
    no_business = {"LOG-02", "OFF-01", "ENT-05", "OUT-06", "REW-11", "CFG-01", "VAL-07", "POL-01", "NUM-03"}
    assert asked.isdisjoint(no_business)


def test_the_chain_is_told_from_its_first_mover(tmp_path):
    broken = {
        "reward": [*level((0.85, 15), noise=0.03), 0.4, 0.1, *[0.0] * 23],
        "entropy": [*level((0.25, 14), noise=0.01), 0.9, 2, 4, *[6.0] * 23],
        "completions/clipped_ratio": [*[0.0] * 15, 0.3, 0.8, *[1.0] * 23],
        "frac_reward_zero_std": [*level((0.6, 15), noise=0.05), 0.7, 0.9, *[1.0] * 23],
        "grad_norm": [*level((0.3, 15), noise=0.02), 0.3, 0.1, *[0.0] * 23],
    }
    diagnosis = diagnosis_of(written(tmp_path, trl(**broken, learning_rate=level((1e-4, ROWS)))))
    assert diagnosis.roots[0].finding.code == "ENT-21"
    assert {"LEN-01", "GRP-01", "ENT-21"} <= set(fired(diagnosis))
    assert {one.code for one in diagnosis.roots[0].explains} >= {"LEN-01", "GRP-01"}
    (first, *_) = diagnosis.roots[0].finding.causes
    assert first.id == "learning-rate"


def test_a_nan_is_named_before_what_it_leaves(tmp_path):
    nan = float("nan")
    broken = {
        "reward": GONE,
        "grad_norm": [*level((0.3, 20), noise=0.02), *[nan] * 20],
        "loss": [*[0.0] * 20, *[nan] * 20],
        "frac_reward_zero_std": level((0.6, 20), (1.0, 20)),
    }
    diagnosis = diagnosis_of(written(tmp_path, trl(**broken)))
    assert diagnosis.roots[0].finding.code == "NUM-01"
    assert "GRP-01" in {one.code for one in diagnosis.roots[0].explains}
    assert len(diagnosis.roots) == 1


def test_a_dip_at_the_very_end_is_no_error(tmp_path):
    dip = [*ramp(0.3, 0.85, 76, noise=0.03), 0.3, 0.25, 0.3, 0.3]
    tags = {tag: [*values, *values][:80] for tag, values in trl().items()} | {"train/reward": dip}
    assert diagnosis_of(written(tmp_path, tags)).verdict == "warning"


def test_few_noisy_batches_that_rise_are_not_called_flat(tmp_path):
    """Eight answers to a batch: rewards in eighths, from 0.3 to 0.6."""
    rng = np.random.default_rng(3)
    rising = list(rng.binomial(8, np.linspace(0.3, 0.65, ROWS)) / 8)
    assert "OUT-10" not in fired(diagnosis_of(written(tmp_path / "rises", trl(reward=rising))))
    level_ = list(rng.binomial(8, 0.4, size=ROWS) / 8)
    found = fired(diagnosis_of(written(tmp_path / "flat", trl(reward=level_))))
    assert "OUT-10" in found
    assert "OUT-20" not in found


def test_an_entropy_that_is_spent(tmp_path):
    spent = {"entropy": level((0.3, 10), (0.1, 10), (0.01, 20)), "reward": FALLING}
    assert "ENT-20" in fired(diagnosis_of(written(tmp_path, trl(**spent))))


def test_groups(tmp_path):
    solved = trl(frac_reward_zero_std=level((0.85, ROWS), noise=0.02))
    assert "GRP-02" in fired(diagnosis_of(written(tmp_path / "solved", solved)))
    small = trl(frac_reward_zero_std=level((0.82, 60), noise=0.02), reward=level((0.1, 60), noise=0.02))
    assert "GRP-03" in fired(diagnosis_of(written(tmp_path / "small", small, {"num_generations": 2})))
    mixed = trl(
        frac_reward_zero_std=level((0.0, 60)),
        reward=level((0.94, 60), noise=0.01),
        reward_std=level((0.24, 60), noise=0.01),
    )
    assert "GRP-04" in fired(diagnosis_of(written(tmp_path / "mixed", mixed, {"num_generations": 8})))


def test_lengths(tmp_path):
    longer = {"completions/mean_length": ramp(200, 440, noise=5), "reward": ramp(0.7, 0.4, noise=0.02)}
    assert "LEN-02" in fired(diagnosis_of(written(tmp_path / "longer", trl(**longer))))
    shorter = {"completions/mean_length": level((220, 20), (5, 20), noise=1), "reward": GONE}
    assert "LEN-03" in fired(diagnosis_of(written(tmp_path / "shorter", trl(**shorter))))


def test_the_reference_model(tmp_path):
    away = {
        "kl": [*level((0.01, 28), noise=0.001), *ramp(0.3, 2.0, 12)],
        "reward": level((0.8, 28), (0.5, 12)),
    }
    assert "KLR-01" in fired(diagnosis_of(written(tmp_path / "away", trl(**away))))
    held = {
        "kl": level((2.0, 100), noise=0.1),
        "reward": level((0.3, 100), noise=0.01),
        "reward_std": level((0.3, 100), noise=0.01),
    }
    diagnosis = diagnosis_of(written(tmp_path / "held", trl(**held), {"beta": 0.1}))
    assert "KLR-02" in fired(diagnosis)
    # This is no KL of an update.
    assert "POL-03" not in fired(diagnosis)


def test_updates(tmp_path):
    still = {"learning_rate": level((1e-8, ROWS)), "reward": level((0.4, ROWS), noise=0.02)}
    assert "POL-20" in fired(diagnosis_of(written(tmp_path / "still", trl(**still))))
    much = {"clip_ratio/region_mean": level((0.35, ROWS), noise=0.01), "reward": FALLING}
    assert "POL-22" in fired(diagnosis_of(written(tmp_path / "much", trl(**much))))
    spikes = [0.3] * 30 + [20.0, 0.3, 30.0, 0.3, 25.0, 0.3, 0.3, 40.0, 0.3, 0.3]
    assert "NUM-20" in fired(
        diagnosis_of(written(tmp_path / "spikes", trl(grad_norm=spikes, reward=FALLING)))
    )


def verl(**changes: Values) -> dict[str, Values]:
    """What verl logs, but for ``changes``."""
    return {
        "critic/score/mean": FALLING,
        "critic/vf_explained_var": [float("nan")] * ROWS,
        "actor/entropy": level((0.25, ROWS), noise=0.01),
        "actor/ppo_kl": level((0.0, ROWS)),
        "actor/pg_clipfrac": level((0.0, ROWS)),
        "actor/grad_norm": level((0.3, ROWS), noise=0.02),
        "response_length/mean": level((220, ROWS), noise=5),
        "response_length/clip_ratio": level((0.01, ROWS)),
        **changes,
    }


ON_POLICY = {
    "actor_rollout_ref.actor.ppo_epochs": 1,
    "actor_rollout_ref.actor.ppo_mini_batch_size": 256,
    "data.train_batch_size": 256,
}


def test_verl(tmp_path):
    diagnosis = diagnosis_of(written(tmp_path / "fell", verl()))
    # Not NaN, and not a frozen policy: there is no critic, and old and new policy are one.
    assert {"NUM-01", "POL-01", "OUT-10"}.isdisjoint(fired(diagnosis))
    off = verl(**{"actor/ppo_kl": level((0.01, ROWS), noise=0.001)})
    assert "POL-21" in fired(diagnosis_of(written(tmp_path / "off", off, ON_POLICY)))
    apart = verl(**{"training/rollout_probs_diff_mean": level((0.003, 10), (0.03, 30))})
    diagnosis = diagnosis_of(written(tmp_path / "apart", apart))
    assert "MIS-01" in fired(diagnosis)
    assert fired(diagnosis)["MIS-01"].severity is Severity.ERROR


def test_old_samples_of_an_asynchronous_run(tmp_path):
    tags = {
        "reward/all/mean": FALLING,
        "mismatch_kl/all/mean": level((0.002, 10), (0.05, 30)),
        "off_policy/mean": level((1, 10), (6, 30)),
        "entropy/all/mean": level((0.25, ROWS), noise=0.01),
    }
    assert "MIS-02" in fired(diagnosis_of(written(tmp_path, tags, {"max_off_policy_steps": 8})))


def test_rewards_and_what_they_stand_for(tmp_path):
    template = {"rewards/format_reward/mean": level((0.9, 20), (0.1, 20)), "reward": FALLING}
    assert "REW-20" in fired(diagnosis_of(written(tmp_path / "template", trl(**template))))
    paid = {
        "rewards/accuracy_reward/mean": level((0.6, 20), (0.3, 20), noise=0.02),
        "rewards/format_reward/mean": level((0.2, 20), (0.9, 20), noise=0.02),
        "reward": level((0.8, 20), (1.2, 20), noise=0.03),
    }
    assert "REW-22" in fired(diagnosis_of(written(tmp_path / "paid", trl(**paid))))
    tags = trl(reward=ramp(0.3, 0.9, noise=0.02)) | {"eval/reward": ramp(0.6, 0.2, noise=0.01)}
    assert "REW-21" in fired(diagnosis_of(written(tmp_path / "hacked", tags)))
    assert "OUT-20" in fired(
        diagnosis_of(written(tmp_path / "lower", trl(reward=level((0.9, 8), (0.6, 8), noise=0.02))))
    )


def test_preferences(tmp_path):
    tags = {
        "train/rewards/margins": ramp(0, 4),
        "train/rewards/accuracies": ramp(0.5, 0.9),
        "train/logps/chosen": ramp(-100, -180),
        "train/logps/rejected": ramp(-100, -260),
    }
    diagnosis = diagnosis_of(written(tmp_path, tags))
    assert diagnosis.run.algorithm == "dpo"
    assert "DPO-01" in fired(diagnosis)
    assert diagnosis.verdict != "healthy"


def dpo(rows: int = 60, **changes: Values) -> dict[str, Values]:
    """What TRL's DPO logs of a run in which nothing is wrong: margins grow, the chosen fall a little."""
    healthy: dict[str, Values] = {
        "loss": ramp(0.69, 0.56, rows, noise=0.02),
        "rewards/chosen": ramp(0, -1.0, rows, noise=0.05),
        "rewards/rejected": ramp(0, -2.0, rows, noise=0.05),
        "rewards/margins": ramp(0, 1.0, rows, noise=0.05),
        "rewards/accuracies": [*ramp(0.5, 0.72, 15, noise=0.05), *level((0.72, rows - 15), noise=0.05)],
        "logps/chosen": ramp(-280, -290, rows, noise=6),
        "logps/rejected": ramp(-265, -285, rows, noise=6),
        "grad_norm": level((8.0, rows), noise=0.5),
        "learning_rate": level((5e-7, rows)),
    }
    return {f"train/{tag}": values for tag, values in (healthy | changes).items()}


def test_nothing_is_said_against_good_preference_training(tmp_path):
    diagnosis = diagnosis_of(written(tmp_path, dpo()))
    assert not fired(diagnosis)


def test_preferences_that_are_not_learned_or_lost(tmp_path):
    chance = {"rewards/accuracies": level((0.5, 60), noise=0.06), "loss": level((0.693, 60), noise=0.01)}
    moved = {"rewards/margins": level((0.0, 60), noise=0.05)}
    assert "DPO-02" in fired(diagnosis_of(written(tmp_path / "chance", dpo(**chance, **moved))))
    lost = {
        "rewards/accuracies": level((0.5, 5), (0.75, 25), (0.5, 30), noise=0.05),
        "loss": level((0.69, 5), (0.55, 25), (2.0, 30), noise=0.02),
        "learning_rate": level((1e-4, 60)),
    }
    diagnosis = diagnosis_of(written(tmp_path / "lost", dpo(**lost)))
    assert diagnosis.roots[0].finding.code == "DPO-04"
    assert diagnosis.roots[0].severity is Severity.CRITICAL


def test_preferences_that_are_known_by_heart(tmp_path):
    heart = {
        "rewards/accuracies": level((0.6, 10), (1.0, 50)),
        "loss": level((0.69, 5), (0.3, 5), (0.01, 50)),
        "rewards/margins": ramp(0, 12, 60),
    }
    held_out = {
        "eval/loss": [0.69, 0.6, 0.55, 0.55, 0.62, 0.7, 0.8, 0.9, 0.95, 1.0, *[1.05] * 50],
        "eval/rewards/accuracies": [0.5, 0.7, 0.74, 0.74, 0.7, 0.68, 0.66, *[0.64] * 53],
    }
    assert "DPO-05" in fired(diagnosis_of(written(tmp_path / "blind", dpo(**heart))))
    seen = diagnosis_of(written(tmp_path / "seen", dpo(**heart) | held_out))
    assert "DPO-03" in fired(seen)
    assert fired(seen)["DPO-03"].severity >= Severity.WARNING


def test_evaluations_of_verl_alone_are_judged(tmp_path):
    def of(*parts: tuple[float, int]) -> dict[str, Values]:
        return {"val-core/openai/gsm8k/acc/mean@8": level(*parts, noise=0.02)}

    assert diagnosis_of(written(tmp_path / "fell", of((0.7, 12), (0.2, 13)))).verdict == "error"
    assert diagnosis_of(written(tmp_path / "rose", of((0.3, 5), (0.5, 8), (0.7, 12)))).verdict == "healthy"


@pytest.mark.parametrize(
    "without", ["frac_reward_zero_std", "entropy", "completions/", "grad_norm", "learning_rate"]
)
def test_a_collapsed_run_is_never_called_healthy_for_want_of_a_metric(tmp_path, without):
    broken = trl(
        **{
            "reward": GONE,
            "entropy": level((0.25, 18), (5.0, 22)),
            "completions/clipped_ratio": level((0.0, 18), (1.0, 22)),
            "frac_reward_zero_std": level((0.6, 20), (1.0, 20)),
        }
    )
    left = {tag: values for tag, values in broken.items() if without not in tag}
    diagnosis = diagnosis_of(written(tmp_path, left))
    assert diagnosis.verdict in ("error", "critical")
    blind = {tag: values for tag, values in broken.items() if tag != "train/reward"}
    assert diagnosis_of(written(tmp_path / "blind", blind)).verdict != "healthy"


def hacked(drift_from: int, falls_from: int, rows: int = 120) -> dict[str, Values]:
    """OpenRLHF's tags of a reward that goes on rising while evaluation falls and the policy drifts away."""
    time = np.arange(rows)
    noise = np.random.default_rng(5).normal(size=(4, rows))
    far = np.clip((time - drift_from) / (rows - drift_from), 0, 1)
    fallen = np.clip(2 * (time - falls_from) / (rows - falls_from), 0, 1)
    return {
        "train/reward": list(0.2 + 0.7 * np.clip(time / 70, 0, 1) + 0.02 * noise[0]),
        "train/kl": list((0.005 + 0.0005 * np.minimum(time, 40) + 6 * far**2) * (1 + 0.1 * noise[1])),
        "train/policy_loss": list(0.01 * noise[2]),
        "train/response_length": list(200 + 800 * far),
        "train/response_clip_ratio": list(0.02 + 0.8 * far),
        "train/actor_lr": [5e-7] * rows,
        "eval/gsm8k_pass1": list(0.45 + 0.0025 * np.minimum(time, 40) - 0.35 * fallen + 0.005 * noise[3]),
    }


@pytest.mark.parametrize(
    ("drift_from", "falls_from", "root", "onset"),
    [(30, 70, "KLR-01", 46), (50, 80, "KLR-01", 63), (80, 40, "REW-21", 47)],
)
def test_a_hacked_reward_is_one_chain_from_what_moved_first(tmp_path, drift_from, falls_from, root, onset):
    config = {"advantage_estimator": "reinforce", "init_kl_coef": 1e-4, "n_samples_per_prompt": 8}
    diagnosis = diagnosis_of(written(tmp_path, hacked(drift_from, falls_from), config, every=1))
    assert diagnosis.run.framework == "openrlhf"
    told = {"KLR-01", "REW-21", "LEN-01"}
    assert told <= fired(diagnosis).keys()
    (first,) = diagnosis.roots
    assert first.finding.code == root
    assert told <= {root, *(one.code for one in first.explains)}
    assert first.finding.onset == pytest.approx(onset, abs=8)


def test_settings_that_stand_as_text_in_the_event_file(tmp_path):
    """As the Trainer's callback writes them: one JSON text per object, the second of them the model's."""
    writer = writers.SummaryWriter(str(tmp_path))
    args = {
        "learning_rate": 1e-6,
        "num_generations": 8,
        "beta": 0.04,
        "max_completion_length": 256,
        "temperature": 0.9,
    }
    writer.add_text("args", json.dumps(args, indent=2))
    writer.add_text("model_config", json.dumps({"vocab_size": 151936, "temperature": 0.6}))
    for tag, values in trl().items():
        for index, value in enumerate(values):
            writer.add_scalar(tag, value, index + 1)
    writer.close()
    run = diagnosis_of(tmp_path).run
    wanted = {"learning_rate": 1e-6, "group_size": 8, "reference_kl_coef": 0.04, "temperature": 0.9}
    assert {knob: run.config.number(knob) for knob in wanted} == wanted
