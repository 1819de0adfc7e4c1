"""What the README says the program prints is what it prints.

After a wanted change: ``RLDOCTOR_REFRESH_GOLDEN=1 python -m pytest tests/report/test_readme_output.py``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = "reference_runs/faulty/reward-exp-sharp/ppo-Reacher-v5-exp-0"
REFRESH = os.environ.get("RLDOCTOR_REFRESH_GOLDEN", "") not in {"", "0"}


def test_the_output_in_the_readme_is_the_real_one():
    readme = ROOT / "README.md"
    command = [sys.executable, "-m", "rldoctor", "analyze", RUN, "--fail-on", "never"]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    block = re.compile(r"(?<=```text\n)reference_runs.*?(?=```)", re.DOTALL)
    text = readme.read_text(encoding="utf-8")
    assert block.search(text)
    if REFRESH:
        readme.write_text(block.sub(lambda _: done.stdout, text, count=1), encoding="utf-8", newline="\n")
    told = block.search(readme.read_text(encoding="utf-8"))[0]
    assert told.count("\n") == done.stdout.count("\n")
    assert shape(told) == shape(done.stdout)


def shape(text):
    """Without the numbers of rules, which change with every rule that is added."""
    return re.sub(
        r"\d+(?= of \d+ rules| rules| not measured| do not apply| more)|(?<= of )\d+(?= rules)", "N", text
    )
