"""Two runs compared: every second gained or lost has its cause, and the causes add up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import measure, simulate
from lab.tracing import trace_from_spans
from lab.tracing.diff import CAUSES, diff, seconds_text
from patterns import basic, rate_limited
from patterns.concurrency import sleep


def run(**options):
    return simulate(basic.demo, **options)


def test_a_run_compared_with_itself_has_changed_nothing():
    found = diff(run(), run())
    assert all(change.gained == 0 and change.cause == "" for change in found.changes)
    assert str(found) == (
        "makespan 4 s (the first run), 4 s (the second run); 0 jobs ended earlier, 0 later"
    )


def test_with_one_worker_more_jobs_wait_less():
    found = diff(run(), run(workers=4))
    last = found.changes[-1]
    assert (last.job, last.gained, last.cause) == ("10", 1.0, "waited 1 s less for a worker")
    assert found.makespans == (4.0, 3.0)


def test_slower_work_is_told_as_service_and_the_wait_behind_it_as_waiting():
    found = diff(run(workers=1, jobs=3), run(workers=1, jobs=3, seconds=2.0))
    assert [change.cause for change in found.changes] == [
        "service took 1 s longer",
        "service took 1 s longer",
        "waited 2 s longer for a worker",
    ]
    assert found.totals()["service"] == 3.0


def test_a_rate_limit_is_told_as_throttling():
    quick, slow = (simulate(rate_limited.demo, rate=rate) for rate in (500.0, 2.5))
    assert diff(quick, slow).changes[0].cause == "throttled 0.398 s longer"


def test_a_small_buffer_is_told_as_a_later_submission():
    found = diff(run(workers=1), run(workers=1, buffer=0))
    assert found.totals()["submitted"] > 0
    assert all(change.gained == 0 for change in found.changes)


def test_jobs_that_ended_in_one_run_only_are_named():
    found = diff(run(), run(timeout=1.0))
    assert found.only_before == dict.fromkeys(map(str, range(4, 11)), "never started")
    assert str(found).endswith("ended only in the first run: 4, 5, 6, 7, 8, 9, 10")


def test_a_job_that_was_cut_short_has_not_ended():
    found = diff(run(), run(timeout=1.5))
    assert [change.job for change in found.changes] == ["1", "2", "3"]
    assert [found.only_before[job] for job in "456"] == ["cancelled"] * 3


def test_a_job_that_one_run_does_not_know_is_not_there():
    found = diff(run(jobs=1), run(jobs=2))
    assert (found.only_before, found.only_after) == ({}, {"2": "not there"})


def test_a_job_submitted_earlier_to_wait_longer_got_a_worker_when_it_did():
    def jobs():
        for job in range(6):
            yield job
            sleep(0.25)

    def behind_a_long_one(buffer):
        def process(job):
            sleep(0.125 if job else 2.0)

        return simulate(lambda: basic.run(jobs(), process, workers=1, buffer=buffer))

    last = diff(behind_a_long_one(0), behind_a_long_one(10)).changes[-1]
    assert (last.parts["submitted"], last.parts["waiting"]) == (-1.75, 1.25)
    assert last.cause == "got a worker 0.5 s sooner"


def test_where_a_submission_is_not_known_the_wait_counts_from_the_start():
    recorded = run(jobs=2, workers=1)
    by_hand = trace_from_spans(recorded.trace.spans, clock="virtual", elapsed=2.0)
    assert all(change.cause == "" for change in diff(recorded, by_hand).changes)


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [(1.5, 6, "1.5 s"), (0.01, 6, "0.01 s"), (0.00123456, 2, "1.2 ms"), (0.0, 4, "0 ms")],
)
def test_short_times_are_told_in_thousandths(seconds, digits, text):
    assert seconds_text(seconds, digits) == text


def test_a_long_list_of_jobs_is_cut_in_the_text():
    found = str(diff(run(jobs=50), run(jobs=0)))
    assert found.endswith("17, 18, 19, 20, …")


def test_a_simulated_run_can_be_compared_with_a_measured_one():
    found = diff(simulate(basic.demo, seconds=0.01), measure(basic.demo, seconds=0.01))
    assert len(found.changes) == 10
    assert found.only_before == found.only_after == {}


RUNS = st.fixed_dictionaries(
    {
        "jobs": st.integers(0, 10),
        "workers": st.integers(1, 4),
        "buffer": st.integers(0, 5),
        "durations": st.lists(st.sampled_from([0.0, 0.1, 0.7]), min_size=10, max_size=10),
        "seed": st.none() | st.integers(0, 1000),
    }
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(before=RUNS, after=RUNS)
def test_the_causes_add_up_to_what_was_gained(before, after):
    def run_of(options):
        options = dict(options)
        durations, jobs = options.pop("durations"), range(options.pop("jobs"))
        return simulate(basic.run, jobs, lambda job: sleep(durations[job]), **options)

    for change in diff(run_of(before), run_of(after)).changes:
        assert set(change.parts) == set(CAUSES)
        assert sum(change.parts.values()) == pytest.approx(-change.gained)
