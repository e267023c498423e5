"""Typical wrong answers to the exercises on schedules, and the sentence each one gets."""

import itertools
import time

import pytest

from lab.teaching.exercises import schedules as exercises
from patterns import basic
from patterns.concurrency import AtomicInt, Channel, TaskGroup, sleep


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param((24, 12), "they are not all distinct", id="every order of four operations"),
        pytest.param(
            (4, 2), "it matters which worker has looked before", id="places of the change"
        ),
        pytest.param((6, 4), "there are not 6 distinct schedules", id="some other number"),
        pytest.param((8, 8), "not 8 of them fail: in how many do all three look before", id="all"),
        pytest.param((8, 9), "of 8 schedules no more than 8 can fail, got 9", id="more than all"),
        pytest.param(8, "must be two whole numbers, such as (12, 3), got 8", id="one number"),
        pytest.param((8, 6, 2), "must be two whole numbers, got 3", id="three numbers"),
        pytest.param((8.0, 6), "such as (12, 3), got (8.0, 6)", id="no whole number"),
        pytest.param((True, True), "such as (12, 3), got (True, True)", id="truth values"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_overlooks(answer, says):
    assert says in refused(exercises.check_predict(answer))


def test_the_right_prediction_may_be_a_list():
    assert exercises.check_predict([8, 6]).passed


def pool_whose_workers_end_by(leave):
    """Return a pool like the exercise's, in which `leave` is what a worker does at the end."""

    def pool(num_jobs, num_workers):
        jobs, results = Channel(num_jobs, "jobs"), Channel(num_jobs, "results")
        left = AtomicInt(num_workers, "workers left")
        basic.submit(range(1, num_jobs + 1), jobs)

        def worker():
            for job in jobs:
                results.send(job * 2)
            leave(left, results)

        with TaskGroup() as group:
            for number in range(1, num_workers + 1):
                group.spawn(worker, name=f"worker-{number}")
            return list(results)

    return pool


def looks_then_counts(left, results):
    seen = left.load()
    left.store(seen - 1)
    if seen == 1:
        results.close()


def counts_and_never_is_first(left, results):
    if left.add(-1) == 1:
        results.close()


def looks_at_the_wrong_moment(left, results):
    if left.load() == 1:
        results.close()
    left.add(-1)


def always_closes(left, results):
    results.close()


def swaps_once(left, results):
    seen = left.load()
    if left.compare_and_swap(seen, seen - 1) and seen == 1:
        results.close()


@pytest.mark.parametrize(
    ("leave", "says"),
    [
        (looks_then_counts, "0 jobs and 2 workers it goes wrong in 4 of 16 distinct schedules"),
        (counts_and_never_is_first, "it raised Closed: send on closed channel results"),
        (looks_at_the_wrong_moment, "deadlock at 0 s: main is receiving from results"),
        (always_closes, "it raised Closed: send on closed channel results"),
        (swaps_once, "deadlock at 0 s: main is receiving from results"),
    ],
)
def test_a_pool_that_is_not_repaired_is_told_in_how_many_schedules_it_goes_wrong(leave, says):
    assert says in refused(exercises.check_repair(pool_whose_workers_end_by(leave)))


def adds(left, results):
    if left.add(-1) == 0:
        results.close()


def swaps_until_it_works(left, results):
    while True:
        seen = left.load()
        if left.compare_and_swap(seen, seen - 1):
            break
    if seen == 1:
        results.close()


def in_a_task_of_its_own(num_jobs, num_workers):
    jobs, results = Channel(num_jobs, "jobs"), Channel(num_jobs, "results")
    basic.submit(range(1, num_jobs + 1), jobs)

    def worker(number):
        for job in jobs:
            results.send(job * 2)

    with TaskGroup() as group:
        group.spawn(basic.work, num_workers, worker, results)
        return list(results)


@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(pool_whose_workers_end_by(adds), id="count down and look in one step"),
        pytest.param(pool_whose_workers_end_by(swaps_until_it_works), id="compare and swap"),
        pytest.param(in_a_task_of_its_own, id="a task that waits for all workers"),
    ],
)
def test_every_way_to_repair_it_is_accepted(pool):
    verdict = exercises.check_repair(pool)
    assert verdict.passed, verdict


def test_a_pool_that_loses_results_is_told_which():
    def pool(num_jobs, num_workers):
        return in_a_task_of_its_own(num_jobs, num_workers)[1:]

    sentence = refused(exercises.check_repair(pool))
    assert sentence.startswith("with 1 job and 2 workers it goes wrong in ")
    assert sentence.endswith("for example: it lost results: 2")


def test_a_pool_that_depends_on_more_than_the_schedule_is_told_so():
    calls = itertools.count()

    def pool(num_jobs, num_workers):
        return in_a_task_of_its_own(num_jobs, num_workers + next(calls) % 2)

    assert "it raised NotRepeatable" in refused(exercises.check_repair(pool))


def test_a_pool_with_other_parameters_is_told_which_it_must_have():
    says = "it must be a function of (num_jobs, num_workers), and takes (jobs)"
    assert refused(exercises.check_repair(lambda jobs: [])) == says


def test_a_pool_that_waits_in_real_time_is_told_to_sleep_virtually():
    def pool(num_jobs, num_workers):
        time.sleep(0.05)
        return []

    assert "not time.sleep" in refused(exercises.check_repair(pool))


def busy(left, results):
    while True:
        pass


def polls(left, results):
    while left.load():
        sleep(1)


@pytest.mark.parametrize("leave", [busy, polls])
def test_a_pool_that_does_not_end_is_stopped(leave, monkeypatch):
    monkeypatch.setattr(exercises, "PATIENCE", 0.3)
    sentence = refused(exercises.check_repair(pool_whose_workers_end_by(leave)))
    assert sentence == "it does not end: it loops for ever, or waits in real time"


def test_a_pool_with_too_many_schedules_is_told_to_do_with_fewer(monkeypatch):
    monkeypatch.setattr(exercises, "MOST", 20)
    sentence = refused(exercises.check_repair(in_a_task_of_its_own))
    assert "it has more than 20 distinct schedules, too many to try them all" in sentence


def test_a_pool_that_takes_too_long_in_all_schedules_is_stopped(monkeypatch):
    monkeypatch.setattr(exercises, "LONG_PATIENCE", 0.3)

    def spins(num_jobs, num_workers):
        left = AtomicInt(num_workers)
        with TaskGroup() as group:
            for _ in range(num_workers):
                group.spawn(left.add, -1)
            while left.load():
                pass
        return []

    assert "it takes too long to try all its schedules" in refused(exercises.check_repair(spins))


def counts(run):
    return len(run.value) == 3


def wants_an_order(run):
    return run.value == [2, 4, 6]


def forgets_how_often(run):
    return set(run.value) == {2, 4, 6}


def returns_nothing(run):
    sorted(run.value) == [2, 4, 6]  # noqa: B015


def sums(run):
    return sum(run.value) == 12


@pytest.mark.parametrize(
    ("right", "says"),
    [
        (counts, "lets 30 of 30 schedules pass in which something is wrong"),
        (wants_an_order, "refuses 5 of 6 schedules in which nothing is wrong: there each job has"),
        (forgets_how_often, "the results of jobs 1, 2 and 3 are [2, 4, 6, 6]"),
        (returns_nothing, "lets 30 of 30 schedules pass in which something is wrong"),
        (sums, "the results of jobs 1, 2 and 3 are [4, 4, 4]"),
        (lambda run: run.results, "it raised AttributeError"),
        (lambda: True, "it must be a function of (run), and takes ()"),
        (7, "it must be a function of (run), and is an int"),
    ],
)
def test_a_check_that_is_too_strict_or_too_lax_is_shown_a_schedule(right, says):
    assert says in refused(exercises.check_extend(right))


def test_a_check_may_assert():
    def right(run):
        assert sorted(run.value) == [2, 4, 6]

    assert exercises.check_extend(right).passed


def test_a_check_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(exercises, "PATIENCE", 0.3)

    def right(run):
        while True:
            pass

    assert refused(exercises.check_extend(right)).startswith("it does not end")
