"""The basic pool: exact in virtual time, right for every buffer, schedule and cancellation."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts

from lab import measure, simulate
from lab.tracing import books, ideal_makespan, makespan
from patterns import basic
from patterns.concurrency import Cancelled, Context, sleep


def test_ten_jobs_of_a_second_on_three_workers_take_four_seconds():
    assert simulate(basic.run).elapsed == 4.0


def test_every_job_is_doubled():
    assert simulate(basic.run).value.values == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def test_no_schedule_of_ten_equal_jobs_on_three_workers_is_shorter():
    trace = simulate(basic.run).trace
    assert makespan(trace) == ideal_makespan(trace) == 4.0


@pytest.mark.parametrize("buffer", [None, 0, 1, 2, 3, 10, 1000])
def test_every_buffer_size_gives_the_same_makespan(buffer):
    assert simulate(partial(basic.run, buffer=buffer)).elapsed == 4.0


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 9, 10, 11])
def test_the_makespan_is_the_number_of_rounds_of_jobs(workers):
    run = simulate(partial(basic.run, num_workers=workers))
    assert run.elapsed == -(-10 // workers)


def test_no_more_jobs_are_in_work_than_there_are_workers():
    in_work, peak = 0, 0

    def process(job):
        nonlocal in_work, peak
        in_work += 1
        peak = max(peak, in_work)
        sleep(0.1)
        in_work -= 1

    simulate(partial(basic.run, num_workers=4, num_jobs=50, process=process), seed=1)
    assert peak == 4


def test_no_jobs_end_at_once_with_an_empty_report():
    run = simulate(partial(basic.run, num_jobs=0))
    assert (run.elapsed, run.value.submitted, run.value.results) == (0.0, (), ())


def test_an_exception_becomes_the_result_of_its_job_and_the_worker_goes_on():
    def process(job):
        if job == 2:
            raise KeyError("no such thing")
        return job

    report = simulate(partial(basic.run, num_jobs=5, num_workers=1, process=process)).value
    assert report.failed == [2]
    assert report.succeeded == [1, 3, 4, 5]
    assert isinstance(report.results[1].error, KeyError)


def test_a_deadline_ends_the_run_and_every_job_is_accounted_for():
    def run():
        with Context(timeout=1.5) as context:
            return basic.run(context=context)

    outcome = simulate(run)
    assert outcome.elapsed == 1.5
    assert outcome.value.succeeded == [1, 2, 3]
    assert outcome.value.cancelled == [4, 5, 6]
    assert outcome.value.never_started == [7, 8, 9, 10]


def test_no_task_is_left_after_a_deadline():
    def run():
        with Context(timeout=1.5) as context:
            return basic.run(context=context, buffer=0)

    assert simulate(run).leaks == ()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    num_jobs=st.integers(0, 12),
    num_workers=st.integers(1, 5),
    buffer=st.none() | st.integers(0, 4),
    durations=st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5]), min_size=12, max_size=12),
    failing=st.sets(st.integers(1, 12), max_size=4),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.3, 0.7, 1.0]),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_books_balance_whatever_fails_and_whenever_it_is_cancelled(
    num_jobs, num_workers, buffer, durations, failing, timeout, seed
):
    def process(job):
        sleep(durations[job - 1])
        if job in failing:
            raise ValueError(job)
        return -job

    def run():
        context = Context(timeout=timeout)
        return basic.run(
            num_jobs=num_jobs,
            num_workers=num_workers,
            buffer=buffer,
            process=process,
            context=context,
        )

    outcome = simulate(run, seed=seed)
    report = outcome.value
    assert [job for job, fate in accounts(report)] == list(range(1, num_jobs + 1))
    assert all(result.value == -result.job for result in report.results if not result.error)
    assert set(report.failed) <= failing
    assert outcome.leaks == ()
    if timeout is None:
        assert report.cancelled == report.never_started == []


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    buffer=st.none() | st.integers(0, 3),
    timeout=st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.5, 4.0, 9.0]),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_trace_tells_the_same_story_as_the_report(buffer, timeout, seed):
    def run():
        return basic.run(buffer=buffer, context=Context(timeout=timeout))

    outcome = simulate(run, seed=seed)
    told, report = books(outcome.trace), outcome.value
    assert told.balanced
    assert told.failed == len(report.failed)
    assert told.succeeded == len(report.succeeded)
    assert told.cancelled == len(report.cancelled)


def test_a_consumer_that_stops_early_leaves_nothing_behind():
    class StopEarlyError(Exception):
        pass

    def log(line):
        if line.startswith("result"):
            raise StopEarlyError

    with pytest.raises(StopEarlyError):
        simulate(partial(basic.run, buffer=0, log=log))


def test_the_same_code_on_real_threads_gives_the_same_books():
    report = measure(partial(basic.run, job_seconds=0.002)).value
    assert accounts(report) == accounts(simulate(basic.run).value)


def test_a_cancelled_run_on_real_threads_ends_and_accounts_for_every_job():
    def run():
        with Context() as context:
            cancelled = []

            def process(job):
                if job == 4:
                    context.cancel("enough")
                try:
                    context.check()
                except Cancelled:
                    cancelled.append(job)
                    raise
                return job

            return basic.run(context=context, num_jobs=50, buffer=1, process=process), cancelled

    report, _ = measure(run).value
    assert [job for job, fate in accounts(report)] == list(range(1, 51))
    assert 4 in report.cancelled


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_workers": 0}, "num_workers must be a whole number >= 1, got 0"),
        ({"num_workers": 2.5}, "num_workers must be a whole number >= 1, got 2.5"),
        ({"num_jobs": -1}, "num_jobs must be a whole number >= 0, got -1"),
        ({"buffer": -1}, "buffer must be a whole number >= 0, got -1"),
        (
            {"job_seconds": float("nan")},
            "job_seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}$".replace("(", r"\(")):
        basic.run(**wrong)
