"""The environment in which CI runs the tests as someone who installed ``[dev]`` alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = ("torch", "stable_baselines3", "gymnasium", "pytest", "aim", "rldoctor")
SEEN = "import importlib.util as u, json, sys; print(json.dumps([n for n in sys.argv[1:] if u.find_spec(n)]))"


def test_it_sees_what_dev_installs_and_nothing_of_the_extra_reference(tmp_path: Path) -> None:
    made = tmp_path / "dev"
    subprocess.run([sys.executable, str(ROOT / ".ci" / "without_reference.py"), str(made)], check=True)
    done = subprocess.run(
        [str(made / "bin" / "python"), "-c", SEEN, *NAMES],
        capture_output=True,
        text=True,
        check=True,
        cwd=made,
    )
    assert set(json.loads(done.stdout)) == {"pytest", "aim", "rldoctor"}
