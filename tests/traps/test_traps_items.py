"""Every trap of the list is a case of a test that exists."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def test_every_item_has_a_test() -> None:
    lines = (HERE / "items.txt").read_text(encoding="utf-8").splitlines()
    items = {int(number): where for number, where in (line.split() for line in lines if line[0] != "#")}
    assert sorted({*range(1, 57)} - set(items)) == [50], "50 is explained in the list"
    missing = []
    for item, where in items.items():
        file, _, name = where.partition("::")
        if f"def {name}(" not in (HERE.parent / file).read_text(encoding="utf-8"):
            missing.append((item, where))
    assert missing == []
