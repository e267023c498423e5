"""The generic pool: one pool for any type of job and result, and the type checker knows both.

Use it when different parts of a program need pools for different work, and mistakes between them
should be found before the program runs.
Don't when jobs may fail and the others should go on: here the first failure ends the run (the
error-handling pool collects failures instead).

What it guarantees:
- types: `Pool(3, process)` takes the jobs that `process` takes and gives what it returns.
- order: jobs are started in the order of submission; results come in the order of completion.
- errors: an exception in `process` comes out of `results()`, or at the latest when the block is
  left, with a note that names the job; the rest is cancelled, and `report` names what was not done.
- backpressure and cancellation: as in the reusable pool, which does the work underneath.

What it costs: nothing at run time. Types are read by the checker and then forgotten; a program
that is not checked gets no protection. Whoever stops collecting early has to cancel: leaving the
block waits until all is done, and a task that still submits would wait for ever.

In Go: `Pool[T, R any]`. There the worker's function has no way to report an error at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar, cast

from patterns.concurrency import Cancelled, Context, Report, TaskGroup, sleep
from patterns.concurrency.checks import check_count, nanoseconds
from patterns.reusable import WorkerPool

__all__ = ["Pool", "main", "run"]

T = TypeVar("T")
R = TypeVar("R")

WORDS = ("hello", "world", "foo", "bar", "baz")


class Pool(Generic[T, R]):
    """Workers that make an R of every T submitted; open it with `with pool.start():`.

    Args:
        workers: workers, >= 1.
        process: makes the result of a job.
        buffer: jobs, and results, that may wait, >= 0; None: two for each worker.

    Raises ValueError for a bad number.
    """

    def __init__(
        self, workers: int, process: Callable[[T], R], *, buffer: int | None = None
    ) -> None:
        check_count("workers", workers, 1)
        self._pool = WorkerPool(workers, 2 * workers if buffer is None else buffer, process)

    @contextmanager
    def start(self, context: Context | None = None) -> Iterator[Pool[T, R]]:
        """Start the workers; leaving the block closes the pool and waits until all is done.

        Raises what the block raises; what `process` raised for a job whose result nobody has
        collected; Cancelled if `context` is cancelled before all is done. What is not done by then
        is cut short. Raises RuntimeError if the pool was started before.
        """
        with self._pool.start(context):
            yield self
            self.close()
            for _ in self.results():
                pass

    def submit(self, job: T) -> None:
        """Offer a job, waiting while the buffer is full.

        Raises Closed if the pool is closed; Cancelled if it is cancelled meanwhile; RuntimeError
        before it is started.
        """
        self._pool.submit(job)

    def close(self) -> None:
        """Say that no more jobs come; returns at once."""
        self._pool.close()

    def results(self) -> Iterator[R]:
        """Iterate over values as they come, until the pool is closed and all jobs are done.

        Raises what `process` raised, when it is that job's turn (a StopIteration as the cause of
        a RuntimeError, like every generator); Cancelled if the pool is cancelled meanwhile;
        RuntimeError before it is started.
        """
        for result in self._pool.results():
            if result.error is not None:
                result.error.add_note(f"while processing job {result.job!r}")
                raise result.error
            yield cast(R, result.value)

    @property
    def report(self) -> Report[T, R]:
        """What became of each job; complete when the pool's block has been left."""
        return self._pool.report


def run(
    *,
    words: Iterable[str] = WORDS,
    num_workers: int = 3,
    job_seconds: float = 0.0,
    process: Callable[[str], int] = len,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[str, int]:
    """Measure the length of each word with a `Pool[str, int]` and report on every one.

    The first exception that `process` raises ends the run; the report has it as that job's error.

    Args:
        words: the jobs.
        num_workers: workers, >= 1.
        job_seconds: how long a job takes besides `process`, seconds >= 0.
        process: makes a number of a word.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every length.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_workers", num_workers, 1)
    nanoseconds(job_seconds, "job_seconds")

    def take_time(word: str) -> int:
        sleep(job_seconds)
        return process(word)

    words = tuple(words)
    pool = Pool(num_workers, take_time)
    try:
        with pool.start(context), TaskGroup() as submitter:
            submitter.spawn(submit, words, pool)
            for length in pool.results():
                log(f"length: {length}")
    except Cancelled as cancelled:
        log(f"cancelled: {cancelled}")
    except Exception as error:
        failures = [result.error for result in pool.report.results if result.error is not None]
        if not any(failure in (error, error.__cause__) for failure in failures):
            raise
        log(f"failed: {error!r}")
    return Report(words, pool.report.started, pool.report.results)


def submit(jobs: Iterable[T], pool: Pool[T, R]) -> None:
    """Submit every job, then close the pool."""
    for job in jobs:
        pool.submit(job)
    pool.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("generic", __doc__)
    command.add("--words", str, " ".join(WORDS), "the words, in quotes, with spaces between")
    command.add("--workers", int, 3, "workers, >= 1")
    command.add("--seconds", float, 0.0, "how long a job takes, seconds >= 0")
    return command.run(
        argv,
        lambda options, log: run(
            words=options.words.split(),
            num_workers=options.workers,
            job_seconds=options.seconds,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
