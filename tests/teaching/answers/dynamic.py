"""Answers to the exercises on the dynamic pool."""

import math
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import numpy as np

from lab.teaching.exercises.dynamic import drain, extend, predict, read, repair
from patterns.concurrency import AtomicInt, Cancelled, Context, TaskGroup, now, sleep
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


def knows_the_load_once_it_has_come(pool):
    while pool.in_flight == 0:
        sleep(0.05)
    for _ in range(7):
        pool.add_worker()
    while pool.in_flight > 3:
        sleep(0.05)
    for _ in range(4):
        pool.remove_worker()
    while True:
        sleep(0.1)
        if pool.in_flight == 0:
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


def does_nothing(pool):
    pass


def eight_from_the_beginning(pool):
    sleep(0.1)
    while pool.add_worker():
        pass


def never_below_three(pool):
    calm = 0
    while True:
        sleep(0.1)
        calm = calm + 1 if pool.in_flight < pool.worker_count else 0
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()
        elif calm >= 5 and pool.worker_count > 3 and pool.remove_worker():
            calm = 0


def counts_calm_looks(pool):
    looks = []
    while True:
        sleep(0.1)
        looks = [*looks[-7:], pool.in_flight]
        if looks[-1] > 2 * pool.worker_count:
            pool.add_worker()
        elif len(looks) == 8 and max(looks) < pool.worker_count:
            pool.remove_worker()
            looks = []


def looks_often(pool):
    calm = 0
    while True:
        sleep(0.01)
        calm = calm + 1 if pool.in_flight < pool.worker_count else 0
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()
        elif calm >= 50 and pool.remove_worker():
            calm = 0


def hires(pool):
    pool.hire()


def takes_no_pool():
    return None


def always_false(count, max_workers):
    return False


def at_last(numbers, leavers=None, dropped=False):
    """Return when the last job is done, by rounds."""
    leavers = numbers.leavers if leavers is None else leavers
    rounds = int(numbers.told / numbers.seconds) + 1
    left = numbers.jobs - rounds * numbers.workers + (leavers if dropped else 0)
    more = -(-left // (numbers.workers - leavers))
    return (rounds + max(more, 0)) * numbers.seconds


def letters_of(runs):
    """Return the letters of the four calls, from how their runs went."""

    def key(letter):
        trace, report = runs[letter].trace, runs[letter].value
        if report.cancelled or report.never_started:
            return 3 + bool(report.cancelled)
        return 1 + (sum(job.started == 0 for job in trace.jobs) == 4)

    return "".join(sorted(runs, key=key))


def swapped(one, other):
    """Return an answer in which two letters have changed places."""

    def answer(runs):
        letters = [*letters_of(runs)]
        letters[one], letters[other] = letters[other], letters[one]
        return "".join(letters)

    return answer


def never_started(pool):
    return pool.report.never_started


def looks_again_and_again(pool, seconds):
    pool.close()
    end = now() + seconds
    while pool.worker_count and now() < end:
        sleep(0.05)
    pool.stop()
    while pool.worker_count:
        sleep(0.05)
    return tuple(never_started(pool))


def a_task_that_stops(pool, seconds):
    pool.close()

    def stop():
        sleep(seconds)
        pool.stop()

    with suppress(Cancelled), TaskGroup() as group:
        group.spawn(stop)
        pool.join()
        group.context.cancel()
    return never_started(pool)


def cancels(pool, seconds):
    pool.close()
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    pool.context.cancel("time is up")
    return never_started(pool)


def stops_at_once(pool, seconds):
    pool.stop()
    pool.join()
    return never_started(pool)


def closes_only(pool, seconds):
    pool.close()
    pool.join()
    return never_started(pool)


def sleeps_all_the_time(pool, seconds):
    pool.close()
    sleep(seconds)
    pool.stop()
    pool.join()
    return never_started(pool)


def does_not_wait_at_the_end(pool, seconds):
    pool.close()
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    pool.stop()
    return never_started(pool)


def forgets_to_close(pool, seconds):
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    pool.stop()
    pool.join()
    return never_started(pool)


def lets_the_cancel_out(pool, seconds):
    pool.close()
    with TaskGroup(Context(timeout=seconds)):
        pool.join()
    pool.stop()
    pool.join()
    return never_started(pool)


def forgets_to_stop(pool, seconds):
    pool.close()
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    return never_started(pool)


def returning(what):
    """Return an answer that is right but for what it returns."""

    def shut_down(pool, seconds):
        looks_again_and_again(pool, seconds)
        return what(pool.report)

    return shut_down


def looks_at_it_before(pool, seconds):
    rest = never_started(pool)
    looks_again_and_again(pool, seconds)
    return rest


def makes_the_list_too_early(pool, seconds):
    pool.close()
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    rest = never_started(pool)
    pool.stop()
    pool.join()
    return rest


def waits_twice_as_long(pool, seconds):
    return looks_again_and_again(pool, 2 * seconds)


def waits_a_second_at_least(pool, seconds):
    return looks_again_and_again(pool, max(seconds, 1))


def removes_all_workers(pool, seconds):
    pool.close()
    sleep(seconds)
    while pool.remove_worker():
        pass
    pool.join()
    return never_started(pool)


def looks_every_second(pool, seconds):
    pool.close()
    for _ in range(int(seconds)):
        if not pool.worker_count:
            break
        sleep(1)
    pool.stop()
    pool.join()
    return never_started(pool)


def looks_without_a_pause(pool, seconds):
    pool.close()
    end = now() + seconds
    while now() < end:
        pass
    pool.stop()
    return never_started(pool)


RIGHT = {
    predict: [at_last, lambda n: Decimal(at_last(n)), lambda n: Fraction(at_last(n))],
    read: [letters_of, lambda runs: [*letters_of(runs).lower()]],
    repair: [returns_numbers, returns_numpy],
    extend: [Autoscaler().watch, counts_calm_looks, looks_often],
    drain: [looks_again_and_again, a_task_that_stops],
}

WRONG = {
    predict: [
        (lambda n: at_last(n, leavers=0), "is how long it takes if all"),
        (lambda n: at_last(n) - n.seconds / 2, "is too short: count the jobs that are left"),
        (lambda n: n.told, "is too short: count the jobs that are left"),
        (lambda n: at_last(n) + n.seconds, "still finishes the job in hand, so no job is begun"),
        (lambda n: n.jobs * n.seconds, "still finishes the job in hand, so no job is begun"),
        (lambda n: at_last(n) + 0.5, "still finishes the job in hand, so no job is begun twice"),
        ("4", "must be a number of seconds, got '4'"),
        (math.inf, "must be a number of seconds, got inf"),
        (True, "must be a number of seconds, got True"),
    ],
    read: [
        (swapped(0, 1), "is not the one in which workers are added: there more workers have jobs"),
        (swapped(0, 2), "is not the one in which workers are added: there more workers have jobs"),
        (swapped(0, 3), "is not the one in which workers are added: there more workers have jobs"),
        (swapped(1, 2), "is not the one in which workers are told to leave: there two workers"),
        (swapped(1, 3), "is not the one in which workers are told to leave: there two workers"),
        (swapped(2, 3), "is not the one in which the pool is stopped: there nobody begins a job"),
        ("ABC", "the answer must be the letters 'A', 'B', 'C', 'D' in some order"),
        ("AABC", "the answer must be the letters"),
        (4, "the answer must be the letters"),
    ],
    repair: [
        (looks_then_adds, "it added 8 workers where there was room for 2"),
        (adds_then_looks, "for a moment, and 2 is the maximum"),
        (tries_once, "and turned others away, with room for 3"),
        (trying(3), "with 30 callers, 0 workers and a maximum of 30 it added 3 workers"),
        (trying(8), "with 30 callers, 0 workers and a maximum of 30 it added 8 workers"),
        (waits_for_a_flag, "statement by statement, it added 3 workers where there was room for 2"),
        (takes_a_token, "statement by statement, it added 3 workers where there was room for 2"),
        (counts_only_up, "with 2 workers, one of whom leaves, it turns the next one away"),
        (allows_it_by_number, "with 2 workers, one of whom leaves, it"),
        (says_nothing, "it must return True or False, and returned None"),
        (always_false, "it added 0 workers and turned others away, with room for 3"),
        (other_parameters, "it must be a function of (count, max_workers)"),
    ],
    extend: [
        (only_grows, "it keeps 8 workers under the steady load, which needs three"),
        (jumps, "it makes the number go up and down under the steady load"),
        (waits_for_an_empty_pool, "it keeps 8 workers under the steady load, which needs three"),
        (looks_rarely, "it is too slow: in the first 2 s of the burst it comes to 2 workers"),
        (knows_the_load, "begins after 23.4 s "),
        (knows_the_load_roughly, "with a load that begins after 23.4 s "),
        (
            knows_the_load_once_it_has_come,
            "with a load that comes a second time it is too slow: in the first 2 s of the burst",
        ),
        (hires, "AttributeError"),
        (does_nothing, "it is too slow: in the first 2 s of the burst it comes to 1 worker"),
        (eight_from_the_beginning, "it keeps 8 workers under the steady load, which needs three"),
        (never_below_three, "after 10 s without a job there are still 3 workers"),
        (takes_no_pool, "it must be a function of (pool)"),
    ],
    drain: [
        (cancels, "it cuts jobs short that were in work"),
        (stops_at_once, "it lets only 2 jobs begin, and by 2.25 s 6 can"),
        (closes_only, "it lets job 1 begin at 3 s, though time was up at 2.25 s"),
        (sleeps_all_the_time, "it returns only at 9.5 s, and all is over at 4 s"),
        (does_not_wait_at_the_end, "it returns at 2.25 s, while jobs are in work until 3 s"),
        (forgets_to_close, "it takes a job that is submitted after it was called"),
        (lets_the_cancel_out, "it raised DeadlineExceeded"),
        (forgets_to_stop, "it lets job 1 begin at 3 s, though time was up at 2.25 s"),
        (returning(lambda report: len(report.never_started)), "it returned an int, not a list"),
        (returning(lambda report: report), "it returned a Report, not a list of jobs"),
        (returning(lambda report: report.never_started[::-1]), "those that were never started"),
        (returning(lambda report: [*report.submitted]), "it returned 8 jobs"),
        (returning(lambda report: report.cancelled), "it returned 0 jobs"),
        (looks_at_it_before, "it returned 6 jobs"),
        (
            makes_the_list_too_early,
            "statement by statement, it returned 2 jobs (2, 2), and those that",
        ),
        (
            returning(lambda report: [*report.never_started, *report.failed]),
            "it returned 3 jobs ([1], [1], [1, 'no price']), and those that were never started",
        ),
        (waits_twice_as_long, "though time was up at 2.25 s"),
        (waits_a_second_at_least, "it lets job 1 begin at"),
        (removes_all_workers, "it lets job 1 begin at 3 s, though time was up at 2.25 s"),
        (looks_every_second, "it lets only"),
    ],
}

ENDLESS = {
    repair: [
        (tries_for_ever_with_what_it_saw_first, "it does not end"),
    ],
    extend: [(never_sleeps, "it does not end")],
    drain: [(looks_without_a_pause, "it does not end")],
}
