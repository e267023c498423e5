"""The rate-limited pool: no more jobs a second than somebody else's computer allows.

Use it when an API, a database or a disk takes only so many requests a second, whatever the number
of your workers.
Don't when your own workers are the limit: then their number is the only knob you need.

What it guarantees:
- the rate: in any window of t seconds, however placed, at most burst + rate * t jobs start with a
  token bucket, and 2 + rate * t with a ticker. A shared limit holds for all workers together, one
  per worker for each of them alone.
- idle time: a bucket saves up to `burst` tokens, a ticker one tick; no more, however long it is.
- cancellation: whoever waits for the limiter, for a job, or to hand on a result is woken. A job
  whose worker waited for its turn counts as cancelled, though it had not begun.
- errors, order and backpressure: as in the basic pool.

What it costs: jobs wait in a worker's hands for their turn, since a turn that waited for a job
would be late when it came. A limit per worker wastes the share of a worker that has nothing to
do; a shared one makes every worker wait in one line.

In Go: `time.Tick` or `rate.Limiter`, and a `select` with `ctx.Done()`. There the worker sends its
result without watching the context, so it waits for ever when the reader has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from patterns.concurrency import (
    Cancelled,
    Channel,
    Context,
    Report,
    Result,
    TaskGroup,
    Ticker,
    TokenBucket,
    sleep,
)
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = ["LIMITERS", "SCOPES", "main", "make_limits", "run"]

Limit: TypeAlias = Callable[[], object]  # waits for its turn

LIMITERS = ("ticker", "bucket")
SCOPES = ("shared", "per worker")


def make_limits(
    limiter: str, scope: str, *, num_workers: int, worker_interval: float, burst: int
) -> list[Limit]:
    """Return what each worker waits for before it starts a job.

    The rate of all workers together is `num_workers / worker_interval` jobs a second in either
    scope.

    Args:
        limiter: "ticker" or "bucket".
        scope: "shared", one limit for all, or "per worker".
        num_workers: workers, >= 1.
        worker_interval: seconds, > 0, between two jobs of one worker, on average.
        burst: tokens, >= 1, that a bucket saves up; a ticker takes no notice of it.

    Raises ValueError for a bad value.
    """
    if limiter not in LIMITERS:
        raise ValueError(f"limiter must be one of {', '.join(LIMITERS)}, got {limiter!r}")
    if scope not in SCOPES:
        raise ValueError(f"scope must be one of {', '.join(SCOPES)}, got {scope!r}")
    check_count("num_workers", num_workers, 1)
    check_count("burst", burst, 1)
    nanoseconds(worker_interval, "worker_interval", positive=True)
    shared = scope == "shared"
    interval = worker_interval / num_workers if shared else worker_interval
    if not 1e-9 <= interval <= 1e9:
        raise ValueError(f"turns must be from 1e-9 to 1e9 seconds apart, got {interval!r}")

    def new_limit(name: str) -> Limit:
        if limiter == "ticker":
            return Ticker(interval, name).wait
        return TokenBucket(1 / interval, burst, name).acquire

    if shared:
        return [new_limit("the shared limit")] * num_workers
    return [new_limit(f"limit of worker-{n}") for n in range(1, num_workers + 1)]


def run(
    *,
    num_jobs: int = 10,
    num_workers: int = 5,
    worker_interval: float = 2.0,
    limiter: str = "ticker",
    scope: str = "shared",
    burst: int = 1,
    job_seconds: float = 0.0,
    buffer: int | None = None,
    process: Callable[[int], int] | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[int, int]:
    """Process jobs 0 to `num_jobs` - 1, no faster than allowed, and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        num_workers: workers, >= 1.
        worker_interval: seconds, > 0, between two jobs of one worker, on average.
        limiter: "ticker" or "bucket".
        scope: "shared" (one limit for all workers) or "per worker".
        burst: tokens, >= 1, that a bucket saves up while nobody takes any.
        job_seconds: how long a job takes once it has its turn, seconds >= 0.
        buffer: jobs, and results, that may wait in their channel, >= 0; None: all of them.
        process: what to do with a job, in place of taking `job_seconds` and doubling it.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every job started and every result.

    Raises ValueError for a bad value, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    nanoseconds(job_seconds, "job_seconds")
    capacity = num_jobs if buffer is None else buffer
    check_count("buffer", capacity, 0)
    limits = make_limits(
        limiter, scope, num_workers=num_workers, worker_interval=worker_interval, burst=burst
    )

    jobs = Channel[int](capacity, "jobs")
    results = Channel[Result[int, int]](capacity, "results")
    started: list[int] = []
    finished: list[Result[int, int]] = []

    def double(job: int) -> int:
        sleep(job_seconds)
        return job * 2

    def one_worker(number: int, wait_for_turn: Limit) -> None:
        worker(number, jobs, results, wait_for_turn, process or double, started, log)

    try:
        with TaskGroup(context) as group:
            group.spawn(submit, range(num_jobs), jobs)
            group.spawn(work, limits, one_worker, results)
            for result in results:
                log(f"result: {result.value if result.error is None else repr(result.error)}")
                finished.append(result)
    except Cancelled:
        pass
    while len(results):
        finished.append(results.receive())  # handed back in time, but not collected yet
    return Report(tuple(range(num_jobs)), tuple(started), tuple(finished))


def submit(submitted: Iterable[int], jobs: Channel[int]) -> None:
    """Send every job, then close the channel."""
    for job in submitted:
        jobs.send(job)
    jobs.close()


def work(
    limits: Sequence[Limit], one_worker: Callable[[int, Limit], None], results: Channel[Any]
) -> None:
    """Run a worker for each limit; when the last one has ended, close the results."""
    with TaskGroup() as workers:
        for number, limit in enumerate(limits, start=1):
            workers.spawn(one_worker, number, limit, name=f"worker-{number}")
    results.close()


def worker(
    number: int,
    jobs: Channel[int],
    results: Channel[Result[int, int]],
    wait_for_turn: Limit,
    process: Callable[[int], int],
    started: list[int],
    log: Callable[[str], object],
) -> None:
    """Take a job, wait for its turn, process it, hand on the result; and again."""
    for job in jobs:
        started.append(job)
        wait_for_turn()
        log(f"worker {number} processing job {job}")
        try:
            result = Result(job, value=process(job))
        except Exception as error:
            result = Result(job, error=error)
        results.send(result)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("rate_limited", __doc__)
    command.add("--jobs", int, 10, "jobs to process, >= 0")
    command.add("--workers", int, 5, "workers, >= 1")
    command.add("--worker-interval", float, 2.0, "between two jobs of one worker, seconds > 0")
    command.add("--limiter", str, "ticker", "ticker or bucket")
    command.add("--scope", str, "shared", "shared, or 'per worker'")
    command.add("--burst", int, 1, "tokens that a bucket saves up, >= 1")
    command.add("--seconds", float, 0.0, "how long a job takes, seconds >= 0")
    return command.run(
        argv,
        lambda options, log: run(
            num_jobs=options.jobs,
            num_workers=options.workers,
            worker_interval=options.worker_interval,
            limiter=options.limiter,
            scope=options.scope,
            burst=options.burst,
            job_seconds=options.seconds,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
