"""``python -m laboratory.proof``: apply the prescribed fixes of the sick runs of a collection."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from laboratory.proof.collection import Sick, sick_runs
from laboratory.proof.page import page
from rldoctor.errors import RldoctorError
from rldoctor.proof.document import document
from rldoctor.proof.prove import Attempt, Clock, Proof, as_healthy, diagnosed, judged, unjudged, with_healthy

DONE = "fixed.json"
"""Written into the folder of a fixed run once it is trained: what it was trained with, and how that went."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when everything asked for is written, 2 on a wrong option."""
    options = _parser().parse_args(sys.argv[1:] if arguments is None else list(arguments))
    try:
        proofs = [
            proof
            for collection in options.runs
            for sick in sick_runs(collection, options.faults, options.seeds)
            for proof in [_proof(sick, options)]
        ]
    except RldoctorError as error:
        sys.stderr.write(f"error: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 2
    options.out.write_text(json.dumps(document(proofs), indent=1) + "\n", encoding="utf-8")
    if options.into:
        options.into.write_text(page(document(proofs)), encoding="utf-8")
    return 0


def _proof(sick: Sick, options: argparse.Namespace) -> Proof:
    """Diagnose, train with the fix where that was not done before, compare."""
    attempt = diagnosed(sick.plan, sick.folder)
    if attempt.change is None:
        proof = unjudged(attempt)
    else:
        fixed, same = options.work / sick.plan.fault / sick.plan.name, as_healthy(attempt, options.healthy)
        told = (None, "") if same else _train(attempt, fixed, evaluate=sick.evaluated)
        proof = judged(attempt, same or fixed, *told)
    proof = with_healthy(proof, attempt, options.healthy)
    sys.stderr.write(
        f"{proof.fault} {proof.task} {proof.seed}: {proof.root} {proof.key} {proof.old} -> {proof.new}:"
        f" gone {proof.gone or '-'}, came true {proof.came_true or '-'} {dict(proof.values)},"
        f" return {proof.before} -> {proof.after} (healthy {proof.healthy})\n"
    )
    return proof


def _train(attempt: Attempt, fixed: Path, *, evaluate: bool) -> tuple[float, str]:
    """Train the changed plan into ``fixed``, unless that very plan was trained there before.

    Returns the seconds it took, and the error that ended it early or "".
    """
    # Imported here: only a training needs torch.
    from rldoctor.training.control import Control
    from rldoctor.training.train import train

    assert attempt.change is not None
    plan, note = repr(attempt.change.plan), fixed / DONE
    if note.is_file():
        told = json.loads(note.read_text(encoding="utf-8"))
        if told["plan"] == plan:
            return float(told["seconds"]), str(told["stopped"])
    clock = Clock()
    trained = train(attempt.change.plan, _empty(fixed), Control(evaluate=evaluate))
    seconds = clock.seconds()
    said = {"plan": plan, "seconds": seconds, "stopped": trained.stopped}
    note.write_text(json.dumps(said), encoding="utf-8")
    return seconds, trained.stopped


def _empty(folder: Path) -> Path:
    """``folder`` without what an earlier training of this command left there."""
    for left in (*folder.glob("events.out.tfevents.*"), folder / "progress.csv", folder / DONE):
        left.unlink(missing_ok=True)
    return folder


def _parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.proof", description=__doc__)
    parser.add_argument(
        "--runs", type=Path, nargs="+", default=[Path("reference_runs")], metavar="DIR", help="collections"
    )
    parser.add_argument("--healthy", type=Path, default=Path("reference_runs"), help="the healthy runs' one")
    parser.add_argument("--faults", type=_words, default=(), metavar="A,B", help="[all of the collection]")
    parser.add_argument("--seeds", type=_numbers, default=(), metavar="0,1", help="[all]")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="where fixed runs are trained"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the results as JSON")
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="the results as a page of the documentation"
    )
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in _words(text))


if __name__ == "__main__":
    raise SystemExit(main())
