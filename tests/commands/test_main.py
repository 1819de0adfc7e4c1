"""The entry point: the exit code, and garbage that is not looked for."""

from __future__ import annotations

import gc
import sys

import pytest

from rldoctor import __main__ as entry


def test_it_ends_with_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gc.get_threshold()
    monkeypatch.setattr(sys, "argv", ["rldoctor", "--version"])
    try:
        with pytest.raises(SystemExit) as ended:
            entry.main()
        assert gc.get_threshold()[0] == entry.OBJECTS
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("rldoctor ")
