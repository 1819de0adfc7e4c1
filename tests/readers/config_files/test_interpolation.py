"""OmegaConf's interpolations, as Hydra leaves them in ``config.yaml``."""

from every import every

from rldoctor.loading import load
from rldoctor.readers.config_files import read_config_file

# The form of IsaacGymEnvs' config.yaml.
ISAAC = """
task_name: ${task.name}
num_envs: ''
max_iterations: 500
seed: 7
checkpoint: ''
pipeline: gpu
task:
  name: Cartpole
  env:
    numEnvs: ${resolve_default:512,${...num_envs}}
train:
  params:
    seed: ${...seed}
    load: ${if:${...checkpoint},True,False}
    config:
      name: ${resolve_default:Run,${....experiment}}
      full_name: ${.name}_x
      num_actors: ${....task.env.numEnvs}
      max_epochs: ${resolve_default:100,${....max_iterations}}
      horizon_length: 16
      device: ${oc.env:DEVICE}
      circle: ${.circle}
      gpu: ${eq:${....pipeline},"gpu"}
"""


def settings(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(ISAAC)
    return {one.key: one.value for one in read_config_file(path)}


@every(
    ("key", "value"),
    [
        ("task_name", "Cartpole"),
        ("task.env.numEnvs", 512),
        ("train.params.seed", 7),
        ("train.params.load", False),
        ("train.params.config.num_actors", 512),
        ("train.params.config.max_epochs", 500),
        ("train.params.config.gpu", True),
        # What cannot be resolved stays as it was written.
        ("train.params.config.device", "${oc.env:DEVICE}"),
        ("train.params.config.name", "${resolve_default:Run,${....experiment}}"),
    ],
)
def test_a_value_said_elsewhere(tmp_path, key, value):
    assert settings(tmp_path)[key] == value


def test_a_circle_ends(tmp_path):
    assert "${" in settings(tmp_path)["train.params.config.circle"]


def test_an_open_one_is_no_value(tmp_path):
    """A knob whose text is still an interpolation is unknown, not a word."""
    rows = "".join(f"{i},{i / 2},0.01\n" for i in range(1, 13))
    (tmp_path / "log.csv").write_text("step,episode_return,approx_kl\n" + rows)
    (tmp_path / "config.yaml").write_text("gamma: ${oc.env:GAMMA}\nlr: ${.rate}\nrate: 0.001\n")
    (run,) = load(tmp_path)
    assert "gamma" not in run.config
    assert run.config.number("learning_rate") == 0.001
