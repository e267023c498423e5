"""The reusable pool in plain Python, twice.

- `tasks`: asyncio tasks between two queues, with any number of submitters. A queue cannot be
  closed, so the end is a value: each worker needs a sentinel of its own, which must come after the
  last job. Whoever submits later hears nothing, and the job stays in the queue.
- `executor`: the standard library's own reusable pool, a `ThreadPoolExecutor`. Anybody may submit
  to it for as long as it is open, and what comes after `shutdown` is refused. It has no
  backpressure, so a semaphore counts the places.

At a deadline tasks are cut short where they wait, on whichever queue. Threads cannot be: a job in
work goes on to its end, and whoever waits to submit wakes by a timeout of the wait itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, TypeVar

from ..concurrency import Failed, Report, Result, Succeeded
from ..concurrency.checks import check_count

__all__ = ["executor", "tasks"]

J = TypeVar("J")
R = TypeVar("R")

DONE: Any = object()  # no job and no result comes after it


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int,
    buffer: int = 1,
    submitters: int = 1,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs`, which `submitters` tasks take in turns, and collect the results meanwhile.

    Args:
        jobs: taken one by one, when there is room for the one before.
        process: what to do with a job.
        workers: tasks, >= 1.
        buffer: jobs, and results, that may wait, >= 1 (0 would let an `asyncio.Queue` grow
            without limit).
        submitters: tasks, >= 1.
        timeout: seconds until everything is cut short where it waits.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    check_count("submitters", submitters, 1)
    offered = iter(jobs)
    waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
    results: asyncio.Queue[Result[J, R]] = asyncio.Queue(buffer)
    submitted: list[J] = []
    started: list[J] = []
    finished: list[Result[J, R]] = []

    async def submitter() -> None:
        for job in offered:
            submitted.append(job)
            await waiting.put(job)  # waits while the queue is full

    async def submit() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(submitters):
                group.create_task(submitter())
        for _ in range(workers):  # after the last job of the last submitter
            await waiting.put(DONE)

    async def worker() -> None:
        while (job := await waiting.get()) is not DONE:
            started.append(job)
            try:
                result = Succeeded(job, await process(job))
            except Exception as error:
                result = Failed(job, error)
            await results.put(result)
            finished.append(result)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(1, workers + 1):
                group.create_task(worker(), name=f"worker-{number}")
        await results.put(DONE)

    try:
        async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
            group.create_task(submit())
            group.create_task(work())
            while await results.get() is not DONE:
                pass  # here a program would use the result
    except TimeoutError:
        pass  # the report tells what was not done
    return Report(tuple(submitted), tuple(started), tuple(finished))


def executor(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int,
    buffer: int = 0,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor` that holds no more than there is room for.

    Args:
        jobs: taken one by one, when there is room for the one before.
        process: what to do with a job.
        workers: threads, >= 1.
        buffer: jobs that may wait, >= 0.
        timeout: seconds after which no more jobs are started.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 0)
    deadline = None if timeout is None else monotonic() + timeout
    room = BoundedSemaphore(workers + buffer)
    submitted: list[J] = []
    started: list[J] = []
    finished: list[Result[J, R]] = []

    def one(job: J) -> None:
        started.append(job)
        try:
            finished.append(Succeeded(job, process(job)))
        except Exception as error:
            finished.append(Failed(job, error))

    def leave(future: Future[None]) -> None:
        room.release()  # also if it was cancelled in the queue

    def find_room() -> bool:
        """Wait for a place; False if the deadline comes first."""
        if deadline is None:
            return room.acquire()
        left = deadline - monotonic()
        return left > 0 and room.acquire(timeout=left)

    pool = ThreadPoolExecutor(workers)
    try:
        for job in jobs:
            submitted.append(job)
            if not find_room():
                break
            pool.submit(one, job).add_done_callback(leave)
        for _ in range(workers + buffer):  # with all the room free, all jobs are done
            find_room()
    finally:
        pool.shutdown(cancel_futures=True)
    return Report(tuple(submitted), tuple(started), tuple(finished))
