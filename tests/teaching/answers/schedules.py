"""Answers to the exercises on schedules."""

import itertools
import math
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np

from lab.exploring import explore
from lab.teaching.exercises.queues import filled
from lab.teaching.exercises.schedules import extend, order, predict, read, repair
from lab.teaching.exercises.small import new_limit
from patterns import basic
from patterns.concurrency import AtomicInt, Channel, TaskGroup, sleep


def leaving_by(leave):
    """Return a pool like the exercise's, in which `leave` is what a worker does at the end."""

    def pool(jobs, workers):
        queue, results = filled(jobs), Channel(len(jobs), "results")
        left = AtomicInt(workers, "workers left")

        def worker():
            for job in queue:
                results.send(job * 2)
            leave(left, results)

        with TaskGroup() as group:
            for number in range(1, workers + 1):
                group.spawn(worker, name=f"worker-{number}")
            return list(results)

    pool.__name__ = leave.__name__
    return pool


def in_a_channel(jobs, workers):
    """Count in a channel, of which one at a time has the number in its hand."""
    queue, results, inside = filled(jobs), Channel(len(jobs), "results"), Channel(1)
    inside.send(workers)

    def worker():
        for job in queue:
            results.send(job * 2)
        left = inside.receive() - 1
        inside.send(left)
        if left == 0:
            results.close()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        return list(results)


def closes_after_a_while(jobs, workers):
    """Let one worker close, who was not the last to leave."""
    queue, results = filled(jobs), Channel(len(jobs), "results")

    def worker(number):
        for job in queue:
            results.send(job * 2)
        if number == workers:
            sleep(1)
            results.close()

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, number)
        return list(results)


def adds_and_multiplies(run):
    return sum(run.value) == 12 and math.prod(run.value) == 48


def swaps_until_it_works(left, results):
    while True:
        seen = left.load()
        if left.compare_and_swap(seen, seen - 1):
            break
    if seen == 1:
        results.close()


def in_a_task_of_its_own(jobs, workers):
    queue, results = filled(jobs), Channel(len(jobs), "results")

    def worker():
        for job in queue:
            results.send(job * 2)

    with TaskGroup() as group:
        group.spawn(basic.work, workers, worker, results)
        return list(results)


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


def no_pool_at_all(jobs, workers):
    return [job * 2 for job in jobs]


def by_formula(jobs, workers):
    return in_a_task_of_its_own(range(1, len(jobs) + 1), workers)


def with_workers(count):
    """Return a right answer, but for the number of its workers."""
    return lambda jobs, workers: in_a_task_of_its_own(jobs, count(jobs, workers))


one_worker_does_all = with_workers(lambda jobs, workers: 1)
one_worker_more = with_workers(lambda jobs, workers: workers + 1)
a_task_for_each_job = with_workers(lambda jobs, workers: max(len(jobs), 1))


def plain_counter(jobs, workers):
    queue, results = filled(jobs), Channel(len(jobs), "results")
    left = workers

    def worker():
        nonlocal left
        for job in queue:
            results.send(job * 2)
        left -= 1
        if left == 0:
            results.close()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        return list(results)


def plain_list(jobs, workers):
    queue, results = filled(jobs), Channel(len(jobs), "results")
    left = [None] * workers

    def worker():
        for job in queue:
            results.send(job * 2)
        left.pop()
        if not left:
            results.close()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        return list(results)


def loses_a_result(jobs, workers):
    return in_a_task_of_its_own(jobs, workers)[1:]


calls = itertools.count()


def depends_on_more_than_the_schedule(jobs, workers):
    return in_a_task_of_its_own(jobs, workers + next(calls) % 2)


def other_parameters(jobs):
    return []


def waits_in_real_time(jobs, workers):
    time.sleep(0.05)
    return []


def busy(left, results):
    while True:
        pass


def polls(left, results):
    while left.load():
        sleep(1)


def sorts(run):
    return sorted(run.value) == [2, 4, 6]


def answers_with_a_number(run):
    return int(sorts(run))


def answers_with_numpy(run):
    return np.array_equal(np.sort(run.value), [2, 4, 6]) and np.bool_(True)


def has_the_right_ones(run):
    return len(run.value) == 3 and {2, 6} <= set(run.value) and run.value != [2, 2, 6]


def knows_the_pools(run):
    return len(run.value) == 3 and run.value.count(4) == 1 and max(run.value) == 6


def adds_and_counts(run):
    return len(run.value) == 3 and sum(run.value) == 12 and len(set(run.value)) == 3


def asserts(run):
    assert sorted(run.value) == [2, 4, 6]


def counts(run):
    return len(run.value) == 3


def wants_an_order(run):
    return run.value == [2, 4, 6]


def forgets_how_often(run):
    return set(run.value) == {2, 4, 6}


def returns_nothing(run):
    sorts(run)


def sums(run):
    return sum(run.value) == 12


def asks_for_results(run):
    return run.results


def takes_no_run():
    return True


def looks_for_ever(run):
    while True:
        pass


def workers_that_do_nothing(jobs, workers):
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(int)
    return [2 * job for job in jobs]


def counted(numbers):
    """Return the right answer: distinct schedules, and how many of them fail."""
    found = explore(new_limit, *numbers, check=lambda run: len({*run.value}) == 1, how="every")
    return [found.schedules, found.failures]


def with_numpy(numbers):
    return tuple(np.array(counted(numbers)))


def on_paper(numbers):
    """Return the number of all orders of operations, distinct or not."""
    looks, changes = numbers
    each = [*looks, len(changes)]
    return math.factorial(sum(each)) // math.prod(map(math.factorial, each))


def total_of(turns, amounts):
    total, seen = 0, {}
    for worker in turns:
        if worker in seen:
            total = seen[worker] + amounts[int(worker[-1]) - 1]
        seen.setdefault(worker, total)
    return total


def totals(numbers):
    amounts, orders = numbers
    return [total_of(turns, amounts) for turns in orders]


def last_alone(numbers):
    """Return totals that count only whoever stores last."""
    amounts, orders = numbers
    return [amounts[int(turns[-1][-1]) - 1] for turns in orders]


def named(*numbers):
    return [f"worker-{number}" for number in numbers]


def kept_and_lost(numbers):
    """Return the numbers of the workers whose additions count, and of the others."""
    amounts, wanted = numbers
    for size in (2, 3):
        for kept in itertools.combinations((1, 2, 3, 4), size):
            if sum(amounts[worker - 1] for worker in kept) == wanted:
                return [*kept], sorted({1, 2, 3, 4} - {*kept})
    raise AssertionError(numbers)


def loses(kept, lost):
    *before, last = kept
    return named(*sorted(before * 2), last, *sorted(lost * 2), last)


def loses_the_right_ones(numbers):
    return loses(*kept_and_lost(numbers))


def begins_with_the_lost(numbers):
    """Let those that count go after those that are lost, but load before them."""
    (first, *others), lost = kept_and_lost(numbers)
    return named(*lost, first, *lost, first, *sorted(others * 2))


def one_after_the_other(numbers):
    return named(1, 1, 2, 2, 3, 3, 4, 4)


def all_load_first(numbers):
    return named(1, 2, 3, 4, 1, 2, 3, 4)


def loses_others(numbers):
    """Lose as many as should be, but one that should count."""
    kept, lost = kept_and_lost(numbers)
    return loses([lost[0], *kept[1:]], [kept[0], *lost[1:]])


def loses_one_more(numbers):
    kept, lost = kept_and_lost(numbers)
    return loses(kept[1:], [kept[0], *lost])


RIGHT = {
    predict: [counted, lambda n: tuple(map(Fraction, counted(n))), with_numpy],
    read: [totals, lambda n: [Decimal(total) for total in totals(n)]],
    order: [loses_the_right_ones, lambda n: tuple(begins_with_the_lost(n))],
    repair: [leaving_by(swaps_until_it_works), in_a_task_of_its_own, plain_list, in_a_channel],
    extend: [asserts, answers_with_a_number, answers_with_numpy],
}

WRONG = {
    predict: [
        (lambda n: (on_paper(n), 12), "they are not all distinct"),
        (lambda n: (on_paper(n), counted(n)[1]), "they are not all distinct"),
        (lambda n: (1 + sum(n[0]), 2), "it matters which worker has looked before"),
        (lambda n: (counted(n)[0] + 1, counted(n)[1]), " distinct schedules: all that matters"),
        (lambda n: (counted(n)[0], counted(n)[0]), "fail: in how many do all looks come before"),
        (lambda n: (counted(n)[0], counted(n)[1] + 1), "of them fail: in how many do all looks"),
        ((8, 9), "of 8 schedules no more than 8 can fail, got 9"),
        (8, "must be two whole numbers, such as (12, 3), got 8"),
        ((8, 6, 2), "must be two whole numbers, got 3"),
        ((8.5, 6), "such as (12, 3), got (8.5, 6)"),
        ((True, True), "such as (12, 3), got (True, True)"),
    ],
    read: [
        (lambda n: [sum(n[0])] * 3, "not everything is added: look for a worker that stores"),
        (lambda n: totals(n)[::-1], "schedule A"),
        (lambda n: totals(n)[1:] + totals(n)[:1], "schedule A"),
        (lambda n: [totals(n)[0], 1, 1], "schedule B cannot end with 1: the last to store leaves"),
        (lambda n: [*totals(n)[:2], 0], "schedule C cannot end with 0: the last to store leaves"),
        (last_alone, " stores last, so what had it loaded?"),
        (lambda n: totals(n)[:2], "must be three whole numbers, got 2"),
        (7, "must be three whole numbers, such as (12, 3, 7), got 7"),
        ("ABC", "must be three whole numbers, such as (12, 3, 7), got 'ABC'"),
    ],
    order: [
        (one_after_the_other, ": nothing is lost, and something has to be"),
        (all_load_first, ": 3 additions are lost, and "),
        (loses_one_more, " lost, and "),
        (loses_others, " lost, which is as many as should be, but not the right"),
        (lambda n: loses_the_right_ones(n)[:7], "has 1 turn, and it needs two: one to load"),
        (["worker-1"] * 8, "worker-1 has 8 turns, and it needs two"),
        (["worker-1", "worker-2"] * 2, "worker-3 has 0 turns, and it needs two"),
        ([1, 2, 3, 4, 4, 3, 2, 1], "each name must be one of worker-1, worker-2, worker-3, "),
        ("worker-1", "must be a list of names, and is a str"),
        ([], "worker-1 has 0 turns, and it needs two"),
        ([["worker-1"]], "each name must be one of"),
    ],
    repair: [
        (workers_that_do_nothing, "it does the jobs itself, and 2 workers should do them"),
        (leaving_by(looks_then_counts), "0 jobs and 2 workers it goes wrong in 4 of 16 distinct"),
        (
            leaving_by(counts_and_never_is_first),
            "it raised Closed: send on closed channel results",
        ),
        (
            leaving_by(looks_at_the_wrong_moment),
            "deadlock at 0 s: main is receiving from results",
        ),
        (leaving_by(always_closes), "it raised Closed: send on closed channel results"),
        (leaving_by(swaps_once), "deadlock at 0 s: main is receiving from results"),
        (no_pool_at_all, "it starts no task, and 2 workers should do the jobs"),
        (one_worker_does_all, "1 task takes jobs, and 2 workers should"),
        (one_worker_more, "3 tasks take jobs, and 2 workers should"),
        (a_task_for_each_job, "3 tasks take jobs, and 2 workers should"),
        (plain_counter, "with 3 jobs and 2 workers in "),
        (by_formula, "with 3 jobs and 2 workers it lost results: 14, 8, 14"),
        (loses_a_result, "with 1 job and 2 workers it goes wrong in "),
        (loses_a_result, "for example: it lost results: 2"),
        (depends_on_more_than_the_schedule, "it raised NotRepeatable"),
        (other_parameters, "it must be a function of (jobs, workers), and takes (jobs)"),
        (waits_in_real_time, "not time.sleep"),
        (closes_after_a_while, "3 jobs and 2 workers, when a job takes 1000 s it raised Closed"),
    ],
    extend: [
        (counts, "lets 30 of 30 schedules pass in which something is wrong"),
        (wants_an_order, "refuses 5 of 6 schedules in which nothing is wrong: there each job has"),
        (forgets_how_often, "the results of jobs 1, 2 and 3 are [2, 4, 6, 6]"),
        (has_the_right_ones, "it lets [2, 6, 2] pass as the results of jobs 1, 2 and 3"),
        (
            knows_the_pools,
            "in which something is wrong: there the results of jobs 1, 2 and 3 are [4,",
        ),
        (adds_and_counts, "it lets [1, 5, 6] pass as the results of jobs 1, 2 and 3"),
        (adds_and_multiplies, "it lets [2, 2, 2, 6] pass as the results of jobs 1, 2 and 3"),
        (returns_nothing, "lets 30 of 30 schedules pass in which something is wrong"),
        (sums, "the results of jobs 1, 2 and 3 are [4, 4, 4]"),
        (asks_for_results, "it raised AttributeError"),
        (takes_no_run, "it must be a function of (run), and takes ()"),
        (7, "it must be a function of (run), and is an int"),
    ],
}

ENDLESS = {
    repair: [
        (leaving_by(busy), "it does not end: it loops for ever, or waits in real time"),
        (leaving_by(polls), "worker-1 and worker-2 are sleeping, again and again"),
    ],
    extend: [(looks_for_ever, "it does not end")],
}
