"""DVCLive's folders (``dvclive/plots/metrics/*.tsv``), without the ``dvclive`` package."""

from rldoctor.readers.dvclive.reader import DvcliveReader

__all__ = ["DvcliveReader"]
