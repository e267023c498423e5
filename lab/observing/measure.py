"""Run a pool on real threads and record what happens; how much the processors have worked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from lab.model.pool import bind, title
from lab.model.run import Later, Run
from lab.model.trace import Trace
from lab.tracing.build import build_trace
from lab.tracing.events import Recorder
from patterns.concurrency.hooked import HOOKED
from patterns.concurrency.hooks import Hook
from patterns.concurrency.runtime import current_runtime, use_runtime
from patterns.concurrency.threads import NoThreads, ThreadRuntime

__all__ = ["has_gil", "measure", "processor_seconds"]

T = TypeVar("T")


def measure(pool: Callable[..., T], /, *args: Any, **options: Any) -> Run[T]:
    """Call `pool(*args, **options)` in this thread, recording what its primitives do.

    Make channels and contexts inside `pool`: those made before are not recorded. What `pool`
    raises comes out. Raises TypeError if `pool` does not take these arguments, RuntimeError inside
    a simulation, where real time stands still, and NoThreads in a browser.
    """
    if not isinstance(current_runtime(), ThreadRuntime):
        raise RuntimeError("measure runs on real threads: it cannot be called in a simulation")
    if sys.platform == "emscripten":
        raise NoThreads("measure needs threads, which a browser does not have: use simulate")
    main = bind(pool, args, options)
    recorder = Recorder()
    runtime = ThreadRuntime(Hook(HOOKED, recorder))
    recorder.begin(runtime)
    start = runtime.now()
    with use_runtime(runtime):
        value = main()
    end, number = runtime.now(), len(recorder)

    def trace() -> Trace:
        return build_trace(recorder.events(number), clock="real", start=start, end=end)

    return Run(value, Later(trace), (end - start) / 1e9, "real", name=title(pool), options=options)


def processor_seconds() -> float:
    """Seconds of processor time that this process, and its children that have ended, have used."""
    return sum(os.times()[:4])


def has_gil() -> bool:
    """Tell whether only one thread at a time runs Python code in this process."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())
