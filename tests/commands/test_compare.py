"""``rldoctor compare`` end to end, on logs written by the real writers."""

import csv
import json

import numpy as np
import pytest

import rldoctor
from rldoctor import cli
from rldoctor.errors import ReadError, UsageError
from rldoctor.model.comparison import Presence, Verdict

FOUR_BEFORE = {"replay_size": 30000, "updates_per_step": 1, "feature_dim": 50, "use_amp": False}
FOUR_AFTER = {"replay_size": 70000, "updates_per_step": 2, "feature_dim": 64, "use_amp": True}
NUMBERS = ("--base-mean", 861.47, "--base-std", 52.73, "--candidate-mean", 209.51, "--candidate-std", 23.0)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory: no settings file."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def call(capsys):
    def run(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def ppo_rows(seed, level, kl):
    """What SB3's PPO logs every 2048 steps: a return that rises to ``level``."""
    rng = np.random.default_rng(seed)
    for i in range(1, 81):
        rise = 1 / (1 + np.exp(-(i - 25) / 5))
        yield (
            i * 2048,
            {
                "rollout/ep_rew_mean": 20 + level * rise + rng.normal(0, 4),
                "rollout/ep_len_mean": 40 + 10 * rng.normal(),
                "train/approx_kl": abs(rng.normal(kl, kl / 4)),
                "train/clip_fraction": abs(rng.normal(0.1, 0.02)),
                "train/clip_range": 0.2,
                "train/entropy_loss": -4.2 + 0.01 * i + rng.normal(0, 0.02),
                "train/explained_variance": 0.9 * rise + rng.normal(0, 0.03),
                "train/learning_rate": 3e-4,
                "train/policy_gradient_loss": rng.normal(-0.01, 0.002),
                "train/value_loss": float(np.exp(rng.normal(2, 0.2))),
                "time/iterations": i,
                "time/total_timesteps": i * 2048,
            },
        )


def write_sb3(
    directory, seed, *, level=200.0, kl=0.01, env="Hopper-v5", formats=("csv", "tensorboard"), **changed
):
    """One run as SB3's own logger writes it, with a configuration beside it."""
    logger = pytest.importorskip("stable_baselines3.common.logger")
    log = logger.configure(str(directory), list(formats))
    for step, row in ppo_rows(seed, level, kl):
        for key, value in row.items():
            log.record(key, value)
        log.dump(step)
    log.close()
    config = {"algo": "ppo", "env_id": env, "seed": seed, "n_steps": 2048, "learning_rate": 3e-4, "n_envs": 1}
    (directory / "config.json").write_text(json.dumps({**config, **changed}))


def write_csv(directory, seed, *, level=200.0, env="", **config):
    """One run of a home-made logger."""
    directory.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    with (directory / "metrics.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["env_steps", "episode_return", "q_loss"])
        for i in range(1, 101):
            rise = 1 / (1 + np.exp(-(i - 30) / 6))
            table.writerow([i * 1000, 20 + level * rise + rng.normal(0, 5), np.exp(rng.normal(0, 0.1))])
    settings = {"seed": seed, **({"env_id": env} if env else {}), **config}
    (directory / "config.yaml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))


@pytest.fixture(scope="module")
def sb3(tmp_path_factory):
    """Two seeds of a good arm, of an equal one and of a worse one."""
    root = tmp_path_factory.mktemp("sb3")
    for seed in (0, 1):
        write_sb3(root / "good" / f"run_{seed}", seed)
        write_sb3(root / "equal" / f"run_{seed}", seed + 10)
        write_sb3(root / "worse" / f"run_{seed}", seed + 20, level=60.0, kl=0.08, learning_rate=3e-3)
    return root


def test_a_worse_arm_is_a_regression_with_its_one_change(sb3):
    found = rldoctor.compare(sb3 / "good", sb3 / "worse")
    assert found.verdict is Verdict.REGRESSION
    assert (len(found.base.runs), len(found.candidate.runs)) == (2, 2)
    assert found.effect.method == "seeds"
    assert found.effect.base == pytest.approx(220, abs=5)
    assert found.effect.candidate == pytest.approx(80, abs=5)
    assert found.effect.low < found.effect.difference < found.effect.high < 0
    assert [change.key for change in found.changes] == ["learning_rate"]
    assert found.bisection == ()
    departed = [one.metric for one in found.departures]
    assert departed[0] == "approx_kl"
    assert "episode_return" in departed
    assert {remark.code for remark in found.remarks} == {"OUT-01", "CFG-09"}


def test_findings_of_the_worse_arm_are_new(sb3):
    found = {one.code: one for one in rldoctor.compare(sb3 / "good", sb3 / "worse").findings}
    new = [one for one in found.values() if one.presence is Presence.NEW]
    assert new
    for one in new:
        assert one.base == 0 < one.candidate <= 2
        assert one.majority == (one.candidate == 2)


def test_equal_arms_have_no_regression_no_change_and_exit_0(sb3, call):
    code, out, _ = call("compare", sb3 / "good", sb3 / "equal")
    assert code == 0
    assert "NO CLEAR DIFFERENCE" in out
    assert "No setting that both sides log differs" in out


def test_a_regression_exits_1_unless_told_otherwise(sb3, call):
    assert call("compare", sb3 / "good", sb3 / "worse")[0] == 1
    assert call("compare", sb3 / "good", sb3 / "worse", "--fail-on", "never")[0] == 0
    assert call("compare", sb3 / "worse", sb3 / "good")[0] == 0
    code, _, err = call("compare", sb3 / "good", sb3 / "worse", "--fail-on", "warning")
    assert code == 2
    assert "regression, unclear, critical, error, never" in err


def test_one_seed_per_arm_says_so(sb3, call):
    code, out, _ = call("compare", sb3 / "good/run_0", sb3 / "worse/run_0")
    assert code == 1
    assert "One seed per arm: this cannot separate seed luck from the change." in " ".join(out.split())
    assert "CFG-09" in out


def test_one_candidate_against_several_seeds_borrows_their_spread(sb3, call):
    _, out, _ = call("compare", sb3 / "good/run_*", sb3 / "worse/run_0")
    assert "The candidate has one run: its spread over seeds is taken from the other arm." in " ".join(
        out.split()
    )


def test_four_changes_are_confounded_and_get_a_bisection_order(tmp_path, call):
    for name, settings in (("base", FOUR_BEFORE), ("candidate", FOUR_AFTER)):
        (tmp_path / f"{name}.json").write_text(json.dumps(settings))
    paths = (tmp_path / "base.json", tmp_path / "candidate.json")
    code, out, _ = call("compare", *paths, *NUMBERS, "-f", "json")
    report = json.loads(out)
    assert code == 1
    assert report["verdict"] == "regression"
    assert report["effect"]["z"] == pytest.approx(-11.33, abs=0.01)
    keys = ["updates_per_step", "replay_size", "use_amp", "feature_dim"]
    assert [change["key"] for change in report["changes"]] == keys
    assert report["attribution"].startswith("Confounded: 4 settings changed at once: ")
    first = report["bisection"][0]
    assert [change["key"] for change in first["revert"]] == keys[:2]
    assert [change["key"] for change in first["keep"]] == keys[2:]
    assert len(report["bisection"]) == 3
    remarks = {remark["code"]: remark for remark in report["remarks"]}
    assert remarks["NUM-06"]["severity"] == "info"
    assert "3 other settings changed too" in remarks["NUM-06"]["text"]
    assert "one run per arm cannot separate seed luck" in remarks["CFG-09"]["text"]


def test_the_same_four_changes_in_logged_runs(tmp_path):
    for seed in (0, 1):
        write_csv(tmp_path / "base" / f"s{seed}", seed, level=840, **FOUR_BEFORE)
        write_csv(tmp_path / "candidate" / f"s{seed}", seed + 5, level=190, **FOUR_AFTER)
    found = rldoctor.compare(tmp_path / "base", tmp_path / "candidate")
    assert found.verdict is Verdict.REGRESSION
    assert [change.key for change in found.changes] == [
        "updates_per_step",
        "replay_size",
        "use_amp",
        "feature_dim",
    ]
    assert found.departures[0].metric == "episode_return"
    assert "Confounded: 4 settings" in found.attribution


def test_numbers_for_runs_that_log_only_system_metrics(tmp_path):
    for name, settings in (("base", FOUR_BEFORE), ("candidate", FOUR_AFTER)):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "metrics.csv").write_text(
            "step,system/cpu_percent\n" + "".join(f"{i},{40 + i % 7}\n" for i in range(60))
        )
        (directory / "config.json").write_text(json.dumps(settings))
    blind = rldoctor.compare(tmp_path / "base", tmp_path / "candidate")
    assert blind.verdict is Verdict.UNKNOWN
    assert len(blind.changes) == 4
    told = rldoctor.compare(
        tmp_path / "base",
        tmp_path / "candidate",
        base_summary=(861.47, 52.73),
        candidate_summary=(209.51, 23),
    )
    assert told.verdict is Verdict.REGRESSION


def test_no_outcome_exits_2_and_still_shows_the_settings(tmp_path, call):
    for name, lr in (("base", 1), ("candidate", 2)):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "metrics.csv").write_text("step,q_loss\n" + "".join(f"{i},{i}\n" for i in range(30)))
        (directory / "config.json").write_text(json.dumps({"lr": lr}))
    code, out, _ = call("compare", tmp_path / "base", tmp_path / "candidate")
    assert code == 2
    assert "NOT ENOUGH DATA" in out
    assert "lr" in out


def test_different_environments_are_refused(tmp_path, call):
    write_csv(tmp_path / "base", 0, env="Hopper-v5")
    write_csv(tmp_path / "candidate", 0, env="Ant-v5")
    code, out, err = call("compare", tmp_path / "base", tmp_path / "candidate")
    assert (code, out) == (2, "")
    assert "different environments: Hopper-v5 in the base, Ant-v5 in the candidate" in err


def test_an_arm_of_two_environments_is_refused(tmp_path):
    write_csv(tmp_path / "base/a", 0, env="Hopper-v5")
    write_csv(tmp_path / "base/b", 0, env="Ant-v5")
    write_csv(tmp_path / "candidate", 0, env="Ant-v5")
    with pytest.raises(UsageError, match="mixes environments: Ant-v5, Hopper-v5"):
        rldoctor.compare(tmp_path / "base", tmp_path / "candidate")


def test_a_changed_reward_makes_the_verdict_unclear(tmp_path):
    for seed in (0, 1):
        write_csv(tmp_path / "base" / f"s{seed}", seed, reward_scale=1.0)
        write_csv(tmp_path / "candidate" / f"s{seed}", seed + 5, level=20, reward_scale=0.1)
    found = rldoctor.compare(tmp_path / "base", tmp_path / "candidate")
    assert found.verdict is Verdict.UNCLEAR
    assert "reward_scale changed: the returns may not be in the same unit" in found.reason


def test_what_is_missing_or_wrong_is_said(tmp_path, call):
    code, _, err = call("compare", tmp_path / "none", tmp_path / "none")
    assert code == 2
    assert "none" in err
    (tmp_path / "a.yaml").write_text("lr: 1\n")
    assert rldoctor.compare(tmp_path / "a.yaml", tmp_path / "a.yaml").verdict is Verdict.UNKNOWN
    with pytest.raises(ReadError):
        rldoctor.compare(tmp_path / "none", tmp_path / "a.yaml")
    code, _, err = call("compare", tmp_path / "a.yaml", tmp_path / "a.yaml", "--base-mean", 1)
    assert code == 2
    assert "--base-mean and --base-std belong together" in err
    write_csv(tmp_path / "run", 0)
    code, _, err = call("compare", tmp_path / "run", tmp_path / "run", "--base-mean", 1, "--base-std", 1)
    assert code == 2
    assert "for one arm only" in err
    code, _, err = call("compare", tmp_path / "run", tmp_path / "run", "-f", "junit")
    assert code == 2
    assert "formats of compare: terminal, json, markdown, html" in err


def test_every_format_is_written_and_escapes_what_comes_from_a_log(tmp_path, call):
    evil = "<script>alert(1)</script>\x1b[31m[red]|x"
    for name, value in (("base", "a"), ("candidate", evil)):
        write_csv(tmp_path / name, 0)
        (tmp_path / name / "config.yaml").unlink()
        (tmp_path / name / "config.json").write_text(json.dumps({"activation": value}))
    files = [tmp_path / f"out.{ending}" for ending in ("txt", "json", "md", "html")]
    given = [word for file in files for word in ("-o", file)]
    code, _, err = call("compare", tmp_path / "base", tmp_path / "candidate", *given)
    assert (code, err.count("wrote ")) == (0, 4)
    text, data, markdown, page = (file.read_text(encoding="utf-8") for file in files)
    assert json.loads(data)["kind"] == "comparison"
    for part in (text, markdown, page):
        assert "\x1b" not in part
    assert "<script>alert" not in markdown + page
    assert "&lt;script&gt;alert" in page
    assert "Content-Security-Policy" in page
    assert "data-figure" in page
