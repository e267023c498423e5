"""The generic pool in plain Python: two functions with types, which do what its class does.

A pool that is used once need not be a class: a generic *function* tells the type checker as much.

- `executor`: futures of a `ThreadPoolExecutor`, taken as they are done.
- `tasks`: asyncio tasks around a bounded queue.

In both the first exception ends the run and comes out as it was raised. The values that were there
are lost with it, for only a list is returned; and nothing tells which jobs were not done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from ..concurrency.checks import check_count

__all__ = ["executor", "tasks"]

T = TypeVar("T")
R = TypeVar("R")

DONE: Any = object()  # a worker that takes it from the queue ends


def executor(jobs: Iterable[T], process: Callable[[T], R], *, workers: int) -> list[R]:
    """Return what `process` makes of `jobs`, in the order of completion.

    What is done before the last job is submitted comes in any order. Jobs that are in work when
    one fails run on to their end, since a thread cannot be stopped.

    Args:
        jobs: all taken before the first result is looked at.
        process: makes the result of a job.
        workers: threads, >= 1.

    Raises what `process` raises; ValueError for a bad number of workers.
    """
    check_count("workers", workers, 1)
    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(process, job) for job in jobs]
        return [future.result() for future in as_completed(futures)]
    finally:
        pool.shutdown(cancel_futures=True)


async def tasks(
    jobs: Iterable[T],
    process: Callable[[T], Awaitable[R]],
    *,
    workers: int,
    buffer: int = 1,
) -> list[R]:
    """Return what `process` makes of `jobs`, in the order of completion.

    Jobs that are in work when one fails are cut short where they await something.

    Args:
        jobs: taken one by one, when the queue has room for the one before.
        process: makes the result of a job.
        workers: tasks, >= 1.
        buffer: jobs that may wait, >= 1 (0 would let an `asyncio.Queue` grow without limit).

    Raises what `process` raises, with a note that names the job; ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    waiting: asyncio.Queue[T] = asyncio.Queue(buffer)
    values: list[R] = []

    async def worker() -> None:
        while (job := await waiting.get()) is not DONE:
            try:
                values.append(await process(job))
            except Exception as error:
                error.add_note(f"while processing job {job!r}")
                raise

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(1, workers + 1):
                group.create_task(worker(), name=f"worker-{number}")
            for job in jobs:
                await waiting.put(job)  # waits while the queue is full
            for _ in range(workers):
                await waiting.put(DONE)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return values
