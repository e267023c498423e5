"""The rate-limited pool in plain Python, and two pools that limit something else.

All three are the basic pool of asyncio tasks with a gate that a job passes before it is processed:

- `tasks`: a `RateLimit`, which limits how many jobs begin a second.
- `semaphore_tasks`: an `asyncio.Semaphore`; `capacity_tasks`: an `anyio.CapacityLimiter`. Both
  limit how many jobs are in work at once. How many begin a second then depends on how long a job
  takes: with n at once and s seconds each up to n / s, which has no limit as s gets smaller.

A job that waits at the gate has been taken by a worker, so it counts as started.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from ..concurrency import Report, Result
from ..concurrency.checks import check_callable, check_count
from . import basic

__all__ = ["RateLimit", "capacity_tasks", "semaphore_tasks", "tasks"]

J = TypeVar("J")
R = TypeVar("R")


class RateLimit:
    """Lets `rate` (> 0) tasks a second pass `async with limit:`, and up to `burst` saved up.

    Each task books the next free slot and sleeps until its time. There is no await between reading
    and booking, so no lock is needed. A task that is cancelled asleep leaves its slot unused.

    Raises ValueError for a bad number.
    """

    def __init__(self, rate: float, burst: int = 1) -> None:
        if not 0 < rate < math.inf:
            raise ValueError(f"rate must be a number per second > 0, got {rate!r}")
        check_count("burst", burst, 1)
        self._spacing = 1 / rate
        self._saved = burst * self._spacing
        self._full_at = 0.0  # when nothing will be missing from the burst, on the loop's clock

    async def __aenter__(self) -> None:
        now = asyncio.get_running_loop().time()
        self._full_at = max(self._full_at, now) + self._spacing
        await asyncio.sleep(self._full_at - self._saved - now)

    async def __aexit__(self, *exc_info: object) -> None:
        pass


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    rate: float = 10.0,
    burst: int = 1,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs`, at most `rate` (> 0) a second after a burst of `burst` (>= 1).

    The other arguments and errors are those of `patterns.plain.basic.tasks`.
    """
    return await basic.tasks(
        jobs,
        behind(RateLimit(rate, burst), process),
        workers=workers,
        buffer=buffer,
        timeout=timeout,
        on_result=on_result,
    )


async def semaphore_tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    at_once: int = 2,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs`, at most `at_once` (>= 1) at the same time, however many that is a second."""
    check_count("at_once", at_once, 1)
    return await basic.tasks(
        jobs,
        behind(asyncio.Semaphore(at_once), process),
        workers=workers,
        buffer=buffer,
        timeout=timeout,
        on_result=on_result,
    )


async def capacity_tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    at_once: int = 2,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Do the same as `semaphore_tasks`, with anyio."""
    import anyio

    check_count("at_once", at_once, 1)
    return await basic.tasks(
        jobs,
        behind(anyio.CapacityLimiter(at_once), process),
        workers=workers,
        buffer=buffer,
        timeout=timeout,
        on_result=on_result,
    )


def behind(
    gate: AbstractAsyncContextManager[object], process: Callable[[J], Awaitable[R]]
) -> Callable[[J], Awaitable[R]]:
    """Return `process` such that each call passes `gate` first."""
    check_callable(process)

    async def when_let_in(job: J) -> R:
        async with gate:
            return await process(job)

    return when_let_in
