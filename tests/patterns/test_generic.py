"""The generic pool: no failure goes unheard, and the first one ends the run."""

from functools import partial
from itertools import islice

import pytest

from lab import measure, simulate
from lab.tracing import ideal_makespan, makespan
from patterns import generic
from patterns.concurrency import Cancelled, Context, DeadlineExceeded, TaskGroup, sleep
from patterns.generic import Pool
from patterns.reusable import submit

SEEDS = (None, *range(10))
WORDS = ["hello", "world", "foo", "bar", "baz"]


def through(pool, jobs, context=None):
    """Put `jobs` through `pool`, submitting and collecting at once; return the values."""
    with pool.start(context), TaskGroup() as submitter:
        submitter.spawn(submit, jobs, pool)
        return list(pool.values())


def fails_on(*bad, error=ValueError):
    def process(job):
        sleep(1)
        if job in bad:
            raise error(f"{job} is bad")
        return job

    return process


# What it does.


def test_the_five_words_come_out_as_their_lengths():
    assert simulate(generic.demo).value.values == [5, 5, 3, 3, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_five_words_of_a_second_on_three_workers_take_two_seconds(seed):
    run = simulate(partial(generic.demo, seconds=1), seed=seed)
    assert run.elapsed == makespan(run.trace) == ideal_makespan(run.trace) == 2.0


def test_jobs_and_values_may_be_of_any_type():
    def process(job):
        name, *numbers = job
        return {name: sum(numbers)}

    jobs = [["a", 1, 2], ["b"], ["a", 1, 2]]
    values = simulate(lambda: through(Pool(process, workers=2), jobs)).value
    assert values == [{"a": 3}, {"b": 0}, {"a": 3}]


def test_a_pool_may_be_used_inside_another():
    def total(words):
        return sum(through(Pool(len, workers=2), words))

    texts = [["hello", "world"], ["foo"], []]
    for seed in (None, 1, 2, 3):
        run = simulate(lambda: sorted(through(Pool(total, workers=2), texts)), seed=seed)
        assert (run.value, run.leaks) == ([0, 3, 10], ())


def test_the_values_end_when_the_pool_is_closed_and_all_is_done():
    def main():
        pool = Pool(len, workers=2, buffer=5)
        with pool.start():
            submit(WORDS, pool)
            return list(pool.values()), list(pool.values())

    assert simulate(main).value == ([5, 5, 3, 3, 3], [])


# Failures.


def test_an_exception_reaches_the_caller_as_it_was_raised_with_a_note(run):
    def process(job):
        if job == 3:
            raise error
        return job

    error = ValueError("3 is bad")
    with pytest.raises(ValueError, match=r"^3 is bad") as caught:
        run(lambda: through(Pool(process, workers=2), range(10)))
    assert caught.value is error
    assert error.__notes__ == ["raised by a job; `report.failed` has it"]


def test_the_first_failure_ends_the_block_and_the_report_names_the_rest():
    def main():
        pool = Pool(fails_on(3), workers=2)
        with pytest.raises(ValueError, match="3 is bad"):
            through(pool, range(10))
        return pool.report

    run = simulate(main)
    assert (run.elapsed, run.leaks) == (2.0, ())
    report = run.value
    assert (report.succeeded, report.failed) == ([0, 1, 2], [3])
    assert report.cancelled == [4, 5]  # both workers had gone on to the next
    assert report.never_started == [6, 7, 8, 9]


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_failure_comes_out_though_nobody_collects_any_more(wanted):
    def main():
        pool = Pool(fails_on(3), workers=2, buffer=10)
        with pool.start():
            for job in range(5):
                pool.submit(job)
            list(islice(pool.values(), wanted))

    with pytest.raises(ValueError, match="3 is bad"):
        simulate(main)


def test_the_blocks_own_exception_is_not_replaced_by_a_failure():
    def main():
        pool = Pool(fails_on(1), workers=2)
        with pool.start():
            pool.submit(1)
            sleep(5)
            raise KeyError("of the block")

    with pytest.raises(KeyError, match="of the block"):
        simulate(main)


def test_stop_iteration_does_not_pass_for_the_end_of_the_values():
    with pytest.raises(RuntimeError) as caught:
        simulate(lambda: through(Pool(lambda job: next(iter([])), workers=1), [1]))
    assert isinstance(caught.value.__cause__, StopIteration)


def test_a_time_limit_of_a_jobs_own_comes_out_as_the_failure_that_it_is(run):
    def process(job):
        with TaskGroup(Context(timeout=0.01)):
            sleep(3600)

    def main():
        pool = Pool(process)
        try:
            through(pool, [1])
        except DeadlineExceeded:
            return pool.report.failed

    assert run(main) == [1]


@pytest.mark.parametrize("error", [ValueError, StopIteration])
def test_a_run_that_fails_reports_the_failure_and_what_it_cut_short(error):
    report = simulate(lambda: generic.run(WORDS, fails_on("foo", error=error), workers=1)).value
    assert (report.succeeded, report.failed) == (["hello", "world"], ["foo"])
    assert (report.cancelled, report.never_started) == (["bar"], ["baz"])
    assert [type(raised) for raised in report.errors] == [error]
    assert report.reason == f"a job failed: {error.__name__}"


def test_the_reader_sees_the_failure_that_ends_the_run():
    seen = []
    process = fails_on("foo")
    simulate(lambda: generic.run(WORDS, process, workers=1, on_result=seen.append))
    assert [result.job for result in seen] == ["hello", "world", "foo"]
    assert isinstance(seen[-1].error, ValueError)


def test_the_pools_users_are_woken_by_its_cancellation():
    def main():
        pool = Pool(fails_on(), workers=1, buffer=0)
        with Context(timeout=2.5) as context, pytest.raises(Cancelled):
            through(pool, range(10), context)
        return pool.report

    run = simulate(main)
    assert run.elapsed == 2.5
    assert (run.value.succeeded, run.value.cancelled) == ([0, 1], [2])


def test_the_same_code_on_real_threads_gives_the_same_values():
    report = measure(partial(generic.demo, seconds=0.002)).value
    assert sorted(report.values) == sorted(simulate(generic.demo).value.values)


def test_a_bad_number_is_refused_with_the_rule_and_the_value():
    with pytest.raises(ValueError, match="must be") as caught:
        generic.demo(seconds=-1)
    assert str(caught.value) == "seconds must be a number of seconds >= 0 and <= 1e12, got -1"
