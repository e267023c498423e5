"""Typical wrong answers to the exercises on heartbeats, and the sentence each one gets."""

from contextlib import suppress

import pytest

from lab.teaching.exercises import heartbeat as exercises
from patterns.concurrency import Cancelled, TaskGroup, sleep
from patterns.heartbeat import HeartbeatPool, WorkerLost


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(2.7, "2.7 s is no time at which the supervisor looks", id="from the beat"),
        pytest.param(2.0, "2 s counts from the start of the job", id="from the start"),
        pytest.param(2.5, "2.5 s is too early", id="counting the look that sees the beat"),
        pytest.param(3.5, "3.5 s is too late", id="one look more"),
        pytest.param("3", "the answer must be a number of seconds, got '3'", id="text"),
        pytest.param(float("inf"), "must be a number of seconds, got inf", id="never"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_counts(answer, says):
    assert says in refused(exercises.check_predict(answer))


def test_the_right_prediction_is_told_why():
    assert exercises.check_predict(3).passed


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


def heart_that_nothing_stops(job, beat, pages):
    def heart():
        while True:
            sleep(0.1)
            with suppress(Cancelled):
                beat()

    with TaskGroup() as group:
        group.spawn(heart)
        return sum(pages)


@pytest.mark.parametrize(
    ("my_job", "says"),
    [
        (never_beats, "it is silent for too long: job 1 was given up, and was well"),
        (beats_before_and_after, "it is silent for too long: job 1 was given up, and was well"),
        (beats_at_every_other_page, "it is silent for too long: job 1 was given up"),
        (heart_stops_after_two_seconds, "s after its last page: 0.4 s are enough"),
        (leaves_out_a_page, "its job 1 returned 14, not the sum of the pages"),
        (heart_that_nothing_stops, "it does not end"),
    ],
)
def test_a_job_that_beats_at_the_wrong_time_is_told_what_comes_of_it(my_job, says):
    assert says in refused(exercises.check_repair(my_job))


def test_a_job_that_gives_up_waiting_by_itself_is_told_so():
    def impatient(job, beat, pages):
        total = 0
        for page in pages:
            beat()
            total += page
            if job == 3 and page == 3:
                break
        return total

    assert "job 3 ended without page 4" in refused(exercises.check_repair(impatient))


def collecting(collect):
    """Return an answer to the third exercise that submits all jobs, and collects by `collect`."""

    def second_chance(num_jobs, process):
        pool, values = HeartbeatPool(process), {}
        with pool.start():
            for job in range(1, num_jobs + 1):
                pool.submit(job)
            collect(pool, values, num_jobs)
        return values

    return second_chance


def closes_first(pool, values, num_jobs):
    pool.close()
    for result in pool.results():
        if result.error is not None:
            pool.submit(result.job)
        values[result.job] = result.value


def tries_for_ever(pool, values, num_jobs):
    results = pool.results()
    while len(values) < num_jobs:
        result = next(results)
        if isinstance(result.error, WorkerLost):
            pool.submit(result.job)
        else:
            values[result.job] = result.value


def tries_whatever_failed(pool, values, num_jobs):
    results, again = pool.results(), set()
    left = num_jobs
    while left:
        result = next(results)
        if result.error is not None and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
            continue
        left -= 1
        if result.error is None:
            values[result.job] = result.value


def never_closes(pool, values, num_jobs):
    again = set()
    for result in pool.results():
        if isinstance(result.error, WorkerLost) and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
        elif result.error is None:
            values[result.job] = result.value


@pytest.mark.parametrize(
    ("collect", "says"),
    [
        (closes_first, "with 5 jobs it raised Closed: send on closed channel jobs"),
        (tries_for_ever, "with 3 jobs it does not end"),
        (tries_whatever_failed, "it began job 1, which had failed, once more"),
        (never_closes, "with 5 jobs it does not end: its tasks go on and on"),
    ],
)
def test_a_second_chance_that_is_none_or_too_many_is_told_so(collect, says):
    assert says in refused(exercises.check_extend(collecting(collect)))
