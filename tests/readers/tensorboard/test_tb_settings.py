import subprocess
import sys

import pytest

from rldoctor.readers.tensorboard import TensorBoardReader, read_event_file
from rldoctor.readers.tensorboard.protobuf_path import Text
from rldoctor.readers.tensorboard.settings import literal, settings_of_text

HPARAMS = {"lr": 3e-4, "n_steps": 2048, "env": "CartPole-v1", "use_sde": True}


def read(path):
    reader = TensorBoardReader()
    (run,) = reader.read(path, reader.claims(path, sorted(entry.name for entry in path.iterdir())))
    return run


def values(run):
    return {setting.key: setting.value for setting in run.settings}


def logged(tmp_path, tag, text):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(str(tmp_path))
    writer.add_text(tag, text)
    writer.add_scalar("a", 1.0, 1)
    writer.close()
    return read(tmp_path)


@pytest.mark.parametrize(("module", "true"), [("torch.utils.tensorboard", 1), ("tensorboardX", True)])
def test_hparams_plugin(tmp_path, module, true):
    pytest.importorskip(module.split(".")[0])
    summary = pytest.importorskip(f"{module}.summary")
    writer = pytest.importorskip(module).SummaryWriter(str(tmp_path))
    for part in summary.hparams(HPARAMS, {"m": 0.0}):
        writer.file_writer.add_summary(part)
    writer.close()
    (path,) = tmp_path.iterdir()
    found = read_event_file(path).hparams
    assert found == {**HPARAMS, "use_sde": true}
    assert type(found["use_sde"]) is type(true)  # torch writes booleans as numbers; the log cannot tell
    assert type(found["n_steps"]) is int


def test_cleanrl_table(tmp_path):
    rows = {
        "learning_rate": 0.00025,
        "env_id": "CartPole-v1",
        "anneal_lr": True,
        "target_kl": None,
        "a|b": "x|y",
    }
    table = "|param|value|\n|-|-|\n" + "\n".join(
        f"|{key}|{value}|" for key, value in rows.items() if key != "a|b"
    )
    run = logged(tmp_path, "hyperparameters", table + "\n|layers|[64, 64]|")
    assert values(run) == {
        "learning_rate": 0.00025,
        "env_id": "CartPole-v1",
        "anneal_lr": True,
        "target_kl": None,
        "layers": [64, 64],
    }
    assert {setting.source for setting in run.settings} == {"events:hyperparameters"}


def test_ml_agents_tree(tmp_path):
    text = (
        "\ttrainer_type:\tppo\n\thyperparameters:\t\n\t  batch_size:\t1024\n\t  learning_rate:\t0.0003\n"
        "\treward_signals:\t\n\t  extrinsic:\t\n\t    gamma:\t0.99\n\t    network:\t\n\t      memory:\tNone\n"
        "\tself_play:\tNone\n\tinit_path:\ta:b"
    )
    run = logged(tmp_path, "Hyperparameters", text)
    assert values(run) == {
        "trainer_type": "ppo",
        "hyperparameters.batch_size": 1024,
        "hyperparameters.learning_rate": 0.0003,
        "reward_signals.extrinsic.gamma": 0.99,
        "reward_signals.extrinsic.network.memory": None,
        "self_play": None,
        "init_path": "a:b",
    }
    assert run.settings[0].source == "events:Hyperparameters"


def test_older_ml_agents_two_columns():
    text = Text("Hyperparameters", 0, (("batch_size", "64"), ("summary_path", "./x")))
    settings, notes = settings_of_text(text)
    assert [(setting.key, setting.value) for setting in settings] == [
        ("batch_size", 64),
        ("summary_path", "./x"),
    ]
    assert notes == []


def test_tianshou_dictionary_and_namespace(tmp_path):
    args = {
        "task": "Hopper-v4",
        "gamma": 0.99,
        "hidden": [256, 256],
        "opt": {"lr": 1e-3, "eps": 1e-8},
        "none": None,
    }
    run = logged(tmp_path, "args", str(args))
    flat = {
        "task": "Hopper-v4",
        "gamma": 0.99,
        "hidden": [256, 256],
        "opt.lr": 1e-3,
        "opt.eps": 1e-8,
        "none": None,
    }
    assert values(run) == flat
    assert run.settings[0].source == "events:args"
    settings, _ = settings_of_text(Text("args", 0, (("Namespace(task='x', gamma=0.9, f=open('y'))",),)))
    assert [(item.key, item.value) for item in settings] == [
        ("task", "x"),
        ("gamma", 0.9),
        ("f", "open('y')"),
    ]


@pytest.mark.parametrize(
    "text",
    ["{'a': <class 'int'>}", "{" * 5000, "Namespace(", "a table follows", "x" * (1 << 20 | 1), "|||\n|-|"],
)
def test_a_config_text_that_is_not_understood_is_noted(text):
    settings, notes = settings_of_text(Text("config/text_summary", 0, ((text,),)))
    assert settings == []
    assert [note.code for note in notes] in (["text-not-understood"], ["text-too-long"])


def test_other_texts_are_no_concern():
    assert settings_of_text(Text("samples/text_summary", 0, (("hello | world",),))) == ([], [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5e-4", 5e-4),
        (" True ", True),
        ("CartPole-v1", "CartPole-v1"),
        ("(", "("),
        ("__import__('os')", "__import__('os')"),
    ],
)
def test_literal(text, value):
    assert literal(text) == value


def test_a_changed_setting_is_noted(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    for k, lr in enumerate([1e-3, 1e-4]):
        writer = tensorboard.SummaryWriter(str(tmp_path))
        writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n|lr|{lr}|\n|seed|1|")
        for step in range(10 * k, 10 * k + 10):
            writer.add_scalar("a", 1.0, step, walltime=1.7e9 + step)
        writer.close()
    run = read(tmp_path)
    assert values(run) == {"lr": 1e-4, "seed": 1}
    (note,) = [note for note in run.notes if note.code == "setting-changed"]
    assert note.text.startswith("lr: 0.001 became 0.0001 in events")


def test_a_text_and_hparams_are_read_without_the_heavy_half_of_tensorboard(tmp_path):
    """It brings fsspec and boto3 where they are installed: 25 MB in each process that reads such a run."""
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(tmp_path))
    writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|gamma|0.9|")
    writer.add_hparams({"lr": 3e-4}, {"m": 0.0}, run_name=".")
    writer.close()
    code = (
        "import sys; from rldoctor.readers.discover import find_runs; from pathlib import Path; "
        "(run,) = find_runs(Path(sys.argv[1])); assert {one.key for one in run.settings} >= {'gamma', 'lr'}; "
        "sys.exit('tensorboard.util.tensor_util' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0
