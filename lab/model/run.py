"""One run of a pool: what it returned, what happened, how long it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from lab.model.deadlock import Stuck
from lab.model.trace import Clock, Trace, Turn

__all__ = ["Later", "Run"]

T = TypeVar("T")

_LONGEST_VALUE: Final = 200  # characters


class Later:
    """Makes a trace when somebody asks for it, once: it takes longer than many a run."""

    def __init__(self, make: Callable[[], Trace]) -> None:
        self._make: Callable[[], Trace] | None = make
        self._trace: Trace | None = None

    def __call__(self) -> Trace:
        """Return the trace."""
        if self._trace is None:
            assert self._make is not None
            self._trace, self._make = self._make(), None
        return self._trace


@dataclass(frozen=True, eq=False)
class Run(Generic[T]):
    """The outcome of `simulate`, `measure` or `observe`.

    Attributes:
        value: what the pool returned.
        recorded: the trace, or what makes it; see `trace`.
        elapsed: seconds from its start to its return, on `clock`.
        clock: "virtual" or "real".
        leaks: tasks that had not ended when the pool returned (none are seen on real threads).
        crashes: (task, exception) of tasks outside any task group that raised (simulation only).
        steps: turns the simulation gave; 0 on real threads.
        turns: what was done at each, one operation after the other (replayed schedules only).
        name: of the pool, for pictures.
        options: what the pool was called with, by keyword.
    """

    value: T
    recorded: Trace | Callable[[], Trace] = field(repr=False)
    elapsed: float
    clock: Clock
    leaks: tuple[Stuck, ...] = ()
    crashes: tuple[tuple[str, BaseException], ...] = ()
    steps: int = 0
    turns: tuple[Turn, ...] = ()
    name: str = "run"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def trace(self) -> Trace:
        """What happened; made of the events that were recorded when it is first asked for."""
        return self.recorded if isinstance(self.recorded, Trace) else self.recorded()

    def __repr__(self) -> str:
        value = repr(self.value)
        if len(value) > _LONGEST_VALUE:
            value = str(self.value)[:_LONGEST_VALUE]  # a report's is short
        text = f"<Run of {self.name}: {self.elapsed:.6g} s ({self.clock}), value {value}"
        if self.leaks:
            text += f", {len(self.leaks)} leaked: " + "; ".join(map(str, self.leaks[:3]))
        if self.crashes:
            text += ", crashed: " + "; ".join(f"{n}: {e!r}" for n, e in self.crashes[:3])
        return text + ">"
