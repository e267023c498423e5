"""The pool with error handling in plain Python, and a deadline that ends nothing.

- `tasks`: asyncio tasks under `asyncio.timeout`. An error becomes its job's result; at the deadline
  each job is cut short where it awaits, and nothing more is begun. A cancelled asyncio task is told
  so once, by an `asyncio.CancelledError`, which is not an Exception; a job that catches it can go
  on, so the worker asks for itself whether it is cancelled.
- `wait_only`: an executor and `concurrent.futures.wait(futures, timeout)`. The timeout ends the
  waiting and nothing else: jobs in work go on, jobs in the queue are still begun, and leaving the
  `with` block waits for all of them. `shutdown(cancel_futures=True)`, as in `basic.threads`, at
  least empties the queue; what has begun no executor can cut short.

Neither has backpressure: all jobs are taken at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from ..concurrency import Cancelled, Failed, Report, Result, Succeeded
from ..concurrency.checks import check_count

__all__ = ["tasks", "wait_only"]

J = TypeVar("J")
R = TypeVar("R")


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` until all are done or time is up, and report on every one.

    Args:
        jobs: all taken before the first is begun.
        process: what to do with a job.
        workers: jobs in work at a time, >= 1.
        timeout: seconds until the deadline; None: no deadline.

    Raises ValueError for a bad number of workers; asyncio.CancelledError if the caller's task is
    cancelled, and the report is lost.
    """
    check_count("workers", workers, 1)
    submitted = tuple(jobs)
    started: list[J] = []
    results: list[Result[J, R]] = []
    waiting = iter(submitted)  # shared by the workers: no other task runs between two awaits

    async def worker() -> None:
        me = asyncio.current_task()
        assert me is not None
        for job in waiting:
            started.append(job)
            try:
                results.append(Succeeded(job, await process(job)))
            except Exception as error:
                results.append(Failed(job, error))
            except asyncio.CancelledError as error:
                results.append(Failed(job, Cancelled(*error.args)))
            if me.cancelling():
                return

    try:
        async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
            for number in range(1, workers + 1):
                group.create_task(worker(), name=f"worker-{number}")
    except TimeoutError:
        pass  # the report tells what is not done
    return Report(submitted, tuple(started), tuple(results))


def wait_only(
    jobs: Iterable[J], process: Callable[[J], R], *, workers: int, timeout: float | None = None
) -> tuple[int, int]:
    """Return how many jobs were done at the deadline, and how many not; then wait for those too.

    Raises ValueError for a bad number of workers.
    """
    check_count("workers", workers, 1)
    with ThreadPoolExecutor(workers) as executor:
        futures = [executor.submit(process, job) for job in jobs]
        done, not_done = wait(futures, timeout)
        return len(done), len(not_done)
