"""Whether everything that a user of the wheel installs may be distributed with Apache-2.0.

``python .ci/licences.py [--sbom FILE]``: the runtime dependencies of the package and theirs. Ends with 1
where one is not known or not in the list below. ``--sbom`` also writes what they are (CycloneDX 1.5, JSON).
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

ROOT = "rl-training-doctor"
ALLOWED = re.compile(
    r"apache|bsd|mit\b|isc\b|psf|python software foundation|mpl|mozilla public|hpnd|unlicense|zlib|cc0",
    re.IGNORECASE,
)
# Their metadata names no licence; the project's own file was read.
READ = {"markdown": "BSD-3-Clause", "mdurl": "MIT"}


def licence(name: str) -> str:
    """What the metadata of an installed package says."""
    about = metadata(name)
    said = [about.get("License-Expression") or "", (about.get("License") or "").split("\n")[0]]
    said += [one for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    return "; ".join(one for one in said if one) or READ.get(name.lower(), "")


def needed(name: str, seen: dict[str, str]) -> None:
    """Collect a package and what it requires without extras."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return
    try:
        seen[key] = "" if key == ROOT else licence(name)
    except PackageNotFoundError:
        return  # for another platform or Python
    for line in requires(name) or []:
        if "extra ==" not in line:
            needed(re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0], seen)


def sbom(seen: dict[str, str]) -> dict[str, object]:
    """The packages as a bill of materials: the same for the same versions."""
    parts = [
        {
            "type": "library",
            "name": name,
            "version": version(name),
            "purl": f"pkg:pypi/{name}@{version(name)}",
            "licenses": [{"license": {"name": text}}],
        }
        for name, text in sorted(seen.items())
        if name != ROOT and text
    ]
    about = {"component": {"type": "application", "name": ROOT, "version": version(ROOT)}}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": about, "components": parts}


def main() -> int:
    """Print what is not allowed."""
    seen: dict[str, str] = {}
    needed(ROOT, seen)
    if sys.argv[1:2] == ["--sbom"]:
        Path(sys.argv[2]).write_text(json.dumps(sbom(seen), indent=1) + "\n", encoding="utf-8")
    bad = {name: text for name, text in seen.items() if name != ROOT and not ALLOWED.search(text)}
    for name, text in bad.items():
        sys.stdout.write(f"{name}: {text or 'no licence named'}\n")
    sys.stdout.write(f"{len(seen) - 1} packages, {len(bad)} to look at\n")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
