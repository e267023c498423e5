"""Two runs compared: every second gained or lost has its cause, and the causes add up."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import measure, simulate
from lab.tracing import trace_from_spans
from lab.tracing.diff import CAUSES, diff, seconds_text
from patterns import basic, rate_limited
from patterns.concurrency import Context, sleep


def trace(**options):
    return simulate(partial(basic.run, **options)).trace


def test_a_run_compared_with_itself_has_changed_nothing():
    told = diff(trace(), trace())
    assert all(change.gained == 0 and change.cause == "" for change in told.changes)
    assert str(told) == (
        "makespan 4 s (the first run), 4 s (the second run); 0 jobs ended earlier, 0 later"
    )


def test_with_one_worker_more_jobs_wait_less():
    told = diff(trace(), trace(num_workers=4))
    last = told.changes[-1]
    assert (last.job, last.gained, last.cause) == ("10", 1.0, "waited 1 s less for a worker")
    assert told.makespans == (4.0, 3.0)


def test_slower_work_is_told_as_service_and_the_wait_behind_it_as_waiting():
    told = diff(trace(num_workers=1, num_jobs=3), trace(num_workers=1, num_jobs=3, job_seconds=2.0))
    assert [change.cause for change in told.changes] == [
        "service took 1 s longer",
        "service took 1 s longer",
        "waited 2 s longer for a worker",
    ]
    assert told.totals()["service"] == 3.0


def test_a_rate_limit_is_told_as_throttling():
    free = simulate(partial(rate_limited.run, worker_interval=0.01)).trace
    held = simulate(partial(rate_limited.run)).trace
    assert diff(free, held).changes[0].cause == "throttled 0.398 s longer"


def test_a_small_buffer_is_told_as_a_later_submission():
    told = diff(trace(num_workers=1), trace(num_workers=1, buffer=0))
    assert told.totals()["submitted"] > 0
    assert all(change.gained == 0 for change in told.changes)


def test_jobs_that_ended_in_one_run_only_are_named():
    def cut():
        return basic.run(context=Context(timeout=1.0))

    told = diff(trace(), simulate(cut).trace)
    assert told.only_before == dict.fromkeys(map(str, range(4, 11)), "never started")
    assert str(told).endswith("ended only in the first run: 4, 5, 6, 7, 8, 9, 10")


def test_a_job_that_was_cut_short_has_not_ended():
    def cut():
        return basic.run(context=Context(timeout=1.5))

    told = diff(trace(), simulate(cut).trace)
    assert [change.job for change in told.changes] == ["1", "2", "3"]
    assert [told.only_before[job] for job in "456"] == ["cancelled"] * 3


def test_a_job_that_one_run_does_not_know_is_not_there():
    told = diff(trace(num_jobs=1), trace(num_jobs=2))
    assert (told.only_before, told.only_after) == ({}, {"2": "not there"})


def test_a_job_submitted_earlier_to_wait_longer_got_a_worker_when_it_did():
    def slow_reader(buffer):
        def log(line):
            if line.startswith("result"):
                sleep(0.3)

        return trace(num_workers=3, job_seconds=0.5, buffer=buffer, log=log)

    last = diff(slow_reader(0), slow_reader(10)).changes[-1]
    assert (last.parts["submitted"], last.parts["waiting"]) == (-2.3, 1.5)
    assert last.cause == "got a worker 0.8 s sooner"


def test_where_a_submission_is_not_known_the_wait_counts_from_the_start():
    recorded = trace(num_jobs=2, num_workers=1)
    by_hand = trace_from_spans(recorded.spans, clock="virtual", elapsed=2.0)
    assert all(change.cause == "" for change in diff(recorded, by_hand).changes)


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [(1.5, 6, "1.5 s"), (0.01, 6, "0.01 s"), (0.00123456, 2, "1.2 ms"), (0.0, 4, "0 ms")],
)
def test_short_times_are_told_in_thousandths(seconds, digits, text):
    assert seconds_text(seconds, digits) == text


def test_a_long_list_of_jobs_is_cut_in_the_text():
    told = str(diff(trace(num_jobs=50), trace(num_jobs=0)))
    assert told.endswith("17, 18, 19, 20, …")


def test_a_simulated_run_can_be_compared_with_a_measured_one():
    pool = partial(basic.run, job_seconds=0.01)
    told = diff(simulate(pool).trace, measure(pool).trace)
    assert len(told.changes) == 10
    assert told.only_before == told.only_after == {}


RUNS = st.fixed_dictionaries(
    {
        "num_jobs": st.integers(0, 10),
        "num_workers": st.integers(1, 4),
        "buffer": st.integers(0, 5),
        "durations": st.lists(st.sampled_from([0.0, 0.1, 0.7]), min_size=10, max_size=10),
        "seed": st.none() | st.integers(0, 1000),
    }
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(before=RUNS, after=RUNS)
def test_the_causes_add_up_to_what_was_gained(before, after):
    def run(options):
        options = dict(options)
        durations, seed = options.pop("durations"), options.pop("seed")
        pool = partial(basic.run, process=lambda job: sleep(durations[job - 1]), **options)
        return simulate(pool, seed=seed).trace

    for change in diff(run(before), run(after)).changes:
        assert set(change.parts) == set(CAUSES)
        assert sum(change.parts.values()) == pytest.approx(-change.gained)
