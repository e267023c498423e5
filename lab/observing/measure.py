"""Run a pool on real threads and record what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lab.model.run import Run
from lab.tracing.build import build_trace
from patterns.concurrency.recording import Event
from patterns.concurrency.runtime import current_runtime, use_runtime
from patterns.concurrency.threads import ThreadRuntime

__all__ = ["measure"]

T = TypeVar("T")


def measure(main: Callable[[], T]) -> Run[T]:
    """Run `main` on real threads in the calling thread, recording what its primitives do.

    Make channels and contexts inside `main`: those made before are not recorded. What `main`
    raises comes out. Raises RuntimeError inside a simulation, where real time stands still.
    """
    if not isinstance(current_runtime(), ThreadRuntime):
        raise RuntimeError("measure runs on real threads: it cannot be called in a simulation")
    events: list[Event] = []
    runtime = ThreadRuntime(events.append)
    start = runtime.now()
    with use_runtime(runtime):
        value = main()
    end = runtime.now()
    trace = build_trace(list(events), clock="real", start=start, end=end)
    return Run(value, trace, trace.elapsed, "real")
