"""A run of the other scripts of this folder -> its folder in the collection, with ``run.yaml``.

    python reference_runs/scripts/label.py DIR --into reference_runs

Runs where rldoctor is installed. Of what the training left it keeps the library's event file (host name and
process id are taken out of the file's name) and ``params/``, where there is one. ``shows`` and ``note`` of a
run that is there already are kept: a person fills them in.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from rldoctor.training.faults import FAULTS
from rldoctor.training.observe import observe_events

FACTS = "made.json"


def home(facts: dict[str, Any]) -> Path:
    """Where the run belongs, relative to the collection."""
    name = "-".join(str(facts[key]) for key in ("library", "algo", "env", "seed"))
    return Path("faulty", facts["fault"], name) if facts["fault"] else Path("healthy", name)


def label(facts: dict[str, Any], event_file: Path, before: dict[str, Any]) -> dict[str, Any]:
    """The content of ``run.yaml``, as ``rldoctor.training.record`` writes it for Stable-Baselines3."""
    fault = FAULTS.get(facts["fault"])
    return {
        "schema": 1,
        "label": "faulty" if fault else "healthy",
        "fault": facts["fault"] or None,
        "shows": before.get("shows"),
        "expected": {
            "roots": list(fault.roots) if fault else [],
            "cause": fault.cause if fault else None,
            "symptoms": list(fault.symptoms) if fault else [],
        },
        "onset": 0 if fault else None,
        "algo": facts["algo"],
        "env": facts["env"],
        "variant": None,
        "seed": facts["seed"],
        "steps": facts["steps"],
        "stopped": None,
        "split": "hold" if facts["seed"] % 2 else "tune",
        "versions": facts["versions"],
        "command": facts["command"],
        "observed": observe_events(event_file),
        "note": before.get("note"),
    }


def store(source: Path, into: Path) -> Path:
    """Copy one run and label it; the folder, whose earlier log is replaced."""
    facts = json.loads((source / FACTS).read_text(encoding="utf-8"))
    folder = into / home(facts)
    written = folder / "run.yaml"
    before = yaml.safe_load(written.read_text(encoding="utf-8")) if written.exists() else {}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (event_file,) = source.glob("events.out.tfevents.*")
    stem = ".".join(event_file.name.split(".")[:4])
    copy = Path(shutil.copyfile(event_file, folder / f"{stem}.reference.0"))
    if (source / "params").is_dir():
        shutil.copytree(source / "params", folder / "params")
    text = yaml.safe_dump(label(facts, copy, before), sort_keys=False, width=110, default_flow_style=None)
    written.write_text(text, encoding="utf-8")
    return folder


def main() -> None:
    """Store every run that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, required=True)
    args = parser.parse_args()
    for run in args.runs:
        store(run, args.into)


if __name__ == "__main__":
    main()
