"""The pool with error handling: tasks may fail, time may run out, and the summary still balances.

Use it when tasks depend on what may fail (networks, disks, other people's programs), and the
answer must be there by a deadline: with what is done by then, and the names of what is not.
Don't when one failure makes the rest worthless (the generic pool stops at the first).

What it guarantees:
- errors: an exception in a task becomes that task's result, and its worker goes on. Only what is
  no Exception (SystemExit, say) ends the run, and comes out of it in a BaseExceptionGroup.
- deadline: after `timeout` seconds nothing new is started, and a task that waits is cut short; its
  result carries DeadlineExceeded. A task that computes, or waits for something that knows nothing
  of its context, is not cut short but waited for.
- nothing is lost: every task is in the report as succeeded, failed, cancelled or never started.
- order: tasks are started in the order of submission; results come in the order of completion.
- backpressure: none; there is room for every task and every result, so no worker ever waits to
  hand on a result, and a result that is there when time runs out is not lost.

What it costs: memory for all tasks and results at once; a thread for each worker and one more.

In Go: a result struct with an `Err` field, and `select` with `ctx.Done()` around every operation.
There a worker that sees the deadline drops the task or the result in its hands without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from patterns.concurrency import Cancelled, Channel, Context, Report, Result, TaskGroup, sleep
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = ["ProcessingError", "Task", "draw_tasks", "main", "process_task", "run"]


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: how long it will take, and whether it will fail.

    Raises ValueError unless `seconds` is >= 0.
    """

    id: int
    seconds: float
    fails: bool = False

    def __post_init__(self) -> None:
        nanoseconds(self.seconds, "seconds")


class ProcessingError(Exception):
    """A task went wrong."""


def draw_tasks(
    num_tasks: int = 20,
    *,
    max_seconds: float = 0.1,
    failure_rate: float = 0.2,
    random: Random | None = None,
) -> tuple[Task, ...]:
    """Draw tasks that take 0 to 99 hundredths of `max_seconds`, and fail now and then.

    Args:
        num_tasks: tasks, >= 0, numbered from 0.
        max_seconds: seconds, >= 0.
        failure_rate: the chance of each task to fail, from 0 to 1.
        random: where the draws come from; None: the same tasks every time.

    Raises ValueError for a bad number.
    """
    check_count("num_tasks", num_tasks, 0)
    nanoseconds(max_seconds, "max_seconds")
    if not (isinstance(failure_rate, int | float) and 0 <= failure_rate <= 1):
        raise ValueError(f"failure_rate must be from 0 to 1, got {failure_rate!r}")
    random = random or Random(57)
    return tuple(
        Task(number, random.randrange(100) * max_seconds / 100, random.random() < failure_rate)
        for number in range(num_tasks)
    )


def run(
    tasks: Iterable[Task] | None = None,
    *,
    num_workers: int = 5,
    timeout: float | None = 5.0,
    process: Callable[[Task], str] | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[Task, str]:
    """Process tasks until all are done or time is up, and report on every one.

    Args:
        tasks: the tasks; None: `draw_tasks()`.
        num_workers: workers, >= 1.
        timeout: seconds, >= 0, until the deadline; None: no deadline.
        process: what to do with a task, in place of `process_task`. A task for which it raises
            Cancelled counts as cancelled, for any other Exception as failed.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_workers", num_workers, 1)
    submitted = draw_tasks() if tasks is None else tuple(tasks)
    limit = Context(context, timeout=timeout)

    waiting = Channel[Task](len(submitted), "tasks")
    results = Channel[Result[Task, str]](len(submitted), "results")
    started: list[Task] = []
    finished: list[Result[Task, str]] = []

    def one_worker() -> None:
        worker(waiting, results, process or process_task, started)

    def collect(result: Result[Task, str]) -> None:
        finished.append(result)
        outcome = result.value if result.error is None else repr(result.error)
        log(f"task {result.job.id}: {outcome}")

    for task in submitted:
        waiting.send(task)  # there is room for all
    waiting.close()
    try:
        with TaskGroup(limit) as group:
            group.spawn(work, num_workers, one_worker, results)
            for result in results:
                collect(result)
    except Cancelled as cancelled:
        log(f"stopped: {cancelled}")
        while len(results):
            collect(results.receive())  # handed back by the workers, but not collected yet
    return Report(submitted, tuple(started), tuple(finished))


def process_task(task: Task) -> str:
    """Take the task's time; then raise ProcessingError if it is to fail."""
    sleep(task.seconds)
    if task.fails:
        raise ProcessingError(f"task {task.id} went wrong")
    return f"completed in {task.seconds:g} s"


def work(
    num_workers: int, one_worker: Callable[[], None], results: Channel[Result[Task, str]]
) -> None:
    """Run the workers; when the last one has ended, close the results."""
    with TaskGroup() as workers:
        for number in range(1, num_workers + 1):
            workers.spawn(one_worker, name=f"worker-{number}")
    results.close()


def worker(
    tasks: Channel[Task],
    results: Channel[Result[Task, str]],
    process: Callable[[Task], str],
    started: list[Task],
) -> None:
    """Take one task after the other; whatever becomes of it, hand on a result."""
    for task in tasks:
        started.append(task)
        try:
            result = Result(task, value=process(task))
        except Exception as error:  # Cancelled too, when time runs out in the middle of the task
            result = Result(task, error=error)
        results.send(result)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("error_handling", __doc__)
    command.add("--tasks", int, 20, "tasks to process, >= 0")
    command.add("--workers", int, 5, "workers, >= 1")
    command.add("--max-seconds", float, 0.1, "a task takes less than this, seconds >= 0")
    command.add("--failure-rate", float, 0.2, "the share of tasks that fail, 0 to 1")
    command.add("--timeout", float, 5.0, "the deadline, seconds >= 0")
    command.add("--draw", int, 57, "the tasks drawn with this number")
    return command.run(
        argv,
        lambda options, log: run(
            draw_tasks(
                options.tasks,
                max_seconds=options.max_seconds,
                failure_rate=options.failure_rate,
                random=Random(options.draw),
            ),
            num_workers=options.workers,
            timeout=options.timeout,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
