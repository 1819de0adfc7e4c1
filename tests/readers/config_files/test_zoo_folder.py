"""rl-zoo's two folders of one run: the event file's, and the one with settings and evaluations."""

import numpy as np
from tensorboardX import SummaryWriter

from rldoctor.loading import load

ORDERED = "!!python/object/apply:collections.OrderedDict\n"
ARGS = ORDERED + "- - - algo\n    - {algo}\n  - - env\n    - CartPole-v1\n  - - seed\n    - 17\n"
CONFIG = ORDERED + "- - - gamma\n    - 0.97\n  - - n_steps\n    - 32\n"


def zoo(root, number=1, algo="ppo"):
    """What ``python -m rl_zoo3.train`` leaves: ``<Env>_1/<Env>/{args,config}.yml`` and evaluations."""
    folder = root / f"CartPole-v1_{number}"
    (folder / "CartPole-v1").mkdir(parents=True)
    (folder / "config.yml").write_text(CONFIG)
    (folder / "CartPole-v1" / "config.yml").write_text(CONFIG)
    (folder / "CartPole-v1" / "args.yml").write_text(ARGS.format(algo=algo))
    steps = np.arange(1000, 13000, 1000)
    returns = np.linspace(20, 400, 12).reshape(-1, 1)
    np.savez(folder / "evaluations.npz", timesteps=steps, results=returns, ep_lengths=returns)
    return folder


def board(root, name):
    with SummaryWriter(str(root / name)) as writer:
        for step in range(1, 13):
            writer.add_scalar("rollout/ep_rew_mean", step * 20, step * 1000)
            writer.add_scalar("train/approx_kl", 0.01, step * 1000)
            writer.add_scalar("train/clip_fraction", 0.1, step * 1000)


def test_the_settings_beside_are_the_runs(tmp_path):
    zoo(tmp_path)
    board(tmp_path, "PPO_1")
    (run,) = load(tmp_path)
    assert run.metrics["eval_return"].values[-1] == 400
    assert len(run.metrics["approx_kl"]) == 12
    assert run.config.number("gamma") == 0.97
    assert run.env == "CartPole-v1"
    assert run.seed == 17
    assert "config-beside" in {note.code for note in run.notes}


def test_the_settings_around_are_those_of_the_only_training(tmp_path):
    folder = zoo(tmp_path)
    (folder / "config.yml").unlink()
    board(folder, "PPO_1")
    (run,) = load(folder)
    assert run.config.number("gamma") == 0.97
    assert "config-beside" in {note.code for note in run.notes}
    board(folder, "PPO_2")
    both = [run for run in load(folder) if "approx_kl" in run.metrics.series]
    assert [run.config.number("gamma") for run in both] == [0.99, 0.99], "of which of the two?"


def test_the_settings_around_of_a_folder_that_was_renamed(tmp_path):
    folder = zoo(tmp_path)
    (folder / "config.yml").unlink()
    board(folder, "PPO_1")
    (run,) = load(folder.rename(tmp_path / "my best run"))
    assert run.config.number("gamma") == 0.97


def test_the_zoo_folder_alone(tmp_path):
    (run,) = load(zoo(tmp_path))
    assert run.env == "CartPole-v1"
    assert run.config.number("gamma") == 0.97
    assert run.metrics["eval_return"].values[-1] == 400
    assert run.metrics["eval_return"].steps[-1] == 12_000


def test_another_number_or_another_algorithm_is_another_run(tmp_path):
    zoo(tmp_path, number=2)
    zoo(tmp_path, number=1, algo="a2c")
    board(tmp_path, "PPO_1")
    (run,) = [run for run in load(tmp_path) if "approx_kl" in run.metrics.series]
    assert run.config.number("gamma") == 0.99  # the default


def test_settings_in_text_files(tmp_path):
    """TorchRL's CSVLogger writes ``texts/hparams0.txt`` beside ``scalars/``, PFRL ``args.txt`` (JSON)."""
    (tmp_path / "torchrl" / "scalars" / "train").mkdir(parents=True)
    (tmp_path / "torchrl" / "texts").mkdir()
    for tag in ("reward", "loss_objective"):
        rows = "".join(f"{step * 1000},{step / 2}\n" for step in range(1, 13))
        (tmp_path / "torchrl" / "scalars" / "train" / f"{tag}.csv").write_text(rows)
    (tmp_path / "torchrl" / "texts" / "hparams0.txt").write_text("gamma: 0.95\noptim.lr: 0.0003\n")
    (tmp_path / "pfrl").mkdir()
    header = ["steps", "episodes", "elapsed", "mean", "median", "stdev", "max", "min"]
    table = [header, *([str(i * 500), str(i), "1.5", str(i), "1", "1", "2", "0"] for i in range(1, 13))]
    (tmp_path / "pfrl" / "scores.txt").write_text("\n".join("\t".join(row) for row in table) + "\n")
    (tmp_path / "pfrl" / "args.txt").write_text('{"gamma": 0.9, "seed": 3}')
    found = {run.framework: run for run in load(tmp_path)}
    assert found["torchrl"].config.number("gamma") == 0.95
    assert found["pfrl"].config.number("gamma") == 0.9
    assert found["pfrl"].seed == 3


def test_settings_that_are_written_later_are_seen(tmp_path):
    folder = zoo(tmp_path)
    args = folder / "CartPole-v1" / "args.yml"
    text = args.read_text()
    args.unlink()
    board(folder, "PPO_1")
    assert load(folder / "PPO_1")[0].seed is None
    args.write_text(text)
    assert load(folder / "PPO_1")[0].seed == 17


def test_a_folder_that_is_made_later_is_seen(tmp_path):
    board(tmp_path, "PPO_1")
    (before,) = load(tmp_path)
    zoo(tmp_path)
    (after,) = load(tmp_path)
    assert (before.env, after.env) == ("", "CartPole-v1")
