"""The rate-limited pool: never faster than the limit, exact in virtual time, nobody left behind."""

import asyncio
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts, run_on_threads, threads_left

from lab import measure, simulate
from lab.observing.observe import observe
from lab.observing.virtual_loop import VirtualLoop
from lab.tracing import State, books, turns
from patterns import rate_limited
from patterns.concurrency import (
    Cancelled,
    Channel,
    Context,
    TaskGroup,
    Ticker,
    TokenBucket,
    now,
    sleep,
)
from patterns.plain import rate_limited as plain

BUCKET = partial(rate_limited.run, limiter="bucket")


def starts(seed=None, **options):
    """Return the virtual seconds at which jobs began, in order."""
    return turns(simulate(partial(rate_limited.run, **options), seed=seed).trace)


def passes_windows(times, saved, interval):
    """Tell whether in every window of t seconds at most `saved` + t / `interval` times fall.

    It is enough to look at the windows that begin at one of the times and end at one.
    """
    ns = sorted(round(time * 1e9) for time in times)
    return all(
        last - first + 1 <= saved + (ns[last] - ns[first]) / (interval * 1e9) * (1 + 1e-12) + 1e-9
        for first, last in combinations_with_replacement(range(len(ns)), 2)
    )


# The article's numbers: ten jobs, five workers, a tick every 0.4 s.


def test_ten_jobs_with_a_tick_every_0_4_s_take_four_seconds():
    assert simulate(rate_limited.run).elapsed == 4.0


def test_one_job_starts_at_each_tick_and_none_before_the_first():
    assert starts() == [0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0]


def test_every_job_is_doubled():
    assert simulate(rate_limited.run).value.values == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


def test_a_shared_limit_serves_the_workers_in_turn():
    trace = simulate(rate_limited.run).trace
    assert [job.worker for job in trace.jobs] == [f"worker-{n}" for n in (1, 2, 3, 4, 5)] * 2


def test_a_worker_waiting_for_its_turn_is_throttled_and_says_by_what():
    trace = simulate(partial(rate_limited.run, num_jobs=1, num_workers=1)).trace
    [throttled] = [span for span in trace.spans if span.state is State.THROTTLED]
    assert (throttled.start, throttled.end) == (0.0, 2.0)
    assert throttled.waiting_for == "the shared limit"


# Tick and token, shared and per worker.


def test_a_full_bucket_lets_its_burst_through_at_once_and_then_keeps_the_rate():
    assert starts(limiter="bucket", burst=3, num_jobs=6) == [0.0, 0.0, 0.0, 0.4, 0.8, 1.2]


def test_a_bucket_of_one_token_spaces_all_jobs_evenly():
    assert starts(limiter="bucket", num_jobs=4) == [0.0, 0.4, 0.8, 1.2]


def test_a_ticker_takes_no_notice_of_a_burst():
    assert starts(burst=5) == starts(burst=1)


def test_with_a_ticker_for_each_worker_all_start_together_at_every_tick():
    times = starts(scope="per worker")
    assert Counter(times) == {2.0: 5, 4.0: 5}


def test_with_a_bucket_for_each_worker_each_has_a_burst_of_its_own():
    times = starts(scope="per worker", limiter="bucket", burst=2, num_workers=2, num_jobs=6)
    assert Counter(times) == {0.0: 4, 2.0: 2}


@pytest.mark.parametrize("limiter", rate_limited.LIMITERS)
@pytest.mark.parametrize("scope", rate_limited.SCOPES)
def test_the_rate_of_all_workers_together_is_the_same_in_either_scope(limiter, scope):
    times = starts(limiter=limiter, scope=scope, num_jobs=1000)
    assert len(times) / max(times) == pytest.approx(5 / 2.0, rel=0.01)


def starts_while_one_worker_is_busy(scope):
    def first_takes_long(job):
        sleep(10 if job == 0 else 0)

    pool = {"num_workers": 2, "num_jobs": 4, "limiter": "bucket", "process": first_takes_long}
    return starts(worker_interval=2.0, scope=scope, **pool)


def test_a_shared_limit_is_used_up_by_whoever_is_free():
    assert starts_while_one_worker_is_busy("shared") == [0.0, 1.0, 2.0, 3.0]


def test_a_worker_that_is_busy_loses_its_share_of_a_limit_per_worker():
    assert starts_while_one_worker_is_busy("per worker") == [0.0, 0.0, 2.0, 4.0]


def test_jobs_that_take_longer_than_the_limit_asks_are_not_held_up():
    options = {"num_jobs": 4, "num_workers": 1, "job_seconds": 3.0}
    assert starts(limiter="bucket", **options) == [0.0, 3.0, 6.0, 9.0]
    assert starts(limiter="ticker", **options) == [2.0, 5.0, 8.0, 11.0]


# After an idle spell.


def burst_after(idle, limit, jobs=6):
    """Return when six jobs start that come together after `idle` seconds without any."""

    def main():
        wait, times = limit(), []
        queue, results = Channel(jobs), Channel(jobs)

        def process(job):
            times.append(now())

        def one_worker(number, limit):
            rate_limited.worker(number, queue, results, limit, process, [], str)

        with TaskGroup() as group:
            group.spawn(rate_limited.work, [wait] * 3, one_worker, results)
            sleep(idle)
            rate_limited.submit(range(jobs), queue)
        return times

    return simulate(main).value


def test_an_idle_spell_buys_a_bucket_its_burst_and_no_more():
    times = burst_after(1000.0, lambda: TokenBucket(1, burst=3).acquire)
    assert times == [1000.0, 1000.0, 1000.0, 1001.0, 1002.0, 1003.0]


def test_an_idle_spell_buys_a_ticker_one_tick_which_may_come_close_to_the_next():
    times = burst_after(1000.75, lambda: Ticker(1.0).wait)
    assert times == [1000.75, 1001.0, 1002.0, 1003.0, 1004.0, 1005.0]


def test_an_idle_spell_buys_a_bucket_of_one_token_nothing():
    times = burst_after(1000.75, lambda: TokenBucket(1).acquire)
    assert [later - earlier for earlier, later in pairwise(times)] == [1.0] * 5


# In every window.


LIMIT = {
    "limiter": st.sampled_from(rate_limited.LIMITERS),
    "scope": st.sampled_from(rate_limited.SCOPES),
    "burst": st.integers(1, 4),
    "num_workers": st.integers(1, 5),
    "worker_interval": st.sampled_from([0.1, 0.3, 1 / 3, 0.5, 0.7, 2.0, 10.0]),
}
PROGRAM = {
    "num_jobs": st.integers(0, 12),
    "buffer": st.none() | st.integers(0, 4),
    "durations": st.lists(
        st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 3.0]), min_size=12, max_size=12
    ),
    "seed": st.none() | st.integers(0, 10**6),
}


def expect_limit_in_every_window(trace, *, limiter, scope, burst, num_workers, worker_interval):
    """Slide a window over the times at which jobs of `trace` began."""
    saved = burst if limiter == "bucket" else 2
    if scope == "shared":
        assert passes_windows(turns(trace), saved, worker_interval / num_workers)
        return
    for worker in trace.workers:
        own = [span.job for span in trace.spans if span.worker == worker]
        began = turns(_only(trace, own))
        assert passes_windows(began, saved, worker_interval)


def _only(trace, ids):
    """Return the trace without the jobs of others."""
    return type(trace)(
        trace.clock,
        trace.elapsed,
        trace.workers,
        tuple(span for span in trace.spans if span.job in ids),
        tuple(job for job in trace.jobs if job.id in ids),
    )


def test_the_window_finds_one_job_too_many():
    assert passes_windows([0.0, 0.0, 1.0, 2.0], 2, 1.0)
    assert not passes_windows([0.0, 0.0, 0.999, 2.0], 2, 1.0)
    assert not passes_windows([0.0, 5.0, 5.0, 5.0], 2, 1.0)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(limit=st.fixed_dictionaries(LIMIT), program=st.fixed_dictionaries(PROGRAM))
def test_in_no_window_more_jobs_start_than_the_limit_allows(limit, program):
    durations, seed = program.pop("durations"), program.pop("seed")
    begun = []

    def process(job):
        begun.append(now())
        sleep(durations[job])

    trace = simulate(
        partial(rate_limited.run, process=process, **limit, **program), seed=seed
    ).trace
    assert sorted(begun) == turns(trace)
    expect_limit_in_every_window(trace, **limit)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    limiter=st.sampled_from(rate_limited.LIMITERS),
    burst=st.integers(1, 3),
    arrivals=st.lists(st.integers(0, 40), min_size=1, max_size=20),
    seed=st.none() | st.integers(0, 10**6),
)
def test_in_no_window_more_jobs_start_after_idle_spells_either(limiter, burst, arrivals, seed):
    def main():
        [wait, *_] = rate_limited.make_limits(
            limiter, "shared", num_workers=3, worker_interval=3.0, burst=burst
        )
        jobs, results, times = Channel(0), Channel(len(arrivals)), []

        def one_worker(number, limit):
            rate_limited.worker(
                number, jobs, results, limit, lambda job: times.append(now()), [], str
            )

        with TaskGroup() as group:
            group.spawn(rate_limited.work, [wait] * 3, one_worker, results)
            for arrival in sorted(arrivals):
                sleep(max(0, arrival / 4 - now()))
                jobs.send(arrival)
            jobs.close()
        return times

    times = simulate(main, seed=seed).value
    assert len(times) == len(arrivals)
    assert passes_windows(times, burst if limiter == "bucket" else 2, 1.0)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    limiter=st.sampled_from(rate_limited.LIMITERS),
    timeouts=st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.7, 3.0, 99.0]), min_size=2, max_size=4),
    seed=st.none() | st.integers(0, 10**6),
)
def test_groups_that_share_a_limit_keep_it_and_get_the_slots_of_those_that_were_cancelled(
    limiter, timeouts, seed
):
    def main():
        [wait, *_] = rate_limited.make_limits(
            limiter, "shared", num_workers=1, worker_interval=1.0, burst=2
        )
        times = []

        def take():
            for _ in range(3):
                wait()
                times.append(now())

        def group_of_two(timeout):
            try:
                with TaskGroup(Context(timeout=timeout)) as group:
                    group.spawn(take)
                    group.spawn(take)
            except Cancelled:
                pass

        with TaskGroup() as groups:
            for timeout in [*timeouts, 99.0]:
                groups.spawn(group_of_two, timeout)
        return times

    run = simulate(main, seed=seed)
    assert run.leaks == ()
    assert passes_windows(run.value, 2, 1.0)
    saved_up = [0.0, 0.0] if limiter == "bucket" else []
    slots = [*saved_up, *(float(second) for second in range(1, 99))]
    assert run.value == slots[: len(run.value)], "a slot was left unused while somebody waited"
    assert len(run.value) >= 6


# Rates.


@pytest.mark.parametrize("limiter", rate_limited.LIMITERS)
@pytest.mark.parametrize("interval", [1e-9, 1e-6, 1 / 3, 0.3, 7.0, 1e9])
def test_the_measured_rate_is_within_a_hundredth_of_the_limit_and_never_above_it(limiter, interval):
    times = starts(limiter=limiter, num_workers=1, worker_interval=interval, num_jobs=200)
    measured = (len(times) - 1) / (times[-1] - times[0])
    assert 0.99 / interval <= measured <= 1 / interval * (1 + 1e-9)


@pytest.mark.parametrize("limiter", rate_limited.LIMITERS)
@pytest.mark.parametrize(
    ("worker_interval", "workers", "second"),
    [(1.0, 3, 0.333333334), (2.0, 3, 0.666666667), (0.7, 7, 0.1), (0.1 * 3, 1, 0.3)],
)
def test_an_interval_is_rounded_up_to_a_nanosecond_but_not_for_the_noise_of_a_float(
    limiter, worker_interval, workers, second
):
    times = starts(
        limiter=limiter, worker_interval=worker_interval, num_workers=workers, num_jobs=2
    )
    assert round(times[1] - times[0], 9) == second


# Cancellation.


def cancelled_at(seconds, **options):
    """Run under a deadline in virtual time."""

    def main():
        with Context(timeout=seconds) as context:
            return rate_limited.run(context=context, **options)

    return simulate(main)


def test_a_cancelled_pool_ends_at_once_though_all_its_workers_are_throttled():
    assert cancelled_at(1.0).elapsed == 1.0


def test_a_job_cancelled_in_the_limiter_was_taken_but_never_begun():
    begun = []
    run = cancelled_at(1.0, num_workers=3, process=lambda job: begun.append(job))
    assert begun == run.value.succeeded == [0]  # the tick at 0.667 s
    assert run.value.cancelled == [1, 2, 3]  # in the hands of the three workers
    assert run.value.never_started == [4, 5, 6, 7, 8, 9]


def test_the_trace_gives_a_job_cancelled_in_the_limiter_no_turn():
    run = cancelled_at(1.0, num_workers=3)
    assert len(turns(run.trace)) == 1
    assert books(run.trace).cancelled == 3


def test_a_pool_cancelled_before_it_starts_takes_no_job():
    run = cancelled_at(0.0)
    assert (run.elapsed, run.value.started) == (0.0, ())


def test_a_failed_job_has_used_up_its_turn_and_the_worker_goes_on():
    def process(job):
        if job % 2:
            raise OSError(job)
        return job

    run = simulate(partial(rate_limited.run, process=process))
    assert (run.elapsed, run.value.failed) == (4.0, [1, 3, 5, 7, 9])


# The books.


class LeftError(Exception):
    """The reader has gone."""


LAW = {
    **PROGRAM,
    "failing": st.sets(st.integers(0, 11), max_size=4),
    "cancel_at": st.none() | st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.35, 0.7, 1.0, 2.5]),
    "cancel_after": st.none() | st.integers(1, 6),
    "leave_after": st.none() | st.integers(1, 6),
}


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(limit=st.fixed_dictionaries(LIMIT), program=st.fixed_dictionaries(LAW))
def test_the_books_balance_and_nobody_is_left_whatever_fails_and_whoever_leaves(limit, program):
    num_jobs = program["num_jobs"]
    context, reports, read = [], [], []

    def process(job):
        sleep(program["durations"][job])
        if job in program["failing"]:
            raise ValueError(job)
        return -job

    def log(line):
        if line.startswith("result"):
            read.append(line)
            if len(read) == program["cancel_after"]:
                context[0].cancel("enough")
            if len(read) == program["leave_after"]:
                raise LeftError

    def main():
        context.append(Context(timeout=program["cancel_at"]))
        pool = partial(rate_limited.run, **limit, num_jobs=num_jobs, buffer=program["buffer"])
        with suppress(LeftError):
            reports.append(pool(process=process, context=context[0], log=log))
        return now()

    run = simulate(main, seed=program["seed"])
    assert (run.leaks, run.crashes) == ((), ())
    expect_limit_in_every_window(run.trace, **limit)
    told = books(run.trace)
    assert told.balanced
    if not reports:
        assert len(read) == program["leave_after"]
        return
    [report] = reports
    assert [job for job, fate in accounts(report)] == list(range(num_jobs))
    assert all(result.value == -result.job for result in report.results if not result.error)
    assert set(report.failed) <= program["failing"]
    assert told.succeeded == len(report.succeeded)
    assert told.failed == len(report.failed)
    assert told.cancelled == len(report.cancelled)
    if program["cancel_at"] is None and len(read) != program["cancel_after"]:
        assert report.cancelled == report.never_started == []


@pytest.mark.parametrize("seed", [None, *range(30)])
def test_workers_do_not_wait_for_a_reader_who_left(seed):
    def main():
        def leave(line):
            if line.startswith("result"):
                raise LeftError

        with pytest.raises(LeftError):
            rate_limited.run(worker_interval=0.1, buffer=0, log=leave)
        left_at = now()
        sleep(1000)
        return left_at

    run = simulate(main, seed=seed)
    assert run.value < 0.1
    assert run.leaks == ()
    assert max(span.end for span in run.trace.spans) == run.value


# On real threads.


def test_the_same_code_on_real_threads_gives_the_same_books():
    real = measure(partial(rate_limited.run, worker_interval=0.01)).value
    assert accounts(real) == accounts(simulate(rate_limited.run).value)


@pytest.mark.parametrize("limiter", rate_limited.LIMITERS)
@pytest.mark.parametrize("workers", [1, 4])
def test_on_real_threads_the_pool_is_never_ahead_of_the_limit(limiter, workers):
    begun, interval, burst = [], 0.002, 3
    pool = partial(rate_limited.run, num_jobs=40, limiter=limiter, burst=burst, num_workers=workers)

    def main():
        start = now()
        pool(worker_interval=interval * workers, process=lambda job: begun.append(now() - start))

    run_on_threads(main)
    saved = burst if limiter == "bucket" else 0
    assert len(begun) == 40
    for number, began in enumerate(sorted(begun), start=1):
        assert began >= (number - saved) * interval


def test_on_real_threads_the_pool_is_as_fast_as_sleeping_until_each_tick():
    """The bare loop is what the clock allows, in the same run; a pause of the machine hits one."""
    interval, ticks = 0.005, 30

    def pool():
        rate_limited.run(num_jobs=ticks, num_workers=4, worker_interval=4 * interval)

    def bare_loop():
        start = time.monotonic()
        for tick in range(1, ticks + 1):
            time.sleep(max(0.0, start + tick * interval - time.monotonic()))

    def seconds(run):
        start = time.monotonic()
        run()
        return time.monotonic() - start

    ratios = [seconds(pool) / seconds(bare_loop) for _ in range(3)]
    assert min(ratios) < 1.1


def test_a_cancelled_run_on_real_threads_ends_and_leaves_no_thread():
    before = threading.enumerate()
    for number in range(10):
        context = Context()

        def cancel_soon(line, context=context, wanted=number % 4):
            if line == f"worker 1 processing job {wanted}" or not wanted:
                context.cancel("enough")

        report = run_on_threads(
            partial(
                rate_limited.run,
                num_jobs=50,
                buffer=number % 3,
                worker_interval=0.004,
                scope=rate_limited.SCOPES[number % 2],
                context=context,
                log=cancel_soon,
            )
        )
        assert [job for job, fate in accounts(report)] == list(range(50))
    assert threads_left(before) == []


def test_a_reader_who_leaves_on_real_threads_leaves_no_thread():
    before = threading.enumerate()

    def leave(line):
        if line.startswith("result"):
            raise LeftError

    with pytest.raises(LeftError):
        run_on_threads(partial(rate_limited.run, worker_interval=0.005, buffer=0, log=leave))
    assert threads_left(before) == []


# Bad values.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_jobs": -1}, "num_jobs must be a whole number >= 0, got -1"),
        ({"num_workers": 0}, "num_workers must be a whole number >= 1, got 0"),
        ({"buffer": -1}, "buffer must be a whole number >= 0, got -1"),
        ({"burst": 0}, "burst must be a whole number >= 1, got 0"),
        ({"limiter": "hourglass"}, "limiter must be one of ticker, bucket, got 'hourglass'"),
        ({"scope": "all"}, "scope must be one of shared, per worker, got 'all'"),
        (
            {"worker_interval": float("nan")},
            "worker_interval must be a number of seconds > 0 and <= 1e12, got nan",
        ),
        ({"worker_interval": 5e-324}, "turns must be from 1e-9 to 1e9 seconds apart, got 0.0"),
        ({"worker_interval": 1e12}, "turns must be from 1e-9 to 1e9 seconds apart, got 2"),
        (
            {"job_seconds": -0.5},
            "job_seconds must be a number of seconds >= 0 and <= 1e12, got -0.5",
        ),
    ],
)
@pytest.mark.parametrize("limiter", rate_limited.LIMITERS)
def test_a_bad_value_is_refused_with_the_rule_and_the_value(limiter, wrong, message):
    with pytest.raises(ValueError, match="must be") as caught:
        rate_limited.run(**{"limiter": limiter, **wrong})
    assert str(caught.value).startswith(message)


# In plain Python.


def plain_starts(pool, seconds=0.0, num_jobs=8, **options):
    """Return when `process` was called, in virtual time, with 4 workers."""

    async def process(job):
        await asyncio.sleep(seconds)

    run = observe(pool, range(num_jobs), process, workers=4, **options)
    assert books(run.trace).succeeded == len(run.value.succeeded) == num_jobs
    return sorted(job.started for job in run.trace.jobs)


@pytest.mark.parametrize("burst", [1, 3])
def test_the_plain_pool_starts_jobs_when_the_pattern_does(burst):
    pattern = starts(num_jobs=8, num_workers=4, limiter="bucket", burst=burst, job_seconds=0.3)
    assert plain_starts(plain.tasks, 0.3, rate=2.0, burst=burst) == pattern


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    rate=st.sampled_from([0.5, 3.0, 10.0]),
    burst=st.integers(1, 4),
    durations=st.lists(st.sampled_from([0.0, 0.1, 1.0, 4.0]), min_size=12, max_size=12),
)
def test_the_plain_limit_holds_in_every_window(rate, burst, durations):
    async def process(job):
        await asyncio.sleep(durations[job])

    run = observe(plain.tasks, range(12), process, workers=3, rate=rate, burst=burst)
    began = [job.started for job in run.trace.jobs]
    assert passes_windows(began, burst, 1 / rate - 1e-9)  # the clock rounds to a nanosecond


@pytest.mark.parametrize("pool", [plain.semaphore_tasks, plain.capacity_tasks])
@pytest.mark.parametrize(("seconds", "in_a_second"), [(1.0, 2), (0.5, 4), (0.25, 8), (0.0, 8)])
def test_two_at_once_are_more_a_second_the_shorter_the_jobs(pool, seconds, in_a_second):
    began = plain_starts(pool, seconds, at_once=2)
    assert sum(time < 1.0 for time in began) == in_a_second


def test_a_cancelled_plain_pool_accounts_for_every_job():
    async def process(job):
        pass

    run = observe(plain.tasks, range(10), process, workers=3, rate=1.0, timeout=2.5)
    assert run.value.succeeded == [0, 1, 2]
    assert run.value.cancelled == [3, 4, 5]
    assert run.leaks == ()


def test_a_cancelled_plain_wait_leaves_its_slot_unused():
    async def main():
        limit = plain.RateLimit(1.0)
        await limit.__aenter__()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5), limit:
                pass
        async with limit:
            return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == 2.0  # the pattern's limiters give the slot at 1.0 away


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "rate must be a number per second > 0, got 0"),
        ({"rate": float("nan")}, "rate must be a number per second > 0, got nan"),
        ({"rate": 1, "burst": 0}, "burst must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_rate_of_the_plain_pool_is_refused(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        observe(plain.tasks, range(3), str, workers=1, **options)
