"""``rldoctor analyze`` without a path."""

import os
import subprocess
import sys
from pathlib import Path

ROWS = "step,episode_return\n" + "".join(f"{i},{i / 2}\n" for i in range(1, 21))


def analyze(folder, home):
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    command = [sys.executable, "-m", "rldoctor", "analyze", "-q"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def written(path, time):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ROWS)
    os.utime(path, (time, time))


def test_the_run_that_was_written_last_is_looked_at_and_named(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    written(tmp_path / "work" / "runs" / "a" / "progress.csv", 2_000)
    written(tmp_path / "work" / "logs" / "x" / "b" / "progress.csv", 3_000)
    written(tmp_path / "work" / "outputs" / "c" / "progress.csv", 1_000)
    # In no usual folder: newer, and not looked at.
    written(tmp_path / "work" / "data" / "d" / "progress.csv", 9_000)
    done = analyze(tmp_path / "work", home)
    newest = str(Path("logs") / "x" / "b")
    assert f"the newest run is {newest}" in done.stderr
    assert done.stdout.startswith(newest)
    assert done.returncode in (0, 1)


def test_ray_writes_into_the_home_directory(tmp_path):
    home = tmp_path / "home"
    written(home / "ray_results" / "PPO" / "trial" / "progress.csv", 2_000)
    (tmp_path / "work").mkdir()
    done = analyze(tmp_path / "work", home)
    assert "ray_results" in done.stderr


def test_no_run_at_all(tmp_path):
    (tmp_path / "runs").mkdir()
    done = analyze(tmp_path, tmp_path)
    assert done.returncode == 2
    assert "no path given, and no run under runs, logs" in done.stderr
    assert "rldoctor analyze PATH" in done.stderr
