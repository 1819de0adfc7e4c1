"""The declared structure of the program, checked: import arrows, start-up imports, sizes, public names."""

from __future__ import annotations

import ast
import importlib
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from every import every

PACKAGE = Path(__file__).parents[1] / "rldoctor"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LABORATORY = PACKAGE.parent / "laboratory"

# What each part may import; everything below follows from errors <- model <- language <- rulebook <- engine
# <- report <- cli. Readers and the vocabulary know nothing of rules; only api composes the parts;
# the callbacks for training libraries stand on api, the reference runner uses them; commands and cli (the
# options of the commands, nothing else) stand on top.
FOUNDATION = {
    "plain_data",
    "patterns",
    "later_imports",
    "errors",
    "paths",
    "plug_ins",
    "yamlio",
    "compiled",
    "files",
    "redaction",
}
# Who reads data files imports their checker; it knows the names of algorithms, nothing else of the program.
CHECKED = {*FOUNDATION, "datafiles", "model"}
ALLOWED = {
    "plain_data": set(),
    "patterns": set(),
    "later_imports": set(),
    "errors": {"plain_data"},
    "files": set(),
    "redaction": {"patterns"},
    "paths": {"errors"},
    "plug_ins": {"patterns"},
    "compiled": {"plain_data", "errors", "paths", "files"},
    "yamlio": {"plain_data", "patterns", "errors", "files"},
    "datafiles": {*FOUNDATION, "model"},
    "model": FOUNDATION,
    "outcome": {*FOUNDATION, "model"},
    "language": {*FOUNDATION, "model"},
    "audit": CHECKED,
    "rulebook": {*CHECKED, "language", "audit"},
    "engine": {*CHECKED, "language", "rulebook", "audit", "outcome", "tasks"},
    "comparison": {*CHECKED, "language", "rulebook", "engine"},
    "report": {*CHECKED, "language", "rulebook", "engine", "comparison"},
    "gate": {*FOUNDATION, "model", "engine"},
    "readers": {*FOUNDATION, "model"},
    "vocabulary": CHECKED,
    "envelope": CHECKED,
    "tasks": CHECKED,
    "differential": CHECKED,
    "loading": {*CHECKED, "readers", "vocabulary", "report"},
    "training": {*FOUNDATION, "model", "integrations"},
    "api": {
        *CHECKED,
        "language",
        "rulebook",
        "engine",
        "comparison",
        "readers",
        "vocabulary",
        "envelope",
        "differential",
        "report",
        "loading",
    },
    "compile_all": {*CHECKED, "rulebook", "tasks", "engine", "vocabulary", "envelope", "differential"},
    "proof": {*FOUNDATION, "model", "api", "training"},
    "integrations": {*FOUNDATION, "model", "api"},
    "watch": {*FOUNDATION, "model", "report"},
    "many": FOUNDATION,
    "": {*FOUNDATION, "model", "api", "loading"},
}
ALLOWED["commands"] = set(ALLOWED)
ALLOWED["cli_rules"] = set(ALLOWED)
ALLOWED["cli_task"] = set(ALLOWED)
ALLOWED["cli_config"] = set(ALLOWED)
ALLOWED["cli"] = set(ALLOWED)
ALLOWED["__main__"] = {"cli", "later_imports"}

# Too slow to import before they are needed.
HEAVY = {"torch", "tensorboard", "aim", "plotly", "pandas", "pyarrow", "joblib"}
MAX_FILE = 400
MAX_FUNCTION = 60
# Training loops: one step of an algorithm reads best in one piece.
LONG_FUNCTIONS_IN = PACKAGE / "training"


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a file, which most tests here walk."""
    return ast.parse(path.read_text(encoding="utf-8"))


def part_of(path: Path) -> str:
    """The folder or module right below the package that a file belongs to, ``""`` for the package itself."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import in a file."""
    inside = PACKAGE if path.is_relative_to(PACKAGE) else LABORATORY
    package = ("rldoctor" if inside == PACKAGE else inside.name, *path.relative_to(inside).parts[:-1])
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def arrows(path: Path) -> Iterator[tuple[int, str]]:
    """Line and part for every import of the program's own code, nested and type-checking ones too.

    The package's version and place (``rldoctor.__file__``) belong to no part.
    """
    for line, name in imported(path):
        root, _, rest = name.partition(".")
        if root == "rldoctor" and rest not in ("", "__version__"):
            first = rest.partition(".")[0]
            yield line, first if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file() else ""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of code of every function: signature included; docstring, comments, blank lines not."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            skipped = range(0)
            if ast.get_docstring(node, clean=False) is not None:
                skipped = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
            own = [
                lines[i - 1].strip()
                for i in range(node.lineno, (node.end_lineno or 0) + 1)
                if i not in skipped
            ]
            yield (
                f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}",
                sum(bool(line) and not line.startswith("#") for line in own),
            )


def run_python(code: str) -> str:
    """Standard output of ``code`` in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@every("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_declared_arrows(path: Path) -> None:
    part = part_of(path)
    assert part in ALLOWED, f"{part} is a new part of the program: declare in this test what it may import"
    wrong = [
        f"line {line}: {part} -> {to}" for line, to in arrows(path) if to != part and to not in ALLOWED[part]
    ]
    assert wrong == []


def modules(root: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module below a top-level package."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def targets(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of ``known`` that a file imports, wherever in it the import stands."""
    found = set()
    for _, name in imported(path):
        # ``from a.b import c`` names a module a.b.c, or the name c in the module a.b.
        module = name if name in known else name.rpartition(".")[0]
        if module in known:
            found.add(module)
    return found


@pytest.mark.parametrize("root", [PACKAGE, LABORATORY], ids=lambda root: root.name)
def test_no_files_import_each_other_in_a_circle(root: Path) -> None:
    known = modules(root)
    left = {name: targets(path, known) - {name} for name, path in known.items()}
    while left:
        free = {name for name, wanted in left.items() if not wanted & set(left)}
        assert free, f"a circle among {sorted(left)}"
        left = {name: wanted for name, wanted in left.items() if name not in free}


def test_the_laboratory_stands_on_the_package_and_nothing_on_the_laboratory() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} {name}"
        for path in SOURCES
        for line, name in imported(path)
        if name.partition(".")[0] == LABORATORY.name and "TYPE_CHECKING" not in name
    ]
    assert wrong == []


def test_a_type_has_one_meaning() -> None:
    """No two classes of one name: a reader who met ``Level`` in one room meets no other elsewhere."""
    seen: dict[str, list[str]] = {}
    for path in [*SOURCES, *sorted(LABORATORY.rglob("*.py"))]:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                seen.setdefault(node.name, []).append(path.name)
    assert {name: places for name, places in seen.items() if len(places) > 1} == {}


def test_the_declared_arrows_have_no_cycle() -> None:
    left = {part: set(targets) - {part} for part, targets in ALLOWED.items()}
    while left:
        free = {part for part, targets in left.items() if not targets & set(left)}
        assert free, f"cycle among {sorted(left)}"
        left = {part: targets for part, targets in left.items() if part not in free}


def test_the_arrow_check_sees_every_kind_of_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    for name in ("engine", "model"):
        (tmp_path / name).mkdir()
    (tmp_path / "cli.py").touch()
    bad = tmp_path / "model" / "bad.py"
    bad.write_text(
        "from rldoctor.engine.grid import Grid\n"
        "import rldoctor.cli\n"
        "from rldoctor import engine\n"
        "def f():\n    from ..engine import grid\n"
        "from . import raw\n"
        "from rldoctor import load\n"
        "from rldoctor import __version__\n"
    )
    assert list(arrows(bad)) == [
        (1, "engine"),
        (2, "cli"),
        (3, "engine"),
        (6, "model"),
        (7, ""),
        (5, "engine"),
    ]


STARTUP = {
    "import rldoctor": "import rldoctor",
    "rldoctor --help": (
        "import sys, contextlib, io\n"
        "sys.argv = ['rldoctor', '--help']\n"
        "from rldoctor.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "assert 'analyze' in out.getvalue(), 'no help was printed'"
    ),
}


# Readers that are imported only where there is a file of theirs.
TRACKERS = ("wandb", "mlflow", "sqlite", "clearml", "neptune", "dvclive", "sacred")
# Their formats are read by our own code; only Parquet needs a package, and only there.
PACKAGES = {
    "wandb",
    "mlflow",
    "trackio",
    "clearml",
    "dvclive",
    "sacred",
    "lightning",
    "transformers",
}
# What ``analyze`` of a TensorBoard run has no use for, by format; rich draws the terminal report.
UNUSED = {*HEAVY, "scipy", "pydantic", "jinja2", "sqlite3"}
UNUSED_PARTS = (
    "rldoctor.comparison",
    "rldoctor.readers.aim.sdk",
    *(f"rldoctor.readers.{name}" for name in TRACKERS),
    "rldoctor.report.notebook",
    "rldoctor.rulebook.loader",
    "rldoctor.yamlio",
)


@pytest.mark.parametrize("format", ["terminal", "json"])
def test_analyze_imports_nothing_that_it_does_not_use(format: str, tmp_path: Path) -> None:
    (source,) = (PACKAGE.parent / "reference_runs/healthy/ppo-Pendulum-v1-0").glob("events*")
    # Below a folder of its own: other runs are looked for beside it, where other tests have their folders.
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    shutil.copy(source, run)
    analyze = (
        "import contextlib, io, json, sys\n"
        "from rldoctor.cli import run\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    code = run(['analyze', {str(run)!r}, '-f', {format!r}])\n"
        "assert code == 0, code\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    # The first start of a clone fills the cache, and checks every rule for it.
    run_python(analyze)
    loaded = json.loads(run_python(analyze))
    unused = UNUSED if format == "terminal" else {*UNUSED, "rich"}
    assert {name.partition(".")[0] for name in loaded} & unused == set()
    assert [name for name in loaded if name.startswith(UNUSED_PARTS)] == []


def test_no_reader_imports_the_package_of_a_tracker() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} {name}"
        for path in SOURCES
        if part_of(path) == "readers"
        for line, name in imported(path)
        if name.partition(".")[0] in {*PACKAGES, "pyarrow"}
    ]
    assert [place for place in wrong if not place.startswith("readers/neptune/export.py")] == []


def test_help_builds_no_parameter_of_a_command() -> None:
    made = run_python(
        "import contextlib, io, typer.core as core\n"
        "names, made = [], core.TyperOption.__init__\n"
        "def watched(self, *args, **said):\n"
        "    names.extend(said['param_decls'])\n"
        "    made(self, *args, **said)\n"
        "core.TyperOption.__init__ = watched\n"
        "from rldoctor.cli import run\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    run(['--help'])\n"
        "print(*names)"
    )
    assert "--version" in made
    assert "--select" not in made


@pytest.mark.parametrize("name", STARTUP)
def test_start_up_imports_nothing_heavy(name: str) -> None:
    listing = "import sys, json\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = set(json.loads(run_python(f"{STARTUP[name]}\n{listing}")))
    assert "rldoctor" in loaded
    assert loaded & HEAVY == set()


def test_no_module_imports_a_heavy_package_at_its_top() -> None:
    wrong = []
    for path in SOURCES:
        if part_of(path) == "training":
            continue
        for node in parsed(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            wrong += [
                f"{path.name}:{node.lineno} {name}" for name in names if name.partition(".")[0] in HEAVY
            ]
    assert wrong == []


def test_files_stay_short() -> None:
    long = {str(path): count for path in SOURCES if (count := len(path.read_text().splitlines())) >= MAX_FILE}
    assert long == {}


def test_functions_stay_short() -> None:
    lengths = {name: count for path in SOURCES for name, count in functions(path)}
    ordered = sorted(lengths.values())
    assert statistics.median(ordered) <= 8
    assert ordered[int(0.9 * len(ordered))] <= 30


def test_no_function_is_long() -> None:
    long = {
        name: count
        for path in SOURCES
        if not path.is_relative_to(LONG_FUNCTIONS_IN)
        for name, count in functions(path)
        if count > MAX_FUNCTION
    }
    assert long == {}


def test_public_names_resolve() -> None:
    package = importlib.import_module("rldoctor")
    assert package.__all__
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert {"load", "diagnose", "__version__"} <= set(package.__all__)


def test_no_part_has_the_name_of_a_public_function() -> None:
    """Importing a part sets an attribute of the package: ``rldoctor.compare`` must stay the function."""
    parts = {part_of(path) for path in SOURCES}
    assert parts & set(importlib.import_module("rldoctor").__all__) == set()


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports test files by their bare name: two of one name end the collection."""
    files = [path for path in Path(__file__).parent.rglob("*.py") if path.name != "conftest.py"]
    names = [path.name for path in files]
    assert sorted({name for name in names if names.count(name) > 1}) == []
