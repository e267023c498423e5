"""The generic pool: one pool for any type of job and result, and the type checker knows both.

Use it when different parts of a program need pools for different work, mistakes between them
should be found before the program runs, and one failure makes the rest worthless.
Don't when jobs may fail and the others should go on: here the first failure ends the run (the
other pools collect failures instead).

What it guarantees:
- types: `Pool(process)` takes the jobs that `process` takes, and its `values` are what it returns.
- errors: an exception in `process` comes out of `values()`, or at the latest when the block is
  left, with a note that says so; the rest is cancelled, and `report` names what was not done.
- order, backpressure and cancellation: as in the reusable pool, which does the work underneath.

What it costs: nothing at run time. Types are read by the checker and then forgotten; a program
that is not checked gets no protection.

In Go: `Pool[T, R any]`. There the worker's function has no way to report an error at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Self, TypeVar

from .concurrency import Context, Failed, Report, Result, sleep
from .concurrency.checks import nanoseconds
from .reusable import WorkerPool, serve

__all__ = ["Pool", "demo", "run"]

J = TypeVar("J")
R = TypeVar("R")


class Pool(WorkerPool[J, R]):
    """A reusable pool that stops at the first failure; open it with `with pool.start():`."""

    @contextmanager
    def start(self, context: Context | None = None) -> Iterator[Self]:
        """Start the workers; leaving the block closes the pool and waits until all is done.

        Raises what the block raises; what `process` raised for a job whose result nobody has
        collected; Cancelled if `context` is cancelled before all is done. What is not done by then
        is cut short. Raises RuntimeError if the pool was started before.
        """
        with super().start(context):
            yield self
            self.close()
            for _ in self.values():
                pass

    def values(self) -> Iterator[R]:
        """Iterate over values as they come, until the pool is closed and all jobs are done.

        Raises what `process` raised, when it is that job's turn (a StopIteration as the cause of
        a RuntimeError, like every generator); Cancelled if the pool is cancelled meanwhile;
        RuntimeError before it is started.
        """
        for result in self.results():
            yield unwrap(result)


def unwrap(result: Result[J, R]) -> R:
    """Return the value of a job that succeeded; raise the exception of one that failed."""
    if isinstance(result, Failed):
        result.error.add_note("raised by a job; `report.failed` has it")
        raise result.error
    return result.value


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
    """Process `jobs` until one fails or all are done, and report on every one.

    The job that fails first ends the run: the report has it among the failed, and says why the
    others were not done.

    The arguments, and what it raises, are those of `reusable.run`.
    """
    limit = Context(context, timeout=timeout)

    def stop_at_failure(result: Result[J, R]) -> None:
        if on_result is not None:
            on_result(result)
        if isinstance(result, Failed):
            limit.cancel(f"a job failed: {type(result.error).__name__}")

    pool = WorkerPool(process, workers=workers, buffer=buffer)
    return serve(pool, jobs, context=limit, on_result=stop_at_failure)


def demo(
    *,
    words: str = "hello world foo bar baz",
    workers: int = 3,
    seconds: float = 0.0,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[str, int]], object] | None = None,
) -> Report[str, int]:
    """Measure the length of each word, as the article's program does.

    Args:
        words: the words, with spaces between.
        seconds: how long a job takes, >= 0.

    The other arguments are those of `run`.
    """
    nanoseconds(seconds, "seconds")

    def length(word: str) -> int:
        sleep(seconds)
        return len(word)

    return run(
        words.split(),
        length,
        workers=workers,
        buffer=2 * workers,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
