"""The basic pool in plain Python, five times.

- `threads` and `processes`: an executor. It takes all jobs at once, however many there are.
- `queue_threads`: threads around a `queue.Queue`, which holds the submitter back when it is full.
- `tasks`: the same with asyncio. `anyio_tasks`: the same with anyio.

In all of them an exception in `process` becomes the result of its job and the worker goes on. At a
deadline nothing more is started; threads and processes finish the job in hand, since nothing can
stop them from outside, while tasks are cut short where they wait.
"""

from __future__ import annotations

import asyncio
import math
import queue
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from ..concurrency import Failed, Report, Result, Succeeded
from ..concurrency.checks import check_count

__all__ = ["anyio_tasks", "processes", "queue_threads", "tasks", "threads"]

J = TypeVar("J")
R = TypeVar("R")

DONE: Any = object()  # a worker that takes it from the queue ends


def threads(
    jobs: Iterable[J], process: Callable[[J], R], *, workers: int, timeout: float | None = None
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor`.

    Args:
        jobs: all taken before the first result is looked at.
        process: what to do with a job.
        workers: threads, >= 1.
        timeout: seconds from the last submission on after which no more jobs are started.

    Raises ValueError for a bad number of workers.
    """
    check_count("workers", workers, 1)
    return execute(ThreadPoolExecutor(workers), jobs, process, timeout)


def processes(
    jobs: Iterable[J], process: Callable[[J], R], *, workers: int, timeout: float | None = None
) -> Report[J, R]:
    """Process `jobs` with a `ProcessPoolExecutor`: like `threads`, each worker with its own GIL.

    Jobs, `process` and values travel between processes, so they must be picklable. Some jobs more
    than there are workers count as started, since the executor hands them out in advance.
    """
    check_count("workers", workers, 1)
    return execute(ProcessPoolExecutor(workers), jobs, process, timeout)


def execute(
    executor: Executor, jobs: Iterable[J], process: Callable[[J], R], timeout: float | None
) -> Report[J, R]:
    futures: dict[Future[R], J] = {}
    ended: list[Future[R]] = []
    try:
        for job in jobs:
            future = executor.submit(process, job)
            futures[future] = job
            future.add_done_callback(ended.append)
        wait(futures, timeout)
    finally:
        executor.shutdown(cancel_futures=True)  # what has begun is waited for
    started = [job for future, job in futures.items() if not future.cancelled()]
    results = [_result(futures[future], future) for future in ended if not future.cancelled()]
    return Report(tuple(futures.values()), tuple(started), tuple(results))


def _result(job: J, future: Future[R]) -> Result[J, R]:
    try:
        return Succeeded(job, future.result())
    except Exception as error:
        return Failed(job, error)


def queue_threads(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int,
    buffer: int = 1,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with threads that take them from a `queue.Queue` until they find a sentinel.

    Args:
        jobs: taken one by one, when the queue has room for the one before.
        process: what to do with a job.
        workers: threads, >= 1.
        buffer: jobs that may wait, >= 1 (0 would let a `queue.Queue` grow without limit).
        timeout: seconds after which no more jobs are started.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    deadline = math.inf if timeout is None else monotonic() + timeout
    waiting: queue.Queue[J] = queue.Queue(buffer)
    submitted: list[J] = []
    started: list[J] = []
    results: list[Result[J, R]] = []

    def worker() -> None:
        while (job := waiting.get()) is not DONE:
            if monotonic() < deadline:
                started.append(job)
                try:
                    results.append(Succeeded(job, process(job)))
                except Exception as error:
                    results.append(Failed(job, error))

    pool = [Thread(target=worker, name=f"worker-{n}") for n in range(1, workers + 1)]
    for thread in pool:
        thread.start()
    try:
        for job in jobs:
            submitted.append(job)
            waiting.put(job)  # waits while the queue is full
            if monotonic() >= deadline:
                break
    finally:
        for _ in pool:
            waiting.put(DONE)
        for thread in pool:
            thread.join()
    return Report(tuple(submitted), tuple(started), tuple(results))


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int,
    buffer: int = 1,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks that take them from an `asyncio.Queue`.

    Arguments and errors are those of `queue_threads`, except that `process` is an async function.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
    submitted: list[J] = []
    started: list[J] = []
    results: list[Result[J, R]] = []

    async def worker() -> None:
        while (job := await waiting.get()) is not DONE:
            started.append(job)
            try:
                results.append(Succeeded(job, await process(job)))
            except Exception as error:
                results.append(Failed(job, error))

    try:
        async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
            for n in range(1, workers + 1):
                group.create_task(worker(), name=f"worker-{n}")
            for job in jobs:
                submitted.append(job)
                await waiting.put(job)  # waits while the queue is full
            for _ in range(workers):
                await waiting.put(DONE)
    except TimeoutError:
        pass  # the report tells which jobs were cut short
    return Report(tuple(submitted), tuple(started), tuple(results))


async def anyio_tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int,
    buffer: int = 1,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with anyio tasks that take them from a memory object stream.

    Like `tasks`, but `buffer` may be 0: the submitter then hands each job to a worker in person.
    And no sentinel is needed: the workers' loop ends when the submitter closes its end.
    """
    import anyio

    check_count("workers", workers, 1)
    check_count("buffer", buffer, 0)
    send, receive = anyio.create_memory_object_stream[J](buffer)
    submitted: list[J] = []
    started: list[J] = []
    results: list[Result[J, R]] = []

    async def worker() -> None:
        async for job in receive:
            started.append(job)
            try:
                results.append(Succeeded(job, await process(job)))
            except Exception as error:
                results.append(Failed(job, error))

    with anyio.move_on_after(timeout), receive:
        async with anyio.create_task_group() as group:
            for n in range(1, workers + 1):
                group.start_soon(worker, name=f"worker-{n}")
            with send:
                for job in jobs:
                    submitted.append(job)
                    await send.send(job)  # waits while the stream is full
    return Report(tuple(submitted), tuple(started), tuple(results))
