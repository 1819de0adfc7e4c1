"""Entry points found as files are those that the standard library finds."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from rldoctor.plug_ins import by_metadata, plug_ins


def install(home: Path, name: str, entries: str, folder: str = "") -> Path:
    made = home / (folder or f"{name}-1.0.dist-info")
    made.mkdir(parents=True)
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (made / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(entries)
    return home


def test_every_group_of_this_installation_is_the_standard_librarys() -> None:
    groups = entry_points().groups
    assert "console_scripts" in groups
    assert {group: plug_ins(group) for group in groups} == {group: by_metadata(group) for group in groups}
    assert plug_ins("no.such.group") == []


@pytest.mark.parametrize(
    "entries",
    [
        "[rldoctor.readers]\ntsf = my.reader:Tsf\n",
        "# a comment\n[other]\na = b:c\n\n[ rldoctor.readers ]\n",
        "[other]\na = b:c\n[rldoctor.readers]\n# no = this\n tsf=my.reader:Tsf \nb = c:D\n[last]\nx = y:z\n",
    ],
)
def test_a_package_on_the_path_is_found(
    entries: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, "my-reader", entries))
    assert plug_ins("rldoctor.readers") == by_metadata("rldoctor.readers")
    assert (("tsf", "my.reader:Tsf") in plug_ins("rldoctor.readers")) == ("Tsf" in entries)


def test_the_first_on_the_path_hides_a_package_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = install(tmp_path / "old", "My.Reader", "[g]\na = old:A\n", "My.Reader-0.9.dist-info")
    new = install(tmp_path / "new", "my_reader", "[g]\na = new:A\n", "my_reader-1.0.egg-info")
    monkeypatch.setattr(sys, "path", [str(new), str(old), *sys.path])
    assert plug_ins("g") == by_metadata("g") == [("a", "new:A")]


def test_a_package_in_an_archive_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "zipped-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: zipped\nVersion: 1.0\n"
        )
        archive.writestr("zipped-1.0.dist-info/entry_points.txt", "[g]\na = zipped:A\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(packed)])
    assert plug_ins("g") == by_metadata("g") == [("a", "zipped:A")]
