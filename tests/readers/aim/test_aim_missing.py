"""A repository of Aim where Aim is not, or cannot be, installed."""

import subprocess
import sys
from pathlib import Path

from rldoctor.model.extras import NEWEST_WITH_AIM, aim_hint

# As after an installation without the extra: the import system finds no aim.
WITHOUT = "import sys; sys.modules['aim'] = None; from rldoctor.cli import main; sys.exit(main())"


def test_the_hint_is_a_line_to_run_where_there_is_a_release():
    assert aim_hint(NEWEST_WITH_AIM) == 'pip install "rl-training-doctor[aim]"'
    assert "no release for Python 3.13: with Python 3.12, pip install" in aim_hint((3, 13))


def test_a_repository_without_the_package_is_an_error_with_that_hint(tmp_path: Path):
    (tmp_path / ".aim").mkdir()
    (tmp_path / ".aim" / "VERSION").write_text("3.2", encoding="utf-8")
    (tmp_path / ".aim" / "run_metadata.sqlite").touch()
    words = [sys.executable, "-c", WITHOUT, "analyze", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "needs the package 'aim'" in done.stderr
    assert "rl-training-doctor[aim]" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
