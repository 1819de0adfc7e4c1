"""What people print when they ask for help, of every kind that was once diagnosed wrongly.

Each test writes a log of its own: a board or a table as the framework writes it, or the blocks that were
pasted. The right answer is that of the thread; what must not be said is what was said once.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

import rldoctor
from rldoctor.model.finding import Diagnosis, Finding, Prescription

writers = pytest.importorskip("tensorboardX")

Row = Mapping[str, float | str]


def boxes(path: Path, rows: Iterable[Row]) -> Path:
    """The boxes of Stable-Baselines3: sections on lines of their own, values to three digits."""
    lines: list[str] = []
    for row in rows:
        lines.append("-" * 41)
        section = ""
        for tag, value in row.items():
            head, name = tag.split("/")
            if head != section:
                lines.append(f"| {head + '/':<22} | {'':<12} |")
                section = head
            said = f"{value:.3g}" if isinstance(value, float) else f"{value}"
            lines.append(f"|    {name:<19} | {said:<12} |")
    path.write_text("\n".join([*lines, "-" * 41, ""]))
    return path


def blocks(path: Path, rows: Iterable[tuple[int, Row]]) -> Path:
    """The blocks of RSL-RL."""
    text = ""
    for iteration, row in rows:
        body = "".join(f"{name:>40}: {value:.4f}\n" for name, value in row.items())
        text += (
            "#" * 80 + f"\n{'Learning iteration ' + f'{iteration}/20000':^80}\n\n" + body + "-" * 80 + "\n\n"
        )
    path.write_text(text)
    return path


def table(path: Path, rows: Sequence[Row]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows)
    return path.parent


def board(folder: Path, rows: Iterable[tuple[int, Row]]) -> Path:
    writer = writers.SummaryWriter(str(folder))
    for step, row in rows:
        for tag, value in row.items():
            writer.add_scalar(tag, float(value), step)
    writer.close()
    return folder


def diagnosed(path: Path) -> Diagnosis:
    (run,) = rldoctor.load(path)
    return rldoctor.diagnose(run)


def first(found: Diagnosis) -> Finding:
    return found.roots[0].finding


def told(found: Diagnosis) -> list[Prescription]:
    return [one for root in found.roots for one in root.finding.prescriptions]


def likely(finding: Finding) -> list[str]:
    return [cause.id for cause in finding.causes if cause.likely]


def test_temperature_explodes_within_two_boxes(tmp_path: Path) -> None:
    """Tanh at its bounds: 24 components at ln(1e-6) are 331 nats that no temperature brings back."""
    gap = 24 * math.log(1e-6)
    rows = [
        {
            "rollout/ep_rew_mean": 3.1,
            "time/episodes": 4 * (i + 1),
            "time/total_timesteps": 6000 * (i + 1),
            "train/actor_loss": -2.0e5 * alpha,
            "train/critic_loss": 4.0e6 * alpha,
            "train/ent_coef": alpha,
            "train/ent_coef_loss": math.log(alpha) * gap,
            "train/learning_rate": 0.001,
            "train/n_updates": 6000 * (i + 1) - 101,
        }
        for i, alpha in enumerate((61.2, 45_300.0))
    ]
    found = diagnosed(boxes(tmp_path / "train.log", rows))
    assert (found.verdict, first(found).code) == ("critical", "ENT-05")
    assert any("ln(1e-6)" in cause.text for cause in first(found).causes if cause.likely)
    assert "norm_obs=True" in first(found).prescriptions[0].text
    # SB3's target entropy is -dim(A) already.
    assert not any(one.knob == "target_entropy" for one in told(found))


def ppo_box(i: int, rollout: int, **train: float) -> Row:
    common = {
        "rollout/ep_len_mean": 310.0,
        "rollout/ep_rew_mean": 900.0 - 3 * i,
        "time/fps": 1290,
        "time/iterations": i + 1,
        "time/time_elapsed": 20 * (i + 1),
        "time/total_timesteps": rollout * (i + 1),
    }
    return {**common, **{f"train/{name}": value for name, value in train.items()}}


def test_updates_of_thirty_nats(tmp_path: Path) -> None:
    """What destroys the policy comes first; the settings that made it so large are its prescriptions."""
    rows = [
        ppo_box(
            i, 16384, approx_kl=kl, clip_fraction=0.998, clip_range=0.2, n_updates=10 * i,
            learning_rate=0.0003, entropy_loss=-40.1, std=2.9, value_loss=310.0,
        )
        for i, kl in ((150, 24.8), (151, 31.4), (152, 29.0))
    ]  # fmt: skip
    found = diagnosed(boxes(tmp_path / "console.txt", rows))
    assert (found.verdict, first(found).code) == ("error", "POL-03")
    fix = first(found).prescriptions[0]
    # 64 of 16,384 are 2,560 steps on each rollout; doubling 64 would change nothing.
    assert (fix.key, fix.now, fix.to) == ("batch_size", "64", "2,048")


def test_thousands_of_steps_on_one_rollout(tmp_path: Path) -> None:
    """The rollout is what the steps grow by per iteration, and five rows are enough to say so."""
    rows = [ppo_box(0, 16384)]
    rows += [
        ppo_box(i, 16384, approx_kl=0.06 + i / 1000, clip_fraction=0.55, clip_range=0.2, learning_rate=0.0003,
                n_updates=10 * i, value_loss=310.0)
        for i in range(1, 5)
    ]  # fmt: skip
    found = diagnosed(table(tmp_path / "progress.csv", rows))
    assert (found.verdict, first(found).code) == ("warning", "CFG-04")
    assert "16,384 transitions" in first(found).message
    assert "2,560 gradient steps" in first(found).message
    assert found.roots[0].finding.setting.startswith("batch_size = 64")


def walking(i: int) -> Row:
    return {
        "Train/mean_reward": 20 * (1 - math.exp(-i / 60)) + 0.2 * math.sin(i),
        "Train/mean_episode_length": 1000.0 - 900 * math.exp(-i / 40),
        "Loss/value_function": 0.02 + 0.9 * math.exp(-i / 20),
        "Loss/surrogate": -0.004,
        "Policy/mean_noise_std": 0.4 + 0.6 * math.exp(-i / 200),
    }


def test_one_sample_of_the_simulation_makes_the_value_loss_infinite(tmp_path: Path) -> None:
    rows = [(i, walking(i)) for i in range(400)]
    rows[-2][1]["Loss/value_function"] = 4.1e31
    rows[-1][1]["Loss/value_function"] = math.inf
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "agent.yaml").write_text("algorithm:\n  max_grad_norm: 1.0\n  desired_kl: 0.01\n")
    found = diagnosed(board(tmp_path, rows))
    assert (found.verdict, first(found).code) == ("critical", "NUM-01")
    assert likely(first(found)) == ["outlier-sample"]
    assert [root.finding.code for root in found.roots if root.severity >= 3] == ["NUM-01"]
    said = " ".join(one.text for one in told(found)).lower()
    assert "isfinite" in said
    assert "clip the gradient" not in said
    assert "desired_kl" not in said


BLOCK = {
    "Value function loss": 0.0213,
    "Surrogate loss": 0.0,
    "Mean action noise std": 0.61,
    "Mean reward": 18.4,
    "Mean episode length": 1000.0,
    "Episode_Reward/track_lin_vel": 1.1,
    "Episode_Reward/action_rate": -0.12,
    "Episode_Reward/lin_vel_z": -0.05,
}


def pasted(tmp_path: Path, **changed: float) -> Diagnosis:
    return diagnosed(blocks(tmp_path / "console.txt", [(7114, {**BLOCK, **changed})]))


def test_one_block_with_an_infinite_value_loss(tmp_path: Path) -> None:
    found = pasted(tmp_path, **{"Value function loss": math.inf})
    assert (found.verdict, first(found).code) == ("critical", "NUM-01")
    assert "isfinite" in first(found).prescriptions[0].text


def test_one_block_with_a_width_far_above_where_the_library_begins(tmp_path: Path) -> None:
    found = pasted(tmp_path, **{"Mean action noise std": 9.7})
    assert (found.verdict, first(found).code) == ("warning", "ENT-03")
    assert "entropy coefficient" in first(found).prescriptions[0].text


def test_one_block_in_which_one_penalty_is_all_there_is(tmp_path: Path) -> None:
    found = pasted(tmp_path, **{"Episode_Reward/action_rate": -4310.0, "Mean reward": -86_000.0})
    assert (found.verdict, first(found).code) == ("warning", "REW-13")
    assert "action_rate makes up" in first(found).message


UNTAUGHT = {
    "Mean action noise std": 0.27,
    "Mean reward": -6.2,
    "Mean episode length": 249.1,
    "Episode_Reward/track_lin_vel": 0.0,
    "Episode_Reward/reaching_object": 0.61,
    "Episode_Reward/lifting_object": 0.0,
    "Episode_Reward/action_rate": -0.31,
    "Episode_Reward/joint_vel": -1.94,
    "Episode_Reward/lin_vel_z": 0.0,
}


def test_one_block_in_which_the_penalties_outweigh_what_is_paid(tmp_path: Path) -> None:
    """What the lift task pays was never found, and the policy is narrow: no growth is needed to see it."""
    found = pasted(tmp_path, **UNTAUGHT)
    assert (found.verdict, first(found).code) == ("warning", "REW-15")
    assert "joint_vel, action_rate" in first(found).message
    assert "lifting_object" in first(found).message
    assert "weights of the penalties" in first(found).prescriptions[0].text


def test_the_same_block_of_a_policy_as_wide_as_it_began_is_too_little(tmp_path: Path) -> None:
    found = pasted(tmp_path, **{**UNTAUGHT, "Mean action noise std": 0.93})
    assert found.verdict == "not_enough_data"


def markdown(path: Path, rows: Iterable[Row]) -> Path:
    """The boxes as a forum leaves them: sections on lines of their own, no padding."""
    lines: list[str] = []
    for row in rows:
        section = ""
        for tag, value in row.items():
            head, name = tag.split("/")
            lines += [f"| {head}/ | |"] if head != section else []
            lines.append(f"| {name} | {value:.3g} |" if isinstance(value, float) else f"| {name} | {value} |")
            section = head
    path.write_text("\n".join([*lines, ""]))
    return path


def pinned_box(step: int, gap: float) -> Row:
    """A SAC run without a monitor; the loss of the temperature is its logarithm times the entropy gap."""
    return {
        "time/episodes": step // 900, "time/fps": 640, "time/total_timesteps": step,
        "train/actor_loss": 512.0, "train/critic_loss": 1.6e5, "train/ent_coef": 0.104,
        "train/ent_coef_loss": gap * math.log(0.104), "train/learning_rate": 0.0003,
        "train/n_updates": step // 40,
    }  # fmt: skip


@pytest.mark.parametrize(("gap", "seen"), [(-41.0, True), (-6.0, False)])
def test_two_pasted_boxes_show_actions_at_their_bounds(tmp_path: Path, gap: float, *, seen: bool) -> None:
    found = diagnosed(markdown(tmp_path / "help.md", [pinned_box(3600, gap), pinned_box(14_400, gap)]))
    assert ("ENT-08" in {root.finding.code for root in found.roots}) is seen
    if seen:
        assert found.verdict == "warning"
        assert "3 action components" in first(found).message
        assert "norm_obs=True" in first(found).prescriptions[0].text


def scores(path: Path, *, narrows: bool) -> Path:
    """``scores.txt`` of ChainerRL: learned, then lost while the entropy falls below zero (or does not)."""
    lines = ["\t".join(("steps", "episodes", "elapsed", "mean", "median", "stdev", "max", "min",
                        "average_v", "average_loss_policy", "average_loss_value_func",
                        "average_loss_entropy"))]  # fmt: skip
    for i in range(100):
        rise = -1450 + 1250 / (1 + math.exp(-(i - 25) / 5))
        mean = rise - (1100 * min(1.0, (i - 64) / 20) if i > 64 else 0) + 12 * math.sin(2.1 * i)
        entropy = 1.3 - i / 60 - (0.1 * (i - 64) if narrows and i > 64 else 0)
        row = (8000 * (i + 1), 40 * (i + 1), 40.0 * i, mean, mean, 90.0, mean + 150, mean - 190, -3.0, 0.1,
               0.4, -entropy)  # fmt: skip
        lines.append("\t".join(f"{value}" for value in row))
    path.write_text("\n".join([*lines, ""]))
    return path.parent


@pytest.mark.parametrize("narrows", [True, False])
def test_a_return_that_is_lost_as_the_policy_narrows(tmp_path: Path, *, narrows: bool) -> None:
    found = diagnosed(scores(tmp_path / "scores.txt", narrows=narrows))
    assert (found.verdict, first(found).code) == ("error", "OUT-02")
    assert ("narrowed" in likely(first(found))) is narrows
    assert any("log standard deviation" in one.text for one in told(found)) is narrows


def test_an_ordinary_block_is_too_little(tmp_path: Path) -> None:
    found = pasted(tmp_path)
    assert found.verdict == "not_enough_data"
    assert found.roots == ()


def reaching(i: int, *, jumped: bool) -> Row:
    weight = 250.0 if jumped else 1.0
    noise = 1 + 0.05 * math.sin(1.7 * i)
    terms = {
        "reaching": 0.2 + 0.5 * (1 - math.exp(-i / 40)),
        "lifting": 0.0,
        "action_rate": -0.0011 * weight * noise,
        "joint_vel": -0.006 * weight * noise,
    }
    return {
        **{f"Episode_Reward/{name}": value for name, value in terms.items()},
        "Train/mean_reward": 4 * sum(terms.values()) + 0.05 * math.sin(i),
        "Train/mean_episode_length": 250.0,
        "Loss/value_function": 0.05 if jumped else 0.004,
        "Loss/surrogate": 0.001,
        "Policy/mean_noise_std": 0.35,
    }


def test_a_curriculum_multiplies_penalties_before_the_task_was_found(tmp_path: Path) -> None:
    rows = [(i, reaching(i, jumped=i >= 260)) for i in range(400)]
    found = diagnosed(board(tmp_path, rows))
    assert first(found).code == "REW-13"
    assert found.roots[0].severity.label == "error"
    assert likely(first(found)) == ["reweighed"]
    text = " ".join(cause.text for cause in first(found).causes)
    assert "action_rate, joint_vel" in text
    assert "lifting" in text
    assert first(found).onset == pytest.approx(260, abs=15)
    assert not any(one.knob == "learning_rate" for one in told(found))
    assert "OUT-02" in {one.code for one in found.roots[0].explains}


def test_a_penalty_without_a_bound_takes_over(tmp_path: Path) -> None:
    def row(i: int) -> Row:
        grown = -0.4 * math.exp(max(0, i - 150) / 22)
        terms = {"action_l2": grown, "orientation": -4.0, "height": 0.7}
        return {
            **walking(i),
            **{f"Episode_Reward/{name}": value for name, value in terms.items()},
            "Train/mean_reward": 400 + 20 * grown if i > 20 else 20.0 * i,
        }

    found = diagnosed(board(tmp_path, [(i, row(i)) for i in range(400)]))
    assert first(found).code == "REW-13"
    assert likely(first(found)) == ["unbounded"]
    assert first(found).message.startswith("action_l2 makes up")
    assert "OUT-04" in {one.code for one in found.roots[0].explains}


def test_the_width_runs_away(tmp_path: Path) -> None:
    rows = []
    for i in range(600):
        row = {**walking(i), "Policy/mean_noise_std": 0.9 * 1.0035**i, "Loss/value_function": 3e5}
        rows.append((i, {**row, "Train/mean_reward": 2500 * (1 - math.exp(-i / 150)) + 30 * math.sin(i)}))
    found = diagnosed(board(tmp_path, rows))
    assert (found.verdict, first(found).code) == ("warning", "ENT-03")
    assert "entropy coefficient" in first(found).prescriptions[0].text


@pytest.mark.parametrize(
    "where", [("info", "default"), ("info", "learner", "default_policy", "learner_stats")]
)
def test_the_value_clip_of_rllib_is_a_default_that_holds_the_critic(
    tmp_path: Path, where: tuple[str, ...]
) -> None:
    """Returns of -600, values that may move by 10: nothing is explained, and the entropy stays at ln 7."""
    noise = np.random.default_rng(11)
    lines = []
    for i in range(30):
        stats: dict[str, object] = {
            "cur_kl_coeff": 0.2, "cur_lr": 5e-5, "entropy": math.log(7) - 1e-4 * noise.random(),
            "kl": 0.011 + 0.002 * noise.random(), "policy_loss": -0.02, "total_loss": 9e4,
            "vf_loss": 9e4 * (1 + 0.4 * noise.random()), "vf_explained_var": -0.01 * noise.random(),
        }  # fmt: skip
        for key in reversed(where):
            stats = {key: stats}
        lines.append(
            {
                "episode_reward_mean": -600 + 40 * noise.standard_normal(), "episode_reward_max": -380.0,
                "episode_reward_min": -2400.0, "episode_len_mean": 48.0, "episodes_total": 80 * (i + 1),
                "timesteps_total": 4000 * (i + 1), "training_iteration": i + 1,
                "time_total_s": 3.0 * (i + 1), **stats,
            }
        )  # fmt: skip
    (tmp_path / "result.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "params.json").write_text('{"env": "Own-v0", "num_workers": 4, "lr": 5e-05}')
    found = diagnosed(tmp_path)
    assert first(found).code == "VAL-06"
    assert "vf_clip_param" in first(found).prescriptions[0].text
    explained = {one.code: one for one in found.roots[0].explains}
    assert "7 equally likely actions" in explained["ENT-01"].message
    assert not any(one.key == "reward_scale" for one in told(found))


def sac_rows(every: int, count: int, *, updates_each: float, begins: int = 0) -> list[Row]:
    noise = np.random.default_rng(5)
    return [
        {
            "time/total_timesteps": every * (i + 1),
            "rollout/ep_rew_mean": -700 + 540 * (1 - math.exp(-i / 8)) + 6 * noise.standard_normal(),
            "rollout/ep_len_mean": 45.0,
            "train/n_updates": round(updates_each * (every * (i + 1) - begins)),
            "train/actor_loss": 80 + noise.standard_normal(),
            "train/critic_loss": 75 * (1 + 0.2 * noise.random()),
            "train/ent_coef": 0.13 + 0.02 * noise.random(),
            "train/ent_coef_loss": 0.5 * noise.standard_normal(),
            "train/learning_rate": 0.0003,
        }
        for i in range(count)
    ]


def test_one_update_per_step_of_many_environments(tmp_path: Path) -> None:
    found = diagnosed(table(tmp_path / "progress.csv", sac_rows(640_000, 60, updates_each=1 / 64)))
    assert (found.verdict, first(found).code) == ("warning", "OFF-04")
    assert "gradient_steps=-1" in first(found).prescriptions[0].text
    # The first row has made 10,000 updates: where the warm-up ended it does not say.
    assert "OFF-02" not in {root.finding.code for root in found.roots}


def test_the_same_from_the_last_two_boxes(tmp_path: Path) -> None:
    found = diagnosed(boxes(tmp_path / "console.txt", sac_rows(640_000, 60, updates_each=1 / 64)[-2:]))
    assert (found.verdict, first(found).code) == ("warning", "OFF-04")
    assert "OFF-02" not in {root.finding.code for root in found.roots}


@pytest.mark.parametrize("counted", [True, False])
def test_exploration_ends_before_the_first_update(tmp_path: Path, counted: bool) -> None:
    """The first counter of updates stands in the row after step 30,000; a library's default says nothing."""
    noise = np.random.default_rng(3)
    rows = []
    for i in range(200):
        step = 1000 * (i + 1)
        row = {
            "time/total_timesteps": step,
            "rollout/ep_rew_mean": -210 + 0.4 * noise.standard_normal(),
            "rollout/ep_len_mean": 40.0,
            "rollout/exploration_rate": max(0.05, 1 - 0.95 * step / 20_000),
        }
        if counted and step > 30_000:
            learned = {"train/loss": 4 + noise.random(), "train/learning_rate": 1e-4}
            row |= {**learned, "train/n_updates": (step - 30_000) // 4}
        rows.append(row)
    found = diagnosed(table(tmp_path / "progress.csv", rows))
    codes = [root.finding.code for root in found.roots]
    assert found.verdict != "healthy"
    assert (codes[0] == "ENT-11") is counted
    if counted:
        fix = first(found).prescriptions[0]
        assert (fix.key, fix.now, fix.to) == ("learning_starts", "30000", "2,000")


def test_a_rate_that_is_low_already_is_not_lowered_to_a_higher_one(tmp_path: Path) -> None:
    """3e-5 against overshoot must not become 1e-4, whatever is usual."""
    rows = [
        ppo_box(i, 4096, approx_kl=0.3, clip_fraction=0.7, clip_range=0.2, learning_rate=3e-5,
                n_updates=10 * i, value_loss=310.0 * (1 + i))
        for i in range(1, 60)
    ]  # fmt: skip
    found = diagnosed(table(tmp_path / "progress.csv", rows))
    rates = [one for one in told(found) if one.knob == "learning_rate"]
    assert rates
    assert all(one.to_number is not None and one.to_number < 3e-5 for one in rates)


def test_a_reset_of_all_environments_at_equal_intervals(tmp_path: Path) -> None:
    """Return and length fall to nothing every 90 iterations and come back: no chance has a period."""

    def row(i: int) -> Row:
        share = min(1.0, (i % 90 + 1) / 30) if i >= 90 else 1.0
        return {
            **walking(i),
            "Train/mean_reward": 15 * share + 0.2 * math.sin(i),
            "Train/mean_episode_length": 1000 * share,
        }

    found = diagnosed(board(tmp_path, [(i, row(i)) for i in range(540)]))
    assert found.verdict != "healthy"
    assert first(found).code == "OUT-15"
    assert "every 90 " in first(found).message


def test_a_simulation_that_blows_up_before_the_critic_does(tmp_path: Path) -> None:
    """The reward is absurd one iteration before the value loss is infinite, so it is the cause."""
    rows = [(i, walking(i)) for i in range(300)]
    for i in (297, 298, 299):
        rows[i][1]["Train/mean_reward"] = -3e18
    for i in (298, 299):
        rows[i][1]["Loss/value_function"] = math.inf
    found = diagnosed(board(tmp_path, rows))
    assert first(found).code == "REW-10"
    assert found.verdict == "critical"
    assert likely(first(found)) == ["simulation-blew-up"]
    assert "NUM-01" in {one.code for one in found.roots[0].explains}
