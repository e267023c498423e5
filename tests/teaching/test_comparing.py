"""All patterns on one workload: the same jobs for all, and numbers that can be checked by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.teaching.comparing import (
    BURST,
    COLUMNS,
    POOLS,
    RATE,
    Row,
    Work,
    Workload,
    run_pool,
    run_pools,
    sample_workload,
    tabulate,
)
from lab.teaching.comparing import rows as rows_of
from lab.tracing import State, job_starts, start_times
from lab.tracing.theory import burst_envelope
from patterns.concurrency import Counts

WORKLOAD = sample_workload()
RUNS = run_pools(WORKLOAD)
ALIKE = ("basic", "reusable", "error_handling", "heartbeat")


def numbers(workload):
    return [work.id for work in workload.jobs]


def test_the_workload_is_uneven_comes_in_a_burst_and_some_of_it_fails():
    arrivals = [work.arrives for work in WORKLOAD.jobs]
    assert arrivals[:3] == [0.0, 0.2, 0.4]
    assert arrivals.count(2.8) == 16
    assert {work.seconds for work in WORKLOAD.jobs} >= {0.2, 1.4}
    assert [work.id for work in WORKLOAD.jobs if work.fails] == [13, 14, 18, 23]


@pytest.mark.parametrize("name", POOLS)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    sample=st.integers(0, 10**6),
    steady=st.integers(0, 8),
    burst=st.integers(0, 8),
    workers=st.integers(1, 5),
    seed=st.none() | st.integers(0, 10**6),
)
def test_every_job_comes_to_one_end_and_none_begins_before_it_arrives(
    name, sample, steady, burst, workers, seed
):
    workload = sample_workload(sample, steady=steady, burst=burst, workers=workers)
    run = run_pool(name, workload, seed=seed)
    report = run.value
    ends = [*report.succeeded, *report.failed, *report.cancelled, *report.never_started]
    assert sorted(ends) == list(report.submitted)
    assert set(report.failed) <= {work.id for work in workload.jobs if work.fails}
    arrives = {str(work.id): work.arrives for work in workload.jobs}
    assert all(time >= arrives[job] for job, time in job_starts(run).items())
    assert (run.leaks, run.crashes) == ((), ())
    if name == "generic":  # which takes no more jobs when one has failed
        assert list(report.submitted) == numbers(workload)[: len(report.submitted)]
    else:
        assert list(report.submitted) == numbers(workload)
        assert report.cancelled == report.never_started == []
        row = Row.of(name, workload, run)
        assert row.makespan >= row.ideal - 1e-9


def test_where_nothing_hinders_them_four_pools_do_each_job_at_the_same_time():
    first, *others = (job_starts(RUNS[name]) for name in ALIKE)
    assert others == [first] * 3


def test_a_job_takes_as_long_in_every_pool():
    for name in set(POOLS) - {"generic"}:
        for job, work in zip(RUNS[name].trace.jobs, WORKLOAD.jobs, strict=True):
            spans = [s for s in RUNS[name].trace.spans if s.job == job.id]
            worked = sum(s.duration for s in spans if s.state is State.WORKING)
            assert worked == pytest.approx(work.seconds)


def test_a_run_has_the_name_of_its_pool():
    assert [run.name for run in RUNS.values()] == [name.replace("_", " ") for name in POOLS]


def test_the_generic_pool_ends_at_the_first_failure():
    report = RUNS["generic"].value
    assert report.failed == [14]
    assert report.never_started == list(range(16, 27))


def test_the_dynamic_pool_begins_with_half_the_workers_and_at_most_doubles_them():
    rows = {
        workers: Row.of("dynamic", load, run_pool("dynamic", load))
        for workers in (1, 4)
        for load in [sample_workload(workers=workers, burst=40)]
    }
    assert (rows[1].workers_peak, rows[4].workers_peak) == (2, 8)


def test_the_rate_limited_pool_keeps_to_its_rate():
    times = start_times(RUNS["rate_limited"])
    for first, start in enumerate(times):
        for count, end in enumerate(times[first:], start=1):
            assert count <= burst_envelope(end - start, RATE, BURST) + 1e-6


def test_the_numbers_of_a_row_are_those_worked_out_by_hand():
    # Two workers: job 1 from 0 to 3, job 2 from 0 to 1, job 3 (there at 0.5) from 1 to 2.
    jobs = (Work(1, 0.0, 3.0, False), Work(2, 0.0, 1.0, True), Work(3, 0.5, 1.0, False))
    workload = Workload(jobs, workers=2, scale=1.0)
    assert Row.of("basic", workload, run_pool("basic", workload)) == Row(
        "basic",
        makespan=3.0,
        ideal=3.0,
        throughput=1.0,
        utilisation=5 / 6,
        wait_p50=0.0,
        wait_p95=0.5,
        wait_p99=0.5,
        peak_queue=1,
        workers_peak=2,
        counts=Counts(submitted=3, succeeded=2, failed=1, cancelled=0, never_started=0),
    )


def test_time_in_a_limiter_counts_as_waiting():
    rows = {row.pattern: row for row in rows_of(WORKLOAD, RUNS)}
    assert rows["rate_limited"].wait_p95 > rows["basic"].wait_p95


def test_a_run_on_threads_needs_no_less_time_than_its_jobs():
    workload = sample_workload(steady=2, burst=4, scale=0.02)
    row = Row.of("basic", workload, run_pool("basic", workload, real=True))
    assert row.makespan >= row.ideal > 0
    assert row.counts.balanced


def test_on_result_is_called_once_a_job():
    results = []
    run_pool("heartbeat", WORKLOAD, on_result=results.append)
    assert sorted(result.job for result in results) == numbers(WORKLOAD)


def test_the_table_says_the_same_as_text_and_as_html():
    table = tabulate(WORKLOAD, RUNS)
    lines = repr(table).splitlines()
    assert [line.split()[0] for line in lines[-7:]] == list(POOLS)
    assert max(map(len, lines)) <= 80
    html = table._repr_html_()
    assert html.count("<tr>") == 8
    assert html.count('scope="col"') == len(COLUMNS)
    assert all(f"<td>{cell}</td>" in html for row in table.rows for cell in row[1:])


def test_a_table_without_runs_has_its_headings():
    assert "makespan" in repr(tabulate(WORKLOAD, {}))


def test_an_empty_workload_is_over_at_once():
    workload = sample_workload(steady=0, burst=0)
    rows = rows_of(workload, run_pools(workload))
    assert {(row.makespan, row.ideal, row.counts.submitted) for row in rows} == {(0.0, 0.0, 0)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steady": -1}, "steady must be a whole number >= 0, got -1"),
        ({"burst": 1.5}, "burst must be a whole number >= 0, got 1.5"),
        ({"workers": 0}, "workers must be a whole number >= 1, got 0"),
        ({"failure_rate": 2}, "failure_rate must be from 0 to 1, got 2"),
        ({"scale": 0}, "scale must be a number of seconds > 0"),
    ],
)
def test_a_bad_number_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        sample_workload(**wrong)


def test_an_unknown_pattern_and_a_seed_for_threads_are_refused():
    with pytest.raises(ValueError, match=r"name must be one of basic, .*, got 'fancy'"):
        run_pool("fancy", WORKLOAD)
    with pytest.raises(ValueError, match="real threads take no seed, got 3"):
        run_pool("basic", WORKLOAD, seed=3, real=True)
