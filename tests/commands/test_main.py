"""The entry point: the exit code, the end of the process, and garbage that is not looked for."""

from __future__ import annotations

import subprocess
import sys

from rldoctor import __main__ as entry


def ended(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own that runs ``code`` and then the command line ``words``."""
    program = (
        f"import sys\n{code}\nsys.argv = {['rldoctor', *words]!r}\nfrom rldoctor.__main__ import main\nmain()"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_it_ends_with_the_exit_code_and_all_output() -> None:
    told = ended("", "--version")
    assert (told.returncode, told.stdout[:9], told.stderr) == (0, "rldoctor ", "")
    refused = ended("", "analyze", "no-such-run")
    assert refused.returncode == 2
    assert "no-such-run" in refused.stderr


def test_what_is_registered_for_the_end_is_done() -> None:
    told = ended("import atexit, gc\natexit.register(lambda: print(gc.get_threshold()[0]))", "--version")
    assert told.stdout.splitlines()[-1] == str(entry.OBJECTS)


def test_a_thread_is_waited_for() -> None:
    late = "import threading, time\ndef late():\n    time.sleep(1.0)\n    print('late')\n"
    told = ended(f"{late}threading.Thread(target=late).start()", "--version")
    assert (told.returncode, "late" in told.stdout.splitlines()) == (0, True)
