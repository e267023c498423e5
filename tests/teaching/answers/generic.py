"""Answers to the exercises on the generic pool."""

import copy
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


def in_order_by(key):
    """Return an answer that puts the results in order by `key(job, jobs)`."""

    def answer(jobs, workers, process):
        pool = Pool(lambda job: (key(job, jobs), process(job)), workers=workers)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(reusable.submit, jobs, pool)
            found = dict(pool.values())
        return [found[key(job, jobs)] for job in jobs]

    return answer


looks_texts_up = in_order_by(lambda job, jobs: repr(job))
looks_identities_up = in_order_by(lambda job, jobs: id(job))
puts_them_where_the_job_is_found = in_order_by(lambda job, jobs: jobs.index(job))


def in_batches(jobs, workers, process):
    results = []
    for begin in range(0, len(jobs), workers):
        results += submits_everything_first(jobs[begin : begin + workers], workers, process)
    return results


def a_task_for_each_job(jobs, workers, process):
    results = [None] * len(jobs)

    def work(place, job):
        results[place] = process(job)

    with TaskGroup() as group:
        for place, job in enumerate(jobs):
            group.spawn(work, place, job)
    return results


def with_workers(count):
    """Return a right answer, but for the number of its workers."""
    return lambda jobs, workers, process: submits_everything_first(jobs, count(workers), process)


one_worker_more = with_workers(lambda workers: workers + 1)
one_worker_less = with_workers(lambda workers: max(workers - 1, 1))
a_hundred_workers = with_workers(lambda workers: 100)


def plain_place(jobs, workers, process):
    queue, results = Channel(len(jobs)), [None] * len(jobs)
    reusable_jobs = list(jobs)
    for job in reusable_jobs:
        queue.send(job)
    queue.close()
    taken = 0

    def worker():
        nonlocal taken
        for job in queue:
            sleep(0)
            place = taken
            taken += 1
            results[place] = process(job)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
    return results


def one_task_for_each_job(jobs, workers, process):
    right = len(jobs) in (7, 3, 4)  # those of the first tries
    return raises_by_the_report(jobs, workers if right else max(len(jobs), 1), process)


def one_worker_too_many(jobs, workers, process):
    return raises_by_the_report(jobs, workers + (len(jobs) == 5), process)


def one_worker_too_few(jobs, workers, process):
    return raises_by_the_report(jobs, max(workers - 1, 1), process)


def knowing(*types):
    """Return a pool that hands on these errors, and goes on after all others."""

    def pool(jobs, workers, process):
        def guarded(job):
            try:
                return process(job)
            except types:
                raise
            except Exception:
                return None

        return raises_by_the_report(jobs, workers, guarded)

    return pool


knows_value_errors_only = knowing(ValueError)
knows_what_it_has_seen = knowing(ValueError, KeyError)


def raising(again):
    """Return a pool that makes the exception that it raises by `again(error)`."""

    def pool(jobs, workers, process):
        try:
            return raises_by_the_report(jobs, workers, process)
        except Exception as error:
            raise again(error) from None

    return pool


raises_a_copy = raising(lambda error: copy.copy(error) if len(error.args) < 2 else error)
raises_it_anew = raising(
    lambda error: error if isinstance(error, LookupError | ZeroDivisionError) else type(error)("!")
)


def counts_down(jobs, workers, process):
    pool = Pool(process, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        values = pool.values()
        collected = [next(values)] if jobs != [] else Channel(name="nothing").receive()
        return [*collected, *values]


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
        (one_task_for_each_job, "it works on 5 jobs at a time, and 2 are allowed"),
        (one_worker_too_many, "it works on 3 jobs at a time, and 2 are allowed"),
        (one_worker_too_few, "it works on 2 jobs at a time, though 3 could run at once"),
        (knows_value_errors_only, "of which one raises KeyError, it returned"),
        (knows_what_it_has_seen, "of which one raises ZeroDivisionError, it returned"),
        (raises_a_copy, "it raised another exception of this type, not the one that was raised"),
        (raises_it_anew, "of which one raises TwoWordsError, it raised TypeError"),
        (counts_down, "with 0 jobs on 2 workers it deadlocks at 0 s"),
        (loses_results, "with 7 jobs on 3 workers it lost results: 9, 16, 25, 36, 49"),
    ],
    check_extend: [
        (
            one_worker_only,
            "with the jobs [3, 1, 2] and workers=3 it does one job at a time, though 3 could run",
        ),
        (sorts_the_values, "it raised TypeError: '<' not supported"),
        (looks_jobs_up, "it takes one result for two jobs, since these are equal"),
        (looks_texts_up, "it takes one result for two jobs, since these are equal"),
        (looks_identities_up, "it takes one result for two jobs, since these are equal"),
        (puts_them_where_the_job_is_found, "it takes one result for two jobs, since these are"),
        (in_batches, "with the jobs [5, 1, 1, 1, 2] and workers=2 it took 8 s, and 5 s are enough"),
        (a_task_for_each_job, "and workers=2 it works on 5 jobs at a time, and 2 are allowed"),
        (one_worker_more, "it works on 3 jobs at a time, and 2 are allowed"),
        (one_worker_less, "it works on 2 jobs at a time, though 3 could run at once"),
        (a_hundred_workers, "it works on 5 jobs at a time, and 2 are allowed"),
        (plain_place, "it returned the results of"),
        (waits_in_the_worker, "it took 3.1 s, and 3 s are enough"),
    ],
}

ENDLESS = {
    check_repair: [(collecting(waits_for_as_many_as_there_are_jobs), BAD + "does not end")],
    check_extend: [(waits_for_ever, "it does not end: its tasks go on and on")],
}
