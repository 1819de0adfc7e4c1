"""Coverage-guided search for bytes that a reader does not survive (needs the extra ``fuzz``: atheris).

``python tests/fuzz/fuzz_readers.py TARGET [SECONDS]``, or ``all``: each target for so long (10). A reader may
refuse with a ReadError and nothing else; a single input may take 5 s. What is found is left in
``tests/fuzz/found`` and becomes a test.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
LONGEST = 4096
SLOWEST = 5

SEEDS = {
    "events": b"",
    "csv": b"step,reward,loss\n1,2.5,0.1\n2,3.5,nan\n3,,0.3\n",
    "jsonl": b'{"step": 1, "reward": 2.5}\n{"step": 2, "reward": NaN}\n',
    "document": b'{"log_history": [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}]}',
    "monitor": b'#{"t_start": 1.0, "env_id": "x"}\nr,l,t\n1.0,200,3.5\n2.0,200,7.5\n',
    "console": b"| rollout/           |          |\n|    ep_rew_mean     | 21.3     |\nstep: 1, loss: 0.5\n",
    "yaml": b"gamma: 0.99\nnet: [64, 64]\nopt: &a {lr: 1e-4}\nb: *a\n",
    "json": b'{"gamma": 0.99, "net": {"arch": [64, 64]}}',
    "zip": b"",
    "wandb": b":W&B\xe1\xbe\x00",
    "secrets": b"https://bob:secret@host/x --password x ghp_abcdefghijklmnopqrstuvwxyz",
}


def read(name: str) -> Callable[[Path], object]:
    """What reads a file of one kind."""
    from rldoctor.readers.config_files.read import read_config_file
    from rldoctor.readers.console.runs import read_console
    from rldoctor.readers.tabular.runs import read_tables
    from rldoctor.readers.tensorboard.directory import read_directory

    def table(path: Path) -> object:
        return read_tables(path.parent, [path.name])

    def wandb(path: Path) -> object:
        from rldoctor.readers.wandb.reader import WandbReader

        reader = WandbReader()
        claimed = reader.claims(path.parent, [path.name])
        return reader.read(path.parent, claimed) if claimed else None

    def secrets(path: Path) -> object:
        from rldoctor.redaction import hidden_text

        text = path.read_bytes().decode("utf-8", "replace")
        assert hidden_text(hidden_text(text)) == hidden_text(text)
        return None

    readers: dict[str, Callable[[Path], object]] = {
        "events": lambda path: read_directory(path.parent, [path.name]),
        "console": lambda path: read_console(path.parent, path.name),
        "yaml": read_config_file,
        "json": read_config_file,
        "zip": read_config_file,
        "wandb": wandb,
        "secrets": secrets,
    }
    return readers.get(name, table)


FILES = {
    "events": "events.out.tfevents.1",
    "csv": "progress.csv",
    "jsonl": "metrics.jsonl",
    "document": "trainer_state.json",
    "monitor": "monitor.csv",
    "console": "output.log",
    "yaml": "config.yaml",
    "json": "config.json",
    "zip": "model.zip",
    "wandb": "run-abc.wandb",
    "secrets": "text",
}


def one(name: str, seconds: int) -> None:
    """Fuzz one target in this process; ends it."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["rldoctor"]):
        reader = read(name)
        from rldoctor.errors import ReadError
    folder = Path(tempfile.mkdtemp())
    path = folder / FILES[name]

    def test(data: bytes) -> None:
        path.write_bytes(data)
        try:
            reader(path)
        except ReadError:
            return

    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "seed").write_bytes(SEEDS[name])
    FOUND.mkdir(exist_ok=True)
    limits = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
        "-rss_limit_mb=1024",
    ]
    atheris.Setup(
        [sys.argv[0], *limits, f"-artifact_prefix={FOUND}/{name}-", "-verbosity=0", str(corpus)], test
    )
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Run one target, or each in a process of its own; 1 where something was found."""
    name, seconds = arguments[0], int(arguments[1]) if len(arguments) > 1 else 10
    if name != "all":
        one(name, seconds)
        return 0
    bad = [
        target
        for target in SEEDS
        if subprocess.run([sys.executable, __file__, target, str(seconds)], check=False).returncode
    ]
    print("found something in: " + ", ".join(bad) if bad else "nothing found")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
