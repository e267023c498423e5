"""One run of a pool: what it returned, what happened, how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from lab.model.trace import Clock, Trace, Turn

if TYPE_CHECKING:
    from lab.model.deadlock import Stuck

__all__ = ["Run"]

T = TypeVar("T")


@dataclass(frozen=True)
class Run(Generic[T]):
    """The outcome of `simulate` or `measure`.

    Attributes:
        value: what the function returned.
        trace: what happened.
        elapsed: seconds from its start to its return, on `clock`.
        clock: "virtual" or "real".
        leaks: tasks that had not ended when the function returned (simulation only).
        crashes: (task, exception) of tasks outside any task group that raised (simulation only).
        steps: turns the simulation gave; 0 on real threads.
        turns: what was done at each, one operation after the other (replayed schedules only).
    """

    value: T
    trace: Trace
    elapsed: float
    clock: Clock
    leaks: tuple[Stuck, ...] = ()
    crashes: tuple[tuple[str, BaseException], ...] = ()
    steps: int = 0
    turns: tuple[Turn, ...] = ()

    def __repr__(self) -> str:
        text = f"<Run {self.elapsed:.6g} s ({self.clock}), value {self.value!r}"
        if self.leaks:
            text += f", {len(self.leaks)} leaked: " + "; ".join(map(str, self.leaks[:3]))
        if self.crashes:
            text += ", crashed: " + "; ".join(f"{n}: {e!r}" for n, e in self.crashes[:3])
        return text + ">"
