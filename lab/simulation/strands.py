"""Greenlets that run one task after the other."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from lab.simulation.switching import greenlet

__all__ = ["Strand", "Strands"]


class Strand(greenlet):  # type: ignore[misc,unused-ignore]
    """A greenlet that runs a task, then waits to be given another one.

    A new greenlet gets a stack of its own from the operating system as it starts, which takes
    longer than to run a small task.

    Attributes:
        body: called with `task` when it has its turn, if it has not begun; it returns to which
            greenlet the turn then goes.
        task: what it is to run then.
    """

    body: Callable[[Any], Any] | None = None
    task: Any = None

    def run(self) -> None:
        """Run the bodies, for ever."""
        while True:
            body, self.body, task, self.task = self.body, None, self.task, None
            assert body is not None
            following = body(task)
            del body, task
            following.switch()
            del following


class Strands:
    """Those that are idle; as a context manager it ends them on leaving."""

    def __init__(self) -> None:
        self._idle: list[Strand] = []

    def take(self, body: Callable[[Any], Any], task: object, hub: greenlet) -> Strand:
        """Return one that calls `body(task)` when it has its turn."""
        strand = self._idle.pop() if self._idle else Strand(parent=hub)
        strand.body, strand.task = body, task
        return strand

    def give_back(self, strand: Strand) -> None:
        """Let others have `strand`, which has run its body or never will."""
        strand.body = strand.task = None
        self._idle.append(strand)

    def __enter__(self) -> Strands:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().throw()
