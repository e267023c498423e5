"""Traces: what the operations of a pool tell of its workers, jobs and queues, and what follows."""

import json
from contextlib import suppress
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import Deadlock, measure, simulate
from lab.model.trace import Job
from lab.tracing import (
    Outcome,
    Span,
    State,
    Trace,
    build_trace,
    counts,
    describe,
    from_json,
    ideal_makespan,
    jobs_done,
    latencies,
    littles_law,
    makespan,
    percentile,
    queue_depth,
    service_times,
    throughput,
    to_chrome_trace,
    to_json,
    trace_from_spans,
    unfinished,
    utilisation,
    waiting_times,
    worker_count,
    workers_joined,
    workers_peak,
)
from lab.tracing.events import RECEIVED, SENT
from patterns import basic, heartbeat, pitfalls
from patterns.concurrency import (
    Cancelled,
    Channel,
    Closed,
    Context,
    DeadlineExceeded,
    Failed,
    Succeeded,
    TaskGroup,
    Ticker,
    sleep,
)
from patterns.concurrency.runtime import Task

EMPTY = Trace("virtual", 0.0, (), (), ())
TRACE = simulate(basic.demo).trace
durations = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0, 2.0]), min_size=1, max_size=12)


def pool(jobs, work, *, capacity=10, results_capacity=10, collect=True):
    """Run one worker on `jobs`; `work(job, results)` is what it does with each."""

    def main():
        queue, results = Channel(capacity, "jobs"), Channel(results_capacity, "results")

        def worker():
            for job in queue:
                work(job, results)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            for job in jobs:
                queue.send(job)
            queue.close()
            if collect:
                sleep(100)

    return main


def told(trace):
    return [
        (str(s.state), s.start, s.end, s.job) for s in trace.spans if s.state is not State.STOPPED
    ]


def test_a_worker_waits_for_its_first_job_then_works():
    def main():
        jobs = Channel(1, "jobs")

        def worker():
            for _ in jobs:
                sleep(2)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            sleep(1)
            jobs.send(7)
            jobs.close()

    assert told(simulate(main).trace) == [
        ("waiting", 0.0, 1.0, None),
        ("working", 1.0, 3.0, "7"),
    ]


def test_a_worker_whose_result_nobody_takes_is_blocked_with_its_job():
    def main():
        jobs, results = Channel(1, "jobs"), Channel(0, "results")

        def worker():
            for job in jobs:
                sleep(1)
                results.send(job)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            jobs.send(7)
            jobs.close()
            sleep(4)
            results.receive()

    trace = simulate(main).trace
    assert told(trace) == [("working", 0.0, 1.0, "7"), ("blocked", 1.0, 4.0, "7")]
    assert trace.spans[1].waiting_for == "results"


def test_a_worker_that_waits_for_a_ticker_is_throttled():
    def main():
        jobs, ticker = Channel(1, "jobs"), Ticker(2, "limit")

        def worker():
            for _ in jobs:
                ticker.wait()
                sleep(1)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            jobs.send(7)
            jobs.close()

    trace = simulate(main).trace
    assert told(trace) == [("throttled", 0.0, 2.0, "7"), ("working", 2.0, 3.0, "7")]
    assert trace.spans[0].waiting_for == "limit"


def test_a_worker_that_lives_on_after_its_last_job_is_stopped():
    def main():
        jobs = Channel(1, "jobs")

        def worker():
            for _ in jobs:
                pass
            sleep(3)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            jobs.close()

    [span] = simulate(main).trace.spans
    assert (span.state, span.start, span.end) == (State.STOPPED, 0.0, 3.0)


def test_only_a_named_task_that_begins_by_receiving_has_a_lane():
    def main():
        jobs = Channel(5, "jobs")

        def submit():
            jobs.send(1)
            jobs.close()

        with TaskGroup() as group:
            group.spawn(submit, name="submitter")
            group.spawn(list, jobs, name="worker")
            group.spawn(list, jobs)

    assert simulate(main).trace.workers == ("worker",)


def test_a_job_fails_when_a_value_with_an_error_is_sent_for_it():
    def work(job, results):
        results.send(Failed(job, ValueError("no")) if job == 2 else Succeeded(job, None))

    trace = simulate(pool([1, 2, 3], work)).trace
    assert [job.outcome for job in trace.jobs] == [Outcome.OK, Outcome.FAILED, Outcome.OK]
    assert trace.jobs[1].error == "ValueError('no')"


def test_a_job_whose_own_time_limit_passed_has_failed():
    def work(job, results):
        results.send(Failed(job, DeadlineExceeded("enough")))

    [job] = simulate(pool([1], work)).trace.jobs
    assert job.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("result", "outcome"),
    [(Succeeded(1, 2), Outcome.OK), (Failed(1, ValueError("no")), Outcome.FAILED)],
)
def test_a_job_whose_result_is_refused_counts_by_its_result(result, outcome):
    def work(job, results):
        results.close()
        with suppress(Closed):
            results.send(result)

    [job] = simulate(pool([1], work)).trace.jobs
    assert job.outcome is outcome


def cancelled_after_a_second(work):
    """Cancel a worker that has a job in hand; `work(results)` is what it does with it."""

    def main():
        jobs, results = Channel(1, "jobs"), Channel(0, "results")

        def worker():
            for _ in jobs:
                work(results)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            jobs.send(7)
            sleep(1)
            group.context.cancel()

    [job] = simulate(main).trace.jobs
    return job


def test_a_job_whose_worker_is_cancelled_while_it_hands_on_the_result_is_done():
    job = cancelled_after_a_second(lambda results: results.send("its result"))
    assert job.outcome is Outcome.OK


def test_a_job_whose_worker_is_cancelled_before_that_is_cancelled():
    job = cancelled_after_a_second(lambda results: sleep(5))
    assert (job.outcome, job.error) == (Outcome.CANCELLED, "Cancelled('cancelled')")


def test_a_job_never_received_is_never_started():
    def main():
        jobs = Channel(5, "jobs")
        with TaskGroup() as group:
            group.spawn(jobs.receive, name="worker-1")
            jobs.send("a")
            jobs.send("b")

    assert [(j.id, j.outcome) for j in simulate(main).trace.jobs] == [
        ("a", Outcome.OK),
        ("b", Outcome.NEVER_STARTED),
    ]


def test_a_job_in_hand_at_a_deadlock_is_cancelled_and_its_open_span_runs_to_the_end():
    def work(job, results):
        sleep(1)
        results.send(job)

    with pytest.raises(Deadlock) as caught:
        simulate(pool([1], work, results_capacity=0, collect=False))
    trace = caught.value.trace
    assert trace.jobs[0].outcome is Outcome.CANCELLED
    assert told(trace)[-1] == ("blocked", 1.0, 1.0, "1")


def test_a_job_that_takes_no_time_keeps_a_working_span():
    trace = simulate(pool([1, 2], lambda job, results: None)).trace
    assert [(s.job, s.duration) for s in trace.spans if s.job] == [("1", 0.0), ("2", 0.0)]


def test_a_job_is_called_by_its_id_its_value_or_its_number_and_never_by_an_address():
    jobs = [SimpleNamespace(id=5), "page", object(), (1, "a"), "page"]
    trace = simulate(pool(jobs, lambda job, results: None)).trace
    assert [job.id for job in trace.jobs] == ["5", "page", "#3", "(1, 'a')", "page (2)"]


def test_an_unbuffered_job_is_submitted_when_it_is_taken():
    trace = simulate(partial(basic.demo, buffer=0, workers=1, jobs=3)).trace
    assert [job.submitted for job in trace.jobs] == [0.0, 1.0, 2.0]
    assert waiting_times(trace) == [0.0, 0.0, 0.0]


def test_a_value_received_before_its_sender_reports_is_the_same_job():
    sender, worker = Task(None, 0, None), Task("worker-1", 1, None)
    channel = SimpleNamespace(name="jobs", capacity=0)
    events = [
        (5, worker, RECEIVED, channel, "a", 0, None),
        (6, sender, SENT, channel, "a", 0, None),
    ]
    [job] = build_trace(events, clock="real", start=0, end=10).jobs
    assert (job.id, job.submitted, job.started) == ("a", 5e-9, 5e-9)


def test_the_queue_of_ten_jobs_starts_at_seven_and_shrinks_by_three():
    times, depths = queue_depth(TRACE)
    last_at = dict(zip(times, depths, strict=True))
    assert last_at == {0.0: 7, 1.0: 4, 2.0: 1, 3.0: 0}
    assert TRACE.queues[0].limit == 10


def test_an_unknown_queue_is_refused_by_name():
    with pytest.raises(ValueError, match=r"must be one of .*jobs.*got 'jbos'"):
        queue_depth(TRACE, "jbos")


def test_the_figures_of_ten_jobs_on_three_workers():
    assert makespan(TRACE) == ideal_makespan(TRACE) == 4.0
    assert throughput(TRACE) == 2.5
    assert utilisation(TRACE) == 10 / 12
    assert workers_peak(TRACE) == 3
    assert service_times(TRACE) == [1.0] * 10
    assert latencies(TRACE) == [1.0] * 3 + [2.0] * 3 + [3.0] * 3 + [4.0]
    assert jobs_done(TRACE)[0] == [1.0] * 3 + [2.0] * 3 + [3.0] * 3 + [4.0]


def test_workers_of_a_pool_that_stays_open_are_idle_in_the_end():
    def kept_open():
        report = basic.demo()
        sleep(4)
        return report

    trace = simulate(kept_open).trace
    assert makespan(trace) == 4.0
    assert utilisation(trace) == 10 / 24


def test_workers_who_find_nothing_to_do_count_too():
    trace = simulate(partial(basic.demo, workers=20)).trace
    assert workers_peak(trace) == 20
    assert utilisation(trace) == 10 / 20


def test_whether_workers_joined_is_told_by_the_end_of_the_first_job():
    replaced = simulate(partial(heartbeat.demo, jobs=4, workers=2, deadly=(1,))).trace
    assert workers_joined(replaced)
    assert not workers_joined(TRACE)


def test_workers_are_counted_from_birth_to_death():
    counter = worker_count(TRACE)
    assert counter.values[-1] == 0
    assert max(counter.values) == 3
    assert counter.times[-1] == 4.0


def test_a_trace_is_described_in_words():
    assert describe(TRACE) == (
        "3 workers, 10 jobs, 4 s; busy: worker-1 100%, worker-2 75%, worker-3 75%. 10 succeeded."
    )


def test_workers_that_are_equally_busy_are_described_together():
    run = simulate(basic.demo, workers=2)
    assert describe(run) == "2 workers, 10 jobs, 5 s; each busy 100%. 10 succeeded."


@settings(max_examples=150, deadline=None, derandomize=True)
@given(durations, st.integers(1, 4), st.none() | st.integers(0, 10**6))
def test_the_laws_of_every_run(times, workers, seed):
    run = partial(
        basic.run,
        range(len(times)),
        lambda job: sleep(times[job]),
        workers=workers,
        buffer=2,
    )
    trace = simulate(run, seed=seed).trace
    assert counts(trace).balanced
    assert ideal_makespan(trace) <= makespan(trace)
    assert 0 <= utilisation(trace) <= 1
    law = littles_law(trace)
    assert law.in_system == pytest.approx(law.arrival_rate * law.time_in_system, rel=1e-9)
    assert from_json(to_json(trace)) == trace
    for worker in trace.workers:
        own = [span for span in trace.spans if span.worker == worker]
        assert all(a.end <= b.start for a, b in pairwise(own))


def test_no_schedule_beats_the_ideal_makespan_of_uneven_jobs():
    times = {1: 3.0, 2: 3.0, 3: 2.0, 4: 2.0, 5: 2.0}
    run = partial(basic.run, times, lambda job: sleep(times[job]), workers=2)
    trace = simulate(run).trace
    assert (ideal_makespan(trace), makespan(trace)) == (6.0, 7.0)


@pytest.mark.parametrize(("p", "value"), [(1, 10), (50, 20), (75, 30), (76, 40), (100, 40)])
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(p, value):
    assert percentile([40, 10, 30, 20], p) == value


@pytest.mark.parametrize(
    ("values", "p", "message"),
    [([], 50, "at least one number"), ([1], 0, "got 0"), ([1], 101, "got 101")],
)
def test_a_percentile_that_makes_no_sense_is_refused(values, p, message):
    with pytest.raises(ValueError, match=message):
        percentile(values, p)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be JSON"),
        ("[]", "format must be 'worker-pool-trace', got None"),
        ('{"format": "x"}', "got 'x'"),
        ('{"format": "worker-pool-trace", "version": 1}', "version must be 2, got 1"),
        ('{"format": "worker-pool-trace", "version": 2}', "must have all its fields"),
    ],
)
def test_what_is_not_a_trace_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        from_json(text)


def test_chrome_events_name_the_workers_and_count_in_microseconds():
    events = json.loads(to_chrome_trace(TRACE))["traceEvents"]
    names = [e["args"]["name"] for e in events if e["name"] == "thread_name"]
    assert names == ["submitted", "worker-1", "worker-2", "worker-3", "task-1", "main", "task-2"]
    last = max((e for e in events if e["ph"] == "X" and e["dur"]), key=lambda e: e["ts"])
    assert (last["name"], last["ts"], last["dur"]) == ("job 10", 3e6, 1e6)
    assert {e["name"] for e in events if e["ph"] == "C"} == {"jobs", "results"}


def test_in_chrome_an_arrow_leads_from_the_submission_of_each_job_to_where_it_starts():
    events = json.loads(to_chrome_trace(TRACE))["traceEvents"]
    handed_over = [e for e in events if e.get("cat") == "handed over"]
    starts, ends = ([e for e in handed_over if e["ph"] == phase] for phase in "sf")
    assert [e["id"] for e in starts] == [e["id"] for e in ends] == list(range(10))
    assert {(e["tid"], e["ts"]) for e in starts} == {(0, 0.0)}
    assert [(e["tid"], e["ts"]) for e in ends[:4]] == [(1, 0.0), (2, 0.0), (3, 0.0), (1, 1e6)]
    slices = {(e["tid"], e["ts"], e["name"]) for e in events if e["ph"] == "X"}
    assert {(e["tid"], e["ts"], e["name"]) for e in ends} <= slices
    assert {(e["tid"], e["ts"], f"submit {e['name']}") for e in starts} <= slices


def test_in_chrome_an_arrow_leads_from_each_task_that_woke_another_to_that_one():
    events = json.loads(to_chrome_trace(TRACE))["traceEvents"]
    names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    woke = [e for e in events if e.get("cat") == "woke"]
    starts, ends = ([e for e in woke if e["ph"] == phase] for phase in "sf")
    assert [e["id"] for e in starts] == [e["id"] for e in ends] == list(range(len(TRACE.wakes)))
    for start, end, wake in zip(starts, ends, TRACE.wakes, strict=True):
        assert (names[start["tid"]], start["ts"]) == (wake.by, wake.time * 1e6)
        assert (names[end["tid"]], end["ts"]) == (wake.task, wake.went_on * 1e6)
    slices = {(e["tid"], e["ts"]) for e in woke if e["ph"] == "X"}
    assert slices == {(e["tid"], e["ts"]) for e in starts + ends}


def test_a_trace_tells_who_woke_whom_and_for_what_that_one_waited():
    def listen(context):
        with suppress(Cancelled):
            Channel(0, "silent").receive(context)

    def main():
        channel = Channel(0, "numbers")
        context = Context()
        with TaskGroup() as group:
            group.spawn(lambda: list(channel), name="reader")
            group.spawn(listen, context, name="listener")
            sleep(1)
            channel.send(1)
            sleep(1)
            channel.close()
            context.cancel("enough")
            sleep(1)

    wakes = [(w.time, w.by, w.task, w.waiting_for) for w in simulate(main).trace.wakes]
    assert wakes == [
        (1.0, "main", "reader", "numbers"),
        (2.0, "main", "reader", "numbers"),
        (2.0, "main", "listener", "silent"),
    ]


def test_on_threads_a_wake_tells_when_the_one_who_waited_went_on():
    wakes = measure(basic.demo, jobs=3, seconds=0.001).trace.wakes
    assert {w.task for w in wakes} >= {"main"}
    assert all(w.by != w.task and w.time <= w.went_on for w in wakes)


def test_the_clock_wakes_nobody():
    assert simulate(sleep, 1.0).trace.wakes == ()


def test_a_task_named_as_a_worker_is_told_apart_from_it():
    def main():
        jobs = Channel(0, "jobs")
        with TaskGroup() as group:
            group.spawn(lambda: list(jobs), name="main")
            jobs.send(1)
            jobs.close()

    trace = simulate(main).trace
    assert trace.workers == ("main",)
    assert {(w.by, w.task) for w in trace.wakes} == {("main (2)", "main"), ("main", "main (2)")}


def test_a_job_that_never_started_has_no_arrow():
    job = Job("1", Outcome.NEVER_STARTED, 0.5)
    trace = Trace("virtual", 1.0, (), (), (job,))
    phases = [e["ph"] for e in json.loads(to_chrome_trace(trace))["traceEvents"]]
    assert (phases.count("X"), phases.count("s"), phases.count("f")) == (1, 0, 0)


def test_a_job_in_hand_when_all_stopped_is_unfinished():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    trace = caught.value.trace
    assert unfinished(trace) == counts(trace).cancelled == 3
    assert "3 unfinished" in describe(trace)
    assert unfinished(TRACE) == 0


def test_spans_recorded_by_hand_make_a_trace():
    spans = [
        Span("b", State.WORKING, 1.0, 3.0, "2", Outcome.FAILED),
        Span("a", State.WORKING, 0.0, 2.0, "1", Outcome.OK),
    ]
    trace = trace_from_spans(spans, clock="real", elapsed=3.0)
    assert trace.workers == ("a", "b")
    assert (makespan(trace), counts(trace).failed) == (3.0, 1)


def test_an_empty_trace_has_figures_too():
    figures = [f(EMPTY) for f in (makespan, ideal_makespan, throughput, utilisation, workers_peak)]
    assert figures == [0.0, 0.0, 0.0, 0.0, 0]
    assert describe(EMPTY) == "No workers, 0 s."
    assert queue_depth(EMPTY) == ([], [])
    assert counts(EMPTY).balanced
    assert from_json(to_json(EMPTY)) == EMPTY


def test_a_run_on_real_threads_has_balanced_books_too():
    def run():
        return basic.demo(jobs=200, workers=8, seconds=0, buffer=3)

    trace = measure(run).trace
    assert (counts(trace).balanced, counts(trace).succeeded) == (True, 200)


def test_a_cancelled_run_on_real_threads_has_the_books_of_its_report():
    def run():
        with Context(timeout=0.02) as context:
            return basic.demo(seconds=0.005, jobs=100, buffer=100, context=context)

    outcome = measure(run)
    assert counts(outcome.trace).submitted == 100
    assert counts(outcome.trace).never_started == len(outcome.value.never_started)
