"""Exercises on the pool with error handling: summaries, lost errors, trying again, giving up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import FEW, Work, demand_at_once, demand_done_by, watched
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import drawn, which_is_which
from lab.teaching.expect import expect_balanced, expect_counts
from lab.teaching.grading import NotYet, run_once
from lab.teaching.problem import Asked, Question
from lab.teaching.problem import Task as Exercise
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import plural
from patterns import error_handling, generic
from patterns.concurrency import (
    Cancelled,
    Context,
    Failed,
    Report,
    Succeeded,
    TaskGroup,
    now,
    sleep,
)
from patterns.error_handling import ProcessingError, Task

__all__ = ["ABOUT", "breaker", "extend", "predict", "read", "repair"]

NEARLY = 1e-6  # seconds that floats may be wrong by

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


def _and(numbers: Sequence[object]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


# Predict


class Little(NamedTuple):
    """Tasks for a pool of three workers, and not enough time for all.

    Attributes:
        tasks: one of a second each; those that fail do so after half of it.
        process: does a task.
        timeout: seconds until the deadline.
    """

    tasks: tuple[Task, ...]
    process: Callable[[Task], str]
    timeout: float


def _little_time(random: Random) -> Asked:
    while True:
        failing = sorted(random.sample(range(9), random.choice((2, 3))))
        timeout = random.choice((1.7, 2.2, 2.7, 3.2))
        tasks = tuple(Task(number, 1.0, number in failing) for number in range(10))
        run = simulate(error_handling.run, tasks, fails_early, workers=3, timeout=timeout)
        right = _outcomes(run.value)
        if right[1] == len(failing) and right[2]:
            break
    what = "four whole numbers >= 0"

    def judge(answer: Any) -> str:
        numbers = expect_counts(answer, what)
        if len(numbers) != 4 or min(numbers) < 0:
            raise NotYet(f"the answer must be {what}, got {answer!r}")
        succeeded, failed, cancelled, _ = numbers
        if numbers == right:
            return f"{' + '.join(map(str, right))} = 10, and every task is accounted for"
        if sum(numbers) != 10:
            raise NotYet(f"these are {plural(sum(numbers), 'task')}, and ten were submitted")
        if failed > right[1]:
            raise NotYet(
                "only a task that went wrong has failed; one that time cuts short is cancelled"
            )
        if cancelled == 0:
            raise NotYet(f"the workers have tasks in hand at {timeout:g} s; what becomes of these?")
        if failed == right[1] and succeeded < right[0]:
            raise NotYet("a worker whose task failed goes on with the next one, at once")
        raise NotYet(
            "write down, half a second by half a second, which task each worker has in hand"
        )

    return Asked(
        "Ten tasks, numbered from 0, of one second each, on three workers of the pool with error "
        f"handling. Tasks {_and(failing)} fail, and do so early: after half a second. The deadline "
        f"comes after {timeout:g} s. How many tasks succeed, fail, are cancelled, are never "
        "started?",
        judge,
        numbers=Little(tasks, fails_early, timeout),
        shown=partial(drawn, run),
    )


predict = Question(
    "error_handling/predict",
    kind="predict",
    title="What is left at the deadline?",
    minutes=8,
    goal="You can give an account of every task of a pool in which tasks fail and time runs out.",
    text="Four numbers, for a pool that is interrupted. Work them out with pencil and paper.",
    answer="outcomes",
    make=_little_time,
    hints=[
        "Draw a line for each worker. Who is free first: one whose task succeeds, or one whose "
        "task fails?",
        "A worker whose task has failed takes the next task at once, half a second earlier than "
        "the others.",
        "Cancelled are the tasks in the workers' hands at the deadline, one for each worker that "
        "has one. What nobody has taken by then was never started. The four numbers add up to ten.",
    ],
)


# Read


_RULES = ("without a limit", "with a deadline", "with a limit for each", "stopped by a failure")


class _Limits(NamedTuple):
    deadline: float
    each: float


def _limited(task: Task, seconds: float) -> str:
    with TaskGroup(Context(timeout=seconds)):
        return fails_early(task)
    raise AssertionError("unreachable")


def _under_rules(tasks: Sequence[Task], limits: _Limits) -> dict[str, Run[Report[Task, str]]]:
    run = partial(simulate, error_handling.run, tasks, workers=3)
    pools = [
        run(fails_early),
        run(fails_early, timeout=limits.deadline),
        run(partial(_limited, seconds=limits.each)),
        simulate(generic.run, tasks, fails_early, workers=3),
    ]
    return dict(zip(_RULES, pools, strict=True))


def _four_rules(random: Random) -> Asked:
    while True:
        seconds = random.sample([1, 1, 2, 2, 3, 3, 4, 4], 8)
        failing = sorted(random.sample(range(1, 6), 2))
        tasks = [Task(number, each, number in failing) for number, each in enumerate(seconds)]
        limits = _Limits(random.choice((3.4, 4.4, 4.7)), 2.5)
        in_order = _under_rules(tasks, limits)
        free, cut, limited, stopped = (_outcomes(run.value) for run in in_order.values())
        if (
            free[1] == 2
            and cut[1] == 2
            and cut[2] >= 2
            and limited[1] >= 4
            and stopped[2] >= 1
            and in_order[_RULES[3]].elapsed < limits.deadline - 1
        ):
            break
    letters = dict(zip(random.sample(_RULES, 4), "ABCD", strict=True))
    runs = {letters[rule]: in_order[rule] for rule in _RULES}
    why = {
        "without a limit": "there only two tasks fail, and nothing is cut short",
        "with a deadline": "there whatever is in work at one moment is cut short, and the failed "
        "tasks before that end nothing",
        "with a limit for each": "there the long tasks fail after the same time, and their workers "
        "go on",
        "stopped by a failure": "there the first task that fails is also the last thing that "
        "happens",
    }

    return which_is_which(
        f"The same eight tasks, of which {_and(failing)} fail half-way, went through four pools "
        "of three workers: (1) the pool with error handling, without a limit; (2) the same with a "
        f"deadline after {limits.deadline:g} s; (3) the same with no deadline, but each task sets "
        f"itself a limit of {limits.each:g} s; (4) the generic pool, which stops at the first "
        "failure. Which timeline is which? Write four letters: the timeline of pool (1) first, "
        "that of pool (4) last.",
        runs,
        wrong=lambda place, letter: (
            f"{letter} is not the pool {_RULES[place]}: {why[_RULES[place]]}"
        ),
        praise="who goes on after a failure, and what is cut short when, tell them apart",
    )


read = Question(
    "error_handling/read",
    kind="read",
    title="Whose limit was it?",
    minutes=6,
    goal="You can tell from a timeline whether a deadline, a task's own limit or a failure ended "
    "the work.",
    text=(
        "Look at how bars end: done, failed, or cancelled; and at what their worker does next. "
        "Think about this, too: which of the four would you want for a page of prices?"
    ),
    answer="letters",
    make=_four_rules,
    hints=[
        "Two of the four end with bars that are cancelled, two do not. What cancels in the one, "
        "and what in the other?",
        "A task that runs into its own limit has failed, and its worker takes the next task. So "
        "look for failed bars that all have the same length.",
        "If a failed bar ends where everything ends, the failure was the reason.",
    ],
)


# Repair


class _Accounts(NamedTuple):
    tasks: Sequence[Task]
    workers: int
    timeout: float
    exact: Run[Work]


def troubled(task: Task) -> str | None:
    """Take the task's time; some tasks then go wrong, each in its own way, or have no value."""
    sleep(task.seconds)
    if task.id == 1:
        raise ProcessingError(f"task {task.id} went wrong")
    if task.id == 4:
        raise KeyError(f"task {task.id} is not known")
    if task.id == 11:
        raise ZeroDivisionError(f"task {task.id} divides by zero")
    if task.id == 13:
        raise OddError(task.id, "is odd")
    return _value_of(task)


def _value_of(task: Task) -> str | None:
    return None if task.id == 12 else f"value {task.id}"


@dataclass
class Chore:
    """A task that is equal to others, and cannot be hashed."""

    id: int
    seconds: float


class OddError(Exception):
    """An error of no type that a pool could know, which cannot be made from its message.

    And it counts as false.
    """

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"task {number} {why}")

    def __bool__(self) -> bool:
        return False


def _pattern(
    tasks: Sequence[Task], workers: int, timeout: float, process: Callable[[Task], str | None]
) -> Report[Task, str | None]:
    return error_handling.run(tasks, process, workers=workers, timeout=timeout)


def _interrupted(
    first: int,
    seconds: Sequence[float],
    workers: int,
    timeout: float,
    *,
    statements: bool = False,
) -> Trial:
    tasks = [Task(number, each) for number, each in enumerate(seconds, first)]
    return _of(tasks, workers, timeout, statements=statements)


def _of(
    tasks: Sequence[Any],
    workers: int,
    timeout: float,
    *,
    what: str = "task",
    statements: bool = False,
) -> Trial:
    exact = run_once(partial(watched, partial(_pattern, tasks, workers, timeout), troubled))
    return Trial(
        f"with {plural(len(tasks), what)}, {workers} workers and a deadline of {timeout:g} s",
        lambda pool: watched(partial(pool, [*tasks], workers, timeout), troubled),
        _Accounts(tasks, workers, timeout, exact),
        schedules=10,
        statements=statements,
    )


def _interruptions() -> list[Trial]:
    return [
        _interrupted(0, [0.1] * 8, 3, 9.0),
        _interrupted(0, [0.1, 0.4, 0.2, 0.3, 0.1, 0.5, 0.2], 3, 9.0),
        _interrupted(0, [0.1] * 8, 3, 0.25),
        _interrupted(0, [0.3, 0.1, 0.5, 0.2, 0.4, 0.1], 2, 0.45),
        _interrupted(0, [0.1, 0.2], 5, 0.0),
        _interrupted(0, [], 2, 1.0),
        _interrupted(10, [0.3, 0.1, 0.1, 0.1, 0.3], 2, 9.0),  # whose errors are of other types
        _interrupted(7, [0.2], 3, 0.1),
        _of([Chore(number, 0.1) for number in (0, 0, 1, 0, 1)], 2, 9.0, what="equal task"),
        _interrupted(0, [0.2] * 3, 2, 9.0, statements=True),
        _interrupted(0, [0.2] * 3, 2, 0.3, statements=True),
    ]


def _accounted(run: Run[Work], facts: _Accounts) -> None:
    expect_balanced(run.value.value, facts.tasks)


def _errors_themselves(run: Run[Work], facts: _Accounts) -> None:
    work = run.value
    raised = [error for error in work.raised.values() if isinstance(error, Exception)]
    _refuse_other_errors(work.value, Cancelled, *map(type, raised))
    _refuse_copied_errors(work.value, [*raised, *work.raised.values()])
    for result in work.value.results:
        if isinstance(result, Failed):
            [whose] = {
                work.begun[place][1].id
                for place, error in work.raised.items()
                if error is result.error
            }
            if whose != result.job.id:
                raise NotYet(f"it has the error of task {whose} for task {result.job.id}")


def _cut_short_is_cancelled(run: Run[Work], facts: _Accounts) -> None:
    for result in run.value.value.results:
        if isinstance(result, Failed) and isinstance(result.error, Cancelled):
            raise NotYet(
                f"it has a result for task {result.job.id}, which was cut short and has none"
            )


def _every_result(run: Run[Work], facts: _Accounts) -> None:
    work, report = run.value, run.value.value
    ended = Counter(
        job.id
        for place, (_, job) in enumerate(work.begun)
        if place in work.returned or isinstance(work.raised.get(place), Exception)
    )
    without = ended - Counter(result.job.id for result in report.results)
    for task in report.started:
        if without[task.id]:
            raise NotYet(f"it has no result for task {task.id}, which ran to its end")
    errors = {work.begun[place][1].id: error for place, error in work.raised.items()}
    for result in report.results:
        task = result.job
        if isinstance(result, Succeeded) and (task.id in errors or result.value != _value_of(task)):
            why = f", which raised {_named(errors[task.id])}" if task.id in errors else ""
            raise NotYet(f"it has the value {result.value!r} for task {task.id}{why}")


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}{'' if error else ' (an exception that counts as false)'}"


def _as_many_at_once(run: Run[Work], facts: _Accounts) -> None:
    demand_at_once(run.value, facts.workers, min(facts.exact.value.peak, facts.workers))


def _by_workers(run: Run[Work], facts: _Accounts) -> None:
    demand_done_by(run.value, facts.workers)


def _in_time(run: Run[Work], facts: _Accounts) -> None:
    right = facts.exact.elapsed
    if run.elapsed > facts.timeout + NEARLY:
        raise NotYet(f"it took {run.elapsed:g} s, and the deadline was at {facts.timeout:g} s")
    if abs(run.elapsed - right) > NEARLY:
        late = ": does every worker go on after a failure?" if run.elapsed > right else ""
        raise NotYet(f"it took {run.elapsed:g} s, and {right:g} s is right{late}")


def _counted(run: Run[Work], facts: _Accounts) -> None:
    reported, right = _outcomes(run.value.value), _outcomes(facts.exact.value.value)
    if reported != right:
        late = sum(begun >= facts.timeout for begun, _ in run.value.begun)
        if late:
            raise NotYet(f"it starts {plural(late, 'task')} when the deadline has passed")
        raise NotYet(f"it reports {_say(reported)}; right is {_say(right)}")


repair = Exercise(
    "error_handling/repair",
    kind="repair",
    title="The errors that get lost",
    minutes=12,
    goal="You can let a pool survive what its jobs raise, and account for every one of them.",
    text=(
        "This pool takes a deadline, and it makes a report. But a task that fails ends the whole "
        "run, and one that is cut short is not even mentioned as started. Run the check, see what "
        "happens, and repair it: every task that ran to its end has a result, with its value or "
        "with the exception that it raised, and one that was cut short is among those that were "
        "started. As before, `workers` workers do the tasks, and from the deadline on nothing is "
        "started. Tasks may be equal to each other, and impossible to use as the key of a dict.\n\n"
        "`filled(tasks)` is a closed channel that holds all tasks. A `Report` is made from what "
        "was submitted, what was started, and the results: a `Succeeded(task, value)` or a "
        "`Failed(task, error)` each. What was started and has no result is cancelled. (A block "
        "that only waits for its tasks ends quietly at its deadline: there is nothing to catch.)"
    ),
    answer="my_pool",
    parameters="tasks, workers, timeout, process",
    trials=_interruptions,
    demands=[
        ends(2),
        Demand("its report accounts for every task", 1, _accounted, needed=True),
        Demand("a failed task has the exception that was raised", 2, _errors_themselves),
        Demand(
            "a task that is cut short has no result: it has not failed", 1, _cut_short_is_cancelled
        ),
        Demand("every task that ran to its end has its result", 3, _every_result, needed=True),
        Demand("as many tasks are in work as there are workers, and no more", 1, _as_many_at_once),
        Demand("the workers do the tasks, not somebody started for each task", 1, _by_workers),
        Demand(
            "it takes as long as it should: workers go on after a failure",
            1,
            _in_time,
            needed=True,
        ),
        Demand("its report counts right, and counts as cancelled what was cut short", 3, _counted),
    ],
    praise="every error and every task is in the report, in all orders of events",
    hints=[
        "An exception that a worker does not catch ends the worker. Where would you catch it, so "
        "that the worker's loop goes on?",
        "What the deadline raises in a task is `Cancelled`. It is no `Exception`, and it should "
        "get through.",
        "When a task is cut short, nothing after `process(task)` is reached any more. So what has "
        "to be noted before?",
        "First `started.append(task)`, then `try:` with the line of `Succeeded`, and "
        "`except Exception as error:` with a `Failed(task, error)` in its place.",
    ],
)


def _refuse_other_errors(report: Report[Any, Any], *expected: type[BaseException]) -> None:
    for result in report.results:
        if isinstance(result, Succeeded):
            continue
        error, task = result.error, result.job.id
        if not isinstance(error, BaseException):
            kind = "the exception that was raised"
            raise NotYet(f"it has the error {error!r} for task {task}, not {kind}")
        if not isinstance(error, expected):
            raise NotYet(f"it raised {error!r} in task {task}")


def _refuse_copied_errors(report: Report[Any, Any], raised: Sequence[BaseException]) -> None:
    for result in report.results:
        if isinstance(result, Failed) and all(result.error is not error for error in raised):
            raise NotYet(
                f"it has a copy of the error for task {result.job.id}, "
                "not the exception that was raised"
            )


# Extend: try again


class PassingError(Exception):
    """An error of no type that an answer could know, and that counts as false."""

    def __bool__(self) -> bool:
        return False


OTHERS = (KeyError, ConnectionError, PassingError)


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
    value: str | None = "well"

    @property
    def cut_short(self) -> bool:
        return self.seconds == self.deadline


@dataclass
class _Attempts:
    calls: Counter[int] = field(default_factory=Counter)
    raised: list[BaseException] = field(default_factory=list)
    late: int = 0
    report: Any = None


def _flaky_pool(retrying: Callable[..., Any], case: _Flaky) -> _Attempts:
    seen = _Attempts()

    def flaky(task: Task) -> str | None:
        seen.calls[task.id] += 1
        attempt_now = seen.calls[task.id]
        seen.late += now() >= case.deadline
        sleep(task.seconds)
        if attempt_now <= case.failures:
            error = case.errors[task.id](f"attempt {attempt_now} went wrong")
            seen.raised.append(error)
            raise error
        return case.value

    process = _callable(retrying(flaky, case.attempts, case.pause))
    tasks = [Task(number, 0.1) for number in range(3)]
    seen.report = error_handling.run(tasks, process, workers=3, timeout=case.deadline)
    return seen


def _callable(process: Any) -> Callable[[Task], Any]:
    if not callable(process):
        raise NotYet(f"it returned {process!r}, not a function that processes a task")
    return process  # type: ignore[no-any-return]


def _cut_at_once(retrying: Callable[..., Any]) -> _Attempts:
    seen = _Attempts()

    def process(task: Task) -> str:
        seen.calls[0] += 1
        raise Cancelled("its time is up")

    with suppress(Cancelled):
        _callable(retrying(process, 3, 0.1))(Task(1, 0.1))
    return seen


def _flaky_tasks() -> list[Trial]:
    cases = [
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
        _Flaky(1, 3, deadline=9.0, calls=2, seconds=0.3, value=None),
    ]
    trials = [
        Trial(
            f"with tasks that go wrong {plural(case.failures, 'time')}, "
            f"attempts={case.attempts} and a deadline of {case.deadline:g} s",
            partial(_flaky_pool, case=case),
            case,
            schedules=FEW,
        )
        for case in cases
    ]
    return [*trials, Trial("with a task that is cut short", _cut_at_once, schedules=0)]


def _tried_as_often(run: Run[_Attempts], case: _Flaky | None) -> None:
    if case is None:
        return
    _refuse_other_errors(run.value.report, *case.errors, Cancelled)
    for number, error in enumerate(case.errors):
        called = run.value.calls[number]
        # How often it comes to try before a deadline is a matter of its pauses.
        if called > case.attempts if case.cut_short else called != case.calls:
            what = "a task" if error is ProcessingError else f"a task that raises {error.__name__}"
            raise NotYet(
                f"it tries {what} {plural(called, 'time')}, "
                f"and {plural(case.calls, 'time')} is right"
            )


def _cancelled_stays_cancelled(run: Run[_Attempts], case: _Flaky | None) -> None:
    if case is None and run.value.calls[0] > 1:
        raise NotYet("it tries a task again that was cut short, as if that were a failure")
    if case is None or not case.cut_short:
        return
    if run.value.late:
        raise NotYet("it tries a task again that the deadline has cut short")
    if run.value.report.results and run.elapsed > case.deadline - NEARLY:
        raise NotYet("it hides from the pool that the deadline has cut the task short")


def _comes_out(run: Run[_Attempts], case: _Flaky | None) -> None:
    if case is None:
        return
    for result in run.value.report.results:
        if case.failures < case.attempts:
            if not isinstance(result, Succeeded) or result.value != case.value:
                got = result.value if isinstance(result, Succeeded) else result.error
                raise NotYet(f"it ends in {got!r}, not in the value that process returned")
        elif f"attempt {case.attempts} went wrong" not in str(result.error):
            last = _named(case.errors[result.job.id]("the last attempt went wrong"))
            raise NotYet(
                f"it does not raise the error of the last attempt when it gives up, here {last}"
            )
    _refuse_copied_errors(run.value.report, run.value.raised)


def _pauses(case: _Flaky) -> str:
    return f"pauses of {case.pause:g}, {2 * case.pause:g}, … s, only between attempts"


def _paused(run: Run[_Attempts], case: _Flaky | None) -> None:
    if case is not None and abs(run.elapsed - case.seconds) > NEARLY / 100:
        raise NotYet(f"it took {run.elapsed:g} s, and {case.seconds:g} s is right: {_pauses(case)}")
    if case is not None and case.cut_short:
        for called in run.value.calls.values():
            if called != case.calls:
                tries = f"it tries a task {plural(called, 'time')} before the deadline"
                raise NotYet(f"{tries}, and {plural(case.calls, 'time')} is right: {_pauses(case)}")


extend = Exercise(
    "error_handling/extend",
    kind="extend",
    title="Try again, but not at once",
    minutes=15,
    goal="You can try again what may pass, with longer and longer pauses, and keep the deadline.",
    text=(
        "Many failures pass: the network was down for a moment. `retrying(process, attempts, "
        "pause)` shall return a function that tries a task up to `attempts` times. Between two "
        "attempts it sleeps: `pause` seconds at first, then twice as long each time, so that a "
        "computer in trouble gets time to recover. If the last attempt fails too, its error comes "
        "out. The deadline holds as before: a task that is cut short (`Cancelled`) is not tried "
        "again, and stays cancelled.\n\n"
        "Then `error_handling.run(tasks, retrying(process_task, 3, 0.1))` is a pool that tries "
        "again."
    ),
    answer="retrying",
    parameters="process, attempts, pause",
    trials=_flaky_tasks,
    demands=[
        ends(1),
        Demand(
            "a failed task is tried again, as often as it may be", 4, _tried_as_often, needed=True
        ),
        Demand("a task that is cut short stays cancelled", 2, _cancelled_stays_cancelled),
        Demand("the value comes out, or the error of the last attempt", 2, _comes_out),
        Demand("the pauses double, and come only between attempts", 3, _paused),
    ],
    praise="what helps is tried again, what does not fails with its last error, and time is kept",
    hints=[
        "Of `attempts` tries only the last one may let its error out. What do the others do with "
        "theirs?",
        "Any `Exception` may pass. `Cancelled` is none, so `except Exception` lets it through.",
        "The pauses are `pause * 2**number`, for the numbers 0, 1, 2, …; there is one less of them "
        "than of the attempts.",
        "A loop over `range(attempts - 1)` that returns what `process(task)` returns, and sleeps "
        "in `except Exception`. After the loop: the last attempt, without `try`.",
    ],
)


# Build: a circuit breaker


class _Script(NamedTuple):
    """When which tasks are given to the breaker, and what is right.

    A task takes 0.1 s and is told to be done, or to fail, by when it was given.

    Attributes:
        failures, pause: those of the breaker.
        times: seconds from the beginning at which a task is given; several at once may be.
        failing: those of these times at which `process` would fail.
        asked: how often `process` is called at each time.
        trial: those of these times at which one task out of several is let through.
        cut: those of these times at which a task is cut short by who gives it, half-way.
    """

    failures: int
    pause: float
    times: tuple[float, ...]
    failing: tuple[float, ...]
    asked: dict[float, int]
    trial: tuple[float, ...] = ()
    cut: tuple[float, ...] = ()


class _Given(NamedTuple):
    """What came of one task: when it was given, when it ended, and what it returned or raised."""

    time: float
    end: float
    outcome: Any
    raised: bool

    def is_as_made(self, thing: Any) -> bool:
        """Tell whether it is what `process` returned or raised."""
        return self.outcome is thing and self.raised == isinstance(thing, BaseException)


@dataclass
class _Circuit:
    asked: Counter[float] = field(default_factory=Counter)
    made: list[Any] = field(default_factory=list)  # what `process` returned or raised
    given: list[_Given] = field(default_factory=list)


_ERRORS = (ProcessingError, KeyError, PassingError)


def _scripted(breaking: Callable[..., Any], script: _Script) -> _Circuit:
    seen = _Circuit()

    def process(task: Task) -> str:
        time = round(now(), 6)
        seen.asked[time] += 1
        sleep(task.seconds)
        if time in script.failing:
            error = _ERRORS[task.id % 3](f"task {task.id} went wrong")
            seen.made.append(error)
            raise error
        seen.made.append(f"value {task.id}")
        return seen.made[-1]  # type: ignore[no-any-return]

    guarded = _callable(breaking(process, script.failures, script.pause))
    other = _callable(breaking(process, script.failures, script.pause))

    def give(task: Task, time: float, to: Callable[[Task], Any]) -> None:
        sleep(time)
        try:
            with TaskGroup(Context(timeout=_TAKES / 2 if time in script.cut else None)):
                outcome, raised = to(task), False
        except (Exception, Cancelled) as error:
            outcome, raised = error, True
        seen.given.append(_Given(time, now(), outcome, raised))

    with TaskGroup() as group:
        for number, time in enumerate(script.times):
            group.spawn(give, Task(number, 0.1), time, guarded, name=f"caller-{number}")
        # A breaker of its own, which knows nothing of these failures.
        group.spawn(give, Task(99, 0.1), _after(script), other, name="another")
    return seen


def _after(script: _Script) -> float:
    return max(script.times) + 0.25


def _listed(times: Sequence[float]) -> str:
    return ", ".join(f"{time:g}" for time in times)


def _script(
    failures: int,
    pause: float,
    calls: Sequence[tuple[float, str]],
    statements: bool = False,
) -> Trial:
    """Make a trial of pairs: a time, and a letter for each task that is given then.

    The letters: o is done, f fails, c is cut short, x is refused; o or f is the trial if the others
    at that time are refused.
    """
    script = _Script(
        failures,
        pause,
        tuple(time for time, letters in calls for _ in letters),
        tuple(time for time, letters in calls if "f" in letters),
        {time: len(letters) - letters.count("x") for time, letters in calls},
        tuple(time for time, letters in calls if len(set(letters)) > 1),
        tuple(time for time, letters in calls if "c" in letters),
    )
    fails = f"fails at {_listed(script.failing)} s" if script.failing else ""
    cut = f"is cut short at {_listed(script.cut)} s" if script.cut else ""
    how = " and ".join(filter(None, (fails, cut))) or "never fails"
    return Trial(
        f"with failures={failures}, pause={pause:g} and a process that {how}",
        partial(_scripted, script=script),
        script,
        schedules=FEW if not statements else None,
        statements=statements,
    )


def _scripts() -> list[Trial]:
    in_a_row = "ofof"
    return [
        _script(2, 1, [(0.5 * n, "o") for n in range(5)]),
        _script(
            3,
            1,
            [
                (0, "o"),
                (0.5, "f"),
                (1, "f"),
                (1.5, "f"),
                (2, "x"),
                (2.5, "x"),
                (3, "o"),
                (3.5, "o"),
            ],
        ),
        _script(
            2,
            0.6,
            [
                *((0.5 * n, letter) for n, letter in enumerate(in_a_row)),
                *((2, "f"), (2.5, "x"), (3, "f"), (3.5, "x"), (4, "o"), (4.5, "f"), (5, "o")),
            ],
        ),
        _script(1, 0.5, [(0, "f"), (0.599, "x"), (0.601, "f"), (1.2, "x"), (1.202, "o")]),
        _script(1, 0.5, [(0, "f"), (0.5, "x"), (1, "oxx"), (1.05, "x"), (1.5, "ooo")]),
        _script(1, 0.5, [(0, "f"), (1, "fxx"), (1.5, "x"), (2, "ox"), (2.5, "oo")]),
        _script(2, 1, [(0, "f"), (0.5, "c"), (1, "f"), (1.5, "x"), (2.5, "o")]),
        _script(1, 0.5, [(0, "f"), (1, "c"), (1.02, "x"), (2, "ox"), (2.5, "oo")]),
        _script(
            3, 2, [(0, "fff"), (0.5, "xx"), (2, "x"), (3, "o"), (3.5, "f"), (4, "f"), (4.5, "o")]
        ),
        _script(2, 9, [(0, "c"), (0.5, "c"), (1, "c"), (1.5, "c")]),
        _script(1, 0.5, [(0, "f"), (1, "ox")], statements=True),
        _script(2, 0.5, [(0, "ff"), (0.25, "x")], statements=True),
    ]


_TAKES = 0.1  # seconds for each task


def _in_a_trial(script: _Script, time: float) -> bool:
    return any(trial <= time < trial + _TAKES - NEARLY for trial in script.trial)


def _first_that_differs(run: Run[_Circuit], script: _Script) -> float | None:
    """Return the first time at which process is called too often or not often enough."""
    asked, right = run.value.asked, script.asked | {_after(script): 1}
    for time in sorted(asked.keys() | right.keys()):
        often = right.get(time, 0)
        if asked[time] < often or (asked[time] > often and not _in_a_trial(script, time)):
            return time
    return None


def _one_trial(run: Run[_Circuit], script: _Script) -> None:
    asked = run.value.asked
    for trial in script.trial:
        many = sum(asked[time] for time in asked if trial <= time < trial + _TAKES - NEARLY)
        if many > 1:
            raise NotYet(f"it lets {many} tasks through at {trial:g} s, as a trial")


def _not_while_open(run: Run[_Circuit], script: _Script) -> None:
    time = _first_that_differs(run, script)
    if time is not None and run.value.asked[time] > script.asked.get(time, 0):
        if time in script.asked:
            raise NotYet(f"it calls process at {time:g} s, while the circuit is open")
        if time != _after(script):
            raise NotYet(
                f"it calls process at {time:g} s, and no task is given to it then: "
                "does one task wait for another?"
            )


def _while_closed(run: Run[_Circuit], script: _Script) -> None:
    time = _first_that_differs(run, script)
    if time is not None and run.value.asked[time] < script.asked.get(time, 1):
        if time == _after(script):
            raise NotYet(f"it does not call process at {time:g} s, though only another one failed")
        why = "it is time for a trial" if time in script.trial else "the circuit is not open"
        raise NotYet(f"it does not call process at {time:g} s, though {why}")


def _unchanged(run: Run[_Circuit], script: _Script) -> None:
    for thing in run.value.made:
        if not any(given.is_as_made(thing) for given in run.value.given):
            did = "raised" if isinstance(thing, BaseException) else "returned"
            raise NotYet(f"process {did} {thing!r}, and that does not come out")


def _refused(run: Run[_Circuit], script: _Script) -> None:
    for given in sorted(run.value.given, key=lambda given: given.time):
        tried = any(given.is_as_made(thing) for thing in run.value.made)
        if tried or isinstance(given.outcome, Cancelled):
            continue
        if not given.raised or not isinstance(given.outcome, ProcessingError):
            raise NotYet(
                f"a task at {given.time:g} s that is not tried ends in {given.outcome!r}, "
                "and does not raise a ProcessingError"
            )
        if given.end > given.time + NEARLY:
            raise NotYet(
                f"a task at {given.time:g} s that is not tried fails only at {given.end:g} s"
            )


def _cut_short_comes_out(run: Run[_Circuit], script: _Script) -> None:
    for given in run.value.given:
        cancelled = given.raised and isinstance(given.outcome, Cancelled)
        if given.time in script.cut and not cancelled:
            raise NotYet(f"a task that is cut short ends in {given.outcome!r}, not in Cancelled")


breaker = Exercise(
    "error_handling/breaker",
    kind="build",
    title="A circuit breaker",
    minutes=25,
    goal="You can leave a computer in trouble alone for a while, and find out when it is well.",
    text=(
        "When a shop's computer is down, it helps nobody to ask it again and again. A *circuit "
        "breaker* stops the asking for a while, as a fuse does with the current. "
        "`breaking(process, failures, pause)` shall return a function that does a task with "
        "`process`, and:\n\n"
        "- When `failures` tasks have failed in a row, the circuit is *open*: for `pause` seconds "
        "from then on each task fails at once, with a `ProcessingError`, and `process` is not "
        "called.\n"
        "- After that, one task is let through as a *trial*. Until it is over the others still "
        "fail at once. If it succeeds, the circuit is closed again, and failures are counted from "
        "0. If it fails, the circuit is open for `pause` seconds more.\n"
        "- What `process` returns or raises comes out as it is. A task that is cut short "
        "(`Cancelled`) is neither a failure nor a success: it leaves the count as it is, and after "
        "a trial that is cut short another one is let through.\n\n"
        "Several workers call the function at the same time, and count right even if they change "
        "places between any two statements. What becomes of the count when tasks end that were in "
        "work as the circuit opened is up to you. A `Channel(1)` can serve as a lock: `send` to "
        "lock, `receive` to unlock. (A `threading.Lock` would hold up the whole simulation.)"
    ),
    answer="breaking",
    parameters="process, failures, pause",
    trials=_scripts,
    demands=[
        ends(2),
        Demand("after the pause, one task alone is the trial", 3, _one_trial),
        Demand("while the circuit is open, nobody is asked", 4, _not_while_open, needed=True),
        Demand("otherwise, every task is tried", 3, _while_closed, needed=True),
        Demand("what process returns or raises comes out", 2, _unchanged),
        Demand("a task that is not tried fails at once, with ProcessingError", 2, _refused),
        Demand("a task that is cut short stays cancelled", 1, _cut_short_comes_out),
    ],
    praise="it asks nobody while the circuit is open, then one task alone, and counts right",
    hints=[
        "What has to be remembered from one task to the next? Two things: how many have failed in "
        "a row, and until when nobody is asked.",
        "Looking at these two and changing them must be one step. `process(task)` must not be "
        "inside that step, or only one task could be in work at a time.",
        "Keep the two in a `Channel(1)`: who has received them may change them, and sends them "
        "back; meanwhile the others wait.",
        "Whoever is let through after the pause says that nobody else is asked until further "
        "notice: until `math.inf`. Its success puts (0, 0) back, its failure "
        "`now() + pause`.",
    ],
)


ABOUT = About(
    module="error_handling",
    notebook="04_error_handling",
    title="the pool with error handling",
    imports=(
        "import math\n\n"
        "from lab import simulate\n"
        "from lab.teaching.exercises.queues import filled\n"
        "from patterns import error_handling\n"
        "from patterns.concurrency import Cancelled, Channel, Context, Failed, Report, Succeeded, "
        "TaskGroup, now, sleep\n"
        "from patterns.error_handling import ProcessingError"
    ),
    problems=(predict, read, repair, extend, breaker),
)
