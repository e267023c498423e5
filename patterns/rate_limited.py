"""The rate-limited pool: no more jobs a second than somebody else's computer allows.

Use it when an API, a database or a disk takes only so many requests a second, whatever the number
of your workers.
Don't when your own workers are the limit: then their number is the only knob you need.

What it guarantees:
- the rate: in any window of t seconds, however placed, at most burst + rate * t jobs start with a
  token bucket, and 2 + rate * t with a ticker; whatever the number of workers. With a limit per
  worker, which shares the rate out evenly, the same holds for each worker and its share.
- idle time: a bucket saves up to `burst` tokens, a ticker one tick; no more, however long it is.
- cancellation: whoever waits for the limiter or for a job is woken. A job whose worker waited for
  its turn counts as cancelled, though it had not begun.
- order: jobs are taken in the order of submission; workers that take theirs at the same moment
  may come to the limiter in another one.
- errors and backpressure: as in the reusable pool.

What it costs: jobs wait in a worker's hands for their turn, since a turn that waited for a job
would be late when it came. A limit per worker wastes the share of a worker that has nothing to
do; a shared one makes every worker wait in one line. What `process` sends on its own, such as a
second try, does not pass the limiter.

In Go: `time.Tick` or `rate.Limiter`, and a `select` with `ctx.Done()`. There the worker sends its
result without watching the context, so it waits for ever when the reader has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal, TypeAlias, TypeVar, get_args

from .concurrency import Context, Report, Result, Ticker, TokenBucket, attempt, sleep
from .concurrency.checks import check_count, check_rate, nanoseconds
from .reusable import WorkerPool, serve

__all__ = ["LIMITERS", "SCOPES", "RateLimitedPool", "demo", "run"]

J = TypeVar("J")
R = TypeVar("R")

Limiter = Literal["bucket", "ticker"]
Scope = Literal["shared", "per worker"]
Limit: TypeAlias = Callable[[], object]  # waits for its turn

LIMITERS: Final[tuple[Limiter, ...]] = get_args(Limiter)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


class RateLimitedPool(WorkerPool[J, R]):
    """A reusable pool whose workers wait for their turn before each job.

    The arguments, and what it raises, are those of `run`.
    """

    def __init__(
        self,
        process: Callable[[J], R],
        *,
        rate: float = 10.0,
        burst: int = 1,
        limiter: Limiter = "bucket",
        scope: Scope = "shared",
        workers: int = 3,
        buffer: int = 100,
    ) -> None:
        super().__init__(process, workers=workers, buffer=buffer)
        if limiter not in LIMITERS:
            raise ValueError(f"limiter must be one of {', '.join(LIMITERS)}, got {limiter!r}")
        if scope not in SCOPES:
            raise ValueError(f"scope must be one of {', '.join(SCOPES)}, got {scope!r}")
        check_count("burst", burst, 1)
        check_rate("rate", rate)
        self._rate = rate if scope == "shared" else rate / workers  # of each limit
        check_rate("the share of each worker", self._rate)
        self._burst, self._limiter, self._scope = burst, limiter, scope
        self._limits: list[Limit] = []  # by worker

    def run_workers(self) -> None:
        """Make the limits, whose time begins now; then run the workers."""
        if self._scope == "shared":
            self._limits = [self._new_limit("the shared limit")] * self.workers
        else:
            numbers = range(1, self.workers + 1)
            self._limits = [self._new_limit(f"limit of worker-{number}") for number in numbers]
        super().run_workers()

    def worker(self, number: int) -> None:
        """Take a job, wait for its turn, process it, hand on the result; and again."""
        wait_for_turn = self._limits[number - 1]
        for job, variables in self.queue:
            self.begin(job)
            wait_for_turn()
            self.finish(attempt(self.process, job, variables))

    def _new_limit(self, name: str) -> Limit:
        if self._limiter == "ticker":
            return Ticker(1 / self._rate, name).wait
        return TokenBucket(self._rate, self._burst, name).acquire


def run(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    rate: float = 10.0,
    burst: int = 1,
    limiter: Limiter = "bucket",
    scope: Scope = "shared",
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` no faster than `rate` allows, and report on every one.

    Args:
        rate: jobs a second, of all workers together, from 1e-9 to 1e9.
        burst: tokens, >= 1, that a bucket saves up; a ticker takes no notice of it.
        limiter: "bucket", or "ticker" for jobs at equal distances.
        scope: "shared", one limit for all workers, or "per worker", one for each.

    The other arguments, and what it raises, are those of `reusable.run`.
    """
    pool = RateLimitedPool(
        process,
        rate=rate,
        burst=burst,
        limiter=limiter,
        scope=scope,
        workers=workers,
        buffer=buffer,
    )
    return serve(pool, jobs, timeout=timeout, context=context, on_result=on_result)


def demo(
    *,
    jobs: int = 10,
    workers: int = 5,
    rate: float = 2.5,
    burst: int = 1,
    limiter: Limiter = "ticker",
    scope: Scope = "shared",
    seconds: float = 0.0,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[int, int]], object] | None = None,
) -> Report[int, int]:
    """Double the numbers from 0, a turn every 0.4 s, as the article's program does.

    Args:
        jobs: jobs, >= 0.
        seconds: how long a job takes once it has its turn, >= 0.

    The other arguments are those of `run`.
    """
    check_count("jobs", jobs, 0)
    nanoseconds(seconds, "seconds")

    def double(job: int) -> int:
        sleep(seconds)
        return job * 2

    return run(
        range(jobs),
        double,
        rate=rate,
        burst=burst,
        limiter=limiter,
        scope=scope,
        workers=workers,
        buffer=jobs,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
