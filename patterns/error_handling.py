"""The pool with error handling: jobs may fail, time may run out, and the summary still balances.

Use it when jobs depend on what may fail (networks, disks, other people's programs), and the answer
must be there by a deadline: with what is done by then, and the names of what is not.
Don't when one failure makes the rest worthless (the generic pool stops at the first).

What it guarantees:
- errors: an exception in a job becomes that job's result, and its worker goes on. Only what is no
  Exception (SystemExit, say) ends the run, and comes out of it in a BaseExceptionGroup.
- deadline: after `timeout` seconds nothing new is started, and a job that waits is cut short. A job
  that computes, or waits for something that knows nothing of its context, is not cut short but
  waited for, and what comes of it counts.
- nothing is lost: every job is in the report as succeeded, failed, cancelled or never started.
- order: jobs are started in the order of submission; results come in the order of completion.
- backpressure: at most `buffer` jobs wait. There is room for every result, so no worker ever waits
  to hand one on.

What it costs: what the reusable pool costs, which does the rest of the work underneath.

In Go: a result struct with an `Err` field, and `select` with `ctx.Done()` around every operation.
There a worker that sees the deadline drops the job or the result in its hands without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from .concurrency import Cancelled, Context, Failed, Report, Result, Succeeded, sleep
from .concurrency.checks import check_count, check_value, nanoseconds
from .concurrency.results import fails_job
from .reusable import WorkerPool, serve

__all__ = ["CarefulPool", "ProcessingError", "Task", "demo", "process_task", "run", "sample_tasks"]

J = TypeVar("J")
R = TypeVar("R")


class CarefulPool(WorkerPool[J, R]):
    """A reusable pool that spells out how a job can end; the others call `attempt` for it."""

    def worker(self, number: int) -> None:
        """Take one job after the other; whatever becomes of it, hand on a result.

        Except when the pool is cancelled while the job waits: then Cancelled ends the worker, and
        the report has the job as cancelled, since it was started and has no result.
        """
        for job, variables in self.queue:
            self.begin(job)
            try:
                value = variables.run(self.process, job)
                check_value(value)
            except Exception as error:
                self.finish(Failed(job, error))
            except (Cancelled, BaseExceptionGroup) as error:
                if not fails_job(error):
                    raise
                self.finish(Failed(job, error))  # a time limit of its own, or of its own tasks
            else:
                self.finish(Succeeded(job, value))


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
    """Process `jobs` until all are done or time is up, and report on every one.

    The arguments, and what it raises, are those of `reusable.run`.
    """
    pool = CarefulPool(process, workers=workers, buffer=buffer)
    return serve(pool, jobs, timeout=timeout, context=context, on_result=on_result)


@dataclass(frozen=True, slots=True)
class Task:
    """A job of the article's program: how long it will take, and whether it will fail.

    Raises ValueError unless `seconds` is >= 0.
    """

    id: int
    seconds: float
    fails: bool = False

    def __post_init__(self) -> None:
        nanoseconds(self.seconds, "seconds")


class ProcessingError(Exception):
    """A task went wrong."""


def process_task(task: Task) -> str:
    """Take the task's time; then raise ProcessingError if it is to fail."""
    sleep(task.seconds)
    if task.fails:
        raise ProcessingError(f"task {task.id} went wrong")
    return f"completed in {task.seconds:g} s"


def sample_tasks(
    tasks: int = 20,
    *,
    max_seconds: float = 0.1,
    failure_rate: float = 0.2,
    random: Random | None = None,
) -> tuple[Task, ...]:
    """Pick tasks at random that take 0 to 99 hundredths of `max_seconds`, and fail now and then.

    Args:
        tasks: how many, >= 0; they are numbered from 0.
        max_seconds: seconds, >= 0.
        failure_rate: the chance of each task to fail, from 0 to 1.
        random: where the choices come from; None: the same tasks every time.

    Raises ValueError for a bad number.
    """
    check_count("tasks", tasks, 0)
    nanoseconds(max_seconds, "max_seconds")
    if not (isinstance(failure_rate, int | float) and 0 <= failure_rate <= 1):
        raise ValueError(f"failure_rate must be from 0 to 1, got {failure_rate!r}")
    random = random or Random(57)
    return tuple(
        Task(number, random.randrange(100) * max_seconds / 100, random.random() < failure_rate)
        for number in range(tasks)
    )


def demo(
    *,
    jobs: int = 20,
    workers: int = 5,
    max_seconds: float = 0.1,
    failure_rate: float = 0.2,
    timeout: float | None = 5.0,
    sample: int = 57,
    context: Context | None = None,
    on_result: Callable[[Result[Task, str]], object] | None = None,
) -> Report[Task, str]:
    """Process tasks of random length, some of which fail, as the article's program does.

    Args:
        jobs: tasks, >= 0.
        max_seconds: a task takes less than this, seconds >= 0.
        failure_rate: the chance of each task to fail, from 0 to 1.
        sample: which tasks are picked at random: another number, other tasks.

    The other arguments are those of `run`.
    """
    tasks = sample_tasks(
        jobs, max_seconds=max_seconds, failure_rate=failure_rate, random=Random(sample)
    )
    return run(
        tasks,
        process_task,
        workers=workers,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
