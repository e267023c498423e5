"""Run a pool written in plain Python and record what happens, though it knows nothing of that."""

from __future__ import annotations

import asyncio
import inspect
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from lab.model.deadlock import Stuck
from lab.model.pool import bind, title
from lab.model.run import Run
from lab.model.trace import Clock
from lab.observing.calls import Process
from lab.observing.log import Log
from lab.observing.other_thread import run_in_a_thread
from lab.observing.virtual_loop import VirtualLoop, unfinished
from patterns.concurrency.runtime import current_runtime
from patterns.concurrency.threads import NoThreads, ThreadRuntime

__all__ = ["observe"]


def observe(
    pool: Callable[..., Any],
    jobs: Iterable[Any],
    process: Process,
    /,
    *,
    real: bool | None = None,
    **options: Any,
) -> Run[Any]:
    """Call `pool(jobs, process, **options)` and record what becomes of each job.

    A job is submitted when the pool takes it from `jobs`, starts when `process` is called with it,
    and ends with that call: cancelled if it is cut short, failed if it raises. Its worker is the
    task, thread or process that makes the call. Where each of these makes one call only, as with a
    task for every job, the lanes are slots instead: a job gets the first that is free. What a pool
    does between two jobs is not known, and is drawn as waiting. If `jobs` has a length, those that
    the pool did not take are listed as never started.

    Args:
        pool: a function, or an async function, which may use asyncio and anyio.
        jobs: the jobs; a job processed twice is listed twice.
        process: what the pool is to do with a job; async if the pool awaits it, picklable if the
            pool uses processes.
        real: None runs async pools on a virtual clock and all others on the real one; True runs
            async pools on the real one too.
        options: passed on to `pool`.

    What `pool` raises comes out; its attribute `trace` tells what happened until then. Raises
    Deadlock if every task of an async pool in virtual time waits for another; ValueError for
    `real=False` with a pool that has no virtual time; RuntimeError inside a simulation; NoThreads
    in a browser, unless the pool is async and its clock virtual.
    """
    if not isinstance(current_runtime(), ThreadRuntime):
        raise RuntimeError("observe has clocks of its own: it cannot be called in a simulation")
    bind(pool, (jobs, process), options, may_be_async=True)  # raises if they do not fit
    is_async = inspect.iscoroutinefunction(pool)
    if real is False and not is_async:
        raise ValueError("real must not be False for a pool without async: threads take real time")
    clock: Clock = "virtual" if is_async and not real else "real"
    if sys.platform == "emscripten" and clock == "real":
        raise NoThreads(
            "observe needs threads for this pool, which a browser does not have: use simulate with "
            "a pool made of patterns.concurrency, or observe with an async pool in virtual time"
        )
    loop = VirtualLoop() if clock == "virtual" else None
    with tempfile.TemporaryDirectory() as folder:
        log = Log(jobs, time.perf_counter_ns if loop is None else loop.now, folder)
        main = partial(pool, log, log.watch(process), **options)
        with _trace_on_errors(log, clock):
            if is_async:
                value, leaks = _in_a_loop(lambda: loop or asyncio.new_event_loop(), log, main)
            else:
                value, leaks = _in_this_thread(log, main)
        trace = log.trace(clock)
    return Run(value, trace, trace.elapsed, clock, tuple(leaks), name=title(pool), options=options)


@contextmanager
def _trace_on_errors(log: Log, clock: Clock) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        log.end()
        with suppress(AttributeError):  # few exceptions have no room for it
            error.trace = log.trace(clock)  # type: ignore[attr-defined]
        raise


def _in_this_thread(log: Log, main: Callable[[], Any]) -> tuple[Any, list[Stuck]]:
    before = set(threading.enumerate())
    log.begin()
    value = main()
    log.end()
    left = [thread for thread in threading.enumerate() if thread not in before]
    return value, [Stuck(thread.name, "running", "still running", "") for thread in left]


def _in_a_loop(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    log: Log,
    main: Callable[[], Awaitable[Any]],
) -> tuple[Any, list[Stuck]]:
    """Run an async pool in a thread of its own, since a loop may be running in this one."""
    leaks: list[Stuck] = []
    mains: list[asyncio.Task[Any]] = []

    async def whole() -> Any:
        own = asyncio.current_task()
        assert own is not None
        own.set_name("main")
        mains.append(own)
        log.begin()
        try:
            return await main()
        finally:
            log.end()
            for _ in range(10):  # let finished tasks unwind
                await asyncio.sleep(0)
            leaks.extend(task for task in unfinished(own.get_loop()) if task.task != "main")

    def run() -> Any:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            try:
                return runner.run(whole())
            finally:
                log.end()

    def interrupt() -> None:
        for task in mains:
            task.get_loop().call_soon_threadsafe(task.cancel)

    return run_in_a_thread(run, interrupt), leaks
