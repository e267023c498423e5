"""What comes of a job, whatever it returns or raises."""

import pytest

from patterns import basic
from patterns.concurrency import Cancelled, Failed, Result, Succeeded, TaskGroup, attempt, sleep
from patterns.concurrency.results import fails_job


class Hostile(Exception):
    """An exception that must not be looked at."""

    def __repr__(self):
        raise LookupError

    __str__ = __len__ = __bool__ = __eq__ = __hash__ = __repr__


def raising(error):
    def process(job):
        raise error

    return process


def test_a_job_that_returns_has_succeeded():
    result = attempt(str, 1)
    assert (result, result.value, result.error) == (Succeeded(1, "1"), "1", None)


def test_a_job_that_raises_has_failed():
    error = ValueError("x")
    result = attempt(raising(error), 1)
    assert isinstance(result, Failed)
    assert result.error is error


@pytest.mark.parametrize("value", [None, "", 0, ValueError("x"), Failed(1, ValueError())])
def test_any_value_is_a_success(value):
    assert isinstance(attempt(lambda job: value, 1), Succeeded)


def test_the_union_of_results_cannot_be_made_by_itself():
    with pytest.raises(TypeError):
        Result(1, 2)


def test_a_failure_has_no_value():
    assert not hasattr(Failed(1, ValueError()), "value")


def test_an_exception_is_never_looked_at():
    error = Hostile()
    report = basic.run([1, 2], raising(error), workers=1)
    assert (report.failed, len(report.errors)) == ([1, 2], 2)
    assert all(e is error for e in report.errors)
    assert str(report) == ("2 submitted: 0 succeeded, 2 failed, 0 cancelled, 0 never started")


def test_a_job_that_returns_a_coroutine_has_failed_and_the_coroutine_is_closed(recwarn):
    async def sleeper():
        raise AssertionError

    result = attempt(lambda job: sleeper(), 1)
    assert isinstance(result.error, TypeError)
    assert str(result.error).startswith("process returned a coroutine: ")
    assert str(result.error).endswith("sleeper is async")
    assert list(recwarn) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_what_ends_more_than_a_job_goes_on_up(error):
    with pytest.raises(type(error)):
        attempt(raising(error), 1)


def test_cancelled_is_the_jobs_failure_unless_its_task_is_cancelled(run):
    def body():
        answers = []

        def task():
            for cancel in (int, group.context.cancel):
                cancel()
                answers.append(fails_job(Cancelled("by somebody")))

        with TaskGroup() as group:
            group.spawn(task)
        return answers

    assert run(body) == [True, False]


@pytest.mark.parametrize(
    ("errors", "fails"),
    [
        ([ValueError()], True),
        ([Cancelled()], True),
        ([ValueError(), BaseExceptionGroup("inner", [Cancelled()])], True),
        ([ValueError(), KeyboardInterrupt()], False),
        ([BaseExceptionGroup("inner", [SystemExit()])], False),
    ],
)
def test_a_group_of_failures_is_a_failure(errors, fails):
    assert fails_job(BaseExceptionGroup("several", errors)) is fails


def test_a_job_is_cut_short_with_the_task_that_runs_it(run):
    def body():
        results = []
        with TaskGroup() as group:
            group.spawn(lambda: results.append(attempt(lambda job: sleep(1000), 1)))
            group.context.cancel()
        return results

    assert run(body) == []
