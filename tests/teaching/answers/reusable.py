"""Answers to the exercises on the reusable pool."""

import math
from contextlib import suppress

from lab.teaching.exercises.reusable import check_extend, check_predict, check_repair
from patterns import reusable
from patterns.concurrency import Cancelled, Context, TaskGroup, sleep
from patterns.reusable import WorkerPool, serve


def by_the_deadline(answer):
    """Return a function like the exercise's, which makes its answer by `answer(jobs, …)`."""

    def function(jobs, workers, process, timeout):
        pool = WorkerPool(process, workers=workers, buffer=2)
        values = []
        with suppress(Cancelled), pool.start(Context(timeout=timeout)), TaskGroup() as group:
            group.spawn(reusable.submit, jobs, pool)
            for result in pool.results():
                values.append(result.value)
        return answer(jobs, pool.report, values)

    function.__name__ = answer.__name__
    return function


def by_serving(jobs, workers, process, timeout):
    report = serve(WorkerPool(process, workers=workers, buffer=2), jobs, timeout=timeout)
    return report.values, report.cancelled + report.never_started + list(report.unsubmitted)


def only_the_never_started(jobs, report, values):
    return values, report.never_started


def only_the_submitted(jobs, report, values):
    return values, report.cancelled + report.never_started


def all_that_was_not_started(jobs, report, values):
    return values, [job for job in jobs if job not in report.started]


def everything_again(jobs, report, values):
    return values, jobs


def the_report(jobs, report, values):
    return report


def no_deadline(jobs, workers, process, timeout):
    report = reusable.run(jobs, process, workers=workers)
    return report.values[:6], jobs[6:]


def takes_no_notice_of_the_cancellation(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=2)
    with pool.start(Context(timeout=timeout)):
        for job in jobs:
            while True:
                try:
                    pool.submit(job)
                    break
                except Cancelled:
                    pass


def in_shifts(what_is_left, most=50):
    """Return a function like the exercise's, which goes on with `what_is_left(report)`."""

    def function(jobs, workers, process, seconds):
        reports = []
        while jobs and len(reports) < most:
            pool = WorkerPool(process, workers=workers, buffer=len(jobs))
            with suppress(Cancelled), pool.start(Context(timeout=seconds)):
                for job in jobs:
                    pool.submit(job)
            reports.append(pool.report)
            jobs = what_is_left(pool.report)
        return reports

    function.__name__ = what_is_left.__name__
    return function


def forgets_those_cut_short(report):
    return report.never_started


def begins_anew(report):
    return list(report.submitted)


def returns_lists(*args):
    return [report.succeeded for report in in_shifts(forgets_those_cut_short)(*args)]


def one_round_at_a_time(jobs, workers, process, seconds):
    reports = []
    while jobs:
        reports.append(reusable.run(jobs[:workers], process, workers=workers))
        jobs = jobs[workers:]
    return reports


def serving(count):
    """Return a right answer to the second exercise, but for the number of its workers."""
    return lambda jobs, workers, *how: by_serving(jobs, count(jobs, workers), *how)


def shifts_of(count):
    """Return a right answer to the third exercise, but for the number of its workers."""

    def answer(jobs, workers, process, seconds):
        reports = []
        while jobs:
            pool = WorkerPool(process, workers=count(jobs, workers))
            reports.append(serve(pool, jobs, timeout=seconds))
            left = reports[-1]
            jobs = left.cancelled + left.never_started + list(left.unsubmitted)
        return reports

    return answer


def at_most(shifts):
    """Return an answer that gives up after so many shifts."""

    def answer(jobs, workers, process, seconds):
        reports = []
        while jobs and len(reports) < shifts:
            reports += [serve(WorkerPool(process, workers=workers), jobs, timeout=seconds)]
            jobs = [job for job in jobs if job not in reports[-1].succeeded]
        return reports

    return answer


def rest_by_number(jobs, workers, process, timeout):
    values, _ = by_serving(jobs, workers, process, timeout)
    return values, jobs[len(values) :]


def rest_by_order(jobs, workers, process, timeout):
    values, left = by_serving(jobs, workers, process, timeout)
    first = min(map(jobs.index, left), default=len(jobs))
    return values, jobs[first:]


def without_a_pool(jobs, workers, process, timeout):
    values = []
    with suppress(Cancelled), TaskGroup(Context(timeout=timeout)) as group:
        group.spawn(lambda: values.extend(map(process, jobs)))
    return values, jobs[len(values) :]


def in_batches(jobs, workers, process, timeout):
    values, done = [], []

    def work(job):
        values.append(process(job))
        done.append(job)

    def batches():
        for begin in range(0, len(jobs), workers):
            with TaskGroup() as group:
                for job in jobs[begin : begin + workers]:
                    group.spawn(work, job)

    with suppress(Cancelled), TaskGroup(Context(timeout=timeout)) as group:
        group.spawn(batches)
    return values, [job for job in jobs if job not in done]


def by_formula(jobs, workers, process, timeout):
    sleep(min(timeout, -(-len(jobs) // workers)))
    done = jobs[: int(timeout) * workers]
    return [job * job for job in done], jobs[len(done) :]


def waits_for_a_value(jobs, workers, process, timeout):
    values, left = by_serving(jobs, workers, process, timeout)
    while not values and not left:
        sleep(1)
    return values, left


def waits_for_a_shift(jobs, workers, process, seconds):
    reports = shifts_of(lambda jobs, workers: workers)(jobs, workers, process, seconds)
    while not reports:
        sleep(1)
    return reports


def looks_at_the_last_job(jobs, workers, process, seconds):
    return shifts_of(lambda jobs, workers: workers + (jobs[-1] < 0))(
        [*jobs[:-1], jobs[-1]], workers, process, seconds
    )


MORE, MANY, LESS, EACH = (
    lambda jobs, workers: workers + 1,
    lambda jobs, workers: 100,
    lambda jobs, workers: max(workers - 1, 1),
    lambda jobs, workers: max(len(jobs), 1),
)

DEADLINE = "with 20 jobs, 3 workers and 2.5 s it "
SHIFTS = "with 7 jobs, 2 workers and shifts of 2.5 s it "

RIGHT = {check_repair: [by_serving], check_extend: [shifts_of(lambda jobs, workers: workers)]}

WRONG = {
    check_predict: [
        (0, "after 0 s `submit` has taken 5 jobs of 9: 2 the workers"),
        (1.5, "has taken 7 jobs of 9: 4 the workers had by then"),
        (5, "at 5 s the last job is done; `submit` waits for room"),
        (4, "4 s is too long: whoever takes a job from the buffer"),
        ("2", "must be a number of seconds >= 0, got '2'"),
        (-1, "must be a number of seconds >= 0, got -1"),
        (math.inf, "must be a number of seconds >= 0, got inf"),
        (True, "must be a number of seconds >= 0, got True"),
    ],
    check_repair: [
        (
            by_the_deadline(only_the_never_started),
            DEADLINE + "lost jobs that are left: 7, 8, 9, 13, 14 and 6 more",
        ),
        (
            by_the_deadline(only_the_submitted),
            DEADLINE + "lost jobs that are left: 13, 14, 15, 16, 17 and 3 more",
        ),
        (by_the_deadline(all_that_was_not_started), DEADLINE + "lost jobs that are left: 7, 8, 9"),
        (
            by_the_deadline(everything_again),
            DEADLINE + "made up jobs that are left: 1, 2, 3, 4, 5 and 1 more",
        ),
        (
            by_the_deadline(the_report),
            DEADLINE + "must return two lists: the values, and the jobs that are left",
        ),
        (serving(MORE), DEADLINE + "works on 4 jobs at a time, and 3 are allowed"),
        (serving(MANY), DEADLINE + "works on 20 jobs at a time, and 3 are allowed"),
        (serving(EACH), DEADLINE + "works on 20 jobs at a time, and 3 are allowed"),
        (serving(LESS), DEADLINE + "lost values: 25, 36"),
        (rest_by_number, "with jobs of 4, 1, 3, 2, 5 s, 2 workers and 3.5 s it lost jobs that are"),
        (rest_by_order, "with jobs of 4, 1, 3, 2, 5 s, 2 workers and 3.5 s it made up jobs"),
        (without_a_pool, DEADLINE + "lost values: 9, 16, 25, 36"),
        (
            in_batches,
            "with jobs of 6, 1, 2, 3 s, 3 workers and 4.5 s it lost values: 'result of 3'",
        ),
        (by_formula, DEADLINE + "works on no job, though 3 could run at once"),
        (no_deadline, DEADLINE + "took 7 s, and 2.5 s are enough"),
    ],
    check_extend: [
        (in_shifts(forgets_those_cut_short), SHIFTS + "lost finished jobs: 5, 6"),
        (
            in_shifts(begins_anew, most=3),
            SHIFTS + "lost finished jobs: 5, 6, 7; doubled finished jobs: 1, 2, 3, 4, 1 and 3 more",
        ),
        (shifts_of(MORE), SHIFTS + "works on 3 jobs at a time, and 2 are allowed"),
        (shifts_of(MANY), SHIFTS + "works on 7 jobs at a time, and 2 are allowed"),
        (shifts_of(EACH), SHIFTS + "works on 7 jobs at a time, and 2 are allowed"),
        (shifts_of(LESS), SHIFTS + "returned 4 reports, and it takes 2 shifts"),
        (at_most(4), "with 9 jobs, 1 worker and shifts of 1.5 s it lost finished jobs: 5, 6, 7"),
        (looks_at_the_last_job, "with no jobs it raised IndexError"),
        (returns_lists, SHIFTS + "must return a list of reports, one for each shift"),
        (one_round_at_a_time, SHIFTS + "returned 4 reports, and it takes 2 shifts"),
    ],
}

ENDLESS = {
    check_repair: [
        (waits_for_a_value, "with 0 jobs, 2 workers and 1 s it does not end"),
        (takes_no_notice_of_the_cancellation, DEADLINE + "does not end"),
    ],
    check_extend: [
        (waits_for_a_shift, "with no jobs it does not end: its tasks go on and on"),
        (in_shifts(begins_anew, most=10**9), SHIFTS + "does not end"),
    ],
}
