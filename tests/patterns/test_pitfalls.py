"""Each pitfall goes wrong as its docstring says, and the pattern beside it does not."""

import pytest

from lab import Deadlock, explore, simulate
from lab.tracing import counts
from patterns import basic, dynamic, error_handling, pitfalls, rate_limited, reusable
from patterns.concurrency import Context, Counts, TaskGroup


def test_two_small_buffers_deadlock_and_the_report_tells_the_story():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    story = str(caught.value)
    assert "main is sending to jobs (2/2 full)" in story
    assert "worker-1, worker-2 and worker-3 are sending to results (2/2 full)" in story
    assert "Nobody is receiving from results." in story


def test_two_small_buffers_deadlock_on_every_one_of_a_hundred_schedules():
    for seed in range(100):
        with pytest.raises(Deadlock):
            simulate(pitfalls.two_small_buffers, seed=seed)


def test_the_trace_of_a_deadlock_accounts_for_every_job_that_was_sent():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    assert counts(caught.value.trace) == Counts(7, 2, 0, 3, 2)


def test_two_buffers_for_all_jobs_do_not_deadlock():
    run = simulate(pitfalls.two_small_buffers, buffer=10)
    assert (run.elapsed, sorted(run.value)) == (4.0, list(range(2, 21, 2)))


def test_the_basic_pool_with_the_same_buffers_completes_on_every_schedule():
    for seed in range(100):
        run = simulate(basic.demo, buffer=2, seed=seed)
        assert (run.elapsed, len(run.value.succeeded)) == (4.0, 10)


SCHEDULES = (None, *range(15))


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_consumer_that_closes_takes_workers_down_and_their_results_with_them(seed):
    run = simulate(pitfalls.consumer_closes, seed=seed)
    assert len(run.value) == 4
    assert run.crashes
    assert all("closed" in str(error) for _, error in run.crashes)


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_submitter_that_watches_no_context_waits_for_ever(seed):
    with pytest.raises(Deadlock, match=r"is sending to jobs \(100/100 full\), in submit_and_close"):
        simulate(pitfalls.submit_after_cancellation, seed=seed)


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_reusable_pool_ends_at_the_same_deadline_and_names_what_was_not_done(seed):
    run = simulate(reusable.demo, jobs=200, timeout=0.15, seed=seed)
    report = run.value
    assert run.elapsed == 0.15
    assert report.counts.balanced
    assert report.counts.submitted + len(report.unsubmitted) == 200
    assert report.never_started


@pytest.mark.parametrize("seed", SCHEDULES)
def test_workers_that_die_silently_leave_the_reader_waiting(seed):
    with pytest.raises(Deadlock, match="main is receiving from results"):
        simulate(pitfalls.dies_silently, seed=seed)


def test_the_job_of_a_worker_that_died_is_in_the_trace_and_missed_by_the_reader():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.dies_silently, bad=(3,))
    assert counts(caught.value.trace).failed == 1


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_basic_pool_survives_the_same_bad_jobs(seed):
    def process(job):
        if job in (3, 5, 6):
            raise ValueError(job)
        return job

    report = simulate(lambda: basic.run(range(1, 11), process), seed=seed).value
    assert sorted(report.failed) == [3, 5, 6]


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_summary_at_the_deadline_misses_tasks(seed):
    assert sum(simulate(pitfalls.lost_at_deadline, seed=seed).value) < 20


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_pool_with_error_handling_accounts_for_all_tasks_at_that_deadline(seed):
    report = simulate(error_handling.demo, timeout=0.12, seed=seed).value
    assert report.counts.balanced
    assert {task.id for task in report.submitted} == set(range(20))


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_stop_that_cancels_drops_most_of_the_queue(seed):
    assert len(simulate(pitfalls.stop_drops_queue, seed=seed).value) < 25


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_dynamic_pool_drains(seed):
    assert len(simulate(dynamic.demo, seed=seed).value.succeeded) == 50


def test_check_then_act_exceeds_the_maximum_in_most_schedules_and_never_the_callers():
    peaks = [simulate(pitfalls.check_then_act, seed=seed).value for seed in SCHEDULES]
    assert 2 < max(peaks) <= 8
    assert sum(peak > 2 for peak in peaks) > len(peaks) / 2


def test_each_worker_that_was_added_has_a_name_of_its_own():
    failure = explore(pitfalls.check_then_act, check=lambda run: run.value <= 2).failure
    names = {turn.task for turn in failure.turns if turn.task.startswith("worker")}
    assert names == {"worker-1", "worker-2", "worker-3"}


@pytest.mark.parametrize("seed", SCHEDULES)
def test_looking_and_adding_as_one_step_never_exceeds_the_maximum(seed):
    def main():
        pool = dynamic.DynamicPool(lambda job: job, max_workers=2, min_workers=1)
        with pool.start(), TaskGroup() as callers:
            for _ in range(8):
                callers.spawn(pool.add_worker)
        return pool.report

    trace = simulate(main, seed=seed).trace
    assert len(trace.workers) == 2


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_reader_who_leaves_leaves_the_workers_behind(seed):
    run = simulate(pitfalls.reader_leaves, seed=seed)
    assert [stuck.doing for stuck in run.leaks] == ["sending"] * 3


@pytest.mark.parametrize("seed", SCHEDULES)
def test_the_rate_limited_pool_leaves_nobody_behind_when_its_reader_leaves(seed):
    def main():
        context = Context()

        def leave(result):
            context.cancel("seen enough")

        return rate_limited.run(range(10), str, buffer=0, context=context, on_result=leave)

    run = simulate(main, seed=seed)
    assert run.leaks == ()
    assert run.value.reason == "seen enough"
    assert len(run.value.succeeded) < 10


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_limiter_that_counts_per_window_lets_a_double_burst_through(seed):
    passed = simulate(pitfalls.fixed_window, seed=seed).value
    busiest = max(sum(t <= other < t + 1.0 for other in passed) for t in passed)
    assert busiest == 10  # and the limit was 5 a second


@pytest.mark.parametrize(("pages", "some_fail"), [(2, False), (3, True)])
def test_a_pool_that_its_own_jobs_wait_for_needs_a_worker_more_than_such_jobs(pages, some_fail):
    found = explore(pitfalls.waits_for_own_pool, pages=pages, workers=3, schedules=100)
    assert bool(found.failures) is some_fail
