"""All metrics of one run, by canonical name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from rldoctor.model.raw import RawSeries
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class MetricFrame:
    """Canonical name -> series, each on its own steps.

    ``alternates`` keeps further logged series that mean the same metric (a second agent, another
    aggregation); ``unmapped`` keeps what was logged but not understood. Nothing is dropped.
    """

    series: Mapping[str, Series]
    alternates: tuple[Series, ...] = ()
    unmapped: tuple[RawSeries, ...] = ()
    ignored: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> Series:
        """The series of a canonical name; KeyError when it was not logged."""
        return self.series[name]

    def __contains__(self, name: object) -> bool:
        """Whether the metric was logged (or derived)."""
        return name in self.series

    def __iter__(self) -> Iterator[str]:
        """Canonical names."""
        return iter(self.series)

    def __len__(self) -> int:
        """Number of metrics."""
        return len(self.series)

    def get(self, name: str) -> Series | None:
        """The series of a canonical name, or None."""
        return self.series.get(name)

    def to_pandas(self) -> pd.DataFrame:
        """Tidy frame with columns ``metric, step, value, wall_time, tag`` (one row per logged point).

        NaN in ``value`` is a logged NaN; NaN in ``wall_time`` means the log has no times.
        """
        import numpy as np
        import pandas as pd

        columns: dict[str, list[object]] = {
            name: [] for name in ("metric", "step", "value", "wall_time", "tag")
        }
        parts = list(self.series.values())
        if not parts:
            return pd.DataFrame(columns)
        sizes = [len(part) for part in parts]
        walls = [np.full(len(part), np.nan) if part.wall is None else part.wall for part in parts]
        return pd.DataFrame(
            {
                "metric": pd.Categorical(np.repeat(np.array([p.name for p in parts], dtype=object), sizes)),
                "step": np.concatenate([part.steps for part in parts]),
                "value": np.concatenate([part.values for part in parts]),
                "wall_time": np.concatenate(walls),
                "tag": pd.Categorical(np.repeat(np.array([part.tag for part in parts], dtype=object), sizes)),
            }
        )

    def wide(self) -> pd.DataFrame:
        """Outer join on the step: index ``step``, one column per metric, NaN where a metric has no point."""
        import pandas as pd

        columns = {name: pd.Series(part.values, index=part.steps) for name, part in self.series.items()}
        frame = pd.DataFrame(columns)
        frame.index.name = "step"
        return frame.sort_index()
