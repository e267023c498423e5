"""The pool with error handling in plain Python, and a deadline that ends nothing.

- `tasks`: asyncio tasks under `asyncio.timeout`. What a job raises becomes its result; at the
  deadline each job is cut short where it awaits, and nothing more is begun. There is no queue: the
  workers take their jobs from one iterator, each when it is free, so that no job ever waits.
- `wait_only`: an executor and `concurrent.futures.wait(futures, timeout)`. The timeout ends the
  waiting and nothing else: jobs in work go on, jobs in the queue are still begun, and leaving the
  `with` block waits for all of them. `shutdown(cancel_futures=True)`, as in `basic.threads`, at
  least empties the queue; what has begun no executor can cut short.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from ..concurrency import Ledger, Report, Result
from ..concurrency.checks import check_count, check_process
from .common import Source, TimeLimit, attempting, noting, reported

__all__ = ["tasks", "wait_only"]

J = TypeVar("J")
R = TypeVar("R")


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int = 3,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` until all are done or time is up, and report on every one.

    Args:
        jobs: taken one by one, when a worker is free.
        process: makes a job's value; an async function.
        workers: jobs in work at a time, >= 1.
        timeout: seconds until the deadline; None: no deadline.
        on_result: called with each result as it comes.

    Raises ValueError for a bad number; asyncio.CancelledError if the caller's task is cancelled,
    and the report is lost.
    """
    check_count("workers", workers, 1)
    ledger = Ledger[J, R]()
    do = noting(process, ledger, on_result)
    source = Source(jobs)  # shared by the workers: no other task runs between two awaits

    async def worker() -> None:
        for job in source:
            ledger.submitted.append(job)
            await do(job)
            await asyncio.sleep(0)  # a job that never waits must not hold up all others

    async def pool(group: asyncio.TaskGroup) -> None:
        for number in range(1, workers + 1):
            group.create_task(worker(), name=f"worker-{number}")

    return await reported(pool, ledger, jobs, timeout)


def wait_only(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Report how things stand at the deadline; but return only when all jobs are done.

    Args:
        jobs: all taken before the first result is looked at; endless ones until the time is up.
        process: makes a job's value; called in several threads at once.
        workers: threads, >= 1.
        timeout: seconds from the call on after which the report is made; None: when all is done.
        on_result: called for each job that is done by then, in the caller's thread.

    Raises ValueError or TypeError for a bad argument, before anything is started.
    """
    check_process(process)
    check_count("workers", workers, 1)
    limit = TimeLimit(timeout)
    ledger = Ledger[J, R]()
    attempt = attempting(process)

    def do(job: J) -> None:
        ledger.started.append(job)
        ledger.results.append(attempt(job))

    with ThreadPoolExecutor(workers) as executor:
        futures = []
        for job in jobs:
            ledger.submitted.append(job)
            futures.append(executor.submit(do, job))
            if limit.passed:
                break
        _, not_done = wait(futures, limit.left)
        report = ledger.report(limit.reason if not_done else None, jobs)
        if on_result is not None:
            for result in report.results:
                on_result(result)
        return report
