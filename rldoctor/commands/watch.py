"""``rldoctor watch``: a run that is still training, judged again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from rldoctor.commands.analyze import check_rules
from rldoctor.commands.option_kinds import one_of
from rldoctor.commands.options import SEVERITIES, Options
from rldoctor.commands.problems import EXIT_FAILED, EXIT_FINDINGS, tell, tell_unexpected
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.raw import Note
from rldoctor.readers.remote.url import is_url, shown
from rldoctor.watch import wording
from rldoctor.watch.loop import Watch
from rldoctor.watch.memory import Event, Memory
from rldoctor.watch.pace import Pace
from rldoctor.watch.state import State
from rldoctor.watch.webhook import Webhook

if TYPE_CHECKING:
    from rich.console import Console

EXIT_INTERRUPTED = 130
EVERY = 60.0
LEAST_EVERY = 0.1
WARN_ON = "warning"
_UNFINISHED = ("truncated-file", "zero-tail")


def watch(
    path: str,
    options: Options,
    *,
    every: float = EVERY,
    warn_on: str = WARN_ON,
    exit_on: str = "",
    webhook: str = "",
    once: bool = False,
    state: str = "",
    sleep: Callable[[float], None] | None = None,
) -> int:
    """Watch until Ctrl-C (130), or until ``exit_on`` is reached (1); the exit code.

    ``once``: one look and no waiting; 0, 1 where ``exit_on`` is reached, 2 when there is no run. ``state``: a
    file in which the watch remembers what it told. UsageError for wrong options and for a state of another
    path, RuleError for an invalid rule file.
    """
    if is_url(path):
        text = f"{shown(path)}: watch looks at local files, whose growth it can see"
        raise UsageError(text, hint="run this now and then instead: rldoctor analyze URL")
    limit = Severity.parse(one_of(exit_on, SEVERITIES, "--exit-on")) if exit_on else None
    least = Severity.parse(one_of(warn_on or WARN_ON, SEVERITIES, "--warn-on"))
    if not every >= LEAST_EVERY:
        raise UsageError(f"--every {every:g}: expected at least {LEAST_EVERY:g} seconds")
    voice = Speaker(Webhook(webhook) if webhook else None)
    memory = Memory(least if limit is None else min(least, limit))
    check_rules(options)
    reading = partial(_diagnoses, path, options, options.load_arguments(), voice)
    keep = _keeper(State(state, path), memory, voice) if state else None
    more = {"keep": keep} if keep else {}
    seen = Watch(path, reading, voice, memory=memory, pace=Pace(every), exit_on=limit, **more)
    return _once(seen, voice) if once else _until_interrupted(seen, voice, every, sleep)


def _keeper(state: State, memory: Memory, voice: Speaker) -> Callable[[], None]:
    """Restores the state; what writes it again after each look."""
    state.restore(memory, voice.webhook)

    def keep() -> None:
        if problem := state.keep(memory, voice.webhook):
            voice.once(problem)

    return keep


def _diagnoses(path: str, options: Options, arguments: dict[str, object], voice: Speaker) -> list[Diagnosis]:
    from rldoctor import api

    runs = api.load(path, **arguments)  # type: ignore[arg-type]
    lost = [f"{run.id or run.path}: {note.text}" for run in runs for note in run.notes if _settled(note)]
    voice.losses([*runs.failures, *lost])
    return [api.diagnose(run, **options.rule_arguments()) for run in runs]


def _settled(note: Note) -> bool:
    """Whether something is lost for good; a last row that is half written is whole at the next look."""
    return note.lost and note.code not in _UNFINISHED


def _once(seen: Watch, voice: Speaker) -> int:
    seen.look()
    voice.states(seen.memory.diagnoses)
    if not seen.memory.diagnoses:
        return EXIT_FAILED
    limit = seen.exit_on
    severities = [root.severity for one in seen.memory.diagnoses for root in one.roots]
    return EXIT_FINDINGS if limit is not None and any(one >= limit for one in severities) else 0


def _until_interrupted(
    seen: Watch, voice: Speaker, every: float, sleep: Callable[[float], None] | None
) -> int:
    voice.remark(f"watching {seen.path} every {every:g} s; Ctrl-C ends")
    try:
        seen.run(*([sleep] if sleep else []))
    except KeyboardInterrupt:
        voice.states(seen.memory.diagnoses)
        return EXIT_INTERRUPTED
    voice.states(seen.memory.diagnoses)
    return EXIT_FINDINGS


class Speaker:
    """News and states on standard output, remarks and troubles on standard error, news to the webhook too."""

    def __init__(self, webhook: Webhook | None = None) -> None:
        """No colour in pipes and under NO_COLOR; lines are wrapped on a terminal only."""
        self.webhook = webhook
        self._failed = self._warned = ""
        self._lost: frozenset[str] = frozenset()

    def news(self, events: Sequence[Event]) -> None:
        """Print and post; called after every look, so that what could not be posted is tried again."""
        if events:
            out = _console()
            for event in events:
                _print(out, event)
            _flush()
        if self.webhook is not None:
            failed = self.webhook.send(events)
            if failed and failed != self._failed:
                tell(failed, label="warning")
            self._failed = failed

    def once(self, warning: str) -> None:
        """A warning, unless it is the same as the last one."""
        if warning != self._warned:
            tell(warning, label="warning")
        self._warned = warning

    def losses(self, texts: Sequence[str]) -> None:
        """What could not be read; told when it is new."""
        for text in texts:
            if text not in self._lost:
                tell(f"not read completely: {text}", label="warning")
        self._lost = frozenset(texts)

    def remark(self, text: str) -> None:
        """One line with the time, on standard error."""
        from rldoctor.report.clean import clean

        sys.stderr.write(f"{_now()} {clean(text)}\n")
        sys.stderr.flush()

    def trouble(self, error: Exception) -> None:
        """A look that failed: told as what it is, and that the watch goes on."""
        if isinstance(error, RldoctorError | OSError):
            first = str(error).splitlines()[:1]
            self.remark(f"nothing to judge yet: {first[0] if first else type(error).__name__}")
        else:
            tell_unexpected(error, "watching (the watch goes on)")

    def states(self, diagnoses: Sequence[Diagnosis]) -> None:
        """Where each run stands, one line each."""
        out = _console()
        for diagnosis in diagnoses:
            out.print(wording.state(diagnosis), soft_wrap=not out.is_terminal)
        _flush()


def _console() -> Console:
    from rldoctor.report.terminal_parts import console

    return console()


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")


def _print(out: Console, event: Event) -> None:
    """A headline and indented details; in a pipe every one of them is one line however long."""
    from rich.padding import Padding
    from rich.text import Text

    from rldoctor.report.terminal_parts import STYLES

    style = STYLES.get(event.severity.label, "") if event.severity else "bold"
    head = Text(f"{_now()} {wording.name(event.diagnosis)} ").append(wording.headline(event), style=style)
    lines = wording.details(event)
    if not out.is_terminal:
        out.print(head, soft_wrap=True)
        for line in lines:
            out.print(f"  {line}", soft_wrap=True)
        return
    out.print(head)
    for line in lines:
        out.print(Padding(Text(line), (0, 0, 0, 2)))


def _flush() -> None:
    """What is told must reach a log file or ``tee`` now, not when a buffer is full."""
    sys.stdout.flush()
