"""Which task a name stands for, as people and libraries write them. A wrong one is worse than none."""

from __future__ import annotations

import pytest
from every import every

from rldoctor.model.task import Task
from rldoctor.tasks.find import find_task, task_of

# What a configuration or --env says -> the task.
CONFIGURED = {
    "CartPole-v1": "CartPole-v1",
    "CartPole-v0": "CartPole-v0",
    "cartpole-v1": "CartPole-v1",
    "Pendulum-v0": "Pendulum-v0",
    " Pendulum-v1 ": "Pendulum-v1",
    "'Acrobot-v1'": "Acrobot-v1",
    "gymnasium:MountainCar-v0": "MountainCar-v0",
    "MountainCarContinuous-v0": "MountainCarContinuous-v0",
    "LunarLander-v2": "LunarLander-v2",
    "LunarLander-v3": "LunarLander-v3",
    "LunarLanderContinuous-v2": "LunarLanderContinuous-v2",
    "BipedalWalker-v2": "BipedalWalker-v2",
    "BipedalWalkerHardcore-v3": "BipedalWalkerHardcore-v3",
    "CarRacing-v3": "CarRacing-v3",
    "FrozenLake-v1": "FrozenLake-v1",
    "Taxi-v3": "Taxi-v3",
    "HalfCheetah-v2": "HalfCheetah-v2",
    "HalfCheetah-v5": "HalfCheetah-v5",
    "halfcheetah-v4": "HalfCheetah-v4",
    "Walker2D-v3": "Walker2d-v3",
    "Humanoid-v3": "Humanoid-v3",
    "HumanoidStandup-v2": "HumanoidStandup-v2",
    "InvertedDoublePendulum-v2": "InvertedDoublePendulum-v2",
    "Pusher-v4": "Pusher-v4",
    "gymnasium_robotics:FetchReach-v4": "FetchReach-v4",
    "FetchPush-v1": "FetchPush-v1",
    "FetchPickAndPlaceDense-v2": "FetchPickAndPlaceDense-v2",
    "HandManipulateBlockRotateZ-v1": "HandManipulateBlockRotateZ-v1",
    "HandReach-v0": "HandReach-v0",
    "AntMaze_Large-v4": "AntMaze_Large-v4",
    "PointMaze_UMaze-v3": "PointMaze_UMaze-v3",
    "AdroitHandPen-v1": "AdroitHandPen-v1",
    "BreakoutNoFrameskip-v4": "BreakoutNoFrameskip-v4",
    "MsPacmanNoFrameskip-v4": "MsPacmanNoFrameskip-v4",
    "dm_control/cheetah-run-v0": "dm_control/cheetah-run-v0",
    "cheetah_run": "dm_control/cheetah-run-v0",
    "walker-walk": "dm_control/walker-walk-v0",
    "dmc_ball_in_cup_catch": "dm_control/ball_in_cup-catch-v0",
    "dm_control/finger_spin": "dm_control/finger-spin-v0",
    "HalfCheetahBulletEnv-v0": "HalfCheetahBulletEnv-v0",
    "MiniGrid-DoorKey-5x5-v0": "MiniGrid-DoorKey-5x5-v0",
    "PandaReach-v1": "PandaReach-v1",
    "<TimeLimit<OrderEnforcing<PassiveEnvChecker<CartPoleEnv<CartPole-v1>>>>>": "CartPole-v1",
}

# Names of runs and folders, as libraries and people make them -> the task.
NAMED = {
    "HalfCheetah-v4__ppo_continuous_action__1__1700000000": "HalfCheetah-v4",
    "CartPole-v1__dqn__1__1672531200": "CartPole-v1",
    "BreakoutNoFrameskip-v4__ppo_atari__3__1660000000": "BreakoutNoFrameskip-v4",
    "dm_control/cheetah-run-v0__sac_continuous_action__1__17": "dm_control/cheetah-run-v0",
    "sac/Pendulum-v1_1": "Pendulum-v1",
    "ppo_Ant-v3_1": "Ant-v3",
    "tqc_FetchPush-v1_1": "FetchPush-v1",
    "ddpg_HalfCheetahBulletEnv-v0_1": "HalfCheetahBulletEnv-v0",
    "qrdqn_CartPole-v1_1": "CartPole-v1",
    "dqn_PongNoFrameskip-v4_1": "PongNoFrameskip-v4",
    "runs/CartPole-v1": "CartPole-v1",
    "runs\\LunarLander-v2\\PPO_3": "LunarLander-v2",
    "ppo-LunarLander-v2": "LunarLander-v2",
    "dqn-SpaceInvadersNoFrameskip-v4": "SpaceInvadersNoFrameskip-v4",
    "Reinforce-CartPole-v1": "CartPole-v1",
    "q-Taxi-v3": "Taxi-v3",
    "SAC-HalfCheetah-v4-lr3e-4": "HalfCheetah-v4",
    "exp-42-sac-Ant-v4-s0": "Ant-v4",
    "2024-05-01-Ant-v4": "Ant-v4",
    "Ant-v4_2024-05-01_10-00-00": "Ant-v4",
    "Hopper-v4-seed1": "Hopper-v4",
    "Walker2d-v4.monitor.csv": "Walker2d-v4",
    "logs/td3/Humanoid-v4/seed_3/events": "Humanoid-v4",
    "env=Swimmer-v4,seed=2": "Swimmer-v4",
    "FetchReachDense-v4 (sac)": "FetchReachDense-v4",
    "baseline_Reacher-v4": "Reacher-v4",
    "MountainCarContinuous-v0_ppo_run3": "MountainCarContinuous-v0",
    "AntMaze_Large-v4_her_1": "AntMaze_Large-v4",
    "logdir/dmc_walker_walk/1": "dm_control/walker-walk-v0",
    "dm_control-finger-spin-v0_seed3": "dm_control/finger-spin-v0",
    "MiniGrid-DoorKey-5x5-v0_ppo": "MiniGrid-DoorKey-5x5-v0",
    "a2c_Acrobot-v1_1": "Acrobot-v1",
    "trpo_BipedalWalker-v3-gamma0.99": "BipedalWalker-v3",
    "InvertedPendulum-v2-batch64": "InvertedPendulum-v2",
}

# Whole names that are no task of the table.
UNKNOWN = [
    "",
    "CartPole",
    "CartPole-v2",
    "Cartpole",
    "Ant",
    "Ant-v6",
    "Ant-v1",
    "HalfCheetah",
    "Pendulum",
    "Hopper-v",
    "MyAnt-v4",
    "AntDir-v4",
    "HalfCheetahVel-v2",
    "SparseHalfCheetah-v4",
    "Isaac-Cartpole-v0",
    "Isaac-Ant-v0",
    "Isaac-Velocity-Rough-Anymal-C-v0",
    "Isaac-Velocity-Flat-Unitree-Go2-v0",
    "Isaac-Lift-Cube-Franka-v0",
    "Humanoid",
    "go2-walking",
    "rlgpu",
    "CARLA",
    "CustomEnv-v0",
    "Pong",
    "Pong-v0",
    "Breakout-v5",
    "Breakout-v4",
    "Breakout-ramNoFrameskip-v4",
    "halfcheetah-medium-v2",
    "hopper-expert-v2",
    "walker2d-medium-replay-v2",
    "FetchReachDense-v9",
    "walker",
    "cheetah",
    "run",
    "safety_gymnasium:SafetyPointGoal1-v0",
    "RoboschoolAnt-v1",
    "cartpole_swing",
    "dm_control/cheetah-fly-v0",
]

# Names of runs and folders from which no task may be told.
NOT_TOLD = [
    "PPO_1",
    "Safe-Ant-v4",
    "MyAnt-v4",
    "My_Ant-v4",
    "custom_CartPole-v1",
    "CartPole-v1_custom_reward",
    "CartPole-v1-noisy",
    "Sparse-HalfCheetah-v4",
    "DelayedHalfCheetah-v4",
    "HalfCheetah-v4-delayed",
    "HalfCheetah-v4_POMDP",
    "q-FrozenLake-v1-4x4-noSlippery",
    "Ant-v40",
    "Ant-v4.1",
    "Ant-v4b",
    "XAnt-v4",
    "cartpole-v1",
    "ant-v4",
    "CartPole_v1",
    "walker_run_3",
    "cheetah_run",
    "exp/walker-walk/2",
    "CartPole-v1_to_Acrobot-v1",
    "Ant-v3/Ant-v4",
    "Unitree-Ant-v4",
    "Walker2d-v4_SparseReward",
    "RewardScaled_Hopper-v4",
    "Breakout-ramNoFrameskip-v4_dqn",
    "halfcheetah-medium-v2",
    "Multi-Ant-v4",
    "Isaac-Cartpole-v0",
    "rsl_rl/go2_flat/2024-01-01_10-00-00",
    "hopper_offline_Hopper-v4_dataset",
]


@every("name", CONFIGURED)
def test_a_configured_name(name: str) -> None:
    match = task_of(config=name)
    assert match.task is not None, match.how
    assert match.task.id == CONFIGURED[name]


@every("name", NAMED)
def test_the_name_of_a_run_or_folder(name: str) -> None:
    for match in (task_of(run_name=name), task_of(folders=["run3", name])):
        assert match.task is not None, match.how
        assert match.task.id == NAMED[name]
        assert name in match.how


@every("name", UNKNOWN)
def test_an_unknown_name_is_no_task(name: str) -> None:
    assert find_task(name) is None


@every("name", NOT_TOLD)
def test_a_doubtful_name_is_no_task(name: str) -> None:
    match = task_of(run_name=name)
    assert match.task is None
    assert match.how


def test_enough_names_are_tried() -> None:
    assert len(CONFIGURED) + len(NAMED) >= 60
    assert len(UNKNOWN) + len(NOT_TOLD) >= 40


def test_every_id_finds_itself() -> None:
    from rldoctor.tasks.table import load

    ids = load().ids()
    assert len(ids) > 250
    wrong = [id_ for id_ in ids if (task := find_task(id_)) is None or task.id != id_]
    assert wrong == []


def test_ids_are_told_from_a_run_name_whatever_they_look_like() -> None:
    from rldoctor.tasks.table import load, split

    ids = [id_ for id_ in load().ids() if split(id_)[1]]
    wrong = [id_ for id_ in ids if task_of(run_name=f"ppo_{id_}_1").name != id_]
    assert wrong == []


def test_the_option_settles_it() -> None:
    match = task_of(option="Ant-v4", config="HalfCheetah-v4", run_name="Hopper-v4")
    assert match.task is not None
    assert match.task.id == "Ant-v4"
    assert match.how == "--env Ant-v4"
    assert task_of(option="Nothing-v0", config="Ant-v4").task is None


def test_a_configuration_that_names_something_else_is_not_overruled() -> None:
    match = task_of(config="CARLA", folders=["Ant-v4"])
    assert match.task is None
    assert "CARLA" in match.how


@pytest.mark.parametrize("nothing", ["", "none", "gym", "auto"])
def test_a_configuration_without_a_name_leaves_it_to_the_folder(nothing: str) -> None:
    match = task_of(config=nothing, folders=["Ant-v4"])
    assert match.task is not None
    assert match.task.id == "Ant-v4"


def test_configuration_and_folder_that_disagree_are_none() -> None:
    assert task_of(config="Ant-v4", folders=["HalfCheetah-v4"]).task is None
    agreed = task_of(config="Ant-v4", folders=["Ant-v4"])
    assert agreed.task is not None


def test_numbers_of_another_version_only_where_the_reward_is_the_same() -> None:
    same, other = find_task("HalfCheetah-v2"), find_task("Ant-v3")
    assert same is not None
    assert other is not None
    assert same.random is not None
    assert any("HalfCheetah-v" in note and "reward is the same" in note for note in same.notes)
    assert other.random is None
    assert other.solved is None
    assert other.action_dim == 8
    assert other.horizon == 1000
    assert any("reward differs" in note for note in other.notes)
    assert {one.env for one in other.published} == {"Ant-v2", "Ant-v3"}


def test_what_the_user_writes_wins_field_by_field() -> None:
    own = Task("CartPole-v1", solved=400.0, sources={"solved": "me"}, notes=("with my reward",))
    task = find_task("CartPole-v1", user_tables=[own])
    assert task is not None
    assert (task.solved, task.horizon, task.choices) == (400.0, 500, 2)
    assert task.sources["solved"] == "me"
    assert "measured" in task.sources["spaces"]
    assert "with my reward" in task.notes


def test_a_task_of_the_user_is_found_in_names_too() -> None:
    own = Task("MyReach-v0", horizon=80)
    match = task_of(run_name="sac_MyReach-v0_3", user_tables=[own])
    assert match.task == own
