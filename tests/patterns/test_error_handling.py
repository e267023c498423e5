"""The pool with error handling: failures as results, a deadline, a summary that balances."""

import threading
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts

from lab import Deadlock, measure, simulate
from lab.tracing import State
from patterns import error_handling
from patterns.concurrency import Cancelled, Context, attempt, hang, sleep
from patterns.error_handling import CarefulPool, Task, process_task, sample_tasks

SEEDS = (None, *range(10))


def numbered(*seconds):
    return [Task(number, each) for number, each in enumerate(seconds)]


def ids(tasks):
    return sorted(task.id for task in tasks)


def counts(report):
    c = report.counts
    return (c.succeeded, c.failed, c.cancelled, c.never_started)


def everything(report):
    """The ids of all jobs, those included that the run had not come to."""
    named = report.succeeded + report.failed + report.cancelled + report.never_started
    return ids([*named, *report.unsubmitted])


# The numbers of the article, and exact times.


@pytest.mark.parametrize("seed", SEEDS)
def test_of_twenty_tasks_sixteen_succeed_and_four_fail_in_0_267_seconds(seed):
    run = simulate(error_handling.demo, seed=seed)
    assert (run.elapsed, counts(run.value)) == (0.267, (16, 4, 0, 0))


def test_the_tasks_that_were_picked_to_fail_are_the_ones_that_fail():
    report = simulate(error_handling.demo).value
    assert ids(report.failed) == [task.id for task in sample_tasks() if task.fails]


def test_a_deadline_of_120_ms_accounts_for_all_twenty():
    run = simulate(partial(error_handling.demo, timeout=0.12))
    assert run.elapsed == 0.12
    assert counts(run.value) == (5, 2, 5, 8)
    assert [number for number, _ in accounts(run.value)] == list(range(20))


def test_nothing_is_started_after_the_deadline():
    trace = simulate(partial(error_handling.demo, timeout=0.12)).trace
    assert max(job.started for job in trace.jobs if job.started is not None) < 0.12


def test_no_worker_ever_waits_to_hand_on_a_result():
    trace = simulate(error_handling.demo).trace
    assert State.BLOCKED not in {span.state for span in trace.spans}


def test_without_a_deadline_the_run_takes_as_long_as_its_tasks():
    run = simulate(lambda: error_handling.run(numbered(100.0, 3.0), process_task))
    assert (run.elapsed, counts(run.value)) == (100.0, (2, 0, 0, 0))


# Deadlines.


@pytest.mark.parametrize("seed", SEEDS)
def test_tasks_that_end_exactly_at_the_deadline_have_succeeded(seed):
    tasks = numbered(0.1, 0.1, 0.1, 0.1)
    run = simulate(
        lambda: error_handling.run(tasks, process_task, workers=2, timeout=0.1), seed=seed
    )
    assert (run.elapsed, counts(run.value)) == (0.1, (2, 0, 0, 2))


@pytest.mark.parametrize(("own", "outer"), [(5.0, 0.12), (0.12, 5.0), (None, 0.12)])
def test_the_earlier_of_two_deadlines_counts(own, outer):
    run = simulate(lambda: error_handling.demo(timeout=own, context=Context(timeout=outer)))
    assert (run.elapsed, counts(run.value)) == (0.12, (5, 2, 5, 8))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_result_is_lost_though_the_reader_is_slower_than_the_workers(seed):
    run = simulate(
        lambda: error_handling.run(
            numbered(*[0.01] * 20),
            process_task,
            workers=5,
            timeout=0.035,
            on_result=lambda result: sleep(0.03),
        ),
        seed=seed,
    )
    assert counts(run.value) == (15, 0, 5, 0)


def test_a_task_that_knows_nothing_of_the_deadline_is_waited_for_and_counts():
    def stubborn(task):
        threading.Event().wait(0.3)
        return "done all the same"

    tasks = numbered(0, 0, 0)
    pool = partial(error_handling.run, tasks, stubborn, workers=1, timeout=0.2)
    found = accounts(measure(pool).value)
    assert found == [(0, "succeeded"), (1, "never started"), (2, "never started")]


def test_a_task_that_hangs_holds_up_the_run_and_is_named():
    with pytest.raises(Deadlock, match="are hanging in a call that never returns"):
        simulate(lambda: error_handling.run(range(3), lambda task: hang(), timeout=0.1))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    number=st.integers(0, 30),
    workers=st.integers(1, 8),
    failure_rate=st.sampled_from([0.0, 0.2, 1.0]),
    milliseconds=st.integers(0, 300),
    sample=st.integers(0, 10**6),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_run_never_outlasts_its_deadline_and_never_loses_a_task(
    number, workers, failure_rate, milliseconds, sample, seed
):
    tasks = sample_tasks(number, failure_rate=failure_rate, random=Random(sample))
    timeout = milliseconds / 1000
    run = simulate(
        lambda: error_handling.run(tasks, process_task, workers=workers, timeout=timeout), seed=seed
    )
    assert run.elapsed <= timeout
    assert run.leaks == ()
    assert everything(run.value) == list(range(number))
    assert {task.fails for task in run.value.failed} <= {True}
    assert {task.fails for task in run.value.succeeded} <= {False}


@pytest.mark.parametrize("milliseconds", [0, 1, 3, 8, 21])
def test_on_real_threads_every_task_is_accounted_for_at_every_deadline(milliseconds):
    tasks = sample_tasks(40, max_seconds=0.004, random=Random(milliseconds))
    report = error_handling.run(tasks, process_task, workers=5, timeout=milliseconds / 1000)
    assert everything(report) == list(range(40))


def test_real_threads_and_the_simulation_agree_without_a_deadline():
    pool = partial(error_handling.demo, max_seconds=0.01, timeout=None)
    assert accounts(measure(pool).value) == accounts(simulate(pool).value)


# How a job can end: what the worker spells out is what `attempt` does.


def raises(error):
    def process(job):
        raise error

    return process


async def later(job):
    return job


@pytest.mark.parametrize(
    "process",
    [str, raises(KeyError("no")), raises(Cancelled("mine")), lambda job: later(job)],
    ids=["value", "exception", "time limit of its own", "coroutine"],
)
def test_the_worker_does_what_attempt_does(run, process):
    def main():
        pool = CarefulPool(process)
        with pool.start():
            pool.submit(1)
        return pool.report.results, attempt(process, 1)

    [careful], plain = run(main)
    assert type(careful) is type(plain)
    assert str(careful.error) == str(plain.error)


# Sampling tasks, and bad values.


def test_the_same_tasks_are_picked_every_time_and_others_from_another_source():
    assert sample_tasks() == sample_tasks() != sample_tasks(random=Random(1))


def test_tasks_are_numbered_and_shorter_than_the_longest_allowed():
    tasks = sample_tasks(500, max_seconds=2.0)
    assert [task.id for task in tasks] == list(range(500))
    assert 0 <= min(t.seconds for t in tasks) < max(t.seconds for t in tasks) < 2.0


@pytest.mark.parametrize(("rate", "failing"), [(0, 0), (0.0, 0), (1, 50), (1.0, 50)])
def test_with_a_failure_rate_of_none_or_all_none_or_all_fail(rate, failing):
    assert sum(task.fails for task in sample_tasks(50, failure_rate=rate)) == failing


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Task(1, float("nan")),
            "seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
        (lambda: sample_tasks(-1), "tasks must be a whole number >= 0, got -1"),
        (lambda: error_handling.demo(jobs=-1), "tasks must be a whole number >= 0, got -1"),
        (lambda: sample_tasks(failure_rate=1.5), "failure_rate must be from 0 to 1, got 1.5"),
        (lambda: sample_tasks(failure_rate="0.2"), "failure_rate must be from 0 to 1, got '0.2'"),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared whole)
        call()
    assert str(caught.value) == message
