"""The generic pool in plain Python: two functions with types, where the first failure ends the run.

A pool that is used once need not be a class: a generic *function* tells the type checker as much.

- `executor`: futures of a `ThreadPoolExecutor`, taken as they are done. Jobs that are in work when
  one fails run on to their end, since a thread cannot be stopped.
- `tasks`: asyncio tasks around a bounded queue. Jobs that are in work when one fails are cut short
  where they await something.

In both the report has the job that failed, and the reason why the others were not done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..concurrency import Report, Result
from ..concurrency.checks import check_count, check_process
from . import basic
from .common import TimeLimit, attempting, stopping_at_failure

__all__ = ["executor", "tasks"]

J = TypeVar("J")
R = TypeVar("R")


def executor(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor` until one fails.

    The arguments and errors are those of `patterns.plain.basic.threads`. All jobs are submitted
    before the first result is looked at.
    """
    check_process(process)
    check_count("workers", workers, 1)
    limit, stop = TimeLimit(timeout), stopping_at_failure(on_result)
    return basic.execute(ThreadPoolExecutor(workers), attempting(process), jobs, limit, stop)


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks until one fails, which cancels all others.

    The arguments and errors are those of `patterns.plain.basic.tasks`.
    """
    return await basic.tasks(
        jobs,
        process,
        workers=workers,
        buffer=buffer,
        timeout=timeout,
        on_result=stopping_at_failure(on_result),
    )
