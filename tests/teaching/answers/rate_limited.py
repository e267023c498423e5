"""Answers to the exercises on the rate-limited pool."""

import math
from fractions import Fraction

from lab.teaching.exercises.rate_limited import check_extend, check_predict, check_repair
from patterns.concurrency import Channel, TaskGroup, Ticker, TokenBucket, sleep


def late(make_worker):
    """Return a pool like the exercise's with the workers that `make_worker` makes."""

    def pool(late, jobs, workers, rate, process):
        queue = Channel(len(jobs), "jobs")
        worker = make_worker(queue, TokenBucket(rate), rate, process)
        with TaskGroup() as group:
            for _ in range(workers):
                group.spawn(worker)
            sleep(late)
            for job in jobs:
                queue.send(job)
            queue.close()

    pool.__name__ = make_worker.__name__
    return pool


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


def by_host(make_wait):
    """Return a pool like the exercise's, whose workers call `make_wait(jobs, rate)(job)`."""

    def pool(jobs, workers, rate, process):
        queue = Channel(len(jobs), "jobs")
        wait_for_turn = make_wait(jobs, rate)

        def worker():
            for job in queue:
                wait_for_turn(job)
                process(job)

        with TaskGroup() as group:
            for _ in range(workers):
                group.spawn(worker)
            for job in jobs:
                queue.send(job)
            queue.close()

    pool.__name__ = make_wait.__name__
    return pool


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


def other_parameters(jobs):
    return None


LATE = "with 8 jobs after 5 s, 4 workers and 2 a second it "
HOSTS = "with 6 jobs, 6 workers and 2 a second it "
TOO_SOON = HOSTS + "began job ('a.org', 2) at 0 s, 0 s after job ('a.org', 1)"

RIGHT = {check_predict: [Fraction(9, 2)]}

WRONG = {
    check_predict: [
        (3.5, "3.5 s is when the last job begins"),
        (5, "5 s is too long: three tokens are there"),
        (5.5, "5.5 s is too long: three tokens are there"),
        (3, "3 s is too short for two tokens a second"),
        ("4.5", "must be a number of seconds, got '4.5'"),
        (math.nan, "must be a number of seconds, got nan"),
    ],
    check_repair: [
        (
            late(rests_afterwards),
            LATE + "began job 1 at 5 s, 0 s after job 0, and the limit is one every 0.5 s",
        ),
        (late(bucket_for_each), LATE + "began job 1 at 5 s, 0 s after job 0, and the limit"),
        (late(one_after_the_other), LATE + "took 13 s, and 9.5 s are enough"),
        (late(turns_are_lost), LATE + "lost jobs: 0, 1, 2, 3, 4 and 3 more"),
        (
            late(keeps_its_ticks),
            "with 6 jobs after 0 s, 3 workers and 1 a second it took 7 s, and 6 s are enough",
        ),
    ],
    check_extend: [
        (by_host(no_limit), TOO_SOON),
        (by_host(bucket_for_each_job), TOO_SOON),
        (by_host(burst_of_two), TOO_SOON),
        (by_host(one_bucket_for_all), HOSTS + "took 3.5 s, and 2 s are enough"),
        (by_host(waits_for_ever), HOSTS + "deadlocks at 0 s: "),
        (
            other_parameters,
            "it must be a function of (jobs, workers, rate, process), and takes (jobs)",
        ),
    ],
}

ENDLESS = {
    check_repair: [(late(never_ends), LATE + "does not end: its tasks go on and on")],
    check_extend: [(by_host(loops_for_ever), HOSTS + "does not end: its tasks go on and on")],
}
