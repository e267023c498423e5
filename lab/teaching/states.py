"""Seven workers, each named after the state that it shows: the key to every timeline."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

from patterns.concurrency import (
    Cancelled,
    Channel,
    Context,
    Result,
    TaskGroup,
    TokenBucket,
    attempt,
    sleep,
)

__all__ = ["seven_states"]


def seven_states() -> None:
    """Have seven workers show one state each; who is not done after 4 s is cancelled."""
    results = Channel[Result[int, None]](math.inf, "results")
    nobody_takes = Channel[Result[int, None]](0, "results")
    limit = TokenBucket(1 / 2, 1, "limit")

    def works(job: int) -> None:
        sleep(3)

    def fails(job: int) -> None:
        sleep(3)
        raise ValueError("bad")

    def takes_too_long(job: int) -> None:
        sleep(9)

    def short(job: int) -> None:
        sleep(1)

    def limited(job: int) -> None:
        limit.acquire()
        sleep(0.5)

    def worker(
        jobs: Channel[int],
        process: Callable[[int], None],
        sends_to: Channel[Result[int, None]] = results,
        lingers: int = 0,  # seconds
    ) -> None:
        for job in jobs:
            sends_to.send(attempt(process, job))
        sleep(lingers)

    with suppress(Cancelled), TaskGroup(Context(timeout=4)) as group:
        group.spawn(worker, _queue(1), works, name="working")
        group.spawn(worker, _queue(2), fails, name="failed")
        group.spawn(worker, _queue(3), takes_too_long, name="cancelled")
        group.spawn(worker, Channel[int](0, "jobs"), works, name="waiting")
        group.spawn(worker, _queue(4), short, nobody_takes, name="blocked")
        group.spawn(worker, _queue(5, 6), limited, name="throttled")
        group.spawn(worker, _queue(7), short, results, 2, name="stopped")


def _queue(*jobs: int) -> Channel[int]:
    """Return a closed channel that holds these jobs."""
    queue = Channel[int](len(jobs), "jobs")
    for job in jobs:
        queue.send(job)
    queue.close()
    return queue
