"""Typical wrong answers to the exercises on the reusable pool, and the sentence each one gets."""

import pytest

from lab import grading
from lab.teaching.exercises import reusable as exercises
from patterns import reusable
from patterns.concurrency import Cancelled, Context, TaskGroup
from patterns.reusable import WorkerPool


def refused(verdict):
    assert not verdict.passed
    return verdict.sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(0, "after 0 s `submit` has taken 5 jobs of 9: 2 the workers", id="at once"),
        pytest.param(1.5, "has taken 7 jobs of 9: 4 the workers had by then", id="a round early"),
        pytest.param(5, "at 5 s the last job is done; `submit` waits for room", id="when done"),
        pytest.param(4, "4 s is too long: whoever takes a job from the buffer", id="when started"),
        pytest.param("2", "must be a number of seconds >= 0, got '2'", id="text"),
        pytest.param(-1, "must be a number of seconds >= 0, got -1", id="negative"),
        pytest.param(float("inf"), "must be a number of seconds >= 0, got inf", id="for ever"),
        pytest.param(True, "must be a number of seconds >= 0, got True", id="a truth value"),
    ],
)
def test_a_wrong_prediction_is_told_what_has_happened_by_then(answer, says):
    assert says in refused(exercises.check_predict(answer))


def by_the_deadline(answer):
    """Return a function like the exercise's, which makes its answer by `answer(jobs, pool)`."""

    def function(jobs, num_workers, process, timeout):
        pool = WorkerPool(num_workers, 2, process)
        values = []
        try:
            with pool.start(Context(timeout=timeout)), TaskGroup() as group:
                group.spawn(reusable.submit, jobs, pool)
                for result in pool.results():
                    values.append(result.value)
        except Cancelled:
            pass
        return answer(jobs, pool.report, values)

    return function


def only_the_never_started(jobs, report, values):
    return values, report.never_started


def only_the_submitted(jobs, report, values):
    return values, report.cancelled + report.never_started


def all_that_was_not_started(jobs, report, values):
    return values, [job for job in jobs if job not in report.started]


def everything_again(jobs, report, values):
    return values, jobs


def the_report(jobs, report, values):
    return report


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (only_the_never_started, "it lost jobs that are left: 7, 8, 9, 13, 14 and 6 more"),
        (only_the_submitted, "it lost jobs that are left: 13, 14, 15, 16, 17 and 3 more"),
        (all_that_was_not_started, "it lost jobs that are left: 7, 8, 9"),
        (everything_again, "it made up jobs that are left: 1, 2, 3, 4, 5 and 1 more"),
        (the_report, "it must return two lists: the values, and the jobs that are left"),
    ],
)
def test_an_answer_that_loses_jobs_at_the_deadline_is_told_which(answer, says):
    sentence = refused(exercises.check_repair(by_the_deadline(answer)))
    assert sentence == f"with 20 jobs, 3 workers and 2.5 s {says}"


def test_a_pool_without_the_deadline_is_told_how_long_it_took():
    def no_deadline(jobs, num_workers, process, timeout):
        pool = WorkerPool(num_workers, 20, process)
        with pool.start():
            for job in jobs:
                pool.submit(job)
        values = pool.report.values
        return values[:6], jobs[6:]

    sentence = refused(exercises.check_repair(no_deadline))
    assert sentence.endswith("it took 7 s, and 2.5 s are enough")


def test_a_submitter_that_takes_no_notice_of_the_cancellation_is_stopped(monkeypatch):
    monkeypatch.setattr(grading, "MAX_STEPS", 5_000)

    def stubborn(jobs, num_workers, process, timeout):
        pool = WorkerPool(num_workers, 2, process)
        with pool.start(Context(timeout=timeout)):
            for job in jobs:
                while True:
                    try:
                        pool.submit(job)
                        break
                    except Cancelled:
                        pass

    assert "it does not end" in refused(exercises.check_repair(stubborn))


def in_shifts(what_is_left, most=50):
    """Return a function like the exercise's, which goes on with `what_is_left(report)`."""

    def function(jobs, num_workers, process, seconds):
        reports = []
        while jobs and len(reports) < most:
            pool = WorkerPool(num_workers, len(jobs), process)
            try:
                with pool.start(Context(timeout=seconds)):
                    for job in jobs:
                        pool.submit(job)
            except Cancelled:
                pass
            reports.append(pool.report)
            jobs = what_is_left(pool.report)
        return reports

    return function


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(
            in_shifts(lambda report: report.never_started),
            "it lost finished jobs: 5, 6",
            id="forgets those cut short",
        ),
        pytest.param(
            in_shifts(lambda report: list(report.submitted), most=3),
            "it lost finished jobs: 5, 6, 7; doubled finished jobs: 1, 2, 3, 4, 1 and 3 more",
            id="begins anew",
        ),
        pytest.param(
            lambda *args: [r.succeeded for r in in_shifts(lambda report: [])(*args)],
            "it must return a list of reports, one for each shift",
            id="returns lists",
        ),
    ],
)
def test_shifts_that_do_not_go_on_where_the_last_one_stopped_are_told_what_is_wrong(function, says):
    sentence = refused(exercises.check_extend(function))
    assert sentence == f"with 7 jobs, 2 workers and shifts of 2.5 s {says}"


def test_shifts_of_one_round_each_are_told_that_fewer_are_enough():
    def one_round_at_a_time(jobs, num_workers, process, seconds):
        reports = []
        while jobs:
            pool = WorkerPool(num_workers, len(jobs), process)
            with pool.start():
                for job in jobs[:num_workers]:
                    pool.submit(job)
            reports.append(pool.report)
            jobs = jobs[num_workers:]
        return reports

    sentence = refused(exercises.check_extend(one_round_at_a_time))
    assert sentence.endswith("it returned 4 reports, and it takes 2 shifts")


def test_shifts_without_end_are_stopped(monkeypatch):
    monkeypatch.setattr(grading, "MAX_STEPS", 5_000)
    endless = in_shifts(lambda report: list(report.submitted), most=10**9)
    assert "it does not end" in refused(exercises.check_extend(endless))
