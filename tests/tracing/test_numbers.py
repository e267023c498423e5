"""Metrics take a run or its trace, and waiting means one thing."""

import pytest

from lab import measure, simulate
from lab.tracing import (
    counts,
    found_at,
    job_starts,
    last_submission,
    littles_law,
    longest_wait,
    makespan,
    queue_depth,
    queue_peak,
    service_times,
    start_times,
    tabulate,
    trace_of,
    utilisation,
    waiting_times,
    worker_seconds,
    workers_peak,
    workers_started,
)
from patterns import basic, dynamic, heartbeat, rate_limited
from patterns.concurrency import sleep

RUN = simulate(basic.demo)
LIMITED = simulate(rate_limited.demo, seconds=0.5)


@pytest.mark.parametrize(
    "metric", [counts, littles_law, makespan, queue_depth, service_times, utilisation, job_starts]
)
def test_a_metric_of_a_run_is_that_of_its_trace(metric):
    assert metric(RUN) == metric(RUN.trace)


def test_what_has_no_trace_is_refused():
    with pytest.raises(TypeError, match="a Run or a Trace is needed, got 3"):
        trace_of(3)


def test_the_counts_of_a_trace_are_those_of_the_report():
    cut_short = simulate(basic.demo, timeout=2.5)
    assert counts(cut_short) == cut_short.value.counts


def test_a_job_waits_in_the_queue():
    assert waiting_times(RUN) == [0.0] * 3 + [1.0] * 3 + [2.0] * 3 + [3.0]
    assert (longest_wait(RUN), queue_peak(RUN)) == (3.0, 7)


def test_a_job_is_submitted_when_it_has_found_room():
    assert last_submission(RUN) == 0.0
    assert last_submission(simulate(basic.demo, buffer=3)) == 2.0


def test_a_job_waits_for_a_limiter_too():
    assert waiting_times(LIMITED)[:3] == start_times(LIMITED)[:3] == [0.4, 0.8, 1.2]


def test_where_jobs_come_before_there_is_room_the_wait_counts_from_their_arrival():
    run = simulate(basic.demo, jobs=3, workers=1, buffer=0)
    assert waiting_times(run) == [0.0] * 3
    assert waiting_times(run, {"1": 0.0, "2": 0.0, "3": 0.5}) == [0.0, 1.0, 1.5]


def test_a_job_that_is_cancelled_at_the_limiter_has_not_begun():
    cut_short = simulate(rate_limited.demo, timeout=1.0)
    assert start_times(cut_short) == [0.4, 0.8]
    assert len(waiting_times(cut_short)) == 2


def test_a_wait_a_service_and_the_time_blocked_add_up_to_the_stay():
    ends = {job.id: job.finished - job.submitted for job in LIMITED.trace.jobs}
    parts = zip(waiting_times(LIMITED), service_times(LIMITED), strict=True)
    assert [wait + service for wait, service in parts] == pytest.approx(list(ends.values()))


def test_worker_seconds_count_workers_while_they_are_there_busy_or_not():
    def two_far_apart():
        yield 1
        sleep(3)
        yield 2

    run = simulate(lambda: basic.run(two_far_apart(), lambda job: sleep(1), workers=1))
    assert (worker_seconds(run), sum(service_times(run))) == (4.0, 2.0)
    assert worker_seconds(RUN) == 10.0  # two workers end at 3 s, the third at 4 s


def test_workers_started_count_those_who_came_one_after_the_other():
    def one_for_another():
        pool = dynamic.DynamicPool(sleep, max_workers=2)
        with pool.start():
            for _ in range(3):
                pool.add_worker()
                sleep(1)
                pool.remove_worker()
                sleep(1)

    run = simulate(one_for_another)
    assert (workers_started(run), workers_peak(run)) == (4, 2)


def test_the_moment_at_which_a_job_is_found_hanging_is_in_the_history():
    history = []
    simulate(heartbeat.demo, jobs=4, deadly=(), history=history)
    assert found_at(history, 4) == pytest.approx(0.9)
    assert found_at(history, 1) is None


def test_runs_of_different_pools_make_a_table_too():
    runs = {"one": simulate(basic.demo, workers=1), "three": RUN}
    assert tabulate(runs, "workers", makespan).rows == (("one", "10 s"), ("three", "4 s"))


def test_a_run_on_threads_has_the_name_and_the_options_of_its_pool():
    run = measure(basic.demo, jobs=2, seconds=0.001)
    assert (run.name, run.options) == ("basic", {"jobs": 2, "seconds": 0.001})
