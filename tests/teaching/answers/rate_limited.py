"""Answers to the exercises on the rate-limited pool."""

import math
from decimal import Decimal
from fractions import Fraction

from lab.teaching.exercises.rate_limited import check_extend, check_predict, check_repair
from patterns.concurrency import Channel, TaskGroup, Ticker, TokenBucket, now, sleep


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


def with_workers(count):
    """Return a right answer to the second exercise, but for the number of its workers."""

    def pool(late, jobs, workers, rate, process):
        queue, bucket = Channel(len(jobs), "jobs"), TokenBucket(rate)

        def worker():
            for job in queue:
                bucket.acquire()
                process(job)

        with TaskGroup() as group:
            for _ in range(count(jobs, workers)):
                group.spawn(worker)
            sleep(late)
            for job in jobs:
                queue.send(job)
            queue.close()

    return pool


def no_pool_at_all(late, jobs, workers, rate, process):
    sleep(late)
    bucket = TokenBucket(rate)
    for job in jobs:
        bucket.acquire()
        process(job)


def in_batches(late, jobs, workers, rate, process):
    sleep(late)
    bucket = TokenBucket(rate)
    for begin in range(0, len(jobs), workers):
        with TaskGroup() as group:
            for job in jobs[begin : begin + workers]:
                group.spawn(lambda job=job: (bucket.acquire(), process(job)))


def sleeps_first(late, jobs, workers, rate, process):
    sleep(late + len(jobs) and late + (len(jobs) + 1) / rate)
    with TaskGroup() as group:
        for job in jobs:
            group.spawn(process, job)


def plain_turns(late, jobs, workers, rate, process):
    queue, free = Channel(len(jobs)), 0.0

    def worker():
        nonlocal free
        for job in queue:
            begin = max(free, now())
            free = begin + 1 / rate
            sleep(begin - now())
            process(job)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        sleep(late)
        for job in jobs:
            queue.send(job)
        queue.close()


def known_by_name(late, jobs, workers, rate, process):
    done = set()

    def once(job):
        done.add(job)
        process(job)

    with_workers(lambda jobs, workers: workers)(late, jobs, workers, rate, once)


def waits_for_the_first_job(late, jobs, workers, rate, process):
    first = Channel(1)
    if jobs:
        first.send(jobs[0])
    first.close()
    first.receive()
    with_workers(lambda jobs, workers: workers)(late, jobs, workers, rate, process)


def hosts_with_workers(count):
    """Return a right answer to the third exercise, but for the number of its workers."""

    def pool(jobs, workers, rate, process):
        return by_host(a_bucket_for_each_host)(jobs, count(jobs, workers), rate, process)

    return pool


def a_bucket_for_each_host(jobs, rate):
    buckets = {host: TokenBucket(rate) for host, _ in jobs}
    return lambda job: buckets[job[0]].acquire()


def a_bucket_when_it_is_needed(jobs, workers, rate, process):
    buckets = {}

    def work(host, page):
        if host not in buckets:
            buckets[host] = TokenBucket(rate)
        buckets[host].acquire()
        process((host, page))

    with TaskGroup() as group:
        queue = Channel(len(jobs))
        for job in jobs:
            queue.send(job)
        queue.close()
        for _ in range(workers):
            group.spawn(lambda: [work(*job) for job in queue])


def plain_turns_of_hosts(jobs, workers, rate, process):
    free = {}

    def work(host, page):
        begin = max(free.get(host, 0.0), now())
        free[host] = begin + 1 / rate
        sleep(begin - now())
        process((host, page))

    with TaskGroup() as group:
        queue = Channel(len(jobs))
        for job in jobs:
            queue.send(job)
        queue.close()
        for _ in range(workers):
            group.spawn(lambda: [work(*job) for job in queue])


def a_task_for_each_host(jobs, workers, rate, process):
    def fetch(pages):
        bucket = TokenBucket(rate)
        with TaskGroup() as group:
            for page in pages:
                bucket.acquire()
                group.spawn(process, page)

    with TaskGroup() as group:
        for host in dict.fromkeys(host for host, _ in jobs):
            group.spawn(fetch, [job for job in jobs if job[0] == host])


FEW = "with 7 jobs after 1 s, 2 workers and 10 a second it "
LATE = "with 8 jobs after 5 s, 4 workers and 2 a second it "
HOSTS = "with 6 jobs, 6 workers and 2 a second it "
TOO_SOON = HOSTS + "began job ('a.org', 2) at 0 s, 0 s after job ('a.org', 1)"


def only_submits_at_the_rate(late, jobs, workers, rate, process):
    sleep(late)
    queue = Channel(len(jobs))

    def submit_slowly():
        for job in jobs:
            queue.send(job)
            sleep(1 / rate)
        queue.close()

    with TaskGroup() as group:
        group.spawn(submit_slowly)
        for _ in range(workers):
            group.spawn(lambda: [process(job) for job in queue])


RIGHT = {
    check_predict: [Fraction(9, 2), Decimal("4.5")],
    check_repair: [with_workers(lambda jobs, workers: workers)],
    check_extend: [hosts_with_workers(lambda jobs, workers: workers)],
}

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
            only_submits_at_the_rate,
            "2 workers and 1 a second it began job 1 at 4 s, 0 s after job 1, and the limit is one",
        ),
        (
            late(rests_afterwards),
            LATE + "began job 1 at 5 s, 0 s after job 0, and the limit is one every 0.5 s",
        ),
        (late(bucket_for_each), LATE + "began job 1 at 5 s, 0 s after job 0, and the limit"),
        (late(one_after_the_other), LATE + "does one job at a time, though 2 could run at once"),
        (late(turns_are_lost), LATE + "lost jobs: 0, 1, 2, 3, 4 and 3 more"),
        (with_workers(lambda jobs, workers: workers + 1), FEW + "works on 3 jobs at a time, and 2"),
        (with_workers(lambda jobs, workers: 100), FEW + "works on 7 jobs at a time, and 2 are"),
        (with_workers(lambda jobs, workers: len(jobs)), FEW + "works on 7 jobs at a time, and 2"),
        (with_workers(lambda jobs, workers: 1), "does one job at a time, though 2 could run"),
        (with_workers(lambda jobs, workers: max(workers - 1, 1)), FEW + "does one job at a time"),
        (no_pool_at_all, "does one job at a time, though 2 could run at once"),
        (in_batches, "it took 10 s, and 9.5 s are enough"),
        (plain_turns, "with 4 jobs after 1 s, 3 workers and 2 a second in "),
        (known_by_name, "it raised TypeError: unhashable type: 'list'"),
        (sleeps_first, "began job 1 at 9.5 s, 0 s after job 0, and the limit is one every 0.5 s"),
        (
            waits_for_the_first_job,
            "with 0 jobs after 2 s, 3 workers and 1 a second it raised Closed",
        ),
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
        (
            hosts_with_workers(lambda jobs, workers: 100),
            "works on 3 jobs at a time, and 2 are",
        ),
        (hosts_with_workers(lambda jobs, workers: len(jobs)), "works on 3 jobs at a time, and 2"),
        (hosts_with_workers(lambda jobs, workers: workers - 1), "does one job at a time, though 2"),
        (
            a_bucket_when_it_is_needed,
            "4 a second statement by statement it began job ('a.org', 1) at 0 s, 0 s",
        ),
        (
            plain_turns_of_hosts,
            "4 a second statement by statement it began job ('a.org', 1) at 0 s, 0 s",
        ),
        (
            a_task_for_each_host,
            "with 12 jobs, 2 workers and 1 a second it works on 3 jobs at a time",
        ),
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
