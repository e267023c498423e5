"""The reusable pool in plain Python, twice.

- `tasks`: asyncio tasks between two queues, with any number of submitters. A queue cannot be
  closed, so the end is a value: each worker needs a sentinel of its own, which must come after the
  last job. Whoever submits later hears nothing, and the job stays in the queue.
- `executor`: the standard library's own reusable pool, a `ThreadPoolExecutor`. Anybody may submit
  to it for as long as it is open, and what comes after `shutdown` is refused. It has no
  backpressure, so who submits waits for a result when there is no room for another job.

At the deadline tasks are cut short where they wait, on whichever queue. Threads cannot be: a job
in work goes on to its end, and whoever waits to submit wakes by a timeout of the wait itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..concurrency import Ledger, Report, Result
from ..concurrency.checks import check_count, check_process
from . import basic
from .common import DONE, Source, TimeLimit, attempting, noting, reported, until_it_raises

__all__ = ["executor", "tasks"]

J = TypeVar("J")
R = TypeVar("R")


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int = 3,
    buffer: int = 100,
    submitters: int = 1,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs`, which `submitters` tasks take in turns, and collect the results meanwhile.

    Args:
        jobs: taken one by one, when there is room for the one before.
        process: makes a job's value; an async function.
        workers: tasks, >= 1.
        buffer: jobs that may wait, >= 1 (0 would let an `asyncio.Queue` grow without limit).
        submitters: tasks, >= 1.
        timeout: seconds until everything is cut short where it waits; None: never.
        on_result: called with each result as it is collected.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    check_count("submitters", submitters, 1)
    source = Source(jobs)
    waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
    results: asyncio.Queue[Result[J, R]] = asyncio.Queue()
    ledger = Ledger[J, R]()
    do = noting(process, ledger, results.put_nowait)
    hand_on = until_it_raises(on_result)

    async def submitter() -> None:
        for job in source:
            ledger.submitted.append(job)
            await waiting.put(job)  # waits while the queue is full
            await asyncio.sleep(0)  # while it is not, the others must have their turn all the same

    async def submit() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(submitters):
                group.create_task(submitter())
        for _ in range(workers):  # after the last job of the last submitter
            await waiting.put(DONE)

    async def worker() -> None:
        while (job := await waiting.get()) is not DONE:
            await do(job)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(1, workers + 1):
                group.create_task(worker(), name=f"worker-{number}")
        results.put_nowait(DONE)

    async def pool(group: asyncio.TaskGroup) -> None:
        group.create_task(submit())
        group.create_task(work())
        while (result := await results.get()) is not DONE:
            hand_on(result)

    return await reported(pool, ledger, jobs, timeout)


def executor(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor` that holds no more than there is room for.

    Args:
        jobs: taken one by one, when there is room for the one before.
        process: makes a job's value; called in several threads at once.
        workers: threads, >= 1.
        buffer: jobs that may wait, >= 0.
        timeout: seconds from the call on after which no more jobs are started; None: never.
        on_result: called with each result, in the caller's thread; with the first ones when all
            the room is taken, or all jobs are submitted.

    Raises ValueError or TypeError for a bad argument, before anything is started.
    """
    check_process(process)
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 0)
    limit, do = TimeLimit(timeout), attempting(process)
    threads = ThreadPoolExecutor(workers)
    return basic.execute(threads, do, jobs, limit, on_result, workers + buffer)
