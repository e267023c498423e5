"""Answers to the exercises on the dynamic pool."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np

from lab.teaching.exercises.dynamic import check_extend, check_predict, check_repair
from patterns.concurrency import AtomicInt, now, sleep
from patterns.dynamic import Autoscaler


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


def swaps(count, max_workers):
    while (seen := count.load()) < max_workers:
        if count.compare_and_swap(seen, seen + 1):
            return True
    return False


def trying(times):
    """Return an answer that tries so often, then gives up."""

    def add_worker(count, max_workers):
        for _ in range(times):
            seen = count.load()
            if seen >= max_workers:
                return False
            if count.compare_and_swap(seen, seen + 1):
                return True
        return False

    return add_worker


def returns_numbers(count, max_workers):
    return int(swaps(count, max_workers))


def returns_numpy(count, max_workers):
    return np.bool_(swaps(count, max_workers))


def waits_for_a_flag(count, max_workers):
    while getattr(count, "busy", False):
        sleep(0.1)
    count.busy = True
    added = count.load() < max_workers
    if added:
        count.add(1)
    count.busy = False
    return added


def takes_a_token(count, max_workers):
    taken = vars(count).setdefault("taken", [0])
    while taken[0]:
        sleep(0.1)
    taken[0] = taken[0] + 1
    added = count.load() < max_workers
    if added:
        count.add(1)
    taken[0] = 0
    return added


def counts_only_up(count, max_workers):
    made = vars(count).setdefault("made", AtomicInt(count.load()))
    if not swaps(made, max_workers):
        return False
    count.add(1)
    return True


def allows_it_by_number(count, max_workers):
    asked = vars(count).setdefault("asked", AtomicInt(count.load()))
    if asked.add(1) > max_workers:
        return False
    count.add(1)
    return True


def knows_the_load(pool):
    sleep(0.1)
    for _ in range(7):
        pool.add_worker()
    sleep(3)
    for _ in range(4):
        pool.remove_worker()
    sleep(17)
    while True:
        pool.remove_worker()
        sleep(1)


def knows_the_load_roughly(pool):
    while True:
        sleep(0.1)
        if pool.in_flight > 2 * pool.worker_count and now() < 3:
            pool.add_worker()
        elif now() > 20 or (now() > 4 and pool.worker_count > 4):
            pool.remove_worker()


def other_parameters(count):
    return True


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


def hires(pool):
    pool.hire()


def takes_no_pool():
    return None


RIGHT = {
    check_predict: [Decimal(4), Fraction(4)],
    check_repair: [returns_numbers, returns_numpy],
    check_extend: [Autoscaler().watch],
}

WRONG = {
    check_predict: [
        (3, "3 s is how long it takes if all three stay"),
        (3.5, "3.5 s is too short for the one who stays"),
        (6, "still finishes the job in hand, so no job is begun twice"),
        ("4", "must be a number of seconds, got '4'"),
        (math.inf, "must be a number of seconds, got inf"),
        (True, "must be a number of seconds, got True"),
    ],
    check_repair: [
        (looks_then_adds, "it added 8 workers where there was room for 2"),
        (adds_then_looks, "for a moment, and 2 is the maximum"),
        (tries_once, "and turned others away, with room for 3"),
        (trying(3), "with 30 callers, 0 workers and a maximum of 30 it added 3 workers"),
        (trying(8), "with 30 callers, 0 workers and a maximum of 30 it added 8 workers"),
        (waits_for_a_flag, "statement by statement it added 3 workers where there was room for 2"),
        (takes_a_token, "statement by statement it added 3 workers where there was room for 2"),
        (counts_only_up, "with 2 workers, one of whom leaves, it turns the next one away"),
        (allows_it_by_number, "with 2 workers, one of whom leaves, it"),
        (says_nothing, "it must return True or False, and returned None"),
        (other_parameters, "it must be a function of (count, max_workers)"),
    ],
    check_extend: [
        (only_grows, "it keeps 8 workers under the steady load, which needs three"),
        (jumps, "it makes the number go up and down under the steady load"),
        (waits_for_an_empty_pool, "it keeps 8 workers under the steady load, which needs three"),
        (looks_rarely, "it is too slow: in the first 2 s of the burst it comes to 2 workers"),
        (knows_the_load, "begins after 23.4 s "),
        (knows_the_load_roughly, "with a load that begins after 23.4 s "),
        (hires, "AttributeError"),
        (takes_no_pool, "it must be a function of (pool)"),
    ],
}

ENDLESS = {
    check_repair: [(tries_for_ever_with_what_it_saw_first, "it does not end")],
    check_extend: [(never_sleeps, "it does not end")],
}
