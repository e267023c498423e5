"""Answers to the exercises on the rate-limited pool."""

import math
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from lab.teaching.exercises.queues import submit
from lab.teaching.exercises.rate_limited import extend, predict, read, repair, retry
from lab.teaching.exercises.server import Refused
from lab.tracing import start_times
from patterns import basic
from patterns.concurrency import Channel, Closed, TaskGroup, Ticker, TokenBucket, now, sleep


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


def in_whole_numbers(jobs, bucket, rate, process):
    return turns_of(jobs, TokenBucket(max(1, int(rate))), process)


def none_is_the_end(jobs, bucket, rate, process):
    return turns_of(iter(jobs.receive, None), bucket, process)


def turns_of(jobs, bucket, process):
    def worker():
        with suppress(Closed):
            for job in jobs:
                bucket.acquire()
                process(job)

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


def the_submitter_waits(jobs, workers, rate, process):
    """Let every page wait behind the pages before it."""
    pages, buckets = Channel(len(jobs), "pages"), {host: TokenBucket(rate) for host, _ in jobs}

    def worker():
        for page in pages:
            process(page)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        for page in jobs:
            buckets[page[0]].acquire()
            pages.send(page)
        pages.close()


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


def by_submitting_slowly(jobs, workers, rate, process):
    pages = {host: [job for job in jobs if job[0] == host] for host, _ in jobs}
    queue = Channel(0)

    def of_host(own):
        limit = TokenBucket(rate)
        for job in own:
            limit.acquire()
            process(job)

    def worker():
        for own in queue:
            of_host(own)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        for own in pages.values():
            queue.send(own)
        queue.close()


def buckets_in_the_jobs(jobs, workers, rate, process):
    limits = {}
    pairs = []
    for job in jobs:
        limit = limits.setdefault(job[0], TokenBucket(rate))
        pairs.append((limit, job))

    def worker():
        for limit, job in queue:
            limit.acquire()
            process(job)

    queue = Channel(len(pairs))
    submit(pairs, queue)
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)


def burst_of_one_a_host(jobs, rate):
    next_turns = {host: Channel(1) for host, _ in jobs}
    for turn in next_turns.values():
        turn.send(0.0)

    def wait(job):
        turn = next_turns[job[0]]
        begin = max(turn.receive(), now())
        turn.send(begin + 1 / rate)
        sleep(begin - now())

    return wait


def turns_in_a_channel(jobs, bucket, rate, process):
    turn = Channel(1)
    turn.send(0.0)

    def worker():
        for job in jobs:
            begin = max(turn.receive(), now())
            turn.send(begin + 1 / rate)
            sleep(begin - now())
            process(job)

    return worker


def calling(make_call, process_workers=lambda jobs, workers: workers):
    """Return a pool like the exercise's, whose workers do `make_call(bucket, process, rate)`."""

    def pool(jobs, workers, rate, process):
        queue, results = Channel(len(jobs)), Channel(len(jobs))
        call = make_call(TokenBucket(rate), process, rate)

        def worker():
            for job in queue:
                results.send(call(job))

        with TaskGroup() as group:
            group.spawn(submit, jobs, queue)
            group.spawn(basic.work, process_workers(jobs, workers), worker, results)
            return list(results)

    pool.__name__ = make_call.__name__
    return pool


def waits_alone(bucket, process, rate):
    def call(job):
        while True:
            bucket.acquire()
            try:
                return process(job)
            except Refused as refused:
                sleep(refused.seconds)

    return call


def tries_at_once(bucket, process, rate):
    def call(job):
        while True:
            bucket.acquire()
            try:
                return process(job)
            except Refused:
                pass

    return call


def tries_without_a_turn(bucket, process, rate):
    def call(job):
        bucket.acquire()
        while True:
            try:
                return process(job)
            except Refused as refused:
                sleep(refused.seconds)

    return call


def keeps_its_turn(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        while True:
            bucket.acquire()
            sleep(max(opens - now(), 0))
            try:
                return process(job)
            except Refused as refused:
                opens = now() + refused.seconds

    return call


def looks_before_its_turn(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        while True:
            sleep(max(opens - now(), 0))
            bucket.acquire()
            try:
                return process(job)
            except Refused as refused:
                opens = now() + refused.seconds

    return call


def tries_twice(bucket, process, rate):
    opens = 0.0

    def once(job):
        nonlocal opens
        bucket.acquire()
        while now() < opens:
            sleep(opens - now())
            bucket.acquire()
        try:
            return process(job)
        except Refused as refused:
            opens = now() + refused.seconds
            raise

    def call(job):
        try:
            return once(job)
        except Refused:
            return once(job)

    return call


def tries_ten_times(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        for _ in range(10):
            bucket.acquire()
            while now() < opens:
                sleep(opens - now())
                bucket.acquire()
            try:
                return process(job)
            except Refused as refused:
                opens = now() + refused.seconds
        return None

    return call


def gives_up(bucket, process, rate):
    def call(job):
        bucket.acquire()
        try:
            return process(job)
        except Refused:
            return None

    return call


def one_call_at_a_time(bucket, process, rate):
    turn = Channel(1)
    turn.send(None)

    def call(job):
        turn.receive()
        try:
            while True:
                bucket.acquire()
                try:
                    return process(job)
                except Refused as refused:
                    sleep(refused.seconds)
        finally:
            turn.send(None)

    return call


def backs_off_twice_as_long(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        while True:
            bucket.acquire()
            if now() < opens:
                sleep(opens - now())
                continue
            try:
                return process(job)
            except Refused as refused:
                opens = now() + 2 * refused.seconds + 1

    return call


def never_calls(bucket, process, rate):
    return lambda job: f"answer to {job}"


def polls_the_clock(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        while True:
            bucket.acquire()
            while now() < opens:
                pass
            try:
                return process(job)
            except Refused as refused:
                opens = now() + refused.seconds

    return call


def one_opening_for_all(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        bucket.acquire()
        while opens > now():
            sleep(opens - now())
            bucket.acquire()
        try:
            return process(job)
        except Refused as refused:
            opens = now() + refused.seconds
        return call(job)

    return call


def a_gate_that_all_pass(bucket, process, rate):
    gate, opens = Channel(1), [0.0]
    gate.send(None)

    def call(job):
        while True:
            gate.receive()  # one at a time waits for the bucket, or for the end of a pause
            sleep(max(opens[0] - now(), 0))
            bucket.acquire()
            gate.send(None)
            sleep(0)
            if now() < opens[0]:
                continue
            try:
                return process(job)
            except Refused as refused:
                opens[0] = now() + refused.seconds

    return call


def books_its_turn(bucket, process, rate):
    free, opens = Channel(1), [0.0]
    free.send(0.0)

    def call(job):
        while True:
            turn = max(free.receive(), opens[0], now())
            free.send(turn + 1 / rate)
            sleep(turn - now())
            if now() < opens[0]:
                continue
            try:
                return process(job)
            except Refused as refused:
                opens[0] = now() + refused.seconds

    return call


def asks_the_bucket_until_it_is_open(bucket, process, rate):
    opens = 0.0

    def call(job):
        nonlocal opens
        while True:
            bucket.acquire()
            if now() >= opens:
                try:
                    return process(job)
                except Refused as refused:
                    opens = now() + refused.seconds

    return call


def sends_it_back(jobs, workers, rate, process):
    queue, results, bucket = Channel(len(jobs)), Channel(len(jobs)), TokenBucket(rate)

    def worker():
        for job in queue:
            bucket.acquire()
            try:
                results.send(process(job))
            except Refused as refused:
                sleep(refused.seconds)
                queue.send(job)

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(results)


def a_task_for_each_call(jobs, workers, rate, process):
    return calling(one_opening_for_all, lambda jobs, workers: max(len(jobs), 1))(
        jobs, workers, rate, process
    )


def by_a_table_of_answers(jobs, workers, rate, process):
    found = {}

    def noting(job):
        found[job] = process(job)

    calling(one_opening_for_all)(jobs, workers, rate, noting)
    return [found[job] for job in jobs]


def counts_answers(jobs, workers, rate, process):
    queue, results, bucket = Channel(len(jobs)), Channel(len(jobs)), TokenBucket(rate)
    call, left = one_opening_for_all(bucket, process, rate), len(jobs)

    def worker():
        nonlocal left
        for job in queue:
            results.send(call(job))
            left -= 1
            if left == 0:
                results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        return list(results) if jobs else []


def done(batches, tokens):
    """Return when the last job is done, with so many tokens at the second batch."""
    return batches.after + (batches.second - tokens) / batches.rate + batches.seconds


def token_by_token(batches):
    """Return when the last job is done, by a bucket that is filled at each token's time."""
    tokens, free, time = batches.burst, [], 0.0
    jobs = [0.0] * batches.first + [batches.after] * batches.second
    filled = 0.0  # the time of the last change of `tokens`
    for came in jobs:
        time = max(time, came)
        tokens = min(batches.burst, tokens + (time - filled) * batches.rate)
        if tokens < 1:
            time += (1 - tokens) / batches.rate
            tokens = 1
        tokens, filled = tokens - 1, time
        free.append(time + batches.seconds)
    return max(free)


def by_the_last_starts(runs):
    """Return the letters, told apart by when jobs begin and when the last one does."""
    begun = {letter: start_times(run) for letter, run in runs.items()}
    ticker = max(begun, key=lambda letter: begun[letter][0])
    none = min(begun, key=lambda letter: begun[letter][-1])
    one, each = sorted(
        (letter for letter in begun if letter not in (ticker, none)),
        key=lambda letter: begun[letter].count(0),
    )
    return none + ticker + one + each


def swapped(first, second):
    """Return the letters in which two are mistaken for each other."""

    def letters(runs):
        right = [*by_the_last_starts(runs)]
        right[first], right[second] = right[second], right[first]
        return "".join(right)

    return letters


SAID = "a server that is closed from 1 to 3 s it "


def answering(keeps):
    """Return a right answer that gives back only those answers that `keeps` keeps."""

    def pool(jobs, workers, rate, process):
        return [*filter(keeps, calling(books_its_turn)(jobs, workers, rate, process))]

    return pool


def ends_at_no_job(jobs, workers, rate, process):
    return calling(books_its_turn)(
        [*iter(iter([*jobs, None]).__next__, None)], workers, rate, process
    )


RIGHT = {
    predict: [
        token_by_token,
        lambda b: Fraction(token_by_token(b)),
        lambda b: Decimal(done(b, b.tokens)),
    ],
    read: [by_the_last_starts, lambda runs: [*by_the_last_starts(runs).lower()]],
    repair: [with_workers(lambda jobs, workers: workers), late(turns_in_a_channel)],
    extend: [
        hosts_with_workers(lambda jobs, workers: workers),
        buckets_in_the_jobs,
        by_host(burst_of_one_a_host),
    ],
    retry: [
        calling(one_opening_for_all),
        calling(a_gate_that_all_pass),
        calling(books_its_turn),
        calling(asks_the_bucket_until_it_is_open),
    ],
}

WRONG = {
    predict.of("ada"): [  # whose bucket is full when the second batch comes
        (lambda b: done(b, b.gained), "s counts every token that came before "),
        (lambda b: done(b, b.burst - 1), "what became of the tokens that came while nobody"),
    ],
    predict: [
        (lambda b: token_by_token(b) - b.seconds, "s is when the last job begins"),
        (lambda b: done(b, b.burst), "s would need a full bucket at "),
        (lambda b: done(b, b.tokens - 1), "what became of the tokens that came while nobody"),
        (lambda b: done(b, 0), "what became of the tokens that came while nobody"),
        (lambda b: done(b, -1), "is too long: "),
        (
            lambda b: (b.first + b.second) / b.rate + b.seconds + 1,
            "tokens are there from the start",
        ),
        (lambda b: b.after, "is too short for "),
        (lambda b: 0, "is too short for "),
        (lambda b: str(token_by_token(b)), "must be a number of seconds, got '"),
        (math.nan, "must be a number of seconds, got nan"),
    ],
    read: [
        (swapped(0, 1), "does not belong to no limit: its jobs begin at "),
        (swapped(0, 2), "does not belong to no limit: its jobs begin at 0, 0"),
        (swapped(0, 3), "does not belong to no limit: its jobs begin at 0, 0, 0, 0"),
        (swapped(1, 2), "does not belong to the ticker: its jobs begin at 0, 0"),
        (swapped(1, 3), "does not belong to the ticker: its jobs begin at 0, 0, 0, 0"),
        (swapped(2, 3), "does not belong to one bucket for all: its jobs begin at 0, 0, 0, 0"),
        ("ABC", "the answer must be the letters"),
        ("AABC", "the answer must be the letters"),
        (4, "the answer must be the letters"),
    ],
    repair: [
        (late(in_whole_numbers), "1 s after job None, and the limit is one every 2 s"),
        (late(none_is_the_end), "it lost jobs: "),
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
    extend: [
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
        (the_submitter_waits, "with 6 jobs, 6 workers and 1 a second it took 5 s, and 3 s are"),
        (
            a_bucket_when_it_is_needed,
            "4 a second, run statement by statement, it began job ('a.org', 1) at 0 s, 0 s",
        ),
        (
            plain_turns_of_hosts,
            "4 a second, run statement by statement, it began job ('a.org', 1) at 0 s, 0 s",
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
    retry: [
        (answering(bool), "it lost answers: '', ''"),
        (answering(lambda answer: answer is not None), "it lost answers: None"),
        (ends_at_no_job, "it lost answers: None"),
        (calling(waits_alone), SAID + "called for job 4 at 1.5 s, and the server had said at 1 s"),
        (calling(tries_at_once), "at 1.5 s, and the server had said at 1 s: not before 3 s"),
        (calling(tries_without_a_turn), "and the server had said at 1 s: not before 3 s"),
        (calling(looks_before_its_turn), "and the server had said at 1 s: not before 3 s"),
        (calling(keeps_its_turn), "at 3 s, 0 s after job 4, and the limit is one every"),
        (calling(tries_twice), "it raised Refused: 429 Too Many Requests, try again in 1.5 s"),
        (
            calling(tries_ten_times),
            "a server that is closed 12 times it lost answers: 'answer to 1'",
        ),
        (calling(gives_up), SAID + "lost answers: 'answer to 3'"),
        (calling(one_call_at_a_time), "does one job at a time, though 2 could run at once"),
        (calling(backs_off_twice_as_long), SAID + "took"),
        (calling(never_calls), SAID + "lost jobs: 1, 2, 3, 4, 5 and 1 more"),
        (calling(one_opening_for_all, lambda jobs, workers: 1), "one job at a time, though 2"),
        (a_task_for_each_call, "3 are allowed"),
        (sends_it_back, "it raised Closed: send on closed channel"),
        (by_a_table_of_answers, "it raised TypeError: unhashable type: 'list'"),
        (counts_answers, "statement by statement"),
    ],
}

ENDLESS = {
    repair: [(late(never_ends), LATE + "does not end: ")],
    extend: [(by_host(loops_for_ever), HOSTS + "does not end: ")],
    retry: [(calling(polls_the_clock), SAID + "does not end")],
}
