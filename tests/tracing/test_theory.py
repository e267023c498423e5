"""Formulas, against values known by hand and against what the pools really do."""

from itertools import accumulate, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import simulate
from lab.teaching.comparing import run_pool, sample_random_arrivals
from lab.tracing import (
    fullest_window,
    ideal_makespan,
    jobs_in_system,
    littles_law_until,
    makespan,
    most_in_window,
    most_within,
    start_times,
    waiting_times,
)
from lab.tracing.theory import (
    burst_envelope,
    erlang_c,
    list_scheduling_bound,
    makespan_lower_bound,
    mmc_waiting_time,
)
from patterns import basic, rate_limited
from patterns.concurrency import sleep


@pytest.mark.parametrize(
    ("servers", "offered", "chance"), [(1, 0.3, 0.3), (1, 0.9, 0.9), (2, 1, 1 / 3), (3, 2, 4 / 9)]
)
def test_erlang_c_gives_the_values_known_by_hand(servers, offered, chance):
    assert erlang_c(servers, offered) == pytest.approx(chance)


def test_nobody_waits_where_nobody_comes():
    assert (erlang_c(5, 0), mmc_waiting_time(5, 0, 1)) == (0, 0)


def test_erlang_c_does_not_overflow_for_a_thousand_workers():
    assert 0 < erlang_c(1000, 990) < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erlang_c(0, 0), "servers must be a whole number >= 1, got 0"),
        (lambda: erlang_c(2, 2.0), r"offered must be >= 0 and < servers \(2\), got 2.0"),
        (lambda: erlang_c(2, float("nan")), "offered must be >= 0 and < servers"),
        (lambda: mmc_waiting_time(1, 1, 0), "service_seconds must be > 0, got 0"),
        (lambda: list_scheduling_bound([1], 0), "workers must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_number_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (2, 0.7), (4, 0.75)])
def test_jobs_that_come_at_random_wait_as_long_as_erlang_says(servers, load):
    workload = sample_random_arrivals(load, workers=servers, jobs=6000, sample=4)
    waits = waiting_times(run_pool("basic", workload))
    expected = mmc_waiting_time(servers, load * servers, 1.0)
    assert sum(waits) / len(waits) == pytest.approx(expected, rel=0.12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    durations=st.lists(st.integers(0, 9), max_size=20),
    workers=st.integers(1, 6),
    seed=st.none() | st.integers(0, 10**6),
)
def test_no_greedy_pool_is_slower_than_grahams_bound_nor_than_twice_the_ideal(
    durations, workers, seed
):
    run = simulate(basic.run, durations, sleep, workers=workers, seed=seed)
    assert makespan(run) <= list_scheduling_bound(durations, workers) + 1e-9
    assert makespan(run) <= (2 - 1 / workers) * max(ideal_makespan(run), 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("arrivals", "services", "workers", "bound"),
    [
        ([], [], 2, 0),
        ([0, 0, 0], [3, 1, 1], 2, 3),  # the longest job alone
        ([0, 0, 0], [2, 2, 2], 2, 4),  # somebody does two of three
        ([0] * 5, [4, 4, 1, 1, 1], 2, 5.5),  # all the work, shared
        ([0, 10, 10, 10, 10], [1, 1, 1, 1, 1], 2, 12),  # the work of a burst, shared
    ],
)
def test_the_lower_bound_is_the_largest_of_its_parts(arrivals, services, workers, bound):
    assert makespan_lower_bound(arrivals, services, workers) == bound


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    jobs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=5),
    workers=st.integers(1, 3),
)
def test_no_order_of_the_jobs_beats_the_lower_bound(jobs, workers):
    def makespan_in(order):
        free = [0] * workers
        for arrives, service in order:
            free.sort()
            free[0] = max(free[0], arrives) + service
        return max(free)

    arrivals, services = zip(*jobs, strict=True)
    best = min(makespan_in(order) for order in permutations(jobs))
    assert makespan_lower_bound(arrivals, services, workers) <= best


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    burst=st.integers(1, 5),
    jobs=st.integers(1, 25),
    workers=st.integers(1, 5),
    rate=st.sampled_from([0.5, 1.0, 2.5]),
)
def test_no_window_lets_more_through_than_the_envelope(burst, jobs, workers, rate):
    options = {"limiter": "bucket", "burst": burst, "rate": rate, "workers": workers}
    times = start_times(simulate(rate_limited.demo, jobs=jobs, **options))
    for first, start in enumerate(times):
        for count, end in zip(accumulate([1] * len(times)), times[first:], strict=False):
            assert count <= burst_envelope(end - start, rate, burst) + 1e-6


def test_little_s_two_sides_agree_whenever_nobody_is_inside():
    def twice():
        basic.demo(jobs=2, workers=1)
        sleep(1.0)
        basic.demo(jobs=2, workers=1)

    first, empty, inside, last = littles_law_until(simulate(twice), [2.0, 2.5, 4.0, 5.0])
    for law in (first, empty, last):
        assert law.in_system == pytest.approx(law.arrival_rate * law.time_in_system)
    assert inside.in_system != pytest.approx(inside.arrival_rate * inside.time_in_system, rel=0.05)


def test_jobs_in_the_system_rise_at_submission_and_fall_at_the_end():
    times, inside = jobs_in_system(simulate(basic.demo, jobs=2, workers=1))
    assert list(zip(times, inside, strict=True)) == [(0, 0), (0, 1), (0, 2), (1, 1), (2, 0)]


@given(times=st.lists(st.integers(0, 20), max_size=12))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_most_in_a_window_is_what_counting_every_window_finds(times):
    lengths, most = most_in_window([float(time) for time in times])
    for length, number in zip(lengths, most, strict=True):
        found = max(sum(first <= time <= first + length for time in times) for first in times)
        assert found >= number
        shorter = max(sum(first <= time < first + length for time in times) for first in times)
        assert shorter < number


@given(
    times=st.lists(st.integers(0, 20), min_size=1, max_size=12),
    rate=st.sampled_from([0.25, 0.5, 1.0, 3.0]),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_fullest_window_is_the_one_most_above_the_rate(times, rate):
    lengths, most = most_in_window([float(time) for time in times])
    excess = max(count - rate * length for length, count in zip(lengths, most, strict=True))
    length, number = fullest_window([float(time) for time in times], rate)
    assert number - rate * length == pytest.approx(excess)
    assert most[lengths.index(length) : lengths.index(length) + lengths.count(length)][-1] >= number


def test_only_the_counts_asked_for_are_looked_for():
    assert most_in_window([0.0, 1.0, 3.0, 6.0], [2, 4]) == ([1.0, 6.0], [2, 4])


@given(
    times=st.lists(st.integers(0, 20), max_size=12),
    seconds=st.sampled_from([1.0, 2.0, 7.0]),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_most_within_some_seconds_is_what_counting_from_every_time_finds(times, seconds):
    found = [sum(first <= time < first + seconds for time in times) for first in times]
    assert most_within(times, seconds) == max(found, default=0)


def test_without_times_no_window_is_fullest():
    assert fullest_window([], 1.0) == (0.0, 0)


def test_random_arrivals_have_the_load_asked_for():
    workload = sample_random_arrivals(0.5, workers=4, jobs=5000)
    seconds = sum(work.seconds for work in workload.jobs)
    assert seconds / (4 * workload.jobs[-1].arrives) == pytest.approx(0.5, rel=0.05)
    assert {w.seconds for w in sample_random_arrivals(0.5, jobs=9, constant=True).jobs} == {1.0}


def test_a_load_that_is_none_is_refused():
    with pytest.raises(ValueError, match="load must be a number > 0, got nan"):
        sample_random_arrivals(float("nan"))
