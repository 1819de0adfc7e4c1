"""``load`` a path: read, then understood. Apart from ``api``, so that it imports no rule and no engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.datafiles.packs import pack_directories, vocabularies
from rldoctor.errors import RldoctorError, RuleError, UsageError
from rldoctor.model.display import show_with, tell_with
from rldoctor.model.raw import RawSetting
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass
from rldoctor.readers.base import FoundRuns
from rldoctor.readers.checked import checked_settings
from rldoctor.readers.config_files.gathered import Gathered
from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary.mapping import understand

if TYPE_CHECKING:
    from rldoctor.readers.run_folders import RunFolders

for _kind, _function in (("Run", "of_run"), ("Diagnosis", "of_diagnosis"), ("Comparison", "of_comparison")):
    show_with(_kind, "rldoctor.report.notebook.fragments", _function)
    tell_with(_kind, "rldoctor.report.one_line", _function)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Runs found under a path, and one line for each part that could not be read. Iterates over the runs."""

    runs: tuple[Run, ...]
    failures: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Run]:
        """The runs."""
        return iter(self.runs)

    def __repr__(self) -> str:
        """One line: how many runs, and how many parts could not be read."""
        return f"<LoadResult: {len(self.runs)} runs, {len(self.failures)} parts that could not be read>"

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.runs)

    def __getitem__(self, index: int) -> Run:
        """The run at this place, in the order found; IndexError beyond the last."""
        return self.runs[index]

    def _repr_html_(self) -> str:
        """A table of the runs for a notebook."""
        from rldoctor.report.notebook.fragments import of_runs

        return of_runs(self.runs, self.failures)


def load(
    path: Path | str,
    *,
    algorithm: str | None = None,
    framework: str | None = None,
    tag_map: Mapping[str, str] | None = None,
    config_files: Sequence[Path] = (),
    settings: Sequence[str] = (),
    rules_dirs: Sequence[Path] = (),
    progress: Callable[[str], None] | None = None,
) -> LoadResult:
    """Every run under ``path``: a run directory, a tree, a file, an ``.aim`` repository, a glob, or ``-``.

    ``tag_map`` maps logged tags to canonical metrics; ``settings`` are ``KEY=VALUE`` texts that, after
    ``config_files``, overrule what the log says. ``rules_dirs`` are packs whose ``vocabulary`` is known too.
    ``progress`` is called with each directory that is read.

    Raises:
        ReadError: nothing readable there. UsageError: an unknown key, metric, framework or algorithm.
        RuleError: a file of a vocabulary is invalid.
    """
    return _understood(
        lambda: find_runs(path, progress=progress),
        algorithm,
        framework,
        tag_map or {},
        _overrides(config_files, settings),
        rules_dirs,
    )


def load_part(
    part: RunFolders,
    above: dict[Path, Gathered],
    *,
    algorithm: str | None = None,
    framework: str | None = None,
    tag_map: Mapping[str, str] | None = None,
    config_files: Sequence[Path] = (),
    settings: Sequence[str] = (),
    rules_dirs: Sequence[Path] = (),
) -> LoadResult:
    """The runs of a part of a path, as :func:`load` gives them; none where nothing in it can be read.

    ``above`` keeps what was found in parent folders, for the parts that are read one after the other.
    """
    from rldoctor.readers.run_folders import read_folders

    return _understood(
        lambda: read_folders(part, above),
        algorithm,
        framework,
        tag_map or {},
        _overrides(config_files, settings),
        rules_dirs,
    )


def _understood(
    read: Callable[[], FoundRuns],
    algorithm: str | None,
    framework: str | None,
    tag_map: Mapping[str, str],
    told: Iterator[RawSetting],
    rules_dirs: Sequence[Path],
) -> LoadResult:
    overrides, odd = checked_settings(told)
    packs = vocabularies(pack_directories(rules_dirs))
    found = read()
    runs: list[Run] = []
    failures = [str(failure) for failure in found.failures]
    for raw in found:
        raw.notes.extend(odd)
        try:
            runs.append(
                understand(
                    raw,
                    algorithm=algorithm,
                    framework=framework,
                    tag_map=tag_map,
                    overrides=overrides,
                    packs=packs,
                )
            )
        except (UsageError, RuleError):
            raise
        except RldoctorError as error:
            failures.append(f"{raw.path}: {error}")
        except Exception as error:  # one odd run must not cost the others
            failures.append(f"{raw.path}: could not be understood: {type(error).__name__}: {error}")
    return LoadResult(tuple(runs), tuple(failures))


def _overrides(config_files: Sequence[Path], settings: Sequence[str]) -> Iterator[RawSetting]:
    """The user's own values, files first; their parsers are only imported where there are any."""
    if config_files or settings:
        from rldoctor.readers.config_files import parse_set, read_config_file

        for file in config_files:
            yield from read_config_file(file)
        for text in settings:
            yield parse_set(text)
