"""Typical wrong answers to the exercises on the rate-limited pool, and what each one is told."""

import pytest

from lab.teaching.exercises import rate_limited as exercises
from patterns.concurrency import Channel, TaskGroup, Ticker, TokenBucket, sleep


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(3.5, "3.5 s is when the last job begins", id="forgetting the last job's time"),
        pytest.param(5, "5 s is too long: three tokens are there", id="dividing by the rate"),
        pytest.param(5.5, "5.5 s is too long: three tokens are there", id="no burst"),
        pytest.param(3, "3 s is too short for two tokens a second", id="counting workers only"),
        pytest.param("4.5", "must be a number of seconds, got '4.5'", id="text"),
        pytest.param(float("nan"), "must be a number of seconds, got nan", id="not a number"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_forgot(answer, says):
    assert says in refused(exercises.check_predict(answer))


def late_pool(make_worker):
    """Return a pool like the exercise's with the workers that `make_worker` makes."""

    def pool(late, num_jobs, num_workers, rate, process):
        jobs = Channel(num_jobs, "jobs")
        worker = make_worker(jobs, TokenBucket(rate), rate, process)
        with TaskGroup() as group:
            for _ in range(num_workers):
                group.spawn(worker)
            sleep(late)
            for job in range(num_jobs):
                jobs.send(job)
            jobs.close()

    return pool


def job_then_turn(jobs, bucket, rate, process):
    def worker():
        for job in jobs:
            bucket.acquire()
            process(job)

    return worker


def rests_afterwards(jobs, bucket, rate, process):
    def worker():
        for job in jobs:
            process(job)
            sleep(1 / rate)

    return worker


def bucket_for_each(jobs, bucket, rate, process):
    def worker():
        own = TokenBucket(rate)
        for job in jobs:
            own.acquire()
            process(job)

    return worker


def one_after_the_other(jobs, bucket, rate, process):
    turn = Channel(1)
    turn.send(None)

    def worker():
        for job in jobs:
            turn.receive()
            bucket.acquire()
            process(job)
            turn.send(None)

    return worker


def keeps_its_ticks(jobs, bucket, rate, process):
    ticker = Ticker(1 / rate)

    def worker():
        for job in jobs:
            ticker.wait()
            process(job)

    return worker


def turns_are_lost(jobs, bucket, rate, process):
    def worker():
        for _ in jobs:
            bucket.acquire()

    return worker


def never_ends(jobs, bucket, rate, process):
    def worker():
        while True:
            bucket.acquire()

    return worker


def test_a_pool_that_takes_its_turn_when_it_has_a_job_is_right():
    assert exercises.check_repair(late_pool(job_then_turn)).passed


@pytest.mark.parametrize(
    ("make_worker", "says"),
    [
        (rests_afterwards, "it began job 1 at 5 s, 0 s after job 0, and the limit is one every"),
        (bucket_for_each, "it began job 1 at 5 s, 0 s after job 0, and the limit is one every"),
        (one_after_the_other, "it took 13 s, and 9.5 s are enough"),
        (turns_are_lost, "it lost jobs: 0, 1, 2, 3, 4 and 3 more"),
        (never_ends, "it does not end: its tasks go on and on"),
    ],
)
def test_a_pool_that_is_not_repaired_is_told_what_happens(make_worker, says):
    sentence = refused(exercises.check_repair(late_pool(make_worker)))
    assert sentence.startswith("with 8 jobs after 5 s, 4 workers and 2 a second it ")
    assert says in sentence


def test_a_ticker_that_keeps_one_tick_is_told_that_the_first_job_has_to_wait():
    sentence = refused(exercises.check_repair(late_pool(keeps_its_ticks)))
    assert (
        sentence
        == "with 6 jobs after 0 s, 3 workers and 1 a second it took 7 s, and 6 s are enough"
    )


def host_pool(make_wait):
    """Return a pool like the exercise's, whose workers call `make_wait(jobs, rate)(job)`."""

    def pool(jobs, num_workers, rate, process):
        queue = Channel(len(jobs), "jobs")
        wait_for_turn = make_wait(jobs, rate)

        def worker():
            for job in queue:
                wait_for_turn(job)
                process(job)

        with TaskGroup() as group:
            for _ in range(num_workers):
                group.spawn(worker)
            for job in jobs:
                queue.send(job)
            queue.close()

    return pool


def bucket_for_each_host(jobs, rate):
    buckets = {host: TokenBucket(rate) for host, _ in jobs}
    return lambda job: buckets[job[0]].acquire()


def no_limit(jobs, rate):
    return lambda job: None


def one_bucket_for_all(jobs, rate):
    bucket = TokenBucket(rate)
    return lambda job: bucket.acquire()


def bucket_for_each_job(jobs, rate):
    return lambda job: TokenBucket(rate).acquire()


def burst_of_two(jobs, rate):
    buckets = {host: TokenBucket(rate, 2) for host, _ in jobs}
    return lambda job: buckets[job[0]].acquire()


def waits_for_ever(jobs, rate):
    turns = {host: Channel(0, f"turns of {host}") for host, _ in jobs}
    return lambda job: turns[job[0]].receive()


def loops_for_ever(jobs, rate):
    def wait(job):
        while True:
            sleep(1)

    return wait


def test_a_bucket_for_each_host_is_right():
    assert exercises.check_extend(host_pool(bucket_for_each_host)).passed


@pytest.mark.parametrize(
    ("make_wait", "says"),
    [
        (no_limit, "it began job ('a.org', 2) at 0 s, 0 s after job ('a.org', 1)"),
        (bucket_for_each_job, "it began job ('a.org', 2) at 0 s, 0 s after job ('a.org', 1)"),
        (burst_of_two, "it began job ('a.org', 2) at 0 s, 0 s after job ('a.org', 1)"),
        (one_bucket_for_all, "it took 3.5 s, and 2 s are enough"),
        (waits_for_ever, "it deadlocks at 0 s: "),
        (loops_for_ever, "it does not end: its tasks go on and on"),
    ],
)
def test_a_pool_without_a_limit_for_each_host_is_told_what_happens(make_wait, says):
    sentence = refused(exercises.check_extend(host_pool(make_wait)))
    assert sentence.startswith("with 6 jobs, 6 workers and 2 a second it ")
    assert says in sentence


def test_a_pool_of_other_parameters_is_told_what_it_is_given():
    says = "it must be a function of (jobs, num_workers, rate, process), and takes (jobs)"
    assert refused(exercises.check_extend(lambda jobs: None)) == says
