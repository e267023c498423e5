"""Formulas, against values known by hand and against what the pools really do."""

from functools import partial
from itertools import accumulate, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns import basic, rate_limited
from patterns.concurrency import Channel, TaskGroup, sleep
from patterns.lab import simulate
from patterns.lab.theory import (
    burst_envelope,
    erlang_c,
    list_scheduling_bound,
    makespan_lower_bound,
    mmc_waiting_time,
)
from patterns.lab.tracing import ideal_makespan, makespan, turns, waiting_times


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


def random_arrivals(servers, arrival_rate, service_seconds, jobs, seed):
    """Run an M/M/c queue of `jobs` jobs in the simulation."""
    random = Random(seed)
    gaps = [random.expovariate(arrival_rate) for _ in range(jobs)]
    services = [random.expovariate(1 / service_seconds) for _ in range(jobs)]

    def main():
        queue = Channel(float("inf"), "jobs")

        def worker():
            for job in queue:
                sleep(services[job])

        with TaskGroup() as group:
            for number in range(servers):
                group.spawn(worker, name=f"worker-{number}")
            for job, gap in enumerate(gaps):
                sleep(gap)
                queue.send(job)
            queue.close()

    return simulate(main).trace


@pytest.mark.parametrize(("servers", "arrival_rate"), [(1, 0.6), (2, 1.4), (4, 3.0)])
def test_jobs_that_come_at_random_wait_as_long_as_erlang_says(servers, arrival_rate):
    waits = waiting_times(random_arrivals(servers, arrival_rate, 1.0, jobs=10_000, seed=3))
    expected = mmc_waiting_time(servers, arrival_rate, 1.0)
    assert sum(waits) / len(waits) == pytest.approx(expected, rel=0.12)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    durations=st.lists(st.integers(0, 9), max_size=20),
    workers=st.integers(1, 6),
    seed=st.none() | st.integers(0, 10**6),
)
def test_no_greedy_pool_is_slower_than_grahams_bound_nor_than_twice_the_ideal(
    durations, workers, seed
):
    pool = partial(
        basic.run,
        num_jobs=len(durations),
        num_workers=workers,
        process=lambda job: sleep(durations[job - 1]),
    )
    trace = simulate(pool, seed=seed).trace
    assert makespan(trace) <= list_scheduling_bound(durations, workers) + 1e-9
    assert makespan(trace) <= (2 - 1 / workers) * max(ideal_makespan(trace), 1e-9) + 1e-9


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
@given(burst=st.integers(1, 5), jobs=st.integers(1, 25), workers=st.integers(1, 5))
def test_no_window_lets_more_through_than_the_envelope(burst, jobs, workers):
    pool = partial(
        rate_limited.run, limiter="bucket", burst=burst, num_jobs=jobs, num_workers=workers
    )
    times = turns(simulate(pool).trace)
    rate = workers / 2.0
    for first, start in enumerate(times):
        for count, end in zip(accumulate([1] * len(times)), times[first:], strict=False):
            assert count <= burst_envelope(end - start, rate, burst) + 1e-6
