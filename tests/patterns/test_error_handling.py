"""The pool with error handling: failures as results, a deadline, a summary that balances."""

import threading
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts

from lab import Deadlock, explore, measure, simulate
from lab.tracing import State, books
from patterns import error_handling
from patterns.concurrency import (
    Cancelled,
    Context,
    DeadlineExceeded,
    Report,
    TaskGroup,
    hang,
    sleep,
)
from patterns.error_handling import ProcessingError, Task, draw_tasks


def numbered(*seconds):
    return [Task(number, each) for number, each in enumerate(seconds)]


def ids(tasks):
    return sorted(task.id for task in tasks)


def counts(report):
    ended = (report.succeeded, report.failed, report.cancelled, report.never_started)
    return tuple(map(len, ended))


# The numbers of the article, and exact times.


def test_twenty_tasks_on_five_workers_take_0_267_seconds():
    assert simulate(error_handling.run).elapsed == 0.267


def test_sixteen_of_the_twenty_succeed_and_four_fail():
    assert counts(simulate(error_handling.run).value) == (16, 4, 0, 0)


def test_the_tasks_that_were_drawn_to_fail_are_the_ones_that_fail():
    report = simulate(error_handling.run).value
    assert ids(report.failed) == [task.id for task in draw_tasks() if task.fails]


def test_a_deadline_of_120_ms_accounts_for_all_twenty():
    run = simulate(partial(error_handling.run, timeout=0.12))
    assert run.elapsed == 0.12
    assert counts(run.value) == (5, 2, 5, 8)
    assert [number for number, _ in accounts(run.value)] == list(range(20))


def test_nothing_is_started_after_the_deadline():
    trace = simulate(partial(error_handling.run, timeout=0.12)).trace
    assert max(job.started for job in trace.jobs if job.started is not None) < 0.12


def test_no_worker_ever_waits_to_hand_on_a_result():
    trace = simulate(error_handling.run).trace
    assert State.BLOCKED not in {span.state for span in trace.spans}


def test_no_more_tasks_are_in_work_than_there_are_workers():
    in_work, peak = 0, 0

    def process(task):
        nonlocal in_work, peak
        in_work += 1
        peak = max(peak, in_work)
        sleep(0.1)
        in_work -= 1

    simulate(partial(error_handling.run, num_workers=4, process=process), seed=1)
    assert peak == 4


def test_no_tasks_end_at_once_with_an_empty_report():
    run = simulate(partial(error_handling.run, []))
    assert (run.elapsed, run.value) == (0.0, Report((), (), ()))


def test_without_a_deadline_the_run_takes_as_long_as_its_tasks():
    run = simulate(lambda: error_handling.run(numbered(100.0, 3.0), timeout=None))
    assert (run.elapsed, counts(run.value)) == (100.0, (2, 0, 0, 0))


# What may become of a task: on threads, in turn, and in random orders.


def raising(error, guilty):
    def process(task):
        sleep(0.001)
        if task.id in guilty:
            raise error
        return "well"

    return process


def test_an_exception_becomes_the_result_of_its_task_and_the_only_worker_goes_on(run):
    error = KeyError("no such thing")
    process = raising(error, {1, 2})
    report = run(lambda: error_handling.run(numbered(*[0] * 5), num_workers=1, process=process))
    assert ids(report.failed) == [1, 2]
    assert ids(report.succeeded) == [0, 3, 4]
    assert [r.error for r in report.results if r.job.id == 1] == [error]


def test_an_exception_that_is_false_is_a_failure_all_the_same(run):
    class EmptyError(Exception):
        def __len__(self):
            return 0

    process = raising(EmptyError(), {0})
    report = run(lambda: error_handling.run(numbered(0, 0), process=process))
    assert (ids(report.failed), ids(report.succeeded)) == ([0], [1])


@pytest.mark.parametrize("error", [Cancelled("not me"), DeadlineExceeded("my own time limit")])
def test_a_task_that_raises_cancelled_by_itself_is_cancelled_and_no_other(run, error):
    process = raising(error, {1})
    report = run(lambda: error_handling.run(numbered(0, 0, 0, 0), num_workers=2, process=process))
    assert (ids(report.cancelled), ids(report.succeeded)) == ([1], [0, 2, 3])


@pytest.mark.parametrize("error", [SystemExit("exit"), GeneratorExit()])
def test_what_is_no_exception_ends_the_run_and_comes_out(run, error):
    def main():
        with pytest.raises(BaseExceptionGroup) as caught:
            error_handling.run(process=raising(error, {3}))
        return caught.value

    assert run(main).subgroup(type(error)) is not None


def test_equal_tasks_are_told_apart_by_count():
    tasks = [Task(1, 0.1)] * 10
    report = simulate(lambda: error_handling.run(tasks, num_workers=2, timeout=0.15)).value
    assert counts(report) == (2, 0, 2, 6)


def test_tasks_that_come_from_a_generator_are_all_processed(run):
    report = run(lambda: error_handling.run(Task(n, 0.001) for n in range(7)))
    assert ids(report.succeeded) == list(range(7))


# Deadlines and cancellation.


def test_a_deadline_of_zero_starts_nothing(run):
    report = run(lambda: error_handling.run(timeout=0))
    assert counts(report) == (0, 0, 0, 20)


def test_a_context_that_was_cancelled_before_starts_nothing(run):
    def main():
        context = Context()
        context.cancel("too late")
        return error_handling.run(context=context)

    assert counts(run(main)) == (0, 0, 0, 20)


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_tasks_that_end_exactly_at_the_deadline_have_succeeded(seed):
    tasks = numbered(0.1, 0.1, 0.1, 0.1)
    run = simulate(lambda: error_handling.run(tasks, num_workers=2, timeout=0.1), seed=seed)
    assert (run.elapsed, counts(run.value)) == (0.1, (2, 0, 0, 2))


def test_a_deadline_cuts_tasks_short_with_deadline_exceeded(run):
    tasks = [Task(0, 0.0), Task(1, 60.0), Task(2, 60.0)]
    report = run(lambda: error_handling.run(tasks, num_workers=1, timeout=0.5))
    errors = [type(result.error) for result in report.results]
    assert errors == [type(None), DeadlineExceeded]
    assert accounts(report) == [(0, "succeeded"), (1, "cancelled"), (2, "never started")]


@pytest.mark.parametrize(("own", "outer"), [(5.0, 0.12), (0.12, 5.0), (None, 0.12)])
def test_the_earlier_of_two_deadlines_counts(own, outer):
    run = simulate(lambda: error_handling.run(timeout=own, context=Context(timeout=outer)))
    assert (run.elapsed, counts(run.value)) == (0.12, (5, 2, 5, 8))


def test_a_consumer_that_has_seen_enough_cancels_and_gets_the_report(run):
    def main():
        context = Context()
        lines = []

        def log(line):
            lines.append(line)
            if len(lines) == 3:
                context.cancel("seen enough")

        report = error_handling.run(context=context, log=log, timeout=None)
        return report, lines

    report, lines = run(main)
    assert [number for number, _ in accounts(report)] == list(range(20))
    assert "stopped: seen enough" in lines
    assert len(lines) == len(report.results) + 1


def test_a_log_that_raises_ends_the_run_and_its_exception_comes_out(run):
    def log(line):
        raise OSError("disk full")

    def main():
        with pytest.raises(OSError, match="disk full"):
            error_handling.run(log=log, timeout=None)

    run(main)


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_no_result_is_lost_though_the_log_is_slower_than_the_workers(seed):
    run = simulate(
        lambda: error_handling.run(
            numbered(*[0.01] * 20), timeout=0.035, log=lambda line: sleep(0.03)
        ),
        seed=seed,
    )
    assert counts(run.value) == (15, 0, 5, 0)


def test_a_task_that_takes_no_notice_of_the_deadline_is_waited_for_and_counts():
    def stubborn(task):
        threading.Event().wait(0.6)  # knows nothing of any context
        return "done all the same"

    tasks = numbered(0, 0, 0)
    pool = partial(error_handling.run, tasks, num_workers=1, timeout=0.5, process=stubborn)
    fates = accounts(measure(pool).value)
    assert fates == [(0, "succeeded"), (1, "never started"), (2, "never started")]


def test_a_task_that_swallows_its_cancellation_has_succeeded(run):
    def stubborn(task):
        try:
            sleep(60)
        except Cancelled:
            return "half done"

    report = run(lambda: error_handling.run(num_workers=3, timeout=0.5, process=stubborn))
    assert counts(report) == (3, 0, 0, 17)


def test_a_task_that_hangs_holds_up_the_run_and_is_named():
    with pytest.raises(Deadlock, match="are hanging in a call that never returns"):
        simulate(partial(error_handling.run, timeout=0.1, process=lambda task: hang()))


def test_a_run_inside_a_group_that_is_cancelled_still_returns_its_report():
    reports = []

    def main():
        with TaskGroup() as group:
            group.spawn(lambda: reports.append(error_handling.run()))
            sleep(0.12)
            group.context.cancel("the whole program ends")

    assert simulate(main).elapsed == 0.12
    assert counts(reports[0]) == (5, 2, 5, 8)


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 5, 8, 13, 21])
def test_on_real_threads_every_task_is_accounted_for_at_every_deadline(milliseconds):
    tasks = draw_tasks(40, max_seconds=0.004, random=Random(milliseconds))
    pool = partial(error_handling.run, tasks, timeout=milliseconds / 1000)
    report = measure(pool).value
    assert [number for number, _ in accounts(report)] == list(range(40))


def test_real_threads_and_the_simulation_agree_without_a_deadline():
    tasks = draw_tasks(max_seconds=0.01)
    pool = partial(error_handling.run, tasks, timeout=None)
    assert accounts(measure(pool).value) == accounts(simulate(pool).value)


# The laws.

FATES = ("well", "fails", "raises Cancelled", "swallows cancellation")


class StopEarlyError(Exception):
    pass


def process_of(plan):
    """Return a process that lets each task meet the fate that is planned for it."""

    def process(task):
        fate = plan[task.id][1]
        try:
            sleep(task.seconds)
        except Cancelled:
            if fate != "swallows cancellation":
                raise
        if fate == "fails":
            raise ProcessingError(task.id)
        if fate == "raises Cancelled":
            raise Cancelled("by itself")
        return f"value {task.id}"

    return process


def log_of(context, stop_at, stops_by, seconds):
    """Return a log that takes `seconds` for a line and has seen enough with line `stop_at`."""
    lines = []

    def log(line):
        lines.append(line)
        sleep(seconds)
        if len(lines) == stop_at and stops_by == "cancelling":
            context.cancel("seen enough")
        elif len(lines) == stop_at:
            raise StopEarlyError

    return log


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    plan=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.5]), st.sampled_from(FATES)), max_size=14
    ),
    num_workers=st.integers(1, 6),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.2, 0.5, 0.7, 1.0]),
    cancel_at=st.none() | st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.6]),
    stop_at=st.none() | st.integers(1, 8),
    stops_by=st.sampled_from(["cancelling", "raising"]),
    log_seconds=st.sampled_from([0.0, 0.07]),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_books_balance_whatever_happens_and_nothing_is_left_behind(
    plan, num_workers, timeout, cancel_at, stop_at, stops_by, log_seconds, seed
):
    tasks = numbered(*(seconds for seconds, _ in plan))

    def main():
        context = Context()

        def cancel():
            sleep(cancel_at)
            context.cancel("at a moment of its own")

        pool = partial(error_handling.run, tasks, num_workers=num_workers, timeout=timeout)
        log = log_of(context, stop_at, stops_by, log_seconds)
        with TaskGroup() as group:
            if cancel_at is not None:
                group.spawn(cancel)
            try:
                return pool(process=process_of(plan), context=context, log=log)
            except StopEarlyError:
                return None

    outcome = simulate(main, seed=seed)
    report = outcome.value
    assert (outcome.leaks, outcome.crashes) == ((), ())
    if report is None:
        assert stops_by == "raising"
        return
    assert [number for number, _ in accounts(report)] == list(range(len(plan)))
    assert {plan[task.id][1] for task in report.failed} <= {"fails"}
    for result in report.results:
        assert (result.value == f"value {result.job.id}") == (result.error is None)
    if timeout is cancel_at is stop_at is None:
        expected = {"fails": "failed", "raises Cancelled": "cancelled"}
        assert [fate for _, fate in accounts(report)] == [
            expected.get(fate, "succeeded") for _, fate in plan
        ]
    if report.started:  # only then does the trace know of tasks
        told = books(outcome.trace)
        ended = (told.succeeded, told.failed, told.cancelled, told.never_started)
        assert ended == counts(report)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    number=st.integers(0, 30),
    num_workers=st.integers(1, 8),
    failure_rate=st.sampled_from([0.0, 0.2, 1.0]),
    milliseconds=st.integers(0, 300),
    draw=st.integers(0, 10**6),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_run_never_outlasts_its_deadline_and_never_loses_a_task(
    number, num_workers, failure_rate, milliseconds, draw, seed
):
    tasks = draw_tasks(number, failure_rate=failure_rate, random=Random(draw))
    timeout = milliseconds / 1000
    run = simulate(
        lambda: error_handling.run(tasks, num_workers=num_workers, timeout=timeout), seed=seed
    )
    assert run.elapsed <= timeout
    assert run.leaks == ()
    assert [number for number, _ in accounts(run.value)] == list(range(number))
    assert {task.fails for task in run.value.failed} <= {True}
    assert {task.fails for task in run.value.succeeded} <= {False}


@pytest.mark.parametrize("timeout", [None, 0.05, 0.1])
def test_no_schedule_at_all_of_two_tasks_on_two_workers_goes_wrong(timeout):
    tasks = [Task(0, 0.1), Task(1, 0.1, fails=True)]
    found = explore(
        lambda: error_handling.run(tasks, num_workers=2, timeout=timeout),
        check=lambda run: run.elapsed == (timeout or 0.1),
        how="every",
    )
    assert (found.failures, found.complete) == (0, True)


# Drawing tasks, the log, and bad values.


def test_the_same_tasks_are_drawn_every_time_and_others_from_another_source():
    assert draw_tasks() == draw_tasks() != draw_tasks(random=Random(1))


def test_drawn_tasks_are_numbered_and_shorter_than_the_longest_allowed():
    tasks = draw_tasks(500, max_seconds=2.0)
    assert [task.id for task in tasks] == list(range(500))
    assert 0 <= min(t.seconds for t in tasks) < max(t.seconds for t in tasks) < 2.0


@pytest.mark.parametrize(("rate", "failing"), [(0, 0), (0.0, 0), (1, 50), (1.0, 50)])
def test_with_a_failure_rate_of_none_or_all_none_or_all_fail(rate, failing):
    assert sum(task.fails for task in draw_tasks(50, failure_rate=rate)) == failing


def test_the_log_tells_every_result_and_why_the_run_was_stopped():
    tasks = [Task(0, 0.01), Task(1, 0.02, fails=True), Task(2, 1.0)]
    lines = []
    simulate(lambda: error_handling.run(tasks, timeout=0.5, log=lines.append))
    assert lines == [
        "task 0: completed in 0.01 s",
        "task 1: ProcessingError('task 1 went wrong')",
        "stopped: timeout of 0.5 s passed",
        "task 2: DeadlineExceeded('timeout of 0.5 s passed')",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: error_handling.run(num_workers=0),
            "num_workers must be a whole number >= 1, got 0",
        ),
        (
            lambda: error_handling.run(timeout=-1),
            "timeout must be a number of seconds >= 0 and <= 1e12, got -1",
        ),
        (
            lambda: Task(1, float("nan")),
            "seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
        (lambda: draw_tasks(-1), "num_tasks must be a whole number >= 0, got -1"),
        (lambda: draw_tasks(failure_rate=1.5), "failure_rate must be from 0 to 1, got 1.5"),
        (lambda: draw_tasks(failure_rate="0.2"), "failure_rate must be from 0 to 1, got '0.2'"),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared whole)
        call()
    assert str(caught.value) == message
