"""The basic pool in plain Python: alike in what they return, unlike in what they do meanwhile."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.observing.observe import observe
from lab.tracing import Outcome, counts, queue_depth
from patterns.plain import basic, unguarded, workload

BLOCKING = [basic.threads, basic.queue_threads, basic.processes]
ASYNC = [basic.tasks, basic.anyio_tasks]
BOUNDED = [basic.queue_threads, *ASYNC]

WORKLOADS = {
    "I/O-bound": workload.io_bound(12, wait=0.002),
    "CPU-bound": workload.cpu_bound(12, steps=2_000),
    "mixed": workload.mixed(12, wait=0.002, steps=2_000),
}


def name(pool):
    return pool.__name__


def odd_one_out(job):
    """Fail job 3 at once, take a moment for the others."""
    if job == 3:
        raise ValueError("job 3 is broken")
    time.sleep(0.001)
    return -job


async def odd_one_out_async(job):
    if job == 3:
        raise ValueError("job 3 is broken")
    await asyncio.sleep(1)
    return -job


def wait_for(file, job):
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until, "the submitter is held back"
        time.sleep(0.001)


async def a_second(job):
    await asyncio.sleep(1)
    return job


def run(pool, jobs, blocking, awaiting, **options):
    return observe(pool, jobs, awaiting if pool in ASYNC else blocking, **options)


def peak(observed):
    return max(queue_depth(observed.trace)[1])


def values(report):
    return {result.job: result.value for result in report.results}


@pytest.mark.parametrize("kind", WORKLOADS)
@pytest.mark.parametrize("pool", BLOCKING + ASYNC, ids=name)
def test_every_pool_does_every_workload_with_the_same_values(pool, kind):
    jobs = WORKLOADS[kind]
    observed = run(pool, jobs, workload.work, workload.work_async, workers=3)
    assert values(observed.value) == {job: workload.compute(job.steps) for job in jobs}
    assert counts(observed.trace).succeeded == len(jobs)


@pytest.mark.parametrize("pool", BLOCKING + ASYNC, ids=name)
def test_no_more_jobs_are_in_work_than_there_are_workers(pool):
    jobs = WORKLOADS["I/O-bound"]
    trace = run(pool, jobs, workload.work, workload.work_async, workers=3).trace
    changes = [(job.started, 1) for job in trace.jobs] + [(job.finished, -1) for job in trace.jobs]
    in_work = max(accumulate(change for _, change in sorted(changes)))
    assert in_work == 3 if pool in ASYNC else in_work <= 3


@pytest.mark.parametrize("pool", BLOCKING + ASYNC, ids=name)
def test_a_job_that_raises_is_reported_and_the_others_are_done(pool):
    report = run(pool, range(1, 7), odd_one_out, odd_one_out_async, workers=2).value
    assert report.failed == [3]
    assert sorted(report.succeeded) == [1, 2, 4, 5, 6]
    [error] = report.errors
    assert repr(error) == "ValueError('job 3 is broken')"


@pytest.mark.parametrize("pool", [basic.threads, basic.processes], ids=name)
def test_an_executor_takes_all_jobs_before_the_first_is_done(pool, tmp_path):
    all_taken = tmp_path / "all taken"

    def jobs():
        yield from range(50)
        all_taken.touch()

    observed = observe(pool, jobs(), partial(wait_for, all_taken), workers=2)
    assert len(observed.value.succeeded) == 50
    assert peak(observed) >= 48


@pytest.mark.parametrize("buffer", [1, 2, 5])
@pytest.mark.parametrize("pool", BOUNDED, ids=name)
def test_a_queue_holds_the_submitter_back(pool, buffer):
    jobs = WORKLOADS["I/O-bound"]
    observed = run(pool, jobs, workload.work, workload.work_async, workers=2, buffer=buffer)
    # A job counts from when it is taken: one more waits outside the full queue, and a worker
    # may have received another and not begun it.
    assert peak(observed) <= buffer + 1 + 2


@pytest.mark.parametrize("pool", ASYNC, ids=name)
def test_in_virtual_time_just_the_buffer_and_one_more_wait(pool):
    assert peak(observe(pool, range(20), a_second, workers=2, buffer=3)) == 4


def test_an_anyio_stream_without_buffer_hands_over_in_person():
    observed = observe(basic.anyio_tasks, range(20), a_second, workers=2, buffer=0)
    # One is handed over and not begun, when the submitter takes the next.
    assert (peak(observed), observed.elapsed) == (2, 10.0)


@pytest.mark.parametrize("pool", ASYNC, ids=name)
def test_tasks_are_cut_short_at_the_deadline(pool):
    observed = observe(pool, range(1, 11), a_second, workers=3, timeout=2.5)
    assert observed.elapsed == 2.5
    report = observed.value
    assert (report.succeeded, report.cancelled) == ([1, 2, 3, 4, 5, 6], [7, 8, 9])
    assert report.never_started == [10]
    assert report.reason == "timeout of 2.5 s passed"


@pytest.mark.parametrize("pool", [basic.threads, basic.queue_threads], ids=name)
def test_threads_finish_the_job_in_hand_after_the_deadline(pool):
    def process(job):
        time.sleep(0.05)
        return job

    report = observe(pool, range(500), process, workers=1, timeout=0.3).value
    assert 1 <= len(report.succeeded) == len(report.started) < len(report.submitted)
    assert report.cancelled == []


def test_processes_finish_what_was_handed_to_them_after_the_deadline():
    report = observe(basic.processes, range(500), odd_one_out, workers=1, timeout=0).value
    assert len(report.succeeded) + len(report.failed) == len(report.started) < 500


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    pool=st.sampled_from(ASYNC),
    jobs=st.integers(0, 10),
    workers=st.integers(1, 4),
    buffer=st.integers(1, 4),
    timeout=st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5, 3.0]),
)
def test_the_books_of_a_pool_in_virtual_time_balance_and_are_those_of_its_trace(
    pool, jobs, workers, buffer, timeout
):
    observed = observe(
        pool, iter(range(1, jobs + 1)), odd_one_out_async,
        workers=workers, buffer=buffer, timeout=timeout,
    )  # fmt: skip
    assert observed.value.counts.balanced
    assert observed.value.counts == counts(observed.trace)
    assert observed.leaks == ()


@pytest.mark.parametrize("pool", BLOCKING + ASYNC, ids=name)
def test_no_jobs_end_at_once_with_an_empty_report(pool):
    assert run(pool, [], odd_one_out, odd_one_out_async, workers=2).value.submitted == ()


@pytest.mark.parametrize("pool", BLOCKING + ASYNC, ids=name)
def test_no_workers_are_refused(pool):
    with pytest.raises(ValueError, match=r"^workers must be a whole number >= 1, got 0$"):
        run(pool, [1], odd_one_out, odd_one_out_async, workers=0)


@pytest.mark.parametrize("pool", [basic.queue_threads, basic.tasks], ids=name)
def test_a_queue_that_would_grow_without_limit_is_refused(pool):
    with pytest.raises(ValueError, match=r"^buffer must be a whole number >= 1, got 0$"):
        run(pool, [1], odd_one_out, odd_one_out_async, workers=1, buffer=0)


@pytest.mark.parametrize("pool", [basic.threads, basic.queue_threads, basic.processes], ids=name)
def test_jobs_that_cannot_be_produced_end_the_pool_and_leave_nothing_behind(pool):
    def jobs():
        yield 1
        raise KeyError("no more pages")

    with pytest.raises(KeyError, match="no more pages"):
        observe(pool, jobs(), odd_one_out, workers=2)


def test_a_task_that_computes_holds_up_all_others():
    jobs = workload.cpu_bound(6, steps=20_000)
    trace = observe(basic.tasks, jobs, workload.work_async, workers=3, real=True).trace
    spans = sorted((job.started, job.finished) for job in trace.jobs)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_task_can_wait_here_and_compute_in_another_process():
    jobs = workload.mixed(6, wait=0.001, steps=1_000)
    with ProcessPoolExecutor(2) as cores:
        process = partial(workload.work_split, cores)
        report = observe(basic.tasks, jobs, process, workers=3, real=True).value
    assert set(report.values) == {workload.compute(1_000)}
    assert len(report.values) == 6


def test_without_a_guard_an_executor_drops_what_has_not_begun_and_loses_the_results():
    with pytest.raises(ValueError, match="job 3 is broken") as caught:
        observe(unguarded.executor_map, range(1, 2000), odd_one_out, workers=2)
    left = counts(caught.value.trace)
    assert left.never_started > 0
    assert left.succeeded > 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_a_guard_each_error_costs_a_thread():
    run = observe(unguarded.queue_threads, [1, 3, 3, 2, 4], odd_one_out, workers=2)
    assert run.value == [-1]
    assert counts(run.trace).never_started == 2


def test_gather_raises_while_the_other_tasks_run_on():
    seen = []

    async def pool(jobs, process, **options):
        try:
            await unguarded.gather(jobs, process, **options)
        except ValueError as error:
            seen.append((str(error), asyncio.get_running_loop().time()))
        await asyncio.sleep(5)

    trace = observe(pool, [3, 1, 2], odd_one_out_async, workers=3).trace
    assert seen == [("job 3 is broken", 0.0)]
    assert [job.outcome for job in trace.jobs] == [Outcome.FAILED, Outcome.OK, Outcome.OK]


@pytest.mark.parametrize("pool", [unguarded.task_group, unguarded.anyio_group], ids=name)
def test_a_task_group_cancels_the_others_at_the_first_error(pool):
    with pytest.raises(ExceptionGroup) as caught:
        observe(pool, [1, 3, 2, 4], odd_one_out_async, workers=2)
    assert caught.group_contains(ValueError, match="job 3 is broken")
    outcomes = [job.outcome for job in caught.value.trace.jobs]
    assert (outcomes[0], outcomes[1]) == (Outcome.CANCELLED, Outcome.FAILED)
    assert Outcome.OK not in outcomes


@pytest.mark.parametrize("pool", [unguarded.gather, unguarded.task_group, unguarded.anyio_group])
def test_without_errors_an_unguarded_pool_returns_every_value(pool):
    run = observe(pool, range(4), a_second, workers=2)
    assert (run.value, run.elapsed) == ([0, 1, 2, 3], 2.0)
