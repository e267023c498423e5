"""The timelines to read: each cause costs time, and after its repair four seconds are enough."""

import pytest

from lab import simulate
from lab.teaching.idle import REASONS, A, B, C, D, E, read_slowly
from lab.tracing import makespan, service_times, utilisation

CASES = [A, B, C, D, E]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_with_its_cause_workers_are_idle_for_a_quarter_of_the_time_or_more(case):
    run = case.run()
    assert makespan(run) > 5
    assert utilisation(run) < 0.75


@each_case
def test_after_its_repair_no_worker_is_idle_until_the_last_job_is_done(case):
    run = case.repaired()
    assert makespan(run) == 4
    assert sum(service_times(run)) == 4 * len(run.trace.workers)


def test_each_case_has_a_reason_of_its_own():
    assert sorted(case.reason for case in CASES) == list(REASONS)
    assert len(set(REASONS)) == len(CASES)


def test_room_for_results_does_not_let_a_slow_reader_be_done_earlier():
    assert simulate(read_slowly, buffer=12).elapsed == simulate(read_slowly, buffer=0).elapsed
