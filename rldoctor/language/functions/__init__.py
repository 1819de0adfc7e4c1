"""The function library of the rule language: vectorised numpy, deterministic, bounded in time and memory."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rldoctor.language.functions.along import ALONG
from rldoctor.language.functions.base import CallContext, Function, Value
from rldoctor.language.functions.elementwise import ELEMENTWISE
from rldoctor.language.functions.reductions import REDUCTIONS
from rldoctor.language.functions.trends import TRENDS
from rldoctor.language.functions.windows import WINDOWS

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        function.name: function
        for group in (ELEMENTWISE, WINDOWS, ALONG, REDUCTIONS, TRENDS)
        for function in group
    }
)

__all__ = ["FUNCTIONS", "CallContext", "Function", "Value"]
