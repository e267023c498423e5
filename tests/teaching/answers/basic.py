"""Answers to the exercises on the basic pool."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from lab.teaching.exercises.basic import check_extend, check_predict, check_repair, submit
from patterns import basic
from patterns.concurrency import Channel, TaskGroup, sleep


def repaired(end):
    """Return a pool like the exercise's, whose tasks are started by `end`."""

    def pool(jobs, workers, buffer):
        queue, results = Channel(buffer, "jobs"), Channel(buffer, "results")

        def worker():
            for job in queue:
                sleep(1)
                results.send(job * 2)

        with TaskGroup() as group:
            return end(group, lambda: submit(jobs, queue), worker, workers, results)

    pool.__name__ = end.__name__
    return pool


def counts_results(jobs, workers, buffer):
    queue, results = Channel(buffer), Channel(buffer)

    def worker():
        for job in queue:
            sleep(1)
            results.send(job * 2)

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        return [results.receive() for _ in jobs]


def submitter_closes(group, submit, worker, workers, results):
    group.spawn(lambda: (submit(), results.close()))
    for _ in range(workers):
        group.spawn(worker)
    return list(results)


def nobody_closes(group, submit, worker, workers, results):
    group.spawn(submit)
    for _ in range(workers):
        group.spawn(worker)
    return list(results)


def submits_first(group, submit, worker, workers, results):
    group.spawn(basic.work, workers, worker, results)
    submit()
    return list(results)


def one_worker_only(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, 1, worker, results)
    return list(results)


def forgets_one(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, workers, worker, results)
    return list(results)[1:]


def polls_for_ever(jobs, workers, buffer):
    while True:
        sleep(0.1)


def first(end):
    """Return a pool like the exercise's, which collects by `end`."""

    def pool(wanted, jobs, workers, process):
        queue, results = Channel(len(jobs), "jobs"), Channel(0, "results")

        def worker():
            for job in queue:
                results.send(process(job))

        with TaskGroup() as group:
            group.spawn(submit, jobs, queue)
            group.spawn(basic.work, workers, worker, results)
            return end(group, results, wanted)

    pool.__name__ = end.__name__
    return pool


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


def looks_again_and_again(group, results, wanted):
    while len(results) < wanted:
        pass


def takes_the_first_jobs(wanted, jobs, workers, process):
    return first(slices_afterwards)(wanted, jobs[:wanted], workers, process)


RIGHT = {check_predict: [12.0, Fraction(12), Decimal(12)], check_repair: [counts_results]}

WRONG = {
    check_predict: [
        (9, "9 s is too short: 28 s of work take three workers 9.33 s"),
        (28 / 3, "would need three workers who all stop at the same"),
        (10, "10 s would need somebody who chooses the jobs cleverly"),
        (28, "28 s is too long: nobody who is free waits"),
        ("12", "the answer must be a number of seconds, got '12'"),
        (math.nan, "must be a number of seconds, got nan"),
        (True, "must be a number of seconds, got True"),
    ],
    check_repair: [
        (
            repaired(submitter_closes),
            "with 10 jobs, 3 workers and buffer 2 it raised Closed: send on closed channel results",
        ),
        (repaired(nobody_closes), "it deadlocks at 4 s: main is receiving from results (empty)"),
        (repaired(submits_first), "it deadlocks at 2 s: main is sending to jobs (2/2 full)"),
        (repaired(one_worker_only), "it took 10 s, and 4 s are enough"),
        (repaired(forgets_one), "with 10 jobs, 3 workers and buffer 2 it lost results: 2"),
    ],
    check_extend: [
        (first(slices_afterwards), "it took 12 s, and 3 s are enough"),
        (first(just_leaves), "it deadlocks at 9 s: main is waiting for its tasks to end"),
        (first(closes_the_results), "it raised Closed: send on closed channel results"),
        (first(counts_on_all), "with 5 of 3 results wanted from 2 workers it raised Closed"),
        (
            takes_the_first_jobs,
            "with 3 of 7 results wanted from 3 workers, job 1 a slow one, "
            "it took 20 s, and 6 s are enough",
        ),
    ],
}

ENDLESS = {
    check_repair: [(polls_for_ever, "it does not end: its tasks go on and on")],
    check_extend: [(first(looks_again_and_again), "it does not end")],
}
