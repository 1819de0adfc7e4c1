"""PPO on Hopper-v5, 30,720 steps: ``python train.py CLIP_RANGE FOLDER``, less than a minute on one core."""

import json
import sys
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecNormalize

clip_range, folder = float(sys.argv[1]), Path(sys.argv[2])
settings = {"learning_rate": 3e-4, "n_steps": 512, "batch_size": 64, "clip_range": clip_range, "seed": 1}

env = VecNormalize(make_vec_env("Hopper-v5", n_envs=1, seed=1))
model = PPO("MlpPolicy", env, device="cpu", **settings)
model.set_logger(configure(str(folder), ["csv"]))
(folder / "config.json").write_text(json.dumps({"env_id": "Hopper-v5", "n_envs": 1, **settings}) + "\n")
model.learn(30_720, log_interval=1)
