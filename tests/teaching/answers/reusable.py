"""Answers to the exercises on the reusable pool."""

import math
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from lab.teaching.demands import starts
from lab.teaching.exercises.reusable import build, extend, predict, read, repair
from patterns import reusable
from patterns.concurrency import Cancelled, Channel, Closed, Context, TaskGroup, now, sleep
from patterns.reusable import WorkerPool, serve


def last_submission(size):
    """Return when there is room for the last job: when another one has left the buffer for it."""
    free = [0] * size.workers
    for each in size.seconds[: len(size.seconds) - size.buffer]:
        begun = min(free)
        free[free.index(begun)] += each
    return begun


def letters_of(runs):
    """Return the letters of the endings, from how many jobs each run has done, and how long."""
    cut = next(letter for letter, run in runs.items() if run.value.counts.cancelled)
    others = [letter for letter in runs if letter != cut]
    closed = min(others, key=lambda letter: runs[letter].value.counts.submitted)
    room, none = sorted({*others} - {closed}, key=lambda letter: runs[letter].elapsed)
    return room + none + closed + cut


def swapped(one, other):
    """Return an answer in which two letters have changed places."""

    def answer(runs):
        letters = [*letters_of(runs)]
        letters[one], letters[other] = letters[other], letters[one]
        return letters

    return answer


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


def looks_for_what_is_done(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=2)
    with suppress(Cancelled), pool.start(Context(timeout=timeout)):
        for job in jobs:
            pool.submit(job)
    done = pool.report.succeeded
    return pool.report.values, [job for job in jobs if job not in done]


def takes_sets(jobs, workers, process, timeout):
    report = reusable.run(jobs, process, workers=workers, timeout=timeout)
    return report.values, [*({*jobs} - {*report.succeeded})]


def notes_what_is_done(jobs, workers, process, timeout):
    values, done = [], set()

    def numbered(pair):
        number, job = pair
        values.append(process(job))
        done.add(number)

    pool = WorkerPool(numbered, workers=workers, buffer=0)
    with suppress(Cancelled), pool.start(Context(timeout=timeout)), TaskGroup() as group:
        group.spawn(reusable.submit, enumerate(jobs), pool)
    return values, [job for number, job in enumerate(jobs) if number not in done]


def with_channels_only(jobs, workers, process, timeout):
    queue, left, values = Channel(len(jobs)), dict(enumerate(jobs)), []
    for pair in enumerate(jobs):
        queue.send(pair)
    queue.close()

    def worker():
        for number, job in queue:
            value = process(job)
            values.append(value)
            del left[number]

    with suppress(Cancelled), TaskGroup(Context(timeout=timeout)) as group:
        for _ in range(workers):
            group.spawn(worker)
    return values, list(left.values())


def looks_at_the_clock_ten_times_a_second(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=len(jobs))
    with suppress(Cancelled), pool.start():
        for job in jobs:
            pool.submit(job)
        while now() < timeout and len(pool.report.results) < len(jobs):
            sleep(0.1)
        pool.context.cancel("time is up")
    return pool.report.values, pool.report.cancelled + pool.report.never_started


def finishes_what_is_in_work(jobs, workers, process, timeout):
    values, left, jobs = [], [], iter(jobs)

    def worker():
        for job in jobs:
            if now() < timeout:
                values.append(process(job))
            else:
                left.append(job)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
    return values, left


def until_none_is_left(jobs, workers, process, seconds):
    if not jobs:
        return []
    report = serve(WorkerPool(process, workers=workers, buffer=0), jobs, timeout=seconds)
    left = [*report.cancelled, *report.never_started, *report.unsubmitted]
    return [report, *until_none_is_left(left, workers, process, seconds)]


def what_did_not_succeed(report):
    return [job for job in report.submitted if job not in report.succeeded]


def what_has_no_result(report):
    finished = [result.job for result in report.results]
    return [job for job in report.submitted if job not in finished]


def waits_for_the_shift_to_end(jobs, workers, process, seconds):
    reports = []
    while jobs:
        end = now() + seconds
        [report], jobs = shift(jobs, workers, process, seconds)
        reports.append(report)
        sleep(max(end - now(), 0))
    return reports


def shift(jobs, workers, process, seconds):
    report = serve(WorkerPool(process, workers=workers), jobs, timeout=seconds)
    return [report], report.cancelled + report.never_started + list(report.unsubmitted)


# Closing time


def closing_with(submitting, *, workers=lambda workers: workers, buffer=2, end=None):
    """Return a function like the exercise's, which submits by `submitting(jobs, pool, closing)`."""

    def function(jobs, many, process, closing, grace):
        pool = WorkerPool(process, workers=workers(many), buffer=buffer)
        timeout = closing + grace if end is None else end(closing, grace)
        with suppress(Cancelled), pool.start(Context(timeout=timeout)):
            submitting(jobs, pool, closing)
        return pool.report

    function.__name__ = submitting.__name__
    return function


def in_a_group(jobs, pool, closing):
    with TaskGroup(Context(timeout=closing)) as group:
        group.spawn(reusable.submit, jobs, pool)


def under_a_child(jobs, pool, closing):
    with suppress(Cancelled), TaskGroup(pool.context.child(timeout=closing)):
        reusable.submit(jobs, pool)


def with_two_groups(jobs, workers, process, closing, grace):
    pool = WorkerPool(process, workers=workers, buffer=2)

    def close(group):
        sleep(closing)
        pool.close()
        group.context.cancel("closing time")

    def submit(timer):
        with suppress(Cancelled, Closed), TaskGroup() as submitting:
            timer.spawn(close, submitting)
            for job in jobs:
                pool.submit(job)

    with suppress(Cancelled), pool.start(Context(timeout=closing + grace)), TaskGroup() as timer:
        submit(timer)
        timer.context.cancel("no more jobs")
    return pool.report


def all_of_them(jobs, pool, closing):
    reusable.submit(jobs, pool)


def looks_at_the_clock(jobs, pool, closing):
    for job in jobs:
        if now() >= closing:
            break
        pool.submit(job)


def sleeps_until_closing(jobs, pool, closing):
    with TaskGroup(Context(timeout=closing)) as group:
        group.spawn(reusable.submit, jobs, pool)
        sleep(closing)


def closes_by_a_timer(jobs, pool, closing):
    def close():
        sleep(closing)
        pool.close()

    with TaskGroup() as group:
        group.spawn(close)
        with suppress(Closed):
            for job in jobs:
                pool.submit(job)
        group.context.cancel("all is submitted")


def drops_the_buffer(jobs, workers, process, closing, grace):
    pool = WorkerPool(lambda job: late(job), workers=workers, buffer=2)

    def late(job):
        if now() >= closing:
            raise TimeoutError
        return process(job)

    with suppress(Cancelled), pool.start(Context(timeout=closing + grace)):
        in_a_group(jobs, pool, closing)
    return pool.report


def returns_values(*args):
    return closing_with(in_a_group)(*args).values


def one_after_the_other(jobs, workers, process, closing, grace):
    return closing_with(in_a_group, workers=lambda workers: 1)(jobs, 1, process, closing, grace)


def two_lists(*args):
    report = closing_with(in_a_group)(*args)
    return report.values, report.cancelled


def waits_for_the_whole_grace(jobs, pool, closing):
    with suppress(Cancelled):
        in_a_group(jobs, pool, closing)
    sleep(1000)


def submits_again_and_again(jobs, pool, closing):
    for job in jobs:
        with suppress(Cancelled):
            pool.submit(job)


MORE, MANY, LESS, EACH = (
    lambda jobs, workers: workers + 1,
    lambda jobs, workers: 100,
    lambda jobs, workers: max(workers - 1, 1),
    lambda jobs, workers: max(len(jobs), 1),
)

DEADLINE = "with 20 jobs, 3 workers and 2.5 s it "
SHIFTS = "with 7 jobs, 2 workers and shifts of 2.5 s it "
ENDLESS_JOBS = "with jobs without end, 3 workers, closing at 2.5 s and 5 s of grace it "
LITTLE_GRACE = "with jobs without end, 3 workers, closing at 2.5 s and 0.25 s of grace it "


def shares_an_iterator(jobs, workers, process, timeout):
    places, values = iter(range(len(jobs))), {}

    def worker():
        for place in places:
            values[place] = process(jobs[place])

    with suppress(Cancelled), TaskGroup(Context(timeout=timeout)) as group:
        for _ in range(workers):
            group.spawn(worker)
    return [*values.values()], [jobs[p] for p in range(len(jobs)) if p not in values]


def leaves_what_is_no_such_object(jobs, workers, process, timeout):
    report = reusable.run(jobs, process, workers=workers, timeout=timeout)
    done = {id(job) for job in report.succeeded}
    return report.values, [job for job in jobs if id(job) not in done]


def strikes_out_what_is_equal(jobs, workers, process, timeout):
    report = reusable.run(jobs, process, workers=workers, timeout=timeout)
    left = [*jobs]
    for job in report.succeeded:
        left.remove(job)
    return report.values, left


def knows_what_it_has_collected(jobs, workers, process, timeout):
    pool, values = WorkerPool(process, workers=workers, buffer=len(jobs)), []
    with suppress(Cancelled), pool.start(Context(timeout=timeout)):
        reusable.submit(jobs, pool)
        for result in pool.results():
            values.append(result.value)
    return values, pool.report.cancelled + pool.report.never_started


def by_recursion(jobs, workers, process, seconds):
    if not jobs:
        return []
    report = reusable.run(jobs, process, workers=workers, buffer=0, timeout=seconds)
    left = [*report.cancelled, *report.never_started, *report.unsubmitted]
    return [report, *by_recursion(left, workers, process, seconds)]


def takes_failures_for_values(jobs, workers, process, seconds):
    def quiet(job):
        try:
            return process(job)
        except Exception as error:
            return error

    return by_recursion(jobs, workers, quiet, seconds)


def strikes_out_what_is_over(jobs, workers, process, seconds):
    reports, jobs = [], [*jobs]
    while jobs:
        report = reusable.run(jobs, process, workers=workers, timeout=seconds)
        reports.append(report)
        for result in report.results:
            jobs.remove(result.job)
    return reports


def knows_no_end(jobs, workers, process, seconds):
    return [reusable.run(jobs, process, workers=workers)] if jobs else []


def at_a_time_of_day(jobs, workers, process, timeout):
    pool = WorkerPool(process, workers=workers, buffer=len(jobs))
    with suppress(Cancelled), pool.start(Context(deadline=timeout)):
        reusable.submit(jobs, pool)
    return pool.report.values, pool.report.cancelled + pool.report.never_started


def at_times_of_day(jobs, workers, process, closing, grace):
    pool = WorkerPool(process, workers=workers, buffer=2)
    until, door = Context(deadline=closing + grace), Context(deadline=closing)
    with suppress(Cancelled), pool.start(until), suppress(Cancelled), TaskGroup(door):
        reusable.submit(jobs, pool)
    return pool.report


def does_overtime(jobs, workers, process, seconds):
    reports, jobs = [], [*jobs]
    while jobs:
        pool = WorkerPool(process, workers=workers, buffer=0)
        with pool.start(), suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
            for job in jobs:
                pool.submit(job)
        reports.append(pool.report)
        jobs = jobs[len(pool.report.started) :]
    return reports


def a_clock_for_both(jobs, workers, process, closing, grace):
    pool, door, stop = WorkerPool(process, workers=workers, buffer=2), Context(), Context()

    def clock():
        sleep(closing)
        door.cancel("closing time")
        sleep(grace)
        stop.cancel("the grace is over")

    with suppress(Cancelled), pool.start(stop), TaskGroup() as all_of_it:
        all_of_it.spawn(clock)
        with suppress(Cancelled), TaskGroup(door) as submitters:
            submitters.spawn(reusable.submit, jobs, pool)
        pool.close()
        for _ in pool.results():
            pass
        all_of_it.context.cancel("all is done")
    return pool.report


RIGHT = {
    predict: [
        last_submission,
        lambda size: Fraction(last_submission(size)),
        lambda size: Decimal(last_submission(size)),
    ],
    read: [letters_of, lambda runs: ", ".join(letters_of(runs)), lambda runs: [*letters_of(runs)]],
    repair: [by_serving, notes_what_is_done, with_channels_only, shares_an_iterator],
    extend: [shifts_of(lambda jobs, workers: workers), until_none_is_left, by_recursion],
    build: [
        closing_with(in_a_group),
        closing_with(under_a_child),
        with_two_groups,
        a_clock_for_both,
    ],
}

WRONG = {
    predict: [
        (0, "after 0 s `submit` has taken"),
        (
            lambda size: last_submission(size) - 0.5,
            "the workers had by then, and",
        ),
        (lambda size: last_submission(size) - 1, "jobs of 8: "),
        (
            lambda size: starts(size.seconds, size.workers)[-1],
            "a worker takes the last job; `submit` took it before",
        ),
        (
            lambda size: max(
                map(sum, zip(starts(size.seconds, size.workers), size.seconds, strict=True))
            ),
            "everything is done; `submit` waits for room, not for the jobs",
        ),
        (lambda size: sum(size.seconds), "s is too long: whoever takes a job from the buffer"),
        ("2", "must be a number of seconds >= 0, got '2'"),
        (-1, "must be a number of seconds >= 0, got -1"),
        (math.inf, "must be a number of seconds >= 0, got inf"),
        (True, "must be a number of seconds >= 0, got True"),
    ],
    read: [
        (swapped(0, 1), "room for all, closed when both cameras had ended: with room for all"),
        (swapped(1, 2), "no room at all, closed when both cameras had ended: with no room"),
        (swapped(2, 3), "closed by the first camera that ended: who closes too early"),
        (swapped(0, 3), "room for all, closed when both cameras had ended: with room for all"),
        (swapped(1, 3), "with no room `submit` holds up a camera"),
        ("ABC", "the answer must be the letters 'A', 'B', 'C', 'D' in some order"),
        ("AABC", "the answer must be the letters"),
        (4, "the answer must be the letters"),
        ([1, 2, 3, 4], "the answer must be the letters"),
    ],
    repair: [
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
        (
            looks_for_what_is_done,
            "with jobs that are lists, some of them equal, 2 workers and 2.53 s it lost jobs that",
        ),
        (looks_at_the_clock_ten_times_a_second, "are enough"),
        (
            finishes_what_is_in_work,
            DEADLINE + "has values of jobs that were not done by the deadline: 49, 64, 81",
        ),
        (at_a_time_of_day, "and 2.5 s, called at 10 s, it "),
        (leaves_what_is_no_such_object, "with jobs of which some are the same list, 2 workers"),
        (strikes_out_what_is_equal, "it has a job that was done among those that are left, for"),
        (knows_what_it_has_collected, "and 3 s it lost jobs that are left: 3"),
        (takes_sets, "it raised TypeError: unhashable type"),
    ],
    extend: [
        (
            does_overtime,
            "its first shift is over at 2.5 s, and job 5 is still being done, until 3 s",
        ),
        (takes_failures_for_values, "of which job 2 fails, 2 workers and shifts of 3.5 s it lost"),
        (strikes_out_what_is_over, "it does a job twice, and another one that is equal to it"),
        (
            knows_no_end,
            "its first shift is over at 2.5 s, and job 5 is still being done, until 3 s",
        ),
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
        (looks_at_the_last_job, "with no jobs, 2 workers and shifts of 1 s it raised IndexError"),
        (returns_lists, SHIFTS + "must return a list of reports, one for each shift"),
        (one_round_at_a_time, SHIFTS + "returned 4 reports, and it takes 2 shifts"),
        (
            in_shifts(what_did_not_succeed),
            "with jobs that are lists, some of them equal, 2 workers and shifts of 2.5 s it lost",
        ),
        (
            in_shifts(what_has_no_result),
            "with jobs that are lists, some of them equal, 2 workers and shifts of 2.5 s it lost",
        ),
        (waits_for_the_shift_to_end, SHIFTS + "took 5 s, and 4.5 s are enough"),
    ],
    build: [
        (at_times_of_day, "closing after 2.5 s and 5 s of grace, called at 10 s, it "),
        (
            closing_with(in_a_group, end=lambda closing, grace: closing),
            ENDLESS_JOBS + "has no value of what was taken, and could be done in time: 7, 8, 9",
        ),
        (
            closing_with(in_a_group, end=lambda closing, grace: grace),
            LITTLE_GRACE + "has no value of what was taken, and could be done in time: 1, 2, 3",
        ),
        (
            closing_with(in_a_group, end=lambda closing, grace: 1000),
            LITTLE_GRACE + "took 4 s, and 2.75 s are enough",
        ),
        (closing_with(all_of_them), ENDLESS_JOBS + "begins jobs that the pool had not taken by"),
        (closing_with(looks_at_the_clock), ENDLESS_JOBS + "begins jobs that the pool had not"),
        (
            closing_with(sleeps_until_closing),
            "with 4 jobs, 2 workers, closing at 60 s and 9 s of grace it took 60 s, and 2 s are",
        ),
        (
            closing_with(closes_by_a_timer),
            "with a job every second, and then none for long, 2 workers, closing at 4.5 s and 9 s "
            "of grace it took",
        ),
        (closing_with(waits_for_the_whole_grace), ENDLESS_JOBS + "took 7.5 s, and 4 s are enough"),
        (drops_the_buffer, ENDLESS_JOBS + "has no value of what was taken, and could be done in"),
        (closing_with(in_a_group, buffer=0), "and could be done in time: 10, 11"),
        (closing_with(in_a_group, buffer=3), ENDLESS_JOBS + "begins jobs that the pool had not"),
        (
            closing_with(in_a_group, workers=lambda workers: workers + 1),
            ENDLESS_JOBS + "works on 4 jobs at a time, and 3 are allowed",
        ),
        (one_after_the_other, ENDLESS_JOBS + "has no value of what was taken, and could be done"),
        (returns_values, ENDLESS_JOBS + "must return the report of its pool"),
        (two_lists, ENDLESS_JOBS + "must return the report of its pool"),
    ],
}

ENDLESS = {
    repair: [
        (waits_for_a_value, "with 0 jobs, 2 workers and 1 s it does not end"),
        (takes_no_notice_of_the_cancellation, DEADLINE + "does not end"),
    ],
    extend: [
        (waits_for_a_shift, "with no jobs, 2 workers and shifts of 1 s it does not end"),
        (in_shifts(begins_anew, most=10**9), SHIFTS + "does not end"),
    ],
    build: [(closing_with(submits_again_and_again), ENDLESS_JOBS + "does not end")],
}
