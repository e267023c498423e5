"""The report of a run: each job in one place, whatever the jobs are."""

from collections import deque

import numpy as np
import pytest

from patterns import basic
from patterns.concurrency import Context, Counts, Failed, Ledger, Report, Succeeded


class Incomparable:
    """A job that cannot be compared, hashed or shown."""

    __hash__ = None

    def __eq__(self, other):
        raise AssertionError

    __repr__ = __len__ = __bool__ = __eq__


def report_of(jobs, started, done, **rest):
    """Make the report of `jobs`, of which so many were started and done."""
    results = tuple(Succeeded(job, None) for job in jobs[:done])
    return Report(tuple(jobs), tuple(jobs[:started]), results, **rest)


def positions(jobs, of):
    """Return where in `of` the very objects `jobs` stand."""
    return [next(i for i, other in enumerate(of) if other is job) for job in jobs]


def test_each_job_is_in_one_place():
    results = (Succeeded(1, "one"), Failed(2, ValueError("two")))
    report = Report((1, 2, 3, 4), (2, 1, 3), results, "enough")
    assert (report.succeeded, report.failed) == ([1], [2])
    assert (report.cancelled, report.never_started) == ([3], [4])
    assert (report.values, [str(error) for error in report.errors]) == (["one"], ["two"])


def test_the_counts_say_how_many_and_balance():
    counts = report_of(range(10), 7, 5).counts
    assert counts == Counts(10, 5, 0, 2, 3)
    assert counts.balanced
    assert str(counts) == "10 submitted: 5 succeeded, 0 failed, 2 cancelled, 3 never started"


def test_counts_that_do_not_add_up_are_not_balanced():
    assert not Counts(10, 5, 0, 2, 2).balanced


def test_the_text_says_why_the_run_was_cut_short_and_what_was_not_submitted():
    report = report_of("abc", 1, 1, reason="enough", unsubmitted="de")
    assert str(report) == f"{report.counts}; 2 not submitted; enough"


@pytest.mark.parametrize(
    "make",
    [Incomparable, list, dict, lambda: np.zeros(3), lambda: float("nan")],
    ids=["incomparable", "lists", "dicts", "arrays", "nan"],
)
def test_jobs_are_told_apart_by_identity(make):
    jobs = [make() for _ in range(6)]
    report = report_of(jobs, 4, 2)
    assert positions(report.succeeded, jobs) == [0, 1]
    assert positions(report.cancelled, jobs) == [2, 3]
    assert positions(report.never_started, jobs) == [4, 5]


def test_equal_jobs_count_each_for_itself():
    jobs = [["same"] for _ in range(3)]
    report = Report(tuple(jobs), (jobs[2], jobs[0]), (Succeeded(jobs[0], None),))
    assert positions(report.cancelled, jobs) == [2]
    assert positions(report.never_started, jobs) == [1]


def test_one_object_submitted_several_times_counts_each_time():
    job = object()
    assert report_of([job] * 5, 3, 2).counts == Counts(5, 2, 0, 1, 2)


# Of what was not submitted.


def cut_short(jobs, submitted=2):
    ledger = Ledger()
    ledger.submitted.extend([None] * submitted)
    return ledger.report("enough", jobs).unsubmitted


@pytest.mark.parametrize("kind", [list, tuple, deque])
def test_the_rest_of_a_sequence_is_unsubmitted(kind):
    assert cut_short(kind("abcd")) == ("c", "d")
    assert cut_short(kind("ab")) == ()


def test_the_rest_of_a_huge_range_stays_a_range():
    assert cut_short(range(10**15)) == range(2, 10**15)


@pytest.mark.parametrize("jobs", [iter("abcd"), {"a", "b", "c", "d"}, (c for c in "abcd")])
def test_of_what_can_only_be_iterated_over_the_rest_is_not_taken(jobs):
    assert cut_short(jobs) == ()


def test_nothing_is_unsubmitted_in_a_run_that_was_not_cut_short():
    ledger = Ledger()
    assert ledger.report(None, "abcd").unsubmitted == ()


def test_a_run_that_was_cut_short_says_what_it_had_not_come_to(run):
    def body():
        context = Context()

        def process(job):
            if job == 3:
                context.cancel("enough")
            return job

        report = basic.run(range(10**9), process, workers=1, buffer=0, context=context)
        everything = [*report.submitted, *report.unsubmitted[:1]]
        return everything == list(range(len(everything))), report.counts.balanced, report.reason

    assert run(body) == (True, True, "enough")


def test_a_report_made_while_others_append_balances():
    ledger = Ledger()
    ledger.submitted.extend([1, 2, 3])
    ledger.started.append(1)
    report = ledger.report()
    ledger.started.append(2)
    assert (report.cancelled, report.never_started) == ([1], [2, 3])
