"""Small texts in the layouts that training programs print, written for these tests."""

from __future__ import annotations

RSL_RL = """\
\x1b[1m                       Learning iteration 12/1500                       \x1b[0m

                       Computation: 49152 steps/s (collection: 1.500s, learning 0.500s)
               Value function loss: 0.0123
                    Surrogate loss: -0.0040
             Mean action noise std: 0.95
                       Mean reward: 3.20
               Mean episode length: 411.50
  Episode Reward/tracking_lin_vel: 0.5120
--------------------------------------------------------------------------------
                   Total timesteps: 1277952
                    Iteration time: 2.00s
                        Total time: 26.00s
                               ETA: 2976.0s

"""
RSL_RL_SECOND = RSL_RL.replace("12/1500", "13/1500").replace("1277952", "1376256").replace("3.20", "3.90")
RSL_RL_RULED = "#" * 80 + "\n" + RSL_RL.replace("\x1b[1m", "").replace("\x1b[0m", "")

SPINNING_UP = """\
Warning: trajectory cut off by epoch at 200 steps.
---------------------------------------
|             Epoch |               0 |
|      AverageEpRet |            21.5 |
|          StdEpRet |            9.35 |
|             EpLen |            21.5 |
| TotalEnvInteracts |           4e+03 |
|            LossPi |       -1.12e-08 |
|                KL |         0.00912 |
|          ClipFrac |            0.11 |
---------------------------------------
"""
BASELINES = """\
Logging to /tmp/openai-2019-01-31
-------------------------------------
| eplenmean            | 22         |
| eprewmean            | 22.3       |
| loss/approxkl        | 0.00012    |
| loss/clipfrac        | 0.0        |
| loss/policy_entropy  | 0.692      |
| misc/nupdates        | 1          |
| misc/total_timesteps | 2048       |
-------------------------------------
"""
SB2 = """\
--------------------------------------
| approxkl           | 3.5613074e-05 |
| clipfrac           | 0.0           |
| ep_len_mean        | 22.4          |
| ep_reward_mean     | 22.4          |
| n_updates          | 1             |
| policy_entropy     | 0.6930549     |
| serial_timesteps   | 128           |
| total_timesteps    | 512           |
--------------------------------------
"""
RLLIB = """\
Result for PPO_CartPole-v0_0:
  custom_metrics: {}
  date: 2020-01-01_10-00-00
  done: false
  episode_len_mean: 22.1
  episode_reward_mean: 22.1
  info:
    learner:
      default_policy:
        cur_kl_coeff: 0.2
        kl: 0.02
        vf_loss: 5.0e-05
    num_steps_sampled: 4000
  time_total_s: 5.5
  timesteps_total: 4000
  training_iteration: 1
== Status ==
Memory usage on this node: 10.1/15.6 GiB
| Trial name   | status  | iter | reward |
|--------------+---------+------+--------|
| PPO_CartPole | RUNNING |    1 |   22.1 |
Result for PPO_CartPole-v0_0:
  episode_len_mean: 30.1
  episode_reward_mean: 30.1
  info:
    learner:
      default_policy:
        cur_kl_coeff: 0.3
        kl: 0.021
        vf_loss: .nan
    num_steps_sampled: 8000
  time_total_s: 10.5
  timesteps_total: 8000
  training_iteration: 2
"""
RLLIB_OLD = """\
episode_reward_mean: -81.0
info:
  default:
    cur_kl_coeff: 0.15
    entropy: 2.4
    kl: 0.012
    vf_loss: 1320.5
  num_steps_sampled: 8000
time_total_s: 9.0
timesteps_total: 8000
training_iteration: 2
"""
ML_AGENTS = """\
[INFO] Listening on port 5004. Start training by pressing the Play button in the Unity Editor.
[INFO] Runner. Step: 10000. Time Elapsed: 24.226 s. Mean Reward: -0.995. Std of Reward: 0.051. Training.
[INFO] Runner. Step: 20000. Time Elapsed: 40.1 s. No episode was completed since last summary. Training.
2024-05-01 10:00:00 INFO [stats.py:186] Runner. Step: 30000. Time Elapsed: 60.9 s. Mean Reward: 1.25. \
Std of Reward: 0.5. Training.
[INFO] Exported results/x/Runner/Runner-29999.onnx
"""
ML_AGENTS_TWO = """\
[INFO] Striker. Step: 1000. Time Elapsed: 2.2 s. Mean Reward: -0.9. Std of Reward: 0.1. Training. ELO: 1200.1.
[INFO] Goalie. Step: 1000. Time Elapsed: 2.2 s. Mean Reward: 0.9. Std of Reward: 0.1. Training.
[INFO] Striker. Step: 2000. Time Elapsed: 4.2 s. Mean Reward: -0.8. Std of Reward: 0.1. Training.
"""
TF_AGENTS = """\
step = 200: loss = 42.70
step = 400: loss = 12.1
I0612 10:00:00.123456 140 dqn.py:12] step = 1000: loss = 33.9
step = 1000: Average Return = 15.2
"""
TIANSHOU = """\
Epoch #1:  50%|#####     | 500/1000 [00:01<00:01, 400.0it/s, env_step=500, len=9, loss/clip=-0.02, \
loss/vf=0.5, n/ep=4, n/st=100, rew=9.00]
Epoch #1: 1001it [00:02, 400.00it/s, env_step=1000, len=20, loss/clip=-0.023, loss/vf=0.4, n/ep=5, \
n/st=100, rew=20.00]
Epoch #1: test_reward: 21.500000 ± 2.500000, best_reward: 21.500000 ± 2.500000 in #1
Epoch #2: 1001it [00:02, 400.00it/s, env_step=2000, len=40, loss/clip=-0.01, loss/vf=0.3, n/ep=3, \
n/st=100, rew=40.00]
Epoch #2: test_reward: 44.000000 ± 1.000000, best_reward: 44.000000 ± 1.000000 in #2
"""
TQDM = """\
  0%|          | 0/10000 [00:00<?, ?it/s]
  5%|▌         | 500/10000 [00:10<03:10, 49.9it/s, loss=0.1, reward=2.3]
 10%|█         | 1000/10000 [00:20<03:00, 50.0it/s, loss=0.2, reward=2.5]
"""
TRL = """\
  2%|▏         | 10/500 [01:00<49:00,  6.0s/it]{'loss': 0.0, 'grad_norm': 0.71, 'reward': 0.25, \
'reward_std': nan, 'kl': 0.0003, 'epoch': 0.01}
  4%|▏         | 20/500 [02:00<48:00,  6.0s/it]{'loss': '0.001', 'grad_norm': '0.8', 'reward': '0.5', \
'reward_std': '0.1', 'kl': 'inf', 'epoch': '0.01'}
"""
VERL = """\
(TaskRunner pid=1234) step:1 - actor/entropy:0.5 - actor/pg_loss:np.float64(-0.01) - critic/score/mean:0.25
(WorkerDict pid=99) compiling
(TaskRunner pid=1234) step:2 - actor/entropy:0.45 - actor/pg_loss:np.float64(0.02) - critic/score/mean:0.35
"""
PAIRS = """\
Using device: cuda:0
Namespace(lr=0.0003, gamma=0.99, seed=1)
Episode 10/500, Reward: 12.5, Loss: 0.123, Epsilon: 95%
Episode 20/500 | Reward = 1,234.5 | Loss=25.3k | Epsilon: 0.9
[Episode 30] Reward: 9.0 Loss: nan
saved model to /tmp/agent:0
at 10:30:00 http://127.0.0.1:6006 on 2024-01-31
"""
BLOCKS = """\
----- Epoch 1 -----
reward: 3.0
loss: 1.2e-05
success rate: 25%

----- Epoch 2 -----
reward: 4.0
loss: tensor(0.5, device='cuda:0')
success rate: inf
"""
MARKDOWN = """\
My agent does not learn, here is the output:

> ```
> | time/ | |
> | fps | 759 |
> | total_timesteps | 4264 |
> | train/ | |
> | actor_loss | 769 |
> | critic_loss | 2.35e+05 |
> | time/ | |
> | fps | 767 |
> | total_timesteps | 17284 |
> | train/ | |
> | actor_loss | 768 |
> | critic_loss | 1.47e+05 |
> ```
"""
FRAMEWORKS = {
    "rsl_rl": RSL_RL + RSL_RL_SECOND,
    "spinningup": SPINNING_UP,
    "openai_baselines": BASELINES,
    "rllib": RLLIB,
    "ml_agents": ML_AGENTS,
    "tianshou": TIANSHOU,
    "trl": TRL,
    "verl": VERL,
    "stable_baselines3": MARKDOWN,
}
