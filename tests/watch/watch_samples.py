"""A training whose log grows while it is watched, and what the watch printed of it."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import rldoctor

ROOT = Path(rldoctor.__file__).parents[1]
HEALTHY = ROOT / "reference_runs" / "healthy" / "ppo-InvertedPendulum-v5-0"
bundled = pytest.mark.skipif(not HEALTHY.is_dir(), reason="no bundled reference runs beside the package")


class Training:
    """Writes a run with TensorBoard's own writer, part by part."""

    def __init__(self, folder, rows, **options):
        self.folder, self.rows = Path(folder), rows
        self.last = max(step for step, _, _ in rows)
        self.done = 0.0
        self.options = options
        self.writer = None

    def begin(self):
        pytest.importorskip("torch", reason="the event files are written by torch")
        from torch.utils.tensorboard import SummaryWriter

        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HEALTHY / "config.json", self.folder)
        self.writer = SummaryWriter(str(self.folder), **self.options)

    def rotate(self):
        """A second event file that goes on where the first one ends, as after a resumed job."""
        self.writer.close()
        time.sleep(1.1)  # the name of an event file holds the second
        self.begin()

    def until(self, share, change=lambda tag, value: value):
        """Write up to a share of the run, values passed through ``change``."""
        if self.writer is None:
            self.begin()
        for step, tag, value in self.rows:
            if self.done < step <= share * self.last:
                self.writer.add_scalar(tag, change(tag, value), int(step))
        self.done = share * self.last
        self.writer.flush()

    def fail(self):
        """A good third, then not a number."""
        self.until(0.3)
        self.until(0.5, diverged)


def diverged(tag, value):
    """What a log looks like after the weights became NaN."""
    return np.nan if tag.startswith("train/") else value


def play(*acts):
    """A ``sleep`` that does one act per look, and then is interrupted as by Ctrl-C."""
    left = list(acts)

    def sleep(seconds):
        assert seconds > 0
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return sleep


def nothing():
    """The time between two looks in which nothing is written."""


def heads(lines):
    """The headlines of the news without the time: ``run NEW critical: NUM-01 ...``."""
    words = ("NEW ", "WORSE ", "GONE:", "RESTARTED:")
    return [line[17:] for line in lines if any(f" {word}" in line for word in words)]
