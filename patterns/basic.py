"""The basic pool: a fixed number of workers share one queue of jobs.

It keeps at most `num_workers` jobs in work at a time and hands on each result as it comes.

Use it when the jobs are known, alike and independent, and their results may come in any order.
Don't when jobs keep arriving for as long as the program lives (a reusable pool), or when the load
changes so much that no fixed number of workers fits (a dynamic pool).

What it guarantees:
- order: jobs are started in the order of submission; results come in the order of completion.
- errors: an exception in `process` becomes that job's result; the worker goes on.
- backpressure: at most `buffer` jobs wait; the submitter waits when there are more.
- cancellation: when `context` is cancelled nothing new is started, what waits is woken, and the
  report says which jobs were cut short and which never started.

What it costs: a thread for each worker, and one each to submit the jobs and to close the results;
the report keeps every job and result in memory.

In Go: a `jobs` and a `results` channel, a loop of `go worker(…)`, a `sync.WaitGroup` to know when
to close `results`. There, with small buffers, submitting everything before collecting anything
deadlocks; here submitting is a task of its own, so every buffer size works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from patterns.concurrency import Cancelled, Channel, Context, Report, Result, TaskGroup, sleep
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = ["main", "run"]


def run(
    *,
    num_jobs: int = 10,
    num_workers: int = 3,
    job_seconds: float = 1.0,
    buffer: int | None = None,
    process: Callable[[int], int] | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[int, int]:
    """Process jobs 1 to `num_jobs` with `num_workers` workers and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        num_workers: workers, >= 1.
        job_seconds: how long a job takes, seconds >= 0.
        buffer: jobs, and results, that may wait in their channel, >= 0; None: all of them.
        process: what to do with a job, in place of taking `job_seconds` and doubling it.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every job started and every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    check_count("num_workers", num_workers, 1)
    nanoseconds(job_seconds, "job_seconds")
    capacity = num_jobs if buffer is None else buffer
    check_count("buffer", capacity, 0)

    def double(job: int) -> int:
        sleep(job_seconds)
        return job * 2

    submitted = range(1, num_jobs + 1)
    return run_pool(submitted, num_workers, capacity, process or double, context, log)


def run_pool(
    submitted: Sequence[int],
    num_workers: int,
    capacity: int,
    process: Callable[[int], int],
    context: Context | None,
    log: Callable[[str], object],
) -> Report[int, int]:
    """Let one task submit and others work, and collect what they make meanwhile."""
    jobs = Channel[int](capacity, "jobs")
    results = Channel[Result[int, int]](capacity, "results")
    started: list[int] = []
    finished: list[Result[int, int]] = []

    def one_worker(number: int) -> None:
        worker(number, jobs, results, process, started, log)

    try:
        with TaskGroup(context) as group:
            group.spawn(submit, submitted, jobs)
            group.spawn(work, num_workers, one_worker, results)
            for result in results:
                log(f"result: {result.value if result.error is None else result.error!r}")
                finished.append(result)
    except Cancelled:
        results.close()
        finished.extend(results)  # handed back in time, but not collected yet
    return Report(tuple(submitted), tuple(started), tuple(finished))


def submit(submitted: Iterable[int], jobs: Channel[int]) -> None:
    """Send every job, then close the channel: the sender knows when there are no more."""
    for job in submitted:
        jobs.send(job)
    jobs.close()


def work(num_workers: int, one_worker: Callable[[int], None], results: Channel[Any]) -> None:
    """Run the workers; when the last one has ended, nobody sends results any more: close."""
    with TaskGroup() as workers:
        for number in range(1, num_workers + 1):
            workers.spawn(one_worker, number, name=f"worker-{number}")
    results.close()


def worker(
    number: int,
    jobs: Channel[int],
    results: Channel[Result[int, int]],
    process: Callable[[int], int],
    started: list[int],
    log: Callable[[str], object],
) -> None:
    """Take one job after the other until there are no more."""
    for job in jobs:
        started.append(job)
        log(f"worker {number} processing job {job}")
        try:
            result = Result(job, value=process(job))
        except Exception as error:
            result = Result(job, error=error)
        results.send(result)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("basic", __doc__)
    command.add("--jobs", int, 10, "jobs to process, >= 0")
    command.add("--workers", int, 3, "workers, >= 1")
    command.add("--seconds", float, 1.0, "how long a job takes, seconds >= 0")
    command.add("--buffer", int, None, "jobs and results that may wait, >= 0 (default: all)")
    return command.run(
        argv,
        lambda options, log: run(
            num_jobs=options.jobs,
            num_workers=options.workers,
            job_seconds=options.seconds,
            buffer=options.buffer,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
