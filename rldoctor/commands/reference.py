"""``rldoctor reference``: trains reference runs and diagnoses them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from rldoctor.commands.doctor import DISTRIBUTION
from rldoctor.commands.options import Options
from rldoctor.commands.problems import tell
from rldoctor.commands.progress import watched
from rldoctor.commands.trained import told
from rldoctor.errors import MissingExtraError, RldoctorError
from rldoctor.training.console import control_of, jobs_of, listing, parse
from rldoctor.training.control import require_device
from rldoctor.training.plan import Plan
from rldoctor.training.screen import progress
from rldoctor.training.session import Job, run_jobs

NEEDED = ("torch", "stable_baselines3", "gymnasium")


def reference(arguments: list[str]) -> int:
    """Train, then diagnose; the exit code. ``build ...`` makes an envelope of runs instead.

    0 every seed is trained, whatever the diagnosis says; 2 a seed failed; 130 interrupted.
    MissingExtraError when the extra is not installed, UsageError for wrong options.
    """
    if arguments[:1] == ["build"]:
        from rldoctor.commands.reference_build import build

        return build(arguments[1:])
    options = parse(arguments)
    if options.list:
        sys.stdout.write(listing())
        return 0
    require_extra()
    jobs, control = jobs_of(options), control_of(options)
    require_device(control.device)
    if control.aim is not None:
        from rldoctor.training.aimlog import prepare

        prepare(control.aim)
    if options.apply_fix:
        from rldoctor.commands.reference_fix import apply_fix

        return apply_fix(options, jobs, control)
    backend = _ready_to_film(jobs[0].plan, options.video) if options.video else ""
    with progress([job.plan.seed for job in jobs], jobs[0].plan.steps, live=watched()) as show:
        ended = run_jobs(jobs, control, show=show)
    code = told(jobs, ended)
    done = [job for job, status in zip(jobs, ended, strict=True) if status.state == "done"]
    trained = [str(job.out) for job in done]
    if options.video:
        code = code or _filmed(done, options.video, backend)
    if trained and not options.no_diagnosis:
        from rldoctor.commands.analyze import analyze

        analyze(trained, Options(fail_on="never"))
    return code


def _ready_to_film(plan: Plan, kind: str) -> str:
    """The OpenGL backend; raises now, and not after hours of training, when there will be no film."""
    from rldoctor.training.headless import working_backend
    from rldoctor.training.video import ending

    ending(kind)
    return working_backend(plan)


def _filmed(jobs: Sequence[Job], kind: str, backend: str) -> int:
    """Film every trained policy; 2 when one could not be."""
    from rldoctor.training.video import film

    code = 0
    for job in jobs:
        try:
            made = film(job.plan, job.out, kind, backend)
        except RldoctorError as error:
            tell(f"no film of {job.out}: {error}", error.hint)
            code = 2
        else:
            reached = "" if made.successes is None else f", {made.successes} of {len(made.returns)} reached"
            sys.stderr.write(f"film: {made.path}{reached}\n")
    return code


def require_extra() -> None:
    """Raise MissingExtraError without the training libraries, before any process is started."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"training reference runs needs {', '.join(missing)}, not installed here",
            hint=f"pip install '{DISTRIBUTION}[reference]'",
        )
