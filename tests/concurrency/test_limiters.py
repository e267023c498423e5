"""Tickers and token buckets: on both runtimes, and to the nanosecond in simulations."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import run_simulated

from patterns.concurrency import Cancelled, Context, TaskGroup, Ticker, TokenBucket, now, sleep


def times(operation, count):
    """Return when each of `count` calls of `operation` returned."""
    result = []
    for _ in range(count):
        operation()
        result.append(now())
    return result


def refused(operation, *args):
    """Tell whether an operation raised Cancelled."""
    try:
        operation(*args)
    except Cancelled:
        return True
    return False


# Tickers.


def test_no_two_tasks_get_the_same_tick(run):
    def body():
        ticker, ticks = Ticker(0.001), []

        def task():
            for _ in range(5):
                ticks.append(ticker.wait())

        with TaskGroup() as group:
            for _ in range(4):
                group.spawn(task)
        return len(ticks), len(set(ticks))

    assert run(body) == (20, 20)


def test_no_tick_comes_before_its_time(run):
    def body():
        ticker = Ticker(0.001)
        return [ticker.wait() <= now() for _ in range(5)]

    assert run(body) == [True] * 5


def test_ticks_come_one_interval_after_the_other():
    def body():
        ticker = Ticker(0.1)
        return times(ticker.wait, 5)

    assert run_simulated(body) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_tick_says_for_which_time_it_was():
    def body():
        ticker = Ticker(1)
        sleep(1.5)
        return ticker.wait(), ticker.wait()

    assert run_simulated(body) == (1.0, 2.0)


def test_of_the_ticks_that_nobody_took_one_is_kept():
    def body():
        ticker = Ticker(1)
        sleep(5.5)
        return times(ticker.wait, 3)

    assert run_simulated(body) == [5.5, 6.0, 7.0]


def test_whoever_comes_exactly_at_a_tick_gets_it():
    def body():
        ticker = Ticker(1)
        sleep(3)
        return times(ticker.wait, 2)

    assert run_simulated(body) == [3.0, 4.0]


def test_tasks_get_ticks_in_the_order_in_which_they_came():
    def body():
        ticker, served = Ticker(1), []
        with TaskGroup() as group:
            for name in "abc":
                group.spawn(lambda n=name: (ticker.wait(), served.append((n, now()))))
                sleep(0.1)
        return served

    assert run_simulated(body) == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_a_cancelled_wait_takes_no_tick():
    def body():
        ticker = Ticker(1)
        return refused(ticker.wait, Context(timeout=0.5)), times(ticker.wait, 2)

    assert run_simulated(body) == (True, [1.0, 2.0])


def test_a_tick_that_is_there_is_not_taken_under_a_cancelled_context():
    def body():
        ticker = Ticker(1)
        sleep(1.5)
        return refused(ticker.wait, Context(timeout=0)), times(ticker.wait, 2)

    assert run_simulated(body) == (True, [1.5, 2.0])


# What both limiters do for those who wait in line.

LIMITERS = {
    "ticker": lambda: Ticker(1).wait,
    "token bucket": lambda: spent(TokenBucket(1)).acquire,
}


def spent(bucket):
    bucket.acquire()
    return bucket


@pytest.fixture(params=LIMITERS)
def limiter(request):
    """Give a function that makes a limiter's wait, which lets one task pass each second."""
    return LIMITERS[request.param]


def in_line(limiter, *contexts):
    """Let a task for each context wait in line, and return when each passed, None if never."""
    wait, passed = limiter(), {}

    def task(number, context):
        passed[number] = None if refused(wait, context) else now()

    with TaskGroup() as group:
        for number, context in enumerate(contexts):
            group.spawn(task, number, context)
            sleep(0.01)
    return [passed[number] for number in range(len(contexts))]


def test_tasks_pass_in_the_order_in_which_they_came(limiter):
    assert run_simulated(lambda: in_line(limiter, None, None, None)) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_deadline_that_passes_in_line_takes_no_slot_and_gives_none_away(limiter, number):
    def body():
        contexts = [None, None, None, None]
        contexts[number] = Context(timeout=0.5)
        return in_line(limiter, *contexts)

    expected = [1.0, 2.0, 3.0]
    expected.insert(number, None)
    assert run_simulated(body) == expected


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_cancellation_in_line_takes_no_slot_and_gives_none_away(limiter, number):
    def body():
        contexts = [None, None, None, None]
        contexts[number] = Context()
        with TaskGroup() as group:
            group.spawn(lambda: (sleep(0.5), contexts[number].cancel()))
            return in_line(limiter, *contexts)

    expected = [1.0, 2.0, 3.0]
    expected.insert(number, None)
    assert run_simulated(body) == expected


def test_a_line_of_which_everybody_was_cancelled_is_free_again(limiter):
    def body():
        wait = limiter()
        with TaskGroup() as group:
            for _ in range(3):
                group.spawn(refused, wait, Context(timeout=0.5))
        return times(wait, 1)

    assert run_simulated(body) == [1.0]


# Token buckets.


def test_a_bucket_starts_full_and_then_gives_a_token_each_interval():
    def body():
        bucket = TokenBucket(10, burst=3)
        return times(bucket.acquire, 6)

    assert run_simulated(body) == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_an_idle_bucket_fills_up_to_its_burst_and_no_further():
    def body():
        bucket = TokenBucket(1, burst=2)
        times(bucket.acquire, 2)
        sleep(100)
        return times(bucket.acquire, 4)

    assert run_simulated(body) == [100.0, 100.0, 101.0, 102.0]


def test_a_bucket_that_is_partly_filled_gives_what_it_has():
    def body():
        bucket = TokenBucket(1, burst=5)
        times(bucket.acquire, 5)
        sleep(2.5)
        return times(bucket.acquire, 4)

    assert run_simulated(body) == [2.5, 2.5, 3.0, 4.0]


def test_the_tokens_in_a_bucket_can_be_seen():
    def body():
        bucket = TokenBucket(1, burst=4)
        before = bucket.tokens
        times(bucket.acquire, 3)
        after = bucket.tokens
        sleep(1.5)
        return before, after, bucket.tokens

    assert run_simulated(body) == (4.0, 1.0, 2.5)


def test_a_cancelled_acquire_takes_no_token():
    def body():
        bucket = TokenBucket(1, burst=1)
        return refused(bucket.acquire, Context(timeout=0)), bucket.tokens

    assert run_simulated(body) == (True, 1.0)


def test_a_rate_that_is_no_whole_number_of_nanoseconds_is_rounded_in_the_limits_favour():
    def body():
        bucket = TokenBucket(3)
        return times(bucket.acquire, 4)

    assert run_simulated(body) == [0.0, 0.333333334, 0.666666668, 1.000000002]


def test_tokens_are_not_given_before_their_time_on_the_real_clock(run):
    def body():
        bucket, start = TokenBucket(1000, burst=2), now()
        return [time - start for time in times(bucket.acquire, 6)]

    passed = run(body)
    assert all(passed[number] >= (number - 1) / 1000 for number in range(2, 6))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 2**32),
    rate=st.sampled_from([0.5, 1, 3, 7]),
    burst=st.integers(1, 4),
    tasks=st.lists(
        st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(0, 8))),
        min_size=1,
        max_size=12,
    ),
)
def test_in_no_window_more_pass_than_burst_and_rate_allow(seed, rate, burst, tasks):
    passed = run_simulated(lambda: pass_bucket(rate, burst, tasks), seed)
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            window = passed[last] - start
            assert last - first + 1 <= burst + rate * window + 1e-6


def pass_bucket(rate, burst, tasks):
    """Let tasks come, and lose patience, at quarters of a second; return when some passed."""
    bucket, passed = TokenBucket(rate, burst), []

    def task(arrival, patience):
        sleep(arrival / 4)
        context = None if patience is None else Context(timeout=patience / 4)
        if not refused(bucket.acquire, context):
            passed.append(now())

    with TaskGroup() as group:
        for arrival, patience in tasks:
            group.spawn(task, arrival, patience)
    return passed


# Bad values.


@pytest.mark.parametrize("interval", [0, -1, math.nan, math.inf, "1"])
def test_a_bad_interval_is_refused_with_the_rule_and_what_came(interval):
    with pytest.raises(ValueError, match="interval") as caught:
        Ticker(interval)
    rule = f"interval must be a number of seconds > 0 and <= 1e12, got {interval!r}"
    assert str(caught.value) == rule


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, 1e-320, 1e10, True, "1"])
def test_a_bad_rate_is_refused_with_the_rule_and_what_came(rate):
    with pytest.raises(ValueError, match="rate") as caught:
        TokenBucket(rate)
    assert str(caught.value) == f"rate must be a number per second from 1e-9 to 1e9, got {rate!r}"


@pytest.mark.parametrize("burst", [0, -1, 1.5, True])
def test_a_bad_burst_is_refused_with_the_rule_and_what_came(burst):
    with pytest.raises(ValueError, match="burst") as caught:
        TokenBucket(1, burst)
    assert str(caught.value) == f"burst must be a whole number >= 1, got {burst!r}"


@pytest.mark.parametrize(("cls", "rate"), [(Ticker, 0.1), (TokenBucket, 10)])
def test_a_limiter_is_called_what_it_was_named(cls, rate):
    assert repr(cls(rate, name="limit")) == "limit"
