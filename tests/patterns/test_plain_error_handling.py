"""The plain pools beside the one with error handling: what a deadline does and what it does not."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import observe, simulate
from lab.observing.virtual_loop import VirtualLoop
from lab.tracing import counts
from patterns import error_handling
from patterns.concurrency import Counts, Failed, Ledger
from patterns.error_handling import ProcessingError, Task, sample_tasks
from patterns.plain import error_handling as plain
from patterns.plain.error_handling import tasks, wait_only


async def process(task):
    await asyncio.sleep(task.seconds)
    if task.fails:
        raise ProcessingError(f"task {task.id} went wrong")
    return f"completed in {task.seconds:g} s"


def numbered(*seconds):
    return [Task(number, each) for number, each in enumerate(seconds)]


def sorted_out(report):
    """Return the tasks by outcome: succeeded, failed, cancelled, not started."""
    left = [*report.never_started, *report.unsubmitted]
    lists = report.succeeded, report.failed, report.cancelled, left
    return [sorted(task.id for task in each) for each in lists]


@pytest.mark.parametrize("timeout", [None, 0.2, 0.12, 0.05])
def test_asyncio_tasks_come_to_the_same_summary_as_the_pattern(timeout):
    plain = observe(tasks, sample_tasks(), process, workers=5, timeout=timeout)
    pattern = simulate(lambda: error_handling.demo(timeout=timeout))
    assert sorted_out(plain.value)[:3] == sorted_out(pattern.value)[:3]
    assert plain.value.reason == pattern.value.reason
    assert plain.elapsed == pattern.elapsed
    assert plain.leaks == ()


def test_no_job_waits_for_a_worker_and_the_rest_of_a_list_is_not_submitted():
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        report = runner.run(tasks(numbered(1, 1, 1, 1), process, workers=2, timeout=0.5))
    assert (report.never_started, len(report.unsubmitted)) == ([], 2)


def test_the_error_of_a_task_is_its_result():
    report = observe(tasks, sample_tasks(), process, workers=5).value
    errors = {r.job.id: repr(r.error) for r in report.results if isinstance(r, Failed)}
    assert errors[5] == "ProcessingError('task 5 went wrong')"
    assert sorted(errors) == [task.id for task in sample_tasks() if task.fails]


def test_a_task_that_raises_cancelled_error_by_itself_takes_no_worker_with_it():
    async def cancels_itself(task):
        if task.id == 1:
            raise asyncio.CancelledError("not me")
        await asyncio.sleep(0.1)

    report = observe(tasks, numbered(0, 0, 0, 0), cancels_itself, workers=1).value
    assert sorted_out(report) == [[0, 2, 3], [1], [], []]


def test_a_task_that_swallows_its_cancellation_does_not_make_its_worker_go_on():
    async def stubborn(task):
        try:
            await asyncio.sleep(task.seconds)
        except asyncio.CancelledError:
            return "half done"

    run = observe(tasks, numbered(1, 1, 1, 1), stubborn, workers=2, timeout=0.5)
    assert (run.elapsed, run.value.counts) == (0.5, Counts(2, 2, 0, 0, 0))


def test_a_cancelled_caller_leaves_no_task_behind():
    async def cancelled_caller(jobs, process):
        pool = asyncio.create_task(tasks(jobs, process, workers=2))
        await asyncio.sleep(0.5)
        pool.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pool

    run = observe(cancelled_caller, numbered(1, 1, 1), process)
    assert (run.elapsed, run.leaks) == (0.5, ())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    plan=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.5]), st.booleans()), min_size=0, max_size=10
    ),
    workers=st.integers(1, 5),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.4, 1.0]),
)
def test_every_task_has_exactly_one_outcome(plan, workers, timeout):
    jobs = [Task(number, *each) for number, each in enumerate(plan)]
    run = observe(tasks, jobs, process, workers=workers, timeout=timeout)
    assert run.value.counts.balanced
    if timeout is None:
        assert sorted(map(id, run.value.submitted)) == sorted(map(id, jobs))
    assert run.leaks == ()
    if timeout is not None:
        assert run.elapsed <= timeout


def test_waiting_with_a_timeout_ends_the_waiting_and_not_the_work(monkeypatch):
    waited = threading.Event()

    report = Ledger.report

    def report_and_tell(*args):
        try:
            return report(*args)
        finally:
            waited.set()

    monkeypatch.setattr(plain.Ledger, "report", report_and_tell)
    started = threading.Barrier(3)

    def begin_and_wait(task):
        if task.id < 2:
            started.wait(60)
        waited.wait(60)

    def jobs():
        yield from numbered(*range(8))
        started.wait(60)

    run = observe(wait_only, jobs(), begin_and_wait, workers=2, timeout=0.05)
    # At the deadline nothing was done …
    assert run.value.counts == Counts(8, 0, 0, 2, 6)
    assert run.value.reason == "timeout of 0.05 s passed"
    assert counts(run.trace).succeeded == 8  # … and then everything was


def test_a_bad_number_of_workers_is_refused():
    for pool in (tasks, wait_only):
        with pytest.raises(ValueError, match="workers must be a whole number >= 1, got 0"):
            observe(pool, [], process if pool is tasks else str, workers=0)
