"""What typical wrong answers to the exercises of the pool with error handling are told."""

from contextlib import suppress

import pytest

from lab import grading
from lab.teaching.exercises.error_handling import (
    check_extend,
    check_predict,
    check_repair,
    filled,
)
from patterns.concurrency import Cancelled, Context, Report, Result, TaskGroup, sleep
from patterns.error_handling import ProcessingError


@pytest.fixture
def _little_patience(monkeypatch):
    monkeypatch.setattr(grading, "PATIENCE", 0.5)


def told(verdict):
    assert not verdict.passed
    return str(verdict)


# 1. Predict


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((4, 5, 0, 1), "only a task that went wrong has failed; one that time cuts short is"),
        ((3, 2, 1, 4), "a worker whose task failed goes on with the next one, at once"),
        ((4, 2, 3, 0), "these are 9 tasks, and ten were submitted"),
        ((7, 2, 0, 1), "three workers have a task in hand at 2.2 s"),
        ((4, 2, 2, 2), "write down, half a second by half a second, which task each worker has"),
        ("4 2 3 1", "the answer must be four whole numbers >= 0, got '4 2 3 1'"),
        ((4, 2, 3), "the answer must be four whole numbers >= 0, got (4, 2, 3)"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_overlooks(answer, sentence):
    assert sentence in told(check_predict(answer))


def test_the_right_prediction_is_accepted_as_a_list_too():
    assert check_predict([4, 2, 3, 1]).passed


# 2. Repair


def pool_of(worker_of):
    """Return a pool whose workers run `worker_of(waiting, process, started, results)`."""

    def pool(tasks, num_workers, timeout, process):
        waiting, started, results = filled(tasks), [], []
        with TaskGroup(Context(timeout=timeout)) as group:
            for _ in range(num_workers):
                group.spawn(worker_of, waiting, process, started, results)
        return Report(tuple(tasks), tuple(started), tuple(results))

    return pool


@pool_of
def catches_one_kind(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Result(task, value=process(task)))
        except ProcessingError as error:
            results.append(Result(task, error=error))


@pool_of
def swallows(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        with suppress(Exception):
            results.append(Result(task, value=process(task)))


@pool_of
def leaves_at_the_deadline(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Result(task, value=process(task)))
        except Cancelled:
            return
        except Exception as error:
            results.append(Result(task, error=error))


@pool_of
def hands_on_texts(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Result(task, value=process(task)))
        except Exception as error:
            results.append(Result(task, value=str(error)))


@pool_of
def keeps_the_message_only(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Result(task, value=process(task)))
        except Exception as error:
            results.append(Result(task, error=str(error)))


@pool_of
def leaves_after_a_failure(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Result(task, value=process(task)))
        except Exception as error:
            results.append(Result(task, error=error))
            return


@pool_of
def tries_until_it_works(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        while True:
            try:
                results.append(Result(task, value=process(task)))
                break
            except Exception:
                pass


@pytest.mark.parametrize(
    ("pool", "sentence"),
    [
        (catches_one_kind, "it raised KeyError: 'task 4 is not known'"),
        (swallows, "it started task 1 and has no result for it: what happened?"),
        (leaves_at_the_deadline, "deadline of 0.25 s it started task 6 and has no result for it"),
        (hands_on_texts, "it has the value 'task 1 went wrong' for task 1"),
        (keeps_the_message_only, "it has the error 'task 1 went wrong' for task 1, not the"),
        (leaves_after_a_failure, "0.3 s is right: does every worker go on after a failure?"),
        (lambda tasks: None, "it must be a function of (tasks, num_workers, timeout, process)"),
        (lambda *_: "20 succeeded", "it returned a str, not a Report"),
    ],
)
def test_a_pool_that_is_not_repaired_is_told_what_it_loses(pool, sentence):
    assert sentence in told(check_repair(pool))


@pytest.mark.usefixtures("_little_patience")
def test_a_pool_that_never_ends_is_told_so():
    assert "it does not end" in told(check_repair(tries_until_it_works))


# 3. Extend


def one_attempt_too_many(process, attempts, pause):
    def patient(task):
        for attempt in range(attempts):
            try:
                return process(task)
            except Cancelled:
                raise
            except Exception:
                sleep(pause * 2**attempt)
        return process(task)

    return patient


def pauses_after_the_last_attempt(process, attempts, pause):
    def patient(task):
        for attempt in range(attempts):
            try:
                return process(task)
            except ProcessingError as error:
                last = error
                sleep(pause * 2**attempt)
        raise last

    return patient


def hides_the_deadline(process, attempts, pause):
    def patient(task):
        for attempt in range(1, attempts + 1):
            try:
                return process(task)
            except Exception as error:
                if attempt == attempts:
                    raise
                if isinstance(error, Cancelled):
                    return "no time left"
                sleep(pause * 2 ** (attempt - 1))
        return None

    return patient


def pauses_alike(process, attempts, pause):
    def patient(task):
        for attempt in range(1, attempts + 1):
            try:
                return process(task)
            except ProcessingError:
                if attempt == attempts:
                    raise
                sleep(pause)
        return None

    return patient


def gives_up_in_silence(process, attempts, pause):
    def patient(task):
        for attempt in range(attempts):
            try:
                return process(task)
            except ProcessingError:
                if attempt < attempts - 1:
                    sleep(pause * 2**attempt)
        return None

    return patient


def misspells(process, attempts, pause):
    return lambda task: proces(task)  # noqa: F821  (a typing error, on purpose)


def never_gives_up(process, attempts, pause):
    def patient(task):
        while True:
            try:
                return process(task)
            except Exception:
                pass

    return patient


@pytest.mark.parametrize(
    ("retrying", "sentence"),
    [
        (one_attempt_too_many, "it tries a task 2 times, and 1 time is right"),
        (pauses_after_the_last_attempt, "it took 0.2 s, and 0.1 s is right: pauses of 0.1, 0.2"),
        (hides_the_deadline, "it hides from the pool that the deadline has cut the task short"),
        (pauses_alike, "it took 0.5 s, and 0.6 s is right: pauses of 0.1, 0.2, … s"),
        (gives_up_in_silence, "it does not raise the error of the last attempt when it gives up"),
        (misspells, "it raised NameError(\"name 'proces' is not defined\") in task 0"),
        (never_gives_up, "it took 0.3 s, and 0.6 s is right"),
        (lambda process, attempts, pause: None, "it returned None, not a function that processes"),
        (lambda process, attempts, pause: process, "it tries a task 1 time, and 3 times is right"),
    ],
)
def test_a_retry_that_is_not_right_is_told_what_it_does(retrying, sentence):
    assert sentence in told(check_extend(retrying))


@pytest.mark.usefixtures("_little_patience")
def test_a_retry_that_never_ends_is_told_so():
    def retrying(process, attempts, pause):
        def patient(task):
            while True:
                with suppress(Exception):
                    process(task)

        return patient

    assert "it does not end" in told(check_extend(retrying))
