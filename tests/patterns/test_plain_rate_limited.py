"""The plain pools beside the rate-limited one: a rate is limited, or something else is."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import observe, simulate
from lab.observing.virtual_loop import VirtualLoop
from lab.tracing import counts, start_times
from patterns import rate_limited
from patterns.concurrency import sleep
from patterns.plain.rate_limited import RateLimit, capacity_tasks, semaphore_tasks, tasks


def starts(pool, seconds=0.0, **options):
    """Return when `process` was called for each of 8 jobs, in virtual time, with 4 workers."""

    async def process(job):
        await asyncio.sleep(seconds)

    run = observe(pool, range(8), process, workers=4, **options)
    assert counts(run.trace).succeeded == len(run.value.succeeded) == 8
    return sorted(job.started for job in run.trace.jobs)


@pytest.mark.parametrize("burst", [1, 3])
def test_the_pool_starts_jobs_when_the_pattern_does(burst):
    pattern = simulate(
        lambda: rate_limited.run(range(8), lambda job: sleep(0.3), rate=2.0, burst=burst, workers=4)
    )
    assert starts(tasks, 0.3, rate=2.0, burst=burst) == start_times(pattern.trace)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    rate=st.sampled_from([0.5, 3.0, 10.0]),
    burst=st.integers(1, 4),
    durations=st.lists(st.sampled_from([0.0, 0.1, 1.0, 4.0]), min_size=12, max_size=12),
)
def test_the_limit_holds_in_every_window(rate, burst, durations):
    async def process(job):
        await asyncio.sleep(durations[job])

    run = observe(tasks, range(12), process, workers=3, rate=rate, burst=burst)
    began = sorted(job.started for job in run.trace.jobs)
    for first, start in enumerate(began):
        for last in range(first, len(began)):
            allowed = burst + (began[last] - start) * rate
            assert last - first + 1 <= allowed + 1e-6


@pytest.mark.parametrize("pool", [semaphore_tasks, capacity_tasks])
@pytest.mark.parametrize(("seconds", "in_a_second"), [(1.0, 2), (0.5, 4), (0.25, 8), (0.0, 8)])
def test_two_at_once_are_more_a_second_the_shorter_the_jobs(pool, seconds, in_a_second):
    began = starts(pool, seconds, at_once=2)
    assert sum(time < 1.0 for time in began) == in_a_second


def test_a_job_that_waits_for_its_turn_at_the_deadline_counts_as_cancelled():
    async def process(job):
        pass

    run = observe(tasks, range(10), process, workers=3, rate=1.0, timeout=2.5)
    assert run.value.succeeded == [0, 1, 2]
    assert run.value.cancelled == [3, 4, 5]
    assert run.leaks == ()


def test_a_cancelled_wait_leaves_its_slot_unused():
    async def main():
        limit = RateLimit(1.0)
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
def test_a_bad_rate_is_refused(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        observe(tasks, range(3), str, workers=1, **options)


@pytest.mark.parametrize("pool", [semaphore_tasks, capacity_tasks])
def test_nothing_at_once_is_refused(pool):
    with pytest.raises(ValueError, match=r"^at_once must be a whole number >= 1, got 0$"):
        observe(pool, range(3), str, at_once=0)
