"""Typical wrong answers to the exercises on the generic pool, and the sentence each one gets."""

from contextlib import suppress

import pytest

from lab.teaching.exercises import generic as exercises
from patterns import generic
from patterns.concurrency import Channel, TaskGroup, sleep
from patterns.generic import Pool


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(6, "6 is right for a pool that goes on", id="the others go on"),
        pytest.param(5, "5 would be right if jobs in work were done", id="those in work go on"),
        pytest.param(4, "4 does not fit", id="something else"),
        pytest.param(3.5, "must be a number of jobs from 0 to 7, got 3.5", id="half a job"),
        pytest.param("3", "must be a number of jobs from 0 to 7, got '3'", id="text"),
        pytest.param(float("nan"), "from 0 to 7, got nan", id="not a number"),
        pytest.param(True, "from 0 to 7, got True", id="a truth value"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_would_need(answer, says):
    assert says in refused(exercises.check_predict(answer))


def test_the_right_prediction_is_accepted():
    assert exercises.check_predict(3).passed


def pool_that_collects(collect):
    """Return a pool like the exercise's, which collects by `collect`."""

    def my_pool(jobs, num_workers, process):
        pool = Pool(num_workers, process)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(generic.submit, jobs, pool)
            return collect(pool, len(jobs))

    return my_pool


def stops_and_says_nothing(pool, count):
    values = []
    with suppress(ValueError):
        values += pool.results()
    return values


def says_it_in_its_own_words(pool, count):
    try:
        return list(pool.results())
    except ValueError:
        raise RuntimeError("a job failed") from None


def raises_at_the_end(pool, count):
    values, failures = [], []
    while len(values) + len(failures) < count:
        try:
            values += pool.results()
        except ValueError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return values


def waits_for_as_many_as_there_are_jobs(pool, count):
    values = []
    while len(values) < count:
        try:
            values += pool.results()
        except ValueError:
            sleep(1)
    return values


@pytest.mark.parametrize(
    ("collect", "says"),
    [
        (stops_and_says_nothing, "returned 3 results, and the caller never hears of the failure"),
        (says_it_in_its_own_words, "it raised RuntimeError: a job failed"),
        (raises_at_the_end, "it took 12 s, and the failure is known after 5 s"),
        (waits_for_as_many_as_there_are_jobs, "it does not end"),
    ],
)
def test_a_pool_that_does_not_hand_on_the_failure_is_told_what_the_caller_sees(collect, says):
    sentence = refused(exercises.check_repair(pool_that_collects(collect)))
    assert sentence.startswith("with 7 jobs on 3 workers, of which job 4 fails, it ")
    assert says in sentence


def test_a_failure_in_a_group_is_not_the_failure_that_was_raised():
    def my_pool(jobs, num_workers, process):
        waiting, values = Channel(name="jobs"), []

        def worker():
            for job in waiting:
                values.append(process(job))

        with TaskGroup() as group:
            for _ in range(num_workers):
                group.spawn(worker)
            for job in jobs:
                waiting.send(job)
            waiting.close()
        return values

    assert "it raised a group with the failure inside" in refused(exercises.check_repair(my_pool))


def test_a_pool_that_loses_results_where_none_fails_is_told_so():
    def my_pool(jobs, num_workers, process):
        return [process(job) for job in jobs if job < 3]

    assert refused(exercises.check_repair(my_pool)) == (
        "with 7 jobs on 3 workers it lost results: 9, 16, 25, 36, 49"
    )


def one_worker_only(jobs, num_workers, process):
    return [process(job) for job in jobs]


def sorts_the_values(jobs, num_workers, process):
    return sorted(pool_that_collects(lambda pool, count: list(pool.results()))(jobs, 9, process))


def submits_everything_first(jobs, num_workers, process):
    pool = Pool(num_workers, lambda numbered: (numbered[0], process(numbered[1])))
    with pool.start():
        generic.submit(enumerate(jobs), pool)
        found = dict(pool.results())
    return [found[place] for place in range(len(jobs))]


def looks_jobs_up(jobs, num_workers, process):
    pool = Pool(num_workers, lambda job: (job, process(job)))
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(generic.submit, jobs, pool)
        found = dict(pool.results())
    return [found[job] for job in jobs]


def waits_in_the_worker(jobs, num_workers, process):
    done = []

    def in_turn(job):
        result = process(job)
        while len(done) < jobs.index(job):
            sleep(0.1)
        done.append(job)
        return result

    pool = Pool(num_workers, in_turn)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(generic.submit, jobs, pool)
        return list(pool.results())


@pytest.mark.parametrize(
    ("in_order", "says"),
    [
        (
            one_worker_only,
            "with the jobs [3, 1, 2] and num_workers=3 it took 6 s, and 3 s are enough",
        ),
        (sorts_the_values, "it raised TypeError: '<' not supported"),
        (submits_everything_first, "and num_workers=1 it deadlocks"),
        (looks_jobs_up, "with the jobs [[2], [1]] and num_workers=2 it raised TypeError: unhash"),
        (waits_in_the_worker, "it took 3.1 s, and 3 s are enough"),
    ],
)
def test_results_that_are_not_in_order_or_late_are_told(in_order, says):
    assert says in refused(exercises.check_extend(in_order))


def test_a_worker_that_waits_for_ever_for_its_turn_is_stopped():
    def in_order(jobs, num_workers, process):
        while True:
            sleep(1)

    assert refused(exercises.check_extend(in_order)).endswith("its tasks go on and on")
