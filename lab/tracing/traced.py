"""What all metrics share: where a run's trace is, and the units they are in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from lab.model.trace import Trace

__all__ = ["HasTrace", "Traced", "measured_in", "ns", "trace_of", "unit_of"]

F = TypeVar("F", bound=Callable[..., Any])

_UNITS: Final[dict[Callable[..., Any], str]] = {}


class HasTrace(Protocol):
    """A Run, a Failure, or a Deadlock that was recorded."""

    @property
    def trace(self) -> Trace | None:
        """What happened."""


Traced: TypeAlias = Trace | HasTrace


def trace_of(run: Traced) -> Trace:
    """Return the trace of a run; a trace is its own.

    Raises TypeError for anything without one.
    """
    trace = run if isinstance(run, Trace) else getattr(run, "trace", None)
    if not isinstance(trace, Trace):
        raise TypeError(f"a Run or a Trace is needed, got {run!r}")
    return trace


def measured_in(unit: str) -> Callable[[F], F]:
    """Say in which unit a metric is: "s", or "%" for a share from 0 to 1."""

    def note(metric: F) -> F:
        _UNITS[metric] = unit
        return metric

    return note


def unit_of(metric: Callable[..., Any]) -> str:
    """Return the unit of a metric; "" for none."""
    return _UNITS.get(metric, "")


def ns(seconds: float) -> int:
    """Return whole nanoseconds, whose sums are exact."""
    return round(seconds * 1e9)
