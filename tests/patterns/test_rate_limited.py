"""The rate-limited pool: never faster than the limit, exact in virtual time."""

import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts

from lab import measure, simulate
from lab.tracing import State, counts, start_times
from patterns import rate_limited
from patterns.concurrency import Cancelled, Context, TaskGroup, Ticker, TokenBucket, now, sleep
from patterns.rate_limited import LIMITERS, SCOPES, RateLimitedPool

SEEDS = (None, *range(20))

every_limiter = pytest.mark.parametrize("limiter", LIMITERS)


def starts(*, jobs=10, seconds=0.0, seed=None, **options):
    """Return the virtual seconds at which jobs began, in order."""
    began = []

    def process(job):
        began.append(now())
        sleep(seconds[job] if isinstance(seconds, list) else seconds)

    simulate(lambda: rate_limited.run(range(jobs), process, **options), seed=seed)
    return sorted(began)


def passes_windows(times, saved, rate):
    """Tell whether in every window of t seconds at most `saved` + `rate` * t times fall.

    It is enough to look at the windows that begin at one of the times and end at one.
    """
    ns = sorted(round(time * 1e9) for time in times)
    return all(
        last - first + 1 <= saved + (ns[last] - ns[first]) * rate / 1e9 * (1 + 1e-12) + 1e-9
        for first, last in combinations_with_replacement(range(len(ns)), 2)
    )


def saved_by(limiter, burst):
    return burst if limiter == "bucket" else 2


# The article's numbers: ten jobs, five workers, a tick every 0.4 s.


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_jobs_with_a_tick_every_0_4_s_take_four_seconds(seed):
    run = simulate(rate_limited.demo, seed=seed)
    assert run.elapsed == 4.0
    assert sorted(run.value.values) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


def test_one_job_starts_at_each_tick_and_none_before_the_first():
    trace = simulate(rate_limited.demo).trace
    assert start_times(trace) == [0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0]


def test_a_shared_limit_serves_the_workers_in_turn():
    trace = simulate(rate_limited.demo).trace
    assert [job.worker for job in trace.jobs] == [f"worker-{n}" for n in (1, 2, 3, 4, 5)] * 2


def test_a_worker_waiting_for_its_turn_is_throttled_and_says_by_what():
    trace = simulate(partial(rate_limited.demo, jobs=1, workers=1)).trace
    [throttled] = [span for span in trace.spans if span.state is State.THROTTLED]
    assert (throttled.start, throttled.end) == (0.0, 0.4)
    assert throttled.waiting_for == "the shared limit"


# The rate is a rate, tick or token, shared or per worker.


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@every_limiter
def test_the_rate_does_not_depend_on_the_number_of_workers(limiter, workers):
    times = starts(limiter=limiter, rate=4, workers=workers)
    assert [later - times[0] for later in times] == [0.25 * number for number in range(10)]


@pytest.mark.parametrize("workers", [1, 4])
@every_limiter
@pytest.mark.parametrize("scope", SCOPES)
def test_the_rate_of_all_workers_together_is_the_same_in_either_scope(limiter, scope, workers):
    times = starts(limiter=limiter, scope=scope, rate=2.5, jobs=1000, workers=workers)
    assert len(times) / max(times) == pytest.approx(2.5, rel=0.01)


def test_a_full_bucket_lets_its_burst_through_at_once_and_then_keeps_the_rate():
    assert starts(rate=2.5, burst=3, jobs=6) == [0.0, 0.0, 0.0, 0.4, 0.8, 1.2]


def test_a_ticker_takes_no_notice_of_a_burst():
    assert starts(limiter="ticker", burst=5) == starts(limiter="ticker", burst=1)


def test_with_a_ticker_for_each_worker_all_start_together_at_every_tick():
    times = starts(limiter="ticker", scope="per worker", rate=2.5, workers=5)
    assert Counter(times) == {2.0: 5, 4.0: 5}


def test_with_a_bucket_for_each_worker_each_has_a_burst_of_its_own():
    times = starts(scope="per worker", burst=2, rate=1, workers=2, jobs=6)
    assert Counter(times) == {0.0: 4, 2.0: 2}


def starts_while_one_worker_is_busy(scope):
    return starts(jobs=4, seconds=[10, 0, 0, 0], rate=1, workers=2, scope=scope)


def test_a_shared_limit_is_used_up_by_whoever_is_free():
    assert starts_while_one_worker_is_busy("shared") == [0.0, 1.0, 2.0, 3.0]


def test_a_worker_that_is_busy_loses_its_share_of_a_limit_per_worker():
    assert starts_while_one_worker_is_busy("per worker") == [0.0, 0.0, 2.0, 4.0]


def test_jobs_that_take_longer_than_the_limit_asks_are_not_held_up():
    options = {"jobs": 4, "workers": 1, "seconds": 3.0, "rate": 0.5}
    assert starts(limiter="bucket", **options) == [0.0, 3.0, 6.0, 9.0]
    assert starts(limiter="ticker", **options) == [2.0, 5.0, 8.0, 11.0]


# After an idle spell.


def starts_of_arrivals(arrivals, *, seed=None, **options):
    """Return when jobs start that are submitted at these times, in seconds."""

    def main():
        pool = RateLimitedPool(lambda job: times.append(now()), **options)
        with pool.start():
            for arrival in arrivals:
                sleep(max(0, arrival - now()))
                pool.submit(arrival)

    times = []
    simulate(main, seed=seed)
    return times


def test_an_idle_spell_buys_a_bucket_its_burst_and_no_more():
    times = starts_of_arrivals([1000.0] * 6, rate=1, burst=3)
    assert times == [1000.0, 1000.0, 1000.0, 1001.0, 1002.0, 1003.0]


def test_an_idle_spell_buys_a_ticker_one_tick_which_may_come_close_to_the_next():
    times = starts_of_arrivals([1000.75] * 6, rate=1, limiter="ticker")
    assert times == [1000.75, 1001.0, 1002.0, 1003.0, 1004.0, 1005.0]


def test_an_idle_spell_buys_a_bucket_of_one_token_nothing():
    times = starts_of_arrivals([1000.75] * 4, rate=1)
    assert times == [1000.75, 1001.75, 1002.75, 1003.75]


# In every window.


def test_the_window_finds_one_job_too_many():
    assert passes_windows([0.0, 0.0, 1.0, 2.0], 2, 1.0)
    assert not passes_windows([0.0, 0.0, 0.999, 2.0], 2, 1.0)
    assert not passes_windows([0.0, 5.0, 5.0, 5.0], 2, 1.0)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    limiter=st.sampled_from(LIMITERS),
    scope=st.sampled_from(SCOPES),
    burst=st.integers(1, 4),
    workers=st.integers(1, 5),
    rate=st.sampled_from([0.1, 0.5, 2.0, 3.0, 10 / 7, 10.0, 100]),
    jobs=st.integers(0, 12),
    buffer=st.integers(0, 4),
    durations=st.lists(
        st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 3.0]), min_size=12, max_size=12
    ),
    timeout=st.none() | st.sampled_from([0.0, 0.05, 0.3, 0.35, 1.0, 2.5]),
    seed=st.none() | st.integers(0, 10**6),
)
def test_in_no_window_more_jobs_start_than_the_limit_allows(
    limiter, scope, burst, workers, rate, jobs, buffer, durations, timeout, seed
):
    began = defaultdict(list)

    def process(job):
        began[job].append(now())
        sleep(durations[job])

    pool = partial(
        rate_limited.run, limiter=limiter, scope=scope, burst=burst, rate=rate, workers=workers
    )
    run = simulate(lambda: pool(range(jobs), process, buffer=buffer, timeout=timeout), seed=seed)
    times = [time for each in began.values() for time in each]
    if timeout is None:  # a job that is cancelled as it begins has no start in the trace
        assert sorted(times) == start_times(run)
    if scope == "shared":
        assert passes_windows(times, saved_by(limiter, burst), rate)
        return
    for worker in run.trace.workers:
        own = [job for job in run.trace.jobs if job.worker == worker]
        times = [time for job in own for time in began[int(job.id)]]
        assert passes_windows(times, saved_by(limiter, burst), rate / workers)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    limiter=st.sampled_from(LIMITERS),
    burst=st.integers(1, 3),
    arrivals=st.lists(st.integers(0, 40), min_size=1, max_size=20),
    seed=st.none() | st.integers(0, 10**6),
)
def test_in_no_window_more_jobs_start_after_idle_spells_either(limiter, burst, arrivals, seed):
    quarters = sorted(arrival / 4 for arrival in arrivals)
    times = starts_of_arrivals(
        quarters, seed=seed, limiter=limiter, burst=burst, rate=1, buffer=0, workers=3
    )
    assert len(times) == len(arrivals)
    assert passes_windows(times, saved_by(limiter, burst), 1.0)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    limiter=st.sampled_from(LIMITERS),
    timeouts=st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.7, 3.0, 99.0]), min_size=2, max_size=4),
    seed=st.none() | st.integers(0, 10**6),
)
def test_groups_that_share_a_limit_keep_it_and_get_the_slots_of_those_that_were_cancelled(
    limiter, timeouts, seed
):
    def main():
        wait = Ticker(1.0).wait if limiter == "ticker" else TokenBucket(1.0, 2).acquire
        times = []

        def take():
            for _ in range(3):
                wait()
                times.append(now())

        def group_of_two(timeout):
            with suppress(Cancelled), TaskGroup(Context(timeout=timeout)) as group:
                group.spawn(take)
                group.spawn(take)

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


@every_limiter
@pytest.mark.parametrize("rate", [1e9, 1e6, 3, 10 / 3, 1 / 7, 1e-9])
def test_the_measured_rate_is_within_a_hundredth_of_the_limit_and_never_above_it(limiter, rate):
    times = starts(limiter=limiter, workers=1, rate=rate, jobs=200)
    measured = (len(times) - 1) / (times[-1] - times[0])
    assert 0.99 * rate <= measured <= rate * (1 + 1e-9)


@every_limiter
@pytest.mark.parametrize(
    ("rate", "second"), [(3, 0.333333334), (1.5, 0.666666667), (10, 0.1), (10 / 3, 0.3)]
)
def test_a_turn_is_rounded_up_to_a_nanosecond_but_not_for_the_noise_of_a_float(
    limiter, rate, second
):
    times = starts(limiter=limiter, rate=rate, jobs=2)
    assert round(times[1] - times[0], 9) == second


# Cancellation.


def test_a_cancelled_pool_ends_at_once_though_all_its_workers_are_throttled():
    assert simulate(partial(rate_limited.demo, timeout=1.0)).elapsed == 1.0


def test_a_job_cancelled_in_the_limiter_was_taken_but_never_begun():
    began = []

    def main():
        return rate_limited.run(
            range(10), began.append, limiter="ticker", rate=1.5, workers=3, timeout=1.0
        )

    run = simulate(main)
    assert began == run.value.succeeded == [0]  # the tick at 0.667 s
    assert run.value.cancelled == [1, 2, 3]  # in the hands of the three workers
    assert run.value.never_started == [4, 5, 6, 7, 8, 9]
    assert len(start_times(run)) == 1
    assert counts(run).cancelled == 3


def test_a_failed_job_has_used_up_its_turn_and_the_worker_goes_on():
    def process(job):
        if job % 2:
            raise OSError(job)
        return job

    run = simulate(lambda: rate_limited.run(range(10), process, rate=2.5))
    assert (run.elapsed, run.value.failed) == (3.6, [1, 3, 5, 7, 9])


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_do_not_wait_for_a_reader_who_left(seed):
    def main():
        def leave(result):
            raise KeyError("left")

        with pytest.raises(KeyError, match="left"):
            rate_limited.run(range(10), abs, rate=10, buffer=0, on_result=leave)
        left_at = now()
        sleep(1000)
        return left_at

    run = simulate(main, seed=seed)
    assert run.leaks == ()
    assert max(span.end for span in run.trace.spans) == run.value < 0.1


# On real threads.


def test_the_same_code_on_real_threads_gives_the_same_outcomes():
    real = measure(partial(rate_limited.demo, rate=500)).value
    assert accounts(real) == accounts(simulate(rate_limited.demo).value)


@every_limiter
@pytest.mark.parametrize("workers", [1, 4])
def test_on_real_threads_the_pool_is_never_ahead_of_the_limit(limiter, workers):
    began, rate, burst, start = [], 500, 3, now()
    rate_limited.run(
        range(40),
        lambda job: began.append(now() - start),
        limiter=limiter,
        rate=rate,
        burst=burst,
        workers=workers,
    )
    saved = burst if limiter == "bucket" else 0
    assert len(began) == 40
    for number, began_at in enumerate(sorted(began), start=1):
        assert began_at >= (number - saved) / rate


def test_on_real_threads_the_pool_is_as_fast_as_sleeping_until_each_tick():
    """The bare loop is what the clock allows, in the same run; a pause of the machine hits one."""
    interval, ticks = 0.005, 30

    def pool():
        rate_limited.run(range(ticks), abs, limiter="ticker", rate=1 / interval, workers=4)

    def bare_loop():
        start = time.monotonic()
        for tick in range(1, ticks + 1):
            time.sleep(max(0.0, start + tick * interval - time.monotonic()))

    def seconds(run):
        start = time.monotonic()
        run()
        return time.monotonic() - start

    assert any(seconds(pool) < 1.1 * seconds(bare_loop) for _ in range(5))


def test_threads_that_wait_for_their_turn_end_when_the_pool_is_cancelled():
    began = threading.Event()

    def process(job):
        began.set()

    def main(context):
        with TaskGroup() as group:
            group.spawn(lambda: began.wait() and context.cancel("enough"))
            return rate_limited.run(range(50), process, rate=0.01, context=context)

    report = main(Context())
    assert (len(report.succeeded), report.reason) == (1, "enough")
    assert len(report.cancelled) <= 3


# Bad values.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"burst": 0}, "burst must be a whole number >= 1, got 0"),
        ({"limiter": "hourglass"}, "limiter must be one of bucket, ticker, got 'hourglass'"),
        ({"scope": "all"}, "scope must be one of shared, per worker, got 'all'"),
        ({"rate": "3"}, "rate must be a number per second from 1e-9 to 1e9, got '3'"),
        (
            {"rate": float("nan")},
            "rate must be a number per second from 1e-9 to 1e9, got nan",
        ),
        ({"rate": 1e10}, "rate must be a number per second from 1e-9 to 1e9, got 10000000000.0"),
        (
            {"rate": 1e-9, "workers": 2, "scope": "per worker"},
            "the share of each worker must be a number per second from 1e-9 to 1e9, got 5e-10",
        ),
    ],
)
@every_limiter
def test_a_bad_value_is_refused_with_the_rule_and_the_value(limiter, wrong, message):
    with pytest.raises(ValueError, match="must be") as caught:
        rate_limited.run([1], abs, **{"limiter": limiter, **wrong})
    assert str(caught.value) == message


def test_the_numbers_of_other_libraries_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert starts(rate=numpy.int64(4), burst=numpy.int64(1), jobs=3) == [0.0, 0.25, 0.5]
