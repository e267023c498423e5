"""Exercises on the pool with error handling: the summary, errors that get lost, trying again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.teaching.grading import (
    NotYet,
    attempt,
    attempts,
    expect_books,
    expect_function,
    grader,
)
from patterns import error_handling
from patterns.concurrency import Cancelled, Channel, Report, sleep
from patterns.error_handling import ProcessingError, Task

__all__ = ["TEN_TASKS", "check_extend", "check_predict", "check_repair", "fails_early", "filled"]

SCHEDULES = 50
DEADLINE = 2.2  # seconds
TEN_TASKS = tuple(Task(number, 1.0, fails=number in (2, 4)) for number in range(10))


def fails_early(task: Task) -> str:
    """Take the task's time; or, if it is to fail, half of it."""
    sleep(task.seconds / 2 if task.fails else task.seconds)
    if task.fails:
        raise ProcessingError(f"task {task.id} went wrong")
    return f"value {task.id}"


def filled(tasks: Sequence[Task]) -> Channel[Task]:
    """Return a closed channel that holds all `tasks`."""
    waiting = Channel[Task](len(tasks), "tasks")
    for task in tasks:
        waiting.send(task)
    waiting.close()
    return waiting


class _Summary(NamedTuple):
    succeeded: int
    failed: int
    cancelled: int
    never_started: int

    @classmethod
    def of(cls, report: Report[Any, Any]) -> _Summary:
        return cls(
            len(report.succeeded),
            len(report.failed),
            len(report.cancelled),
            len(report.never_started),
        )


@grader
def check_predict(answer: Any) -> str:
    """Ten tasks, of which two fail early, on three workers until 2.2 s: what is the summary?"""
    numbers = isinstance(answer, tuple | list) and all(type(each) is int for each in answer)
    if not numbers or len(answer) != 4 or min(answer) < 0:
        raise NotYet(f"the answer must be four whole numbers >= 0, got {answer!r}")
    pool = partial(error_handling.run, TEN_TASKS, num_workers=3, process=fails_early)
    right = _Summary.of(attempt(partial(pool, timeout=DEADLINE)).value)
    told = _Summary(*answer)
    if told == right:
        return f"{' + '.join(map(str, right))} = 10, and every task is accounted for"
    if sum(told) != 10:
        raise NotYet(f"these are {sum(told)} tasks, and ten were submitted")
    if told.failed > right.failed:
        raise NotYet(
            "only a task that went wrong has failed; one that time cuts short is cancelled"
        )
    if told.cancelled == 0:
        raise NotYet("three workers have a task in hand at 2.2 s; what becomes of these three?")
    if told.failed == right.failed and told.succeeded < right.succeeded:
        raise NotYet("a worker whose task failed goes on with the next one, at once")
    raise NotYet("write down, half a second by half a second, which task each worker has in hand")


@grader
def check_repair(pool: Any) -> str:
    """Each task that was started has a result, whatever it raised and whenever time was up."""
    expect_function(pool, "tasks, num_workers, timeout, process")
    for seconds, workers, timeout in [
        ([0.1] * 8, 3, 9.0),
        ([0.1, 0.4, 0.2, 0.3, 0.1, 0.5, 0.2], 3, 9.0),
        ([0.1] * 8, 3, 0.25),
        ([0.3, 0.1, 0.5, 0.2, 0.4, 0.1], 2, 0.45),
        ([0.1, 0.2], 5, 0.0),
        ([], 2, 1.0),
    ]:
        tasks = [Task(number, each) for number, each in enumerate(seconds)]
        right = partial(error_handling.run, tasks, num_workers=workers, timeout=timeout)
        exact = attempt(partial(right, process=troubled))
        attempts(
            partial(pool, tasks, workers, timeout, troubled),
            SCHEDULES,
            expect=partial(_all_accounted, tasks, exact),
            case=f"with {len(tasks)} tasks, {workers} workers and a deadline of {timeout:g} s",
        )
    return f"every error and every task is in the report, in all {SCHEDULES} orders of events"


def troubled(task: Task) -> str:
    """Take the task's time; tasks 1 and 4 then go wrong, each in its own way."""
    sleep(task.seconds)
    if task.id == 1:
        raise ProcessingError(f"task {task.id} went wrong")
    if task.id == 4:
        raise KeyError(f"task {task.id} is not known")
    return f"value {task.id}"


def _all_accounted(
    tasks: Sequence[Task], exact: Run[Report[Task, str]], run: Run[Report[Task, str]]
) -> None:
    report = run.value
    expect_books(report, tasks)
    _refuse_other_errors(report, ProcessingError, KeyError, Cancelled)
    with_result = {result.job.id for result in report.results}
    for task in report.started:
        if task.id not in with_result:
            raise NotYet(f"it started task {task.id} and has no result for it: what happened?")
    for result in report.results:
        if result.error is None and result.value != f"value {result.job.id}":
            raise NotYet(f"it has the value {result.value!r} for task {result.job.id}")
    if run.elapsed != exact.elapsed:
        late = ": does every worker go on after a failure?" if run.elapsed > exact.elapsed else ""
        raise NotYet(f"it took {run.elapsed:g} s, and {exact.elapsed:g} s is right{late}")
    if _Summary.of(report) != _Summary.of(exact.value):
        raise NotYet(f"it reports {report}; right is {exact.value}")


class _Flaky(NamedTuple):
    """Tasks of 0.1 s that go wrong at first, with pauses from 0.1 s on, and what is right then."""

    failures: int
    attempts: int
    deadline: float
    calls: int
    seconds: float

    @property
    def told(self) -> str:
        return (
            f"with tasks that go wrong {_times(self.failures)}, attempts={self.attempts} "
            f"and a deadline of {self.deadline:g} s"
        )


@grader
def check_extend(retrying: Any) -> str:
    """Tasks that fail are tried again, after longer and longer pauses, and the deadline holds."""
    expect_function(retrying, "process, attempts, pause")
    for case in [
        _Flaky(failures=0, attempts=3, deadline=9.0, calls=1, seconds=0.1),
        _Flaky(failures=2, attempts=3, deadline=9.0, calls=3, seconds=0.6),
        _Flaky(failures=1, attempts=1, deadline=9.0, calls=1, seconds=0.1),
        _Flaky(failures=9, attempts=4, deadline=9.0, calls=4, seconds=1.1),
        _Flaky(failures=9, attempts=4, deadline=0.25, calls=2, seconds=0.25),
        _Flaky(failures=9, attempts=4, deadline=0.35, calls=2, seconds=0.35),
    ]:
        attempts(
            partial(_flaky_pool, retrying, case),
            SCHEDULES,
            expect=partial(_tried_as_often, case),
            case=case.told,
        )
    return "what helps is tried again, what does not fails with its last error, and time is kept"


def _flaky_pool(
    retrying: Callable[..., Any], case: _Flaky
) -> tuple[Report[Task, str], Counter[int]]:
    calls: Counter[int] = Counter()

    def flaky(task: Task) -> str:
        calls[task.id] += 1
        attempt_now = calls[task.id]
        sleep(task.seconds)
        if attempt_now <= case.failures:
            raise ProcessingError(f"attempt {attempt_now} went wrong")
        return "well"

    process = retrying(flaky, case.attempts, 0.1)
    if not callable(process):
        raise NotYet(f"it returned {process!r}, not a function that processes a task")
    tasks = [Task(number, 0.1) for number in range(3)]
    pool = partial(error_handling.run, tasks, num_workers=3, timeout=case.deadline)
    return pool(process=process), calls


def _tried_as_often(case: _Flaky, run: Run[tuple[Report[Task, str], Counter[int]]]) -> None:
    report, called = run.value
    calls = max(called.values(), default=0)
    cut_short = case.seconds == case.deadline
    _refuse_other_errors(report, ProcessingError, Cancelled)
    if calls != case.calls:
        raise NotYet(f"it tries a task {_times(calls)}, and {_times(case.calls)} is right")
    for result in report.results:
        if cut_short:
            if not isinstance(result.error, Cancelled):
                raise NotYet("it hides from the pool that the deadline has cut the task short")
        elif case.failures < case.attempts:
            if result.value != "well":
                got = result.error or result.value
                raise NotYet(f"it ends in {got!r}, not in the value that process returned")
        elif str(result.error) != f"attempt {case.attempts} went wrong":
            raise NotYet("it does not raise the error of the last attempt when it gives up")
    if run.elapsed != case.seconds:
        pauses = "pauses of 0.1, 0.2, … s, only between attempts"
        raise NotYet(f"it took {run.elapsed:g} s, and {case.seconds:g} s is right: {pauses}")


def _refuse_other_errors(report: Report[Any, Any], *expected: type[Exception]) -> None:
    for result in report.results:
        if not isinstance(result.error, Exception | None):
            kind = "the exception that was raised"
            raise NotYet(f"it has the error {result.error!r} for task {result.job.id}, not {kind}")
        if not isinstance(result.error, (*expected, type(None))):
            raise NotYet(f"it raised {result.error!r} in task {result.job.id}")


def _times(number: int) -> str:
    return f"{number} time{'s' * (number != 1)}"
