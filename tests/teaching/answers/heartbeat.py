"""Answers to the exercises on the pool with heartbeats."""

import math
import sys
from contextlib import suppress

from lab.teaching.exercises.heartbeat import check_extend, check_predict, check_repair
from patterns.concurrency import Cancelled, Failed, TaskGroup, sleep
from patterns.heartbeat import HeartbeatPool, WorkerLost


def never_beats(job, beat, pages):
    return sum(pages)


def beats_before_and_after(job, beat, pages):
    beat()
    total = sum(pages)
    beat()
    return total


def beats_at_every_other_page(job, beat, pages):
    total = 0
    for page in pages:
        if page % 2:
            beat()
        total += page
    return total


def heart_stops_after_two_seconds(job, beat, pages):
    def heart():
        for _ in range(20):
            sleep(0.1)
            beat()

    with TaskGroup() as group:
        group.spawn(heart)
        total = sum(pages)
        group.context.cancel("done")
    return total


def leaves_out_a_page(job, beat, pages):
    total = 0
    for page in pages:
        beat()
        total += page if page > 1 else 0
    return total


def gives_up_waiting(job, beat, pages):
    total = 0
    for page in pages:
        beat()
        total += page
        if job == 3 and page == 3:
            break
    return total


def adding(total):
    """Return a job that reads all pages, and returns `total(job)`."""

    def my_job(job, beat, pages):
        for _ in pages:
            beat()
        return total(job)

    return my_job


def exits_at_the_end(job, beat, pages):
    for _ in pages:
        beat()
    sys.exit(f"book {job} is read")


def exits_at_once(job, beat, pages):
    raise SystemExit


def interrupts(job, beat, pages):
    raise KeyboardInterrupt


def heart_that_nothing_stops(job, beat, pages):
    def heart():
        while True:
            sleep(0.1)
            with suppress(Cancelled):
                beat()

    with TaskGroup() as group:
        group.spawn(heart)
        return sum(pages)


def collecting(collect):
    """Return an answer to the third exercise that submits all jobs, and collects by `collect`."""

    def second_chance(jobs, process):
        pool, values = HeartbeatPool(process), {}
        with pool.start():
            for job in jobs:
                pool.submit(job)
            collect(pool, values, len(jobs))
        return values

    second_chance.__name__ = collect.__name__
    return second_chance


def in_a_second_pool(jobs, process):
    values, left = {}, jobs
    for _ in range(2):
        pool = HeartbeatPool(process)
        with pool.start():
            for job in left:
                pool.submit(job)
        report = pool.report
        values |= dict(zip(report.succeeded, report.values, strict=True))
        left = [r.job for r in report.results if isinstance(r.error, WorkerLost)]
    return values


def closes_first(pool, values, count):
    pool.close()
    for result in pool.results():
        if isinstance(result, Failed):
            pool.submit(result.job)
        else:
            values[result.job] = result.value


def tries_for_ever(pool, values, count):
    results = pool.results()
    while len(values) < count:
        result = next(results)
        if isinstance(result.error, WorkerLost):
            pool.submit(result.job)
        else:
            values[result.job] = getattr(result, "value", None)


def tries_whatever_failed(pool, values, count):
    results, again, left = pool.results(), set(), count
    while left:
        result = next(results)
        if isinstance(result, Failed) and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
            continue
        left -= 1
        if result.error is None:
            values[result.job] = result.value


def never_closes(pool, values, count):
    again = set()
    for result in pool.results():
        if isinstance(result.error, WorkerLost) and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
        elif result.error is None:
            values[result.job] = result.value


def trying(again):
    """Return a right answer, but for the results after which it tries again, by `again(result)`."""

    def second_chance(jobs, process):
        pool, final, tried = HeartbeatPool(process), {}, {}
        with pool.start():
            for job in jobs:
                pool.submit(job)
            while len(final) < len(jobs):
                result = next(pool.results())
                tried[result.job] = tried.get(result.job, 0) + 1
                if again(result, tried[result.job]):
                    pool.submit(result.job)
                else:
                    final[result.job] = result
        return {job: result.value for job, result in final.items() if result.error is None}

    return second_chance


def is_lost(result):
    return isinstance(result.error, WorkerLost)


def waits_for_the_first_result(jobs, process):
    pool = HeartbeatPool(process)
    with pool.start():
        for job in jobs:
            pool.submit(job)
        first = next(pool.results())
    return trying(lambda result, times: is_lost(result) and times == 1)(jobs, process) or {
        first.job: first
    }


def waits_for_a_value(jobs, process):
    values = in_a_second_pool(jobs, process)
    while not values:
        sleep(1)
    return values


def tells_them_apart_by_number(jobs, process):
    done = [False] * len(jobs)

    def noting(job, beat):
        done[job - 1] = True
        return process(job, beat)

    return in_a_second_pool(jobs, noting)


def knows_one_error(jobs, process):
    def noting(job, beat):
        try:
            return process(job, beat)
        except KeyError:
            raise SystemExit from None

    return in_a_second_pool(jobs, noting)


RIGHT = {check_predict: [3], check_extend: [in_a_second_pool]}

WRONG = {
    check_predict: [
        (2.7, "2.7 s is no time at which the supervisor looks"),
        (2.0, "2 s counts from the start of the job"),
        (2.5, "2.5 s is too early"),
        (3.5, "3.5 s is too late"),
        ("3", "the answer must be a number of seconds, got '3'"),
        (math.inf, "must be a number of seconds, got inf"),
    ],
    check_repair: [
        (never_beats, "it is silent for too long: job 1 was given up, and was well"),
        (beats_before_and_after, "it is silent for too long: job 1 was given up, and was well"),
        (beats_at_every_other_page, "it is silent for too long: job 1 was given up"),
        (heart_stops_after_two_seconds, "s after its last page: 0.4 s are enough"),
        (leaves_out_a_page, "its job 1 returned 14, not the sum of the pages"),
        (adding(lambda job: 15), "its job 4 returned 15, not the sum of the pages"),
        (adding(lambda job: sum(range(6))), "its job 4 returned 15, not the sum of the pages"),
        (exits_at_the_end, "its job 1 raised SystemExit: book 1 is read"),
        (exits_at_once, "its job 1 raised SystemExit, and took its worker down"),
        (interrupts, "its job 1 raised KeyboardInterrupt, and took its worker down"),
        (gives_up_waiting, "job 3 ended without page 4"),
    ],
    check_extend: [
        (
            collecting(closes_first),
            "with 5 jobs it raised Closed: send on closed channel jobs",
        ),
        (
            trying(lambda result, times: is_lost(result) and times < 3),
            "it began job 1, whose worker was lost twice, once more",
        ),
        (trying(lambda result, times: False), "it gave job 2 no second chance"),
        (
            trying(lambda result, times: result.error is not None and times == 1),
            "it began job 1, which had failed, once more",
        ),
        (waits_for_the_first_result, "once more"),
        (tells_them_apart_by_number, "with 4 jobs 7, 3, 12, 5 it"),
        (
            trying(lambda r, n: bool(r.error) and not isinstance(r.error, ValueError) and n == 1),
            "with 4 jobs 7, 3, 12, 5 it began job 7, which had failed, once more",
        ),
        (
            trying(lambda r, n: r.error and type(r.error) not in (ValueError, KeyError) and n == 1),
            "with 4 jobs a, b, c, d it began job d, which had failed, once more",
        ),
        (knows_one_error, "with 4 jobs 7, 3, 12, 5 it began job 7, which had failed, once more"),
        (collecting(tries_whatever_failed), "it began job 1, which had failed, once more"),
    ],
}

ENDLESS = {
    check_repair: [(heart_that_nothing_stops, "it deadlocks at 1.25 s: main")],
    check_extend: [
        (waits_for_a_value, "with 0 jobs it does not end"),
        (collecting(tries_for_ever), "with 3 jobs it does not end"),
        (collecting(never_closes), "with 5 jobs it deadlocks at 0.6 s: main is receiving from"),
    ],
}
