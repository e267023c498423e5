"""Exercises on the pool with error handling: the summary, errors that get lost, trying again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.teaching.demands import Work, demand_at_once, demand_statements, watched
from lab.teaching.exercises.queues import filled
from lab.teaching.expect import expect_balanced, expect_counts, expect_function
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import plural
from patterns import error_handling
from patterns.concurrency import Cancelled, Failed, Report, Succeeded, sleep
from patterns.error_handling import ProcessingError, Task

__all__ = ["TEN_TASKS", "check_extend", "check_predict", "check_repair", "fails_early", "filled"]

SCHEDULES = 20
DEADLINE = 2.2  # seconds
TEN_TASKS = tuple(Task(number, 1.0, fails=number in (2, 4)) for number in range(10))

Outcomes = tuple[int, int, int, int]  # succeeded, failed, cancelled, never started


def fails_early(task: Task) -> str:
    """Take the task's time; or, if it is to fail, half of it."""
    sleep(task.seconds / 2 if task.fails else task.seconds)
    if task.fails:
        raise ProcessingError(f"task {task.id} went wrong")
    return f"value {task.id}"


def _outcomes(report: Report[Any, Any]) -> Outcomes:
    counts = report.counts
    never_started = counts.never_started + len(report.unsubmitted)
    return counts.succeeded, counts.failed, counts.cancelled, never_started


def _say(outcomes: Outcomes) -> str:
    return "{} succeeded, {} failed, {} cancelled, {} never started".format(*outcomes)


@grader
def check_predict(answer: Any) -> str:
    """Ten tasks, of which two fail early, on three workers until 2.2 s: what is the summary?"""
    what = "four whole numbers >= 0"
    numbers = expect_counts(answer, what)
    if len(numbers) != 4 or min(numbers) < 0:
        raise NotYet(f"the answer must be {what}, got {answer!r}")
    pool = partial(error_handling.run, TEN_TASKS, fails_early, workers=3, timeout=DEADLINE)
    right = _outcomes(run_once(pool).value)
    succeeded, failed, cancelled, _ = numbers
    if numbers == right:
        return f"{' + '.join(map(str, right))} = 10, and every task is accounted for"
    if sum(numbers) != 10:
        raise NotYet(f"these are {sum(numbers)} tasks, and ten were submitted")
    if failed > right[1]:
        raise NotYet(
            "only a task that went wrong has failed; one that time cuts short is cancelled"
        )
    if cancelled == 0:
        raise NotYet("three workers have a task in hand at 2.2 s; what becomes of these three?")
    if failed == right[1] and succeeded < right[0]:
        raise NotYet("a worker whose task failed goes on with the next one, at once")
    raise NotYet("write down, half a second by half a second, which task each worker has in hand")


@grader
def check_repair(pool: Any) -> str:
    """Each task that ran to its end has a result, and each that was cut short is cancelled."""
    expect_function(pool, "tasks, workers, timeout, process")
    for first, seconds, workers, timeout in [
        (0, [0.1] * 8, 3, 9.0),
        (0, [0.1, 0.4, 0.2, 0.3, 0.1, 0.5, 0.2], 3, 9.0),
        (0, [0.1] * 8, 3, 0.25),
        (0, [0.3, 0.1, 0.5, 0.2, 0.4, 0.1], 2, 0.45),
        (0, [0.1, 0.2], 5, 0.0),
        (0, [], 2, 1.0),
        (10, [0.3, 0.1, 0.1, 0.1, 0.3], 2, 9.0),  # whose errors are of other types
        (7, [0.2], 3, 0.1),
    ]:
        tasks = [Task(number, each) for number, each in enumerate(seconds, first)]
        right = partial(watched, partial(_pattern, tasks, workers, timeout), troubled)
        run_orders(
            partial(watched, partial(pool, tasks, workers, timeout), troubled),
            SCHEDULES,
            expect=partial(_all_accounted, tasks, workers, run_once(right)),
            case=f"with {plural(len(tasks), 'task')}, {workers} workers "
            f"and a deadline of {timeout:g} s",
        )
    for deadline in (9.0, 0.3):
        tasks = [Task(number, 0.2) for number in range(3)]
        right = partial(watched, partial(_pattern, tasks, 2, deadline), troubled)
        demand_statements(
            partial(watched, partial(pool, tasks, 2, deadline), troubled),
            pool,
            expect=partial(_all_accounted, tasks, 2, run_once(right)),
            case=f"with 3 tasks, 2 workers and a deadline of {deadline:g} s",
            schedules=10,
        )
    return f"every error and every task is in the report, in all {SCHEDULES} orders of events"


def troubled(task: Task) -> str:
    """Take the task's time; some tasks then go wrong, each in its own way."""
    sleep(task.seconds)
    if task.id == 1:
        raise ProcessingError(f"task {task.id} went wrong")
    if task.id == 4:
        raise KeyError(f"task {task.id} is not known")
    if task.id == 11:
        raise ZeroDivisionError(f"task {task.id} divides by zero")
    if task.id == 13:
        raise OddError(task.id, "is odd")
    return f"value {task.id}"


class OddError(Exception):
    """An error of no type that a pool could know, and that cannot be made from its message."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"task {number} {why}")


def _pattern(
    tasks: Sequence[Task], workers: int, timeout: float, process: Callable[[Task], str]
) -> Report[Task, str]:
    return error_handling.run(tasks, process, workers=workers, timeout=timeout)


def _all_accounted(tasks: Sequence[Task], workers: int, exact: Run[Work], run: Run[Work]) -> None:
    work, report = run.value, run.value.value
    raised = [error for error in work.raised.values() if isinstance(error, Exception)]
    ended = {
        job.id
        for place, (_, job) in enumerate(work.begun)
        if place in work.returned or isinstance(work.raised.get(place), Exception)
    }
    expect_balanced(report, tasks)
    _refuse_other_errors(report, *map(type, raised))
    _refuse_copied_errors(report, raised)
    with_result = {result.job.id for result in report.results}
    for task in report.started:
        if task.id in ended - with_result:
            raise NotYet(f"it has no result for task {task.id}, which ran to its end")
    for result in report.results:
        if isinstance(result, Succeeded) and result.value != f"value {result.job.id}":
            raise NotYet(f"it has the value {result.value!r} for task {result.job.id}")
    demand_at_once(work, workers, min(exact.value.peak, workers))
    if run.elapsed != exact.elapsed:
        late = ": does every worker go on after a failure?" if run.elapsed > exact.elapsed else ""
        raise NotYet(f"it took {run.elapsed:g} s, and {exact.elapsed:g} s is right{late}")
    reported, right = _outcomes(report), _outcomes(exact.value.value)
    if reported != right:
        raise NotYet(f"it reports {_say(reported)}; right is {_say(right)}")


class _PassingError(Exception):
    """An error of no type that an answer could know."""


class _Flaky(NamedTuple):
    """Tasks of 0.1 s that go wrong at first, with pauses from `pause` s on, and what is right.

    `errors` are the types of what the three of them raise.
    """

    failures: int
    attempts: int
    deadline: float
    calls: int
    seconds: float
    pause: float = 0.1
    errors: tuple[type[Exception], ...] = (ProcessingError,) * 3

    def __str__(self) -> str:
        return (
            f"with tasks that go wrong {plural(self.failures, 'time')}, attempts={self.attempts} "
            f"and a deadline of {self.deadline:g} s"
        )


OTHERS = (KeyError, ConnectionError, _PassingError)


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
        _Flaky(failures=9, attempts=2, deadline=0.25, calls=2, seconds=0.25),
        _Flaky(3, 5, deadline=9.0, calls=4, seconds=2.5, pause=0.3, errors=OTHERS),
        _Flaky(6, 7, deadline=99.0, calls=7, seconds=32.2, pause=0.5, errors=OTHERS),
        _Flaky(5, 2, deadline=9.0, calls=2, seconds=0.45, pause=0.25, errors=OTHERS),
    ]:
        run_orders(
            partial(_flaky_pool, retrying, case),
            SCHEDULES,
            expect=partial(_tried_as_often, case),
            case=str(case),
        )
    run_orders(partial(_cut_short, retrying), 0)
    return "what helps is tried again, what does not fails with its last error, and time is kept"


def _cut_short(retrying: Callable[..., Any]) -> None:
    calls = 0

    def process(task: Task) -> str:
        nonlocal calls
        calls += 1
        raise Cancelled("its time is up")

    with suppress(Cancelled):
        retrying(process, 3, 0.1)(Task(1, 0.1))
    if calls > 1:
        raise NotYet("it tries a task again that was cut short, as if that were a failure")


def _flaky_pool(
    retrying: Callable[..., Any], case: _Flaky
) -> tuple[Report[Task, str], Counter[int], list[BaseException]]:
    calls: Counter[int] = Counter()
    raised: list[BaseException] = []

    def flaky(task: Task) -> str:
        calls[task.id] += 1
        attempt_now = calls[task.id]
        sleep(task.seconds)
        if attempt_now <= case.failures:
            raised.append(case.errors[task.id](f"attempt {attempt_now} went wrong"))
            raise raised[-1]
        return "well"

    process = retrying(flaky, case.attempts, case.pause)
    if not callable(process):
        raise NotYet(f"it returned {process!r}, not a function that processes a task")
    tasks = [Task(number, 0.1) for number in range(3)]
    return error_handling.run(tasks, process, workers=3, timeout=case.deadline), calls, raised


def _tried_as_often(
    case: _Flaky, run: Run[tuple[Report[Task, str], Counter[int], list[BaseException]]]
) -> None:
    report, called, raised = run.value
    cut_short = case.seconds == case.deadline
    _refuse_other_errors(report, *case.errors, Cancelled)
    for number, error in enumerate(case.errors):
        if called[number] != case.calls:
            what = "a task" if error is ProcessingError else f"a task that raises {error.__name__}"
            raise NotYet(
                f"it tries {what} {plural(called[number], 'time')}, "
                f"and {plural(case.calls, 'time')} is right"
            )
    if cut_short and report.results:
        raise NotYet("it hides from the pool that the deadline has cut the task short")
    for result in report.results:
        if case.failures < case.attempts:
            if not isinstance(result, Succeeded) or result.value != "well":
                got = result.value if isinstance(result, Succeeded) else result.error
                raise NotYet(f"it ends in {got!r}, not in the value that process returned")
        elif f"attempt {case.attempts} went wrong" not in str(result.error):
            raise NotYet("it does not raise the error of the last attempt when it gives up")
    _refuse_copied_errors(report, raised)
    if run.elapsed != case.seconds:
        pauses = f"pauses of {case.pause:g}, {2 * case.pause:g}, … s, only between attempts"
        raise NotYet(f"it took {run.elapsed:g} s, and {case.seconds:g} s is right: {pauses}")


def _refuse_other_errors(report: Report[Any, Any], *expected: type[BaseException]) -> None:
    for result in report.results:
        if isinstance(result, Succeeded):
            continue
        error, task = result.error, result.job.id
        if not isinstance(error, BaseException):
            kind = "the exception that was raised"
            raise NotYet(f"it has the error {error!r} for task {task}, not {kind}")
        if isinstance(error, Cancelled) and Cancelled not in expected:
            raise NotYet(f"it has a result for task {task}, which was cut short and has none")
        if not isinstance(error, expected):
            raise NotYet(f"it raised {error!r} in task {task}")


def _refuse_copied_errors(report: Report[Any, Any], raised: Sequence[BaseException]) -> None:
    for result in report.results:
        if isinstance(result, Failed) and all(result.error is not error for error in raised):
            raise NotYet(
                f"it has a copy of the error for task {result.job.id}, "
                "not the exception that was raised"
            )
