"""Typical wrong answers to the exercises on the dynamic pool, and what each one is told."""

import pytest

from lab.teaching.exercises import dynamic as exercises
from patterns.concurrency import sleep
from patterns.dynamic import Autoscaler


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(3, "3 s is how long it takes if all three stay", id="nobody leaves"),
        pytest.param(3.5, "3.5 s is too short for the one who stays", id="counting from 1.5 s"),
        pytest.param(6, "still finishes the job in hand, so no job is begun twice", id="dropped"),
        pytest.param("4", "must be a number of seconds, got '4'", id="text"),
        pytest.param(float("inf"), "must be a number of seconds, got inf", id="infinite"),
        pytest.param(True, "must be a number of seconds, got True", id="a truth"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_forgot(answer, says):
    assert says in refused(exercises.check_predict(answer))


def looks_then_adds(count, max_workers):
    if count.load() >= max_workers:
        return False
    count.add(1)
    return True


def adds_then_looks(count, max_workers):
    if count.add(1) > max_workers:
        count.add(-1)
        return False
    return True


def tries_once(count, max_workers):
    seen = count.load()
    return seen < max_workers and count.compare_and_swap(seen, seen + 1)


def tries_for_ever_with_what_it_saw_first(count, max_workers):
    seen = count.load()
    if seen >= max_workers:
        return False
    while not count.compare_and_swap(seen, seen + 1):
        pass
    return True


def says_nothing(count, max_workers):
    while (seen := count.load()) < max_workers:
        if count.compare_and_swap(seen, seen + 1):
            return


@pytest.mark.parametrize(
    ("add_worker", "says"),
    [
        (looks_then_adds, "it added 8 workers where there was room for 2"),
        (adds_then_looks, "for a moment, and 2 is the maximum"),
        (tries_once, "and turned others away, with room for 3"),
        (tries_for_ever_with_what_it_saw_first, "it does not end"),
        (says_nothing, "it must return True or False, and returned None"),
        (lambda count: True, "it must be a function of (count, max_workers)"),
    ],
)
def test_a_wrong_repair_is_told_what_it_lets_happen(add_worker, says):
    assert says in refused(exercises.check_repair(add_worker))


def only_grows(pool):
    while True:
        sleep(0.1)
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()


def jumps(pool):
    while True:
        sleep(0.1)
        if pool.in_flight > pool.worker_count:
            pool.add_worker()
        elif pool.in_flight < pool.worker_count:
            pool.remove_worker()


def waits_for_an_empty_pool(pool):
    while True:
        sleep(0.1)
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()
        elif pool.in_flight == 0:
            pool.remove_worker()


def looks_rarely(pool):
    while True:
        sleep(1)
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()


def never_sleeps(pool):
    while True:
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()


@pytest.mark.parametrize(
    ("autoscale", "says"),
    [
        (only_grows, "it keeps 8 workers under the steady load, which needs three"),
        (jumps, "it makes the number go up and down under the steady load"),
        (waits_for_an_empty_pool, "it keeps 8 workers under the steady load, which needs three"),
        (looks_rarely, "it is too slow: in the first 2 s of the burst it comes to 2 workers"),
        (never_sleeps, "it does not end"),
        (lambda pool: pool.hire(), "AttributeError"),
        (lambda: None, "it must be a function of (pool)"),
    ],
)
def test_a_wrong_autoscaler_is_told_what_it_does(autoscale, says):
    assert says in refused(exercises.check_extend(autoscale))


@pytest.mark.parametrize(
    "autoscaler", [Autoscaler(), Autoscaler(interval=0.2, calm_looks=4)], ids=repr
)
def test_the_pattern_s_own_autoscaler_is_accepted(autoscaler):
    assert exercises.check_extend(autoscaler.watch).passed
