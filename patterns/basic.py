"""The basic pool: a fixed number of workers share one queue of jobs.

It keeps at most `workers` jobs in work at a time and hands on each result as it comes.

Use it when the jobs are independent of each other, and their results may come in any order.
Don't when jobs keep arriving from many places (a reusable pool), or when the load changes so much
that no fixed number of workers fits (a dynamic pool).

What it guarantees:
- order: jobs are started in the order of submission; results come in the order of completion.
- errors: an exception in `process` becomes that job's result; the worker goes on.
- backpressure: at most `buffer` jobs wait, and one more in the submitter's hands; the next is taken
  from `jobs` only when there is room. Results wait in memory, where the report keeps them anyway.
- cancellation: at the deadline, or when `context` is cancelled, nothing new is started and what
  waits is woken; the report says which jobs were cut short and which never started.

What it costs: a thread for each worker, and one each to submit the jobs and to close the results.

In Go: a `jobs` and a `results` channel, a loop of `go worker(…)`, a `sync.WaitGroup` to know when
to close `results`. There, with small buffers, submitting everything before collecting anything
deadlocks; here submitting is a task of its own, so every buffer size works.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from .concurrency import (
    Cancelled,
    Channel,
    Context,
    Ledger,
    Report,
    Result,
    TaskGroup,
    attempt,
    sleep,
)
from .concurrency.checks import check_count, check_jobs, check_process, nanoseconds
from .concurrency.context import cancels_caller

__all__ = ["demo", "run"]

J = TypeVar("J")
R = TypeVar("R")


def run(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process each of `jobs` with one of several workers, and report on every one.

    Args:
        jobs: taken one by one as there is room, so that there may be any number of them.
        process: makes a job's value; called by the workers, in several threads at once.
        workers: jobs in work at a time, >= 1.
        buffer: jobs that may wait for a worker, >= 0; 0 hands each one over in person.
        timeout: seconds from now on after which the run is cancelled; None: never.
        context: cancels the run when it is cancelled.
        on_result: called with each result as it comes, in the caller's thread.

    Raises ValueError or TypeError for a bad argument, before anything is started; after Ctrl-C
    KeyboardInterrupt, with the report as its argument.
    """
    check_jobs(jobs)
    check_process(process)
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 0)
    limit = Context(context, timeout=timeout)
    queue: Channel[J] = Channel(buffer, "jobs")
    results: Channel[Result[J, R]] = Channel(math.inf, "results")
    ledger: Ledger[J, R] = Ledger()

    def one_worker() -> None:
        worker(queue, results, process, ledger)

    try:
        with TaskGroup(limit) as group:
            group.spawn(submit, jobs, queue, ledger, group.context)
            group.spawn(work, workers, one_worker, results)
            for result in results:
                if on_result is not None:
                    on_result(result)
    except Cancelled as cancelled:
        if cancels_caller(cancelled) or not limit.explains(cancelled):
            raise  # it is the caller's, or one that `on_result` raised
        return ledger.report(str(cancelled), jobs)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(ledger.report("interrupted", jobs)) from None
    return ledger.report()


def submit(jobs: Iterable[J], queue: Channel[J], ledger: Ledger[J, R], context: Context) -> None:
    """Send every job, then close the channel: the sender knows when there are no more."""
    for job in jobs:
        ledger.submitted.append(job)
        queue.send(job, context)  # which it looks at even if there is room
    queue.close()


def work(workers: int, one_worker: Callable[[], object], results: Channel[Result[J, R]]) -> None:
    """Run the workers; when the last one has ended, nobody sends results any more: close."""
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(one_worker, name=f"worker-{number}")
    results.close()


def worker(
    queue: Channel[J],
    results: Channel[Result[J, R]],
    process: Callable[[J], R],
    ledger: Ledger[J, R],
) -> None:
    """Take one job after the other until there are no more."""
    for job in queue:
        ledger.started.append(job)
        result = attempt(process, job)
        ledger.results.append(result)
        results.send(result)


def demo(
    *,
    jobs: int = 10,
    workers: int = 3,
    seconds: float = 1.0,
    buffer: int | None = None,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[int, int]], object] | None = None,
) -> Report[int, int]:
    """Double the numbers from 1 to `jobs`, as the article's program does.

    Args:
        jobs: jobs, >= 0.
        seconds: how long a job takes, >= 0.
        buffer: jobs that may wait, >= 0; None: all of them.

    The other arguments are those of `run`.
    """
    check_count("jobs", jobs, 0)
    nanoseconds(seconds, "seconds")

    def double(job: int) -> int:
        sleep(seconds)
        return job * 2

    return run(
        range(1, jobs + 1),
        double,
        workers=workers,
        buffer=jobs if buffer is None else buffer,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
