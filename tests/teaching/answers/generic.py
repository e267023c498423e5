"""Answers to the exercises on the generic pool."""

import math
from contextlib import suppress
from fractions import Fraction

from lab.teaching.exercises.generic import check_extend, check_predict, check_repair
from patterns import reusable
from patterns.concurrency import Channel, TaskGroup, sleep
from patterns.generic import Pool


def collecting(collect):
    """Return a pool like the exercise's, which collects by `collect`."""

    def my_pool(jobs, workers, process):
        pool = Pool(process, workers=workers)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(reusable.submit, jobs, pool)
            return collect(pool, len(jobs))

    my_pool.__name__ = collect.__name__
    return my_pool


def stops_and_says_nothing(pool, count):
    values = []
    with suppress(ValueError):
        values += pool.values()
    return values


def says_it_in_its_own_words(pool, count):
    try:
        return list(pool.values())
    except ValueError:
        raise RuntimeError("a job failed") from None


def raises_at_the_end(pool, count):
    values, failures = [], []
    while len(values) + len(failures) < count:
        try:
            values += pool.values()
        except ValueError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return values


def waits_for_as_many_as_there_are_jobs(pool, count):
    values = []
    while len(values) < count:
        try:
            values += pool.values()
        except ValueError:
            sleep(1)
    return values


def raises_a_group(jobs, workers, process):
    queue, values = Channel(name="jobs"), []

    def worker():
        for job in queue:
            values.append(process(job))

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        for job in jobs:
            queue.send(job)
        queue.close()
    return values


def loses_results(jobs, workers, process):
    return [process(job) for job in jobs if job < 3]


def raises_by_the_report(jobs, workers, process):
    pool = Pool(process, workers=workers, buffer=len(jobs))
    with pool.start():
        reusable.submit(jobs, pool)
    return pool.report.values


def one_worker_only(jobs, workers, process):
    return [process(job) for job in jobs]


def sorts_the_values(jobs, workers, process):
    return sorted(collecting(lambda pool, count: list(pool.values()))(jobs, 9, process))


def submits_everything_first(jobs, workers, process):
    pool = Pool(lambda numbered: (numbered[0], process(numbered[1])), workers=workers)
    with pool.start():
        reusable.submit(enumerate(jobs), pool)
        found = dict(pool.values())
    return [found[place] for place in range(len(jobs))]


def looks_jobs_up(jobs, workers, process):
    pool = Pool(lambda job: (job, process(job)), workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        found = dict(pool.values())
    return [found[job] for job in jobs]


def waits_in_the_worker(jobs, workers, process):
    done = []

    def in_turn(job):
        result = process(job)
        while len(done) < jobs.index(job):
            sleep(0.1)
        done.append(job)
        return result

    return reusable.run(jobs, in_turn, workers=workers).values


def waits_for_ever(jobs, workers, process):
    while True:
        sleep(1)


BAD = "with 7 jobs on 3 workers, of which job 4 fails, it "

RIGHT = {
    check_predict: [3, Fraction(3)],
    check_repair: [raises_by_the_report],
    check_extend: [submits_everything_first],
}

WRONG = {
    check_predict: [
        (6, "6 is right for a pool that goes on"),
        (5, "5 would be right if jobs in work were done"),
        (4, "4 does not fit"),
        (3.5, "must be a number of jobs from 0 to 7, got 3.5"),
        ("3", "must be a number of jobs from 0 to 7, got '3'"),
        (math.nan, "from 0 to 7, got nan"),
        (True, "from 0 to 7, got True"),
    ],
    check_repair: [
        (
            collecting(stops_and_says_nothing),
            BAD + "returned 3 results, and the caller never hears of the failure",
        ),
        (collecting(says_it_in_its_own_words), BAD + "raised RuntimeError: a job failed"),
        (
            collecting(raises_at_the_end),
            BAD + "took 12 s, and the failure is known after 5 s",
        ),
        (raises_a_group, BAD + "raised a group with the failure inside"),
        (loses_results, "with 7 jobs on 3 workers it lost results: 9, 16, 25, 36, 49"),
    ],
    check_extend: [
        (
            one_worker_only,
            "with the jobs [3, 1, 2] and workers=3 it took 6 s, and 3 s are enough",
        ),
        (sorts_the_values, "it raised TypeError: '<' not supported"),
        (looks_jobs_up, "with the jobs [[2], [1]] and workers=2 it raised TypeError: unhash"),
        (waits_in_the_worker, "it took 3.1 s, and 3 s are enough"),
    ],
}

ENDLESS = {
    check_repair: [(collecting(waits_for_as_many_as_there_are_jobs), BAD + "does not end")],
    check_extend: [(waits_for_ever, "it does not end: its tasks go on and on")],
}
