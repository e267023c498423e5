"""Typical wrong answers to the exercises on the basic pool, and the sentence each one gets."""

from itertools import islice

import pytest

from lab.teaching.exercises import basic as exercises
from patterns import basic
from patterns.concurrency import Channel, TaskGroup, sleep


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(9, "9 s is too short: 28 s of work take three workers 9.33 s", id="nine"),
        pytest.param(28 / 3, "would need three workers who all stop at the same", id="dividing"),
        pytest.param(10, "10 s would need somebody who chooses the jobs cleverly", id="best order"),
        pytest.param(28, "28 s is too long: nobody who is free waits", id="one after the other"),
        pytest.param("12", "the answer must be a number of seconds, got '12'", id="text"),
        pytest.param(float("nan"), "must be a number of seconds, got nan", id="not a number"),
        pytest.param(True, "must be a number of seconds, got True", id="a truth value"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_would_need(answer, says):
    assert says in refused(exercises.check_predict(answer))


def pool_that_ends(end):
    """Return a pool like the exercise's, whose tasks are started by `end`."""

    def pool(num_jobs, num_workers, buffer):
        jobs, results = Channel(buffer, "jobs"), Channel(buffer, "results")

        def worker(number):
            for job in jobs:
                sleep(1)
                results.send(job * 2)

        def submit():
            basic.submit(range(1, num_jobs + 1), jobs)

        with TaskGroup() as group:
            return end(group, submit, worker, num_workers, results)

    return pool


def submitter_closes(group, submit, worker, num_workers, results):
    def submit_and_close():
        submit()
        results.close()

    group.spawn(submit_and_close)
    for number in range(num_workers):
        group.spawn(worker, number)
    return list(results)


def nobody_closes(group, submit, worker, num_workers, results):
    group.spawn(submit)
    for number in range(num_workers):
        group.spawn(worker, number)
    return list(results)


def submits_first(group, submit, worker, num_workers, results):
    group.spawn(basic.work, num_workers, worker, results)
    submit()
    return list(results)


def one_worker_only(group, submit, worker, num_workers, results):
    group.spawn(submit)
    group.spawn(basic.work, 1, worker, results)
    return list(results)


def forgets_one(group, submit, worker, num_workers, results):
    group.spawn(submit)
    group.spawn(basic.work, num_workers, worker, results)
    return list(results)[1:]


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (submitter_closes, "raised Closed: send on closed channel results"),
        (nobody_closes, "deadlocks at 4 s: main is receiving from results (empty)"),
        (submits_first, "deadlocks at 2 s: main is sending to jobs (2/2 full)"),
        (one_worker_only, "it took 10 s, and 4 s are enough"),
        (forgets_one, "it lost results: 2"),
    ],
)
def test_a_pool_that_is_not_repaired_is_told_what_happens(end, says):
    sentence = refused(exercises.check_repair(pool_that_ends(end)))
    assert sentence.startswith("with 10 jobs, 3 workers and buffer 2 it ")
    assert says in sentence


def test_a_pool_that_polls_for_ever_is_stopped():
    def pool(num_jobs, num_workers, buffer):
        while True:
            sleep(0.1)

    sentence = refused(exercises.check_repair(pool))
    assert sentence.endswith("it does not end: its tasks go on and on")


def first_that_ends(end):
    """Return a pool like the exercise's, which collects by `end`."""

    def first(wanted, num_jobs, num_workers, process):
        jobs, results = Channel(num_jobs, "jobs"), Channel(0, "results")

        def worker(number):
            for job in jobs:
                results.send(process(job))

        with TaskGroup() as group:
            group.spawn(basic.submit, range(1, num_jobs + 1), jobs)
            group.spawn(basic.work, num_workers, worker, results)
            return end(group, results, wanted)

    return first


def slices_afterwards(group, results, wanted):
    return list(results)[:wanted]


def just_leaves(group, results, wanted):
    return list(islice(results, wanted))


def closes_the_results(group, results, wanted):
    collected = list(islice(results, wanted))
    results.close()
    return collected


def counts_on_all(group, results, wanted):
    collected = [results.receive() for _ in range(wanted)]
    group.context.cancel("seen enough")
    return collected


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (slices_afterwards, "it took 12 s, and 3 s are enough"),
        (just_leaves, "it deadlocks at 9 s: main is waiting for its tasks to end"),
        (closes_the_results, "it raised Closed: send on closed channel results"),
        (counts_on_all, "with 5 of 3 results wanted from 2 workers it raised Closed"),
    ],
)
def test_a_pool_that_does_not_stop_in_time_is_told_why(end, says):
    assert says in refused(exercises.check_extend(first_that_ends(end)))


def test_the_results_of_the_first_jobs_may_not_be_the_first_results():
    all_of_them = first_that_ends(lambda group, results, wanted: list(results))

    def first(wanted, num_jobs, num_workers, process):
        return all_of_them(wanted, min(wanted, num_jobs), num_workers, process)

    assert refused(exercises.check_extend(first)) == (
        "with 3 of 7 results wanted from 3 workers, job 1 a slow one, "
        "it took 20 s, and 6 s are enough"
    )


def test_a_collector_that_waits_for_ever_is_stopped():
    def busy(group, results, wanted):
        while len(results) < wanted:
            pass

    sentence = refused(exercises.check_extend(first_that_ends(busy)))
    assert "it does not end" in sentence
