"""Frameworks by the tags and files that they write: Sample Factory, PFRL, Stable-Baselines 2, and more."""

import json
from pathlib import Path

import numpy as np
import pytest
from tensorboardX import SummaryWriter

from rldoctor.loading import load

STEPS = range(1, 13)


def board(folder, tags, unit=1000):
    with SummaryWriter(str(folder), flush_secs=1) as writer:
        for step in STEPS:
            for tag, value in tags.items():
                writer.add_scalar(tag, value(step), step * unit)


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def one(path):
    (run,) = load(path)
    return run


def first(run, metric):
    return pytest.approx(run.metrics[metric].values[0], rel=1e-5)


def test_sample_factory_below_a_hidden_folder(tmp_path):
    run_dir = tmp_path / "train_dir" / "doom"
    board(
        run_dir / ".summary" / "0",
        {
            "reward/reward": lambda i: i / 2,
            "reward/reward_max": lambda i: i,
            "len/len": lambda i: 100 + i,
            "train/returns_running_mean": lambda i: 0.4,
            "train/value_loss": lambda i: 0.25,
            "train/kl_divergence": lambda i: 0.01,
            "train/fraction_clipped": lambda i: 0.1,
            "train/entropy": lambda i: 1.6,
            "policy_stats/avg_true_objective": lambda i: i,
            "perf/_fps": lambda i: 60_000,
        },
    )
    config = {"algo": "APPO", "env": "doom_basic", "env_frameskip": 4, "gamma": 0.99, "value_loss_coeff": 0.5}
    (run_dir / "config.json").write_text(json.dumps(config))
    run = one(tmp_path / "train_dir")
    assert (run.framework, run.algorithm, run.env) == ("sample_factory", "ppo", "doom_basic")
    assert run.metrics["episode_return"].tag == "reward/reward"
    assert run.metrics["episode_return"].window == 100
    # Frames, with four to a transition.
    assert run.metrics["episode_return"].steps[-1] == 12_000 / 4
    assert first(run, "value_loss") == 0.5
    assert first(run, "clip_fraction") == 0.1
    assert "train/returns_running_mean" in run.metrics.ignored
    assert not run.metrics.unmapped


PFRL = (
    "steps episodes elapsed mean median stdev max min average_value average_entropy average_value_loss "
    "average_policy_loss n_updates explained_variance"
)
CHAINER = (
    "steps episodes elapsed mean median stdev max min average_v average_loss_policy average_loss_value_func "
    "average_loss_entropy"
)


@pytest.mark.parametrize("header", [PFRL, CHAINER], ids=["pfrl", "chainerrl"])
def test_scores_of_pfrl_and_chainerrl(tmp_path, header):
    names = header.split()
    rows = [
        [
            10_000 * i,
            50 * i,
            46.5 * i,
            -1500 + i,
            -1490,
            300.5,
            -900,
            -1800,
            -2.5,
            *[-1.25] * (len(names) - 9),
        ]
        for i in STEPS
    ]
    text = "\n".join("\t".join(map(str, row)) for row in [names, *rows]) + "\n"
    (tmp_path / "scores.txt").write_text(text)
    run = one(tmp_path)
    assert (run.framework, run.algorithm, run.axis) == ("pfrl", "ppo", "env_steps")
    assert run.metrics["eval_return"].values[0] == -1499
    assert run.metrics["eval_return"].steps[-1] == 120_000
    # ChainerRL logs the loss, PFRL the entropy.
    assert run.metrics["entropy"].values[0] == (1.25 if header is CHAINER else -1.25)
    assert not run.metrics.unmapped


def test_a_text_called_scores_is_no_log(tmp_path):
    (tmp_path / "scores.txt").write_text("Anna 3\nBen 5\n")
    (tmp_path / "progress.csv").write_text("step,reward\n1,0.5\n2,0.6\n")
    assert one(tmp_path).files == ("progress.csv",)


def test_stable_baselines_2_logs_the_entropy_as_a_loss(tmp_path):
    tags = {
        "episode_reward": lambda i: 10.0 * i,
        "loss/entropy_loss": lambda i: 0.6,
        "loss/policy_gradient_loss": lambda i: -0.01,
        "loss/value_function_loss": lambda i: 2.0,
        "loss/approximate_kullback-leibler": lambda i: 0.004,
        "loss/clip_factor": lambda i: 0.1,
        "loss/loss": lambda i: 1.0,
        "input_info/discounted_rewards": lambda i: 5.0,
        "input_info/learning_rate": lambda i: 0.0003,
        "input_info/old_value_pred": lambda i: 4.0,
    }
    board(tmp_path / "PPO2_1", tags)
    run = one(tmp_path)
    assert (run.framework, run.algorithm, run.axis) == ("stable_baselines2", "ppo", "env_steps")
    assert first(run, "entropy") == 0.6
    assert first(run, "value_loss") == 4.0
    assert first(run, "approx_kl") == 0.004
    assert run.metrics["approx_kl"].estimator == "k2"
    assert "input_info/discounted_rewards" in run.metrics.ignored
    assert not run.metrics.unmapped


@pytest.mark.parametrize("front", ["0verview/", ""], ids=["2.0", "3.0"])
def test_pufferlib_adds_up_its_losses_over_the_epochs(tmp_path, front):
    rows = [
        {
            f"{front}agent_steps": 1000 * i,
            f"{front}SPS": 1e6,
            f"{front}epoch": i,
            f"{front}learning_rate": 0.01,
            "environment/episode_return": i / 3,
            "environment/score": 0.5,
            "losses/approx_kl": 0.04,
            "losses/value_loss": 0.2,
            "performance/env": 0.5,
        }
        for i in STEPS
    ]
    lines(tmp_path / "metrics.jsonl", rows)
    (tmp_path / "config.json").write_text('{"train": {"update_epochs": 4, "gamma": 0.995}}')
    run = one(tmp_path)
    assert (run.framework, run.axis) == ("pufferlib", "env_steps")
    assert first(run, "approx_kl") == 0.01
    assert first(run, "value_loss") == 0.1
    assert run.metrics["episode_return"].steps[-1] == 12_000


def test_language_models_do_not_mix_their_divergences(tmp_path):
    """The distance to the engine or to the reference model is no step of an update."""
    prime = [
        {
            "step": i,
            "train/agg/effective/solver/reward/mean": i / 20,
            "train/math/effective/solver/reward/mean": i / 20,
            "entropy/all/mean": 0.5,
            "mismatch_kl/all/mean": 0.002,
            "optim/lr": 1e-6,
            "optim/grad_norm": 0.25,
            "time/step": 30.0,
        }
        for i in STEPS
    ]
    tinker = [
        {
            "step": i,
            "progress/batch": i,
            "env/all/reward/total": i / 20,
            "env/all/by_group/frac_mixed": 0.5,
            "optim/kl_sample_train_v1": 0.002,
            "optim/entropy": 0.5,
            "optim/lr": 1e-6,
            "kl_policy_base": 0.3,
        }
        for i in STEPS
    ]
    verl = [
        {"step": i, "data": {"critic/score/mean": i / 20, "critic/returns/mean": 0.0, "actor/ppo_kl": 0.001,
                             "actor/entropy": 0.5, "actor/lr": 1e-6, "actor/kl_loss": 0.3}}
        for i in STEPS
    ]  # fmt: skip
    for name, rows in (("prime_rl", prime), ("tinker", tinker), ("verl", verl)):
        folder = tmp_path / name
        folder.mkdir()
        lines(folder / "metrics.jsonl", rows)
        run = one(folder)
        assert (run.framework, run.axis) == (name, "updates")
        np.testing.assert_allclose(run.metrics["episode_return"].values, np.array(STEPS) / 20)
        assert first(run, "entropy") == 0.5
        assert "approx_kl" not in run.metrics.series
        assert not run.metrics.unmapped


def test_rlinf(tmp_path):
    tags = {
        "env/success_once": lambda i: i / 20,
        "env/return": lambda i: i / 2,
        "env/reward": lambda i: 0.1,
        "train/actor/approx_kl": lambda i: 0.01,
        "train/critic/value_clip_ratio": lambda i: 0.1,
        "train/critic/explained_variance": lambda i: 0.5,
        "eval/success_once": lambda i: i / 20,
    }
    board(tmp_path, tags, unit=1)
    run = one(tmp_path)
    assert (run.framework, run.algorithm, run.axis) == ("rlinf", "on_policy", "iterations")
    assert first(run, "success_rate") == 0.05
    assert first(run, "approx_kl") == 0.01
    assert run.metrics["reward_per_step"].tag == "env/reward"


def test_the_reward_of_one_step_is_no_return(tmp_path):
    """FinRL's callback writes it beside the metrics of Stable-Baselines3."""
    tags = {
        "train/reward": lambda i: 0.3,
        "train/approx_kl": lambda i: 0.01,
        "train/clip_fraction": lambda i: 0.1,
        "train/policy_gradient_loss": lambda i: 0.1,
        "time/fps": lambda i: 100,
    }
    board(tmp_path, tags)
    run = one(tmp_path)
    assert run.framework == "stable_baselines3"
    assert "episode_return" not in run.metrics.series
    assert "train/reward" in run.metrics.ignored


def test_warm_up_of_a_schedule_is_no_learning_start(tmp_path):
    """``warmup_steps`` counts updates of the learning rate where a language model is trained."""
    rows = "".join(f"{i},{i / 10},0.01,0.1\n" for i in STEPS)
    (tmp_path / "log.csv").write_text("step,episode_return,approx_kl,clip_fraction\n" + rows)
    (tmp_path / "config.json").write_text('{"warmup_steps": 500}')
    assert "learning_starts" not in one(tmp_path).config
    (tmp_path / "log.csv").write_text("step,episode_return,q1_loss,alpha,alpha_loss,actor_loss\n" + "".join(
        f"{i},{i / 10},0.5,0.2,0.1,-3\n" for i in STEPS))  # fmt: skip
    assert one(tmp_path).config.number("learning_starts") == 500


def test_lists_of_a_row_are_their_means_and_histories_are_not(tmp_path):
    rows = [
        {"step": i, "episode_rewards": [i, i + 1.0], "losses": {"value_loss": [0.1, 0.3]},
         "all_rewards": list(range(i)), "names": ["a"]}
        for i in STEPS
    ]  # fmt: skip
    lines(tmp_path / "metrics.jsonl", rows)
    run = one(tmp_path)
    assert run.metrics["episode_return"].values.tolist() == [i + 0.5 for i in STEPS]
    assert first(run, "value_loss") == 0.2
    noted = {note.code: note.text for note in run.notes}
    assert "all_rewards" in noted["list-column"]
    assert "all_rewards" not in noted["list-mean"]


WRITTEN = Path(__file__).parents[1] / "readers" / "written"


def test_what_pfrl_itself_wrote():
    run = one(WRITTEN / "pfrl")
    assert (run.framework, run.algorithm) == ("pfrl", "ppo")
    assert len(run.metrics["eval_return"]) == 12
    assert run.metrics["eval_return"].steps[-1] == 6000
    assert 0 < run.metrics["entropy"].values.min() <= run.metrics["entropy"].values.max() < np.log(2)
    assert "update_epochs" not in run.metrics.series
    assert not run.metrics.unmapped


def test_what_torchrls_logger_itself_wrote():
    run = one(WRITTEN / "torchrl")
    assert (run.framework, run.algorithm, run.axis) == ("torchrl", "on_policy", "env_steps")
    assert run.metrics["episode_return"].values.tolist() == [2.0 * row for row in range(1, 21)]
    assert run.config.number("gamma") == 0.99
    assert run.config.number("learning_rate") == 0.0003


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("brax", [{"num_steps": 800 * i, "eval/episode_reward": i, "training/sps": 9e4} for i in STEPS]),
        ("dreamerv3", [{"step": 800 * i, "episode/score": i, "fps/policy": 30} for i in STEPS]),
    ],
)
def test_step_columns_that_count_frames(tmp_path, name, rows):
    """Both count the action repeat; transitions where the configuration says how many frames one is."""
    lines(tmp_path / "metrics.jsonl", rows)
    run = one(tmp_path)
    assert (run.framework, run.axis) == (name, "frames")
    (run,) = load(tmp_path, settings=["action_repeat=4"])
    assert run.axis == "env_steps"
    outcome = run.metrics["eval_return" if name == "brax" else "episode_return"]
    assert outcome.steps[-1] == 12 * 200
