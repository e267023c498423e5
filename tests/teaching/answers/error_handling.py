"""Answers to the exercises on the pool with error handling."""

from contextlib import suppress

from lab.teaching.exercises.error_handling import check_extend, check_predict, check_repair, filled
from patterns.concurrency import (
    Cancelled,
    Context,
    Failed,
    Report,
    Succeeded,
    TaskGroup,
    attempt,
    sleep,
)
from patterns.error_handling import ProcessingError, run


def pool_of(worker_of):
    """Return a pool whose workers run `worker_of(waiting, process, started, results)`."""

    def pool(tasks, workers, timeout, process):
        waiting, started, results = filled(tasks), [], []
        with TaskGroup(Context(timeout=timeout)) as group:
            for _ in range(workers):
                group.spawn(worker_of, waiting, process, started, results)
        return Report(tuple(tasks), tuple(started), tuple(results))

    pool.__name__ = worker_of.__name__
    return pool


@pool_of
def leaves_at_the_deadline(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Cancelled:
            return
        except Exception as error:
            results.append(Failed(task, error))


@pool_of
def calls_attempt(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        results.append(attempt(process, task))


def the_pattern_s_own(tasks, workers, timeout, process):
    return run(tasks, process, workers=workers, timeout=timeout)


@pool_of
def catches_one_kind(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except ProcessingError as error:
            results.append(Failed(task, error))


@pool_of
def swallows(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        with suppress(Exception):
            results.append(Succeeded(task, process(task)))


@pool_of
def catches_the_cancellation_too(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except BaseException as error:
            results.append(Failed(task, error))


@pool_of
def notes_it_too_late(waiting, process, started, results):
    for task in waiting:
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Failed(task, error))
        started.append(task)


@pool_of
def hands_on_texts(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Succeeded(task, str(error)))


@pool_of
def keeps_the_message_only(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Failed(task, str(error)))


@pool_of
def leaves_after_a_failure(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Failed(task, error))
            return


@pool_of
def knows_the_errors_of_the_tests(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except (ProcessingError, KeyError) as error:
            results.append(Failed(task, error))


@pool_of
def copies_the_error(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Failed(task, type(error)(*error.args)))


def with_workers(count):
    """Return a right pool, but for the number of its workers."""

    def pool(tasks, workers, timeout, process):
        return leaves_at_the_deadline(tasks, count(workers, tasks), timeout, process)

    return pool


one_worker_more = with_workers(lambda workers, tasks: workers + 1)
one_worker_less = with_workers(lambda workers, tasks: workers - 1)
one_worker_a_task = with_workers(lambda workers, tasks: len(tasks))


def in_batches(tasks, workers, timeout, process):
    reports = []
    for begin in range(0, len(tasks), workers):
        batch = tasks[begin : begin + workers]
        reports.append(leaves_at_the_deadline(batch, workers, timeout, process))
    return Report(
        tuple(tasks),
        tuple(task for report in reports for task in report.started),
        tuple(result for report in reports for result in report.results),
    )


@pool_of
def tries_until_it_works(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        while True:
            with suppress(Exception):
                results.append(Succeeded(task, process(task)))
                break


@pool_of
def catches_everything_again_and_again(waiting, process, started, results):
    for task in waiting:
        while True:
            with suppress(BaseException):
                process(task)


def other_parameters(tasks):
    return None


def returns_text(*_):
    return "20 succeeded"


def retrying(function):
    """Return an answer that hands on `function(task, process, attempts, pause)`."""

    def answer(process, attempts, pause):
        return lambda task: function(task, process, attempts, pause)

    answer.__name__ = function.__name__
    return answer


@retrying
def raises_the_last_error(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except Exception as error:
            if number == attempts:
                raise
            last = error
        sleep(pause * 2 ** (number - 1))
    raise last


@retrying
def one_attempt_too_many(task, process, attempts, pause):
    for number in range(attempts):
        try:
            return process(task)
        except Exception:
            sleep(pause * 2**number)
    return process(task)


@retrying
def pauses_after_the_last_attempt(task, process, attempts, pause):
    for number in range(attempts):
        try:
            return process(task)
        except ProcessingError as error:
            last = error
            sleep(pause * 2**number)
    raise last


@retrying
def hides_the_deadline(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except Exception:
            if number == attempts:
                raise
            sleep(pause * 2 ** (number - 1))
        except Cancelled:
            return "no time left"
    return None


@retrying
def makes_the_deadline_an_error(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except BaseException as error:
            if number == attempts:
                raise
            if isinstance(error, Cancelled):
                raise ProcessingError("no time left") from error
            sleep(pause * 2 ** (number - 1))
    return None


@retrying
def pauses_alike(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except ProcessingError:
            if number == attempts:
                raise
            sleep(pause)
    return None


@retrying
def gives_up_in_silence(task, process, attempts, pause):
    for number in range(attempts):
        try:
            return process(task)
        except ProcessingError:
            if number < attempts - 1:
                sleep(pause * 2**number)
    return None


@retrying
def misspells(task, process, attempts, pause):
    return proces(task)  # type: ignore[name-defined]  # noqa: F821  # codespell:ignore


def knowing(*errors):
    """Return an answer that tries again after these errors only."""

    @retrying
    def answer(task, process, attempts, pause):
        for number in range(1, attempts + 1):
            try:
                return process(task)
            except errors:
                if number == attempts:
                    raise
            sleep(pause * 2 ** (number - 1))
        return None

    return answer


knows_one_error = knowing(ProcessingError)
knows_two_errors = knowing(ProcessingError, KeyError)


def trying(times, first=None):
    """Return an answer that tries `times(attempts)` times, with a first pause of its own."""

    def answer(process, attempts, pause):
        return raises_the_last_error(process, times(attempts), first or pause)

    return answer


three_tries_then_gives_up = trying(lambda attempts: min(attempts, 3))
always_three_tries = trying(lambda attempts: 3)
pauses_of_its_own = trying(lambda attempts: attempts, 0.1)
pauses_by_formula = trying(lambda attempts: attempts, 0.1000001)


@retrying
def raises_a_copy(task, process, attempts, pause):
    try:
        return raises_the_last_error(process, attempts, pause)(task)
    except Exception as error:
        raise type(error)(*error.args) from None


@retrying
def raises_a_text(task, process, attempts, pause):
    try:
        return raises_the_last_error(process, attempts, pause)(task)
    except Exception as error:
        raise ProcessingError(str(error)) from None


@retrying
def swallows_the_cancel(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except BaseException as error:
            last = error
        if number < attempts:
            with suppress(BaseException):
                sleep(pause * 2 ** (number - 1))
    raise last


@retrying
def catches_all_and_pauses(task, process, attempts, pause):
    for number in range(attempts - 1):
        try:
            return process(task)
        except BaseException:
            sleep(pause * 2**number)
    return process(task)


@retrying
def pauses_of_a_second_at_most(task, process, attempts, pause):
    for number in range(attempts - 1):
        try:
            return process(task)
        except Exception:
            sleep(min(pause * 2**number, 1))
    return process(task)


@retrying
def swallows_the_last_cancel(task, process, attempts, pause):
    for number in range(1, attempts + 1):
        try:
            return process(task)
        except Exception as error:
            last = error
        except BaseException:
            if number < attempts:
                raise
            break
        if number < attempts:
            sleep(pause * 2 ** (number - 1))
    raise last


@retrying
def never_gives_up(task, process, attempts, pause):
    while True:
        with suppress(Exception):
            return process(task)


@retrying
def tries_for_ever(task, process, attempts, pause):
    while True:
        with suppress(BaseException):
            process(task)


def makes_nothing(process, attempts, pause):
    return None


def tries_once(process, attempts, pause):
    return process


RIGHT = {
    check_predict: [[4, 2, 3, 1]],
    check_repair: [leaves_at_the_deadline, calls_attempt, the_pattern_s_own],
    check_extend: [raises_the_last_error],
}

WRONG = {
    check_predict: [
        ((4, 5, 0, 1), "only a task that went wrong has failed; one that time cuts short is"),
        ((3, 2, 1, 4), "a worker whose task failed goes on with the next one, at once"),
        ((4, 2, 3, 0), "these are 9 tasks, and ten were submitted"),
        ((7, 2, 0, 1), "three workers have a task in hand at 2.2 s"),
        ((4, 2, 2, 2), "write down, half a second by half a second, which task each worker has"),
        ("4 2 3 1", "the answer must be four whole numbers >= 0, got '4 2 3 1'"),
        ((4, 2, 3), "the answer must be four whole numbers >= 0, got (4, 2, 3)"),
    ],
    check_repair: [
        (catches_one_kind, "it raised KeyError: 'task 4 is not known'"),
        (tries_until_it_works, "it has no result for task 1, which ran to its end"),
        (swallows, "it has no result for task 1, which ran to its end"),
        (
            catches_the_cancellation_too,
            "a deadline of 0.25 s it has a result for task 6, which was cut short and has none",
        ),
        (
            notes_it_too_late,
            "it reports 4 succeeded, 2 failed, 0 cancelled, 2 never started; right is 4 succeeded",
        ),
        (hands_on_texts, "it has the value 'task 1 went wrong' for task 1"),
        (keeps_the_message_only, "it has the error 'task 1 went wrong' for task 1, not the"),
        (leaves_after_a_failure, "0.3 s is right: does every worker go on after a failure?"),
        (knows_the_errors_of_the_tests, "it raised ZeroDivisionError: task 11 divides by zero"),
        (copies_the_error, "it has a copy of the error for task 1, not the exception that was"),
        (one_worker_more, "it works on 4 jobs at a time, and 3 are allowed"),
        (one_worker_less, "it works on 2 jobs at a time, though 3 could run at once"),
        (one_worker_a_task, "it works on 8 jobs at a time, and 3 are allowed"),
        (in_batches, "it took 1.1 s, and 0.8 s is right"),
        (other_parameters, "it must be a function of (tasks, workers, timeout, process)"),
        (returns_text, "it returned a str, not a Report"),
    ],
    check_extend: [
        (one_attempt_too_many, "it tries a task 2 times, and 1 time is right"),
        (pauses_after_the_last_attempt, "it took 0.2 s, and 0.1 s is right: pauses of 0.1, 0.2"),
        (hides_the_deadline, "it hides from the pool that the deadline has cut the task short"),
        (makes_the_deadline_an_error, "it hides from the pool that the deadline has cut the task"),
        (pauses_alike, "it took 0.5 s, and 0.6 s is right: pauses of 0.1, 0.2, … s"),
        (gives_up_in_silence, "it does not raise the error of the last attempt when it gives up"),
        (misspells, "it raised NameError(\"name 'proces' is not defined\") in task 0"),
        (never_gives_up, "it took 0.3 s, and 0.6 s is right"),
        (knows_one_error, "it tries a task that raises KeyError 1 time, and 4 times is right"),
        (knows_two_errors, "it tries a task that raises ConnectionError 1 time, and 4 times is"),
        (three_tries_then_gives_up, "it tries a task 3 times, and 4 times is right"),
        (always_three_tries, "it tries a task 2 times, and 1 time is right"),
        (pauses_of_its_own, "it took 1.1 s, and 2.5 s is right: pauses of 0.3, 0.6, … s"),
        (pauses_by_formula, "is right: pauses of 0.1, 0.2, … s"),
        (raises_a_copy, "it has a copy of the error for task 0, not the exception that was"),
        (raises_a_text, "it has a copy of the error for task 0, not the exception that was"),
        (trying(lambda attempts: min(attempts, 5)), "it tries a task that raises KeyError 5 times"),
        (pauses_of_a_second_at_most, "is right: pauses of 0.3, 0.6, … s"),
        (
            catches_all_and_pauses,
            "it tries a task again that was cut short, as if that were a fail",
        ),
        (swallows_the_cancel, "it tries a task 4 times, and 2 times is right"),
        (swallows_the_last_cancel, "it hides from the pool that the deadline has cut the task"),
        (makes_nothing, "it returned None, not a function that processes"),
        (tries_once, "it tries a task 1 time, and 3 times is right"),
    ],
}

ENDLESS = {
    check_repair: [
        (catches_everything_again_and_again, "it does not end"),
    ],
    check_extend: [(tries_for_ever, "it does not end")],
}
