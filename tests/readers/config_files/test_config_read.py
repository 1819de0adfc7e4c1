"""Configuration files as other tools write them."""

import json
import warnings
import zipfile
from collections import OrderedDict
from pathlib import PurePosixPath

import numpy as np
import pytest
import yaml
from every import every

from rldoctor.errors import ReadError, UsageError
from rldoctor.readers.config_files import gather, literal, parse_set, read_config_file


def settings(path):
    return {setting.key: setting.value for setting in read_config_file(path)}


def test_rl_zoo_ordered_dict_with_lines(tmp_path):
    args = OrderedDict(
        algo="tqc", seed=7, env_kwargs=None, policy_kwargs="dict(net_arch=[64, 64], fn=nn.ReLU)"
    )
    path = tmp_path / "args.yml"
    path.write_text(yaml.dump(args))
    assert "!!python/object/apply:collections.OrderedDict" in path.read_text()
    found = read_config_file(path)
    assert {s.key: s.value for s in found} == {
        "algo": "tqc",
        "seed": 7,
        "env_kwargs": None,
        "policy_kwargs.net_arch": [64, 64],
        "policy_kwargs.fn": "nn.ReLU",
    }
    lines = path.read_text().splitlines()
    for setting in found:
        name, _, line = setting.source.partition(":")
        assert name == "args.yml"
        assert setting.key.partition(".")[0] in lines[int(line) - 1]


def test_every_python_tag_is_plain_data_and_nothing_runs(tmp_path):
    mark = tmp_path / "executed"
    path = tmp_path / "config.yaml"
    data = {"shape": (3, 4), "folder": PurePosixPath("/logs/a"), "lr": np.float64(0.25), "kind": dict}
    hostile = (
        f"attack: !!python/object/apply:os.system ['touch {mark}']\n"
        f"attack2: !!python/object/new:os.system ['touch {mark}']\n"
        "module: !!python/module:os\nunknown: !Weird {a: 1}\n"
        "text: !!python/unicode 'x'\nf: !!python/float '1.5'\n"
    )
    path.write_text(yaml.dump(data) + hostile)
    found = settings(path)
    assert not mark.exists()
    assert found["shape"] == (3, 4)
    assert found["folder"] == "/logs/a"
    assert found["lr"] == 0.25
    assert found["kind"] == "builtins.dict"
    assert found["attack"] == f"touch {mark}"
    assert found["module"] == "os"
    assert found["unknown.a"] == 1
    assert (found["text"], found["f"]) == ("x", 1.5)


def test_exponent_without_dot_is_a_number(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("lr: 5e-4\nclip: 1e5\nenv: 1e-x\nn: 3\n")
    assert settings(path) == {"lr": 5e-4, "clip": 1e5, "env": "1e-x", "n": 3}


def test_python_reprs_in_json_are_opened(tmp_path):
    path = tmp_path / "config.json"
    text = "{'learning_rate': 'lr_schedule(0.0005,1e-06,2)', 'buffer_size': '300000', 'use_sde': 'True'}"
    path.write_text(
        json.dumps({"algorithm": "SAC", "params": text, "res": "(160, 80)", "seed": "100"}, indent=1)
    )
    found = read_config_file(path)
    assert {s.key: s.value for s in found} == {
        "algorithm": "SAC",
        "params.learning_rate": "lr_schedule(0.0005,1e-06,2)",
        "params.buffer_size": 300000,
        "params.use_sde": True,
        "res": (160, 80),
        "seed": 100,
    }
    assert [s.source for s in found if s.key.startswith("params")] == ["config.json:3"] * 3


def test_spinning_up_pseudo_json(tmp_path):
    data = {
        "ac_kwargs": {"hidden_sizes": [64]},
        "logger": {"<spinup.Logger object at 0x7f>": {"a": {"b": 1}}},
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(data, separators=(",", ":\t"), indent=4, sort_keys=True))
    assert settings(path) == {"ac_kwargs.hidden_sizes": [64], "logger": "<spinup.Logger object at 0x7f>"}


def test_wandb_values_are_unwrapped(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "wandb_version: 1\n_wandb:\n  value: {t: 1}\nlr:\n  desc: null\n  value: 0.1\nnet:\n  value: {h: 2}\n"
    )
    assert settings(path) == {"lr": 0.1, "net.h": 2}


def test_real_sb3_zip_is_read_without_unpickling(tmp_path):
    sb3 = pytest.importorskip("stable_baselines3")
    model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, gamma=0.9, device="cpu")
    model.save(tmp_path / "model.zip")
    found = settings(tmp_path / "model.zip")
    assert (found["n_steps"], found["batch_size"], found["gamma"]) == (64, 32, 0.9)
    assert found["stable_baselines3_version"] == sb3.__version__
    assert "stable_baselines3" in found["policy_class.__module__"]
    assert not any(":serialized:" in key for key in found)


def test_toml_and_data_files(tmp_path):
    (tmp_path / "config.toml").write_text("[train]\nlr = 0.1\n")
    assert settings(tmp_path / "config.toml") == {"train.lr": 0.1}
    (tmp_path / "config.json").write_text(json.dumps({str(i): i for i in range(20_001)}))
    with pytest.raises(ReadError, match="not a configuration"):
        read_config_file(tmp_path / "config.json")


@pytest.mark.parametrize("name", ["config.json", "config.yaml", "config.toml", "model.zip"])
def test_broken_files_are_errors_alone_and_notes_in_a_directory(tmp_path, name):
    (tmp_path / name).write_text("{a: [1, 2\n  b: }")
    with pytest.raises(ReadError):
        read_config_file(tmp_path / name)
    found = gather(tmp_path)
    assert found.settings == []
    assert [note.code for note in found.notes] == ["broken-config"]


def test_alias_bomb_and_cycle_end(tmp_path):
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)
    )
    (tmp_path / "config.yaml").write_text(bomb)
    assert settings(tmp_path / "config.yaml")["a39"] == "<list of 3 entries>"
    (tmp_path / "config.yaml").write_text("a: &a {b: 1, c: *a}\nd: 2\n")
    assert settings(tmp_path / "config.yaml")["d"] == 2


def test_places_and_their_order(tmp_path):
    for name in ("config.yml", "args.yml", "params/agent.yaml", ".hydra/config.yaml", "CartPole-v1/args.yml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"where: {name}\n")
    (tmp_path / ".hydra" / "hydra.yaml").write_text("no: 1\n")
    (tmp_path / "CartPole-v1" / "config.yml").write_text("n_timesteps: 10\n")
    with zipfile.ZipFile(tmp_path / "best_model.zip", "w") as archive:
        archive.writestr("data", '{"gamma": 0.9, "fn": {":type:": "f", ":serialized:": "gASV"}}')
    found = gather(tmp_path)
    assert found.files == [
        "config.yml",
        "args.yml",
        ".hydra/config.yaml",
        "CartPole-v1/config.yml",
        "CartPole-v1/args.yml",
        "params/agent.yaml",
        "best_model.zip",
    ]
    assert found.settings[-1].key == "gamma"


def test_parse_set():
    assert parse_set("gamma=0.99").value == 0.99
    assert parse_set("env = Ant-v4").value == "Ant-v4"
    assert parse_set("a.b=x=y").value == "x=y"
    assert parse_set("net=[64, 64]").value == [64, 64]
    for wrong in ("gamma", "=3"):
        with pytest.raises(UsageError, match="KEY=VALUE"):
            parse_set(wrong)


@every(
    ("text", "value"),
    [
        ("lin_3e-4", "lin_3e-4"),
        ("3e-4", 3e-4),
        ("None", None),
        ("2022-01-01", "2022-01-01"),
        ("__import__('os')",) * 2,
        ("dict(a=dict(b=1), c=f(2))", {"a": {"b": 1}, "c": "f(2)"}),
        ('{"a": true}', {"a": True}),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_literal(text, value):
    assert literal(text) == value


@pytest.mark.parametrize("text", ['"a\\s"', "['a\\s']", 'dict(a="\\s")', "5and"])
def test_python_does_not_warn_of_what_stands_in_a_log(text):
    """From 3.12 on such a warning is shown on standard error."""
    from rldoctor.readers.config_files.literals import literal as of_a_file
    from rldoctor.readers.console.dicts import dict_row
    from rldoctor.readers.tensorboard.settings import literal as of_an_event

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        of_a_file(text)
        of_an_event(text)
        dict_row(f"{{'a': {text}}}")
    assert told == []
