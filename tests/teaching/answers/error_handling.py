"""Answers to the exercises on the pool with error handling."""

import math
from contextlib import suppress

from lab.simulation import simulate
from lab.teaching.exercises.error_handling import breaker, extend, predict, read, repair
from lab.teaching.exercises.queues import filled
from patterns import error_handling
from patterns.concurrency import (
    Cancelled,
    Channel,
    Closed,
    Context,
    Failed,
    Report,
    Succeeded,
    TaskGroup,
    attempt,
    now,
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
def receives_after_the_deadline(waiting, process, started, results):
    while True:
        try:
            task = waiting.receive()
        except Closed:
            return
        started.append(task)
        results.append(attempt(process, task))


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


def a_task_for_each(tasks, workers, timeout, process):
    started, results, room = [], [], Channel(workers)

    def one(task):
        room.send(None)
        started.append(task)
        try:
            results.append(Succeeded(task, process(task)))
        except Exception as error:
            results.append(Failed(task, error))
        room.receive()

    with TaskGroup(Context(timeout=timeout)) as group:
        for task in tasks:
            group.spawn(one, task)
    return Report(tuple(tasks), tuple(started), tuple(results))


def keeps_them_by_task(tasks, workers, timeout, process):
    waiting, started, results = filled(tasks), [], {}

    def worker():
        for task in waiting:
            started.append(task)
            results[task] = attempt(process, task)

    with TaskGroup(Context(timeout=timeout)) as group:
        for _ in range(workers):
            group.spawn(worker)
    return Report(tuple(tasks), tuple(started), tuple(results.values()))


def looks_for_equal_ones(tasks, workers, timeout, process):
    waiting, started, results = filled(tasks), [], []

    def worker():
        for task in waiting:
            started.append(task)
            result = attempt(process, task)
            if all(other.job != task for other in results):
                results.append(result)

    with TaskGroup(Context(timeout=timeout)) as group:
        for _ in range(workers):
            group.spawn(worker)
    return Report(tuple(tasks), tuple(started), tuple(results))


@pool_of
def leaves_out_what_has_no_value(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        try:
            value = process(task)
        except Exception as error:
            results.append(Failed(task, error))
            continue
        if value:
            results.append(Succeeded(task, value))


@pool_of
def asks_whether_there_is_an_error(waiting, process, started, results):
    for task in waiting:
        started.append(task)
        failure = value = None
        try:
            value = process(task)
        except Exception as error:
            failure = error
        results.append(Failed(task, failure) if failure else Succeeded(task, value))


def minds_no_deadline(tasks, workers, timeout, process):
    return run(tasks, process, workers=workers)


def one_error_for_all(tasks, workers, timeout, process):
    waiting, started, results, errors = filled(tasks), [], [], []

    def worker():
        for task in waiting:
            started.append(task)
            try:
                results.append(Succeeded(task, process(task)))
            except Exception as error:
                errors.append(error)
                results.append(Failed(task, errors[0]))

    with TaskGroup(Context(timeout=timeout)) as group:
        for _ in range(workers):
            group.spawn(worker)
    return Report(tuple(tasks), tuple(started), tuple(results))


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
def pauses_in_equal_steps(task, process, attempts, pause):
    for number in range(1, attempts):
        try:
            return process(task)
        except Exception:
            sleep(pause * number)
    return process(task)


@retrying
def tries_until_there_is_a_value(task, process, attempts, pause):
    value, number = None, 0
    while value is None and number < attempts:
        number += 1
        try:
            value = process(task)
        except Exception:
            if number == attempts:
                raise
        if value is None and number < attempts:
            sleep(pause * 2 ** (number - 1))
    return value


@retrying
def tries_again_what_attempt_says_has_failed(task, process, attempts, pause):
    for number in range(attempts):
        if number:
            sleep(pause * 2 ** (number - 1))
        result = attempt(process, task)
        if isinstance(result, Succeeded):
            return result.value
    raise result.error


@retrying
def raises_what_counts_as_true(task, process, attempts, pause):
    for number in range(attempts):
        if number:
            sleep(pause * 2 ** (number - 1))
        failure = None
        try:
            return process(task)
        except Exception as error:
            failure = error
    if failure:
        raise failure
    return None


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


def shares_its_count(process, attempts, pause):
    number = 0

    def patient(task):
        nonlocal number
        while True:
            try:
                return process(task)
            except Exception:
                number += 1
                if number >= attempts:
                    raise
                sleep(pause * 2 ** (number - 1))

    return patient


@retrying
def recursive(task, process, attempts, pause):
    try:
        return process(task)
    except Exception:
        if attempts == 1:
            raise
    sleep(pause)
    return recursive(process, attempts - 1, 2 * pause)(task)


def outcomes_of(numbers):
    """Return the four numbers, from a walk through the seconds."""
    free, taken, over = [0.0] * 3, 0, {"ok": 0, "failed": 0}
    left = list(numbers.tasks)
    while left and min(free) < numbers.timeout:
        worker = free.index(min(free))
        task = left.pop(0)
        free[worker] += 0.5 if task.fails else 1.0
        taken += 1
        if free[worker] <= numbers.timeout:
            over["failed" if task.fails else "ok"] += 1
    return over["ok"], over["failed"], taken - over["ok"] - over["failed"], len(left)


def changed(*by):
    """Return an answer whose numbers are off by these."""
    return lambda numbers: tuple(
        right + wrong for right, wrong in zip(outcomes_of(numbers), by, strict=True)
    )


def lets_failures_take_a_second(numbers):
    tasks = [task.__class__(task.id, 1.0) for task in numbers.tasks]
    report = simulate(
        error_handling.run, tasks, numbers.process, workers=3, timeout=numbers.timeout
    ).value
    failing = sum(task.fails for task in numbers.tasks)
    left = len(report.never_started) + len(report.unsubmitted)
    return len(report.succeeded) - failing, failing, len(report.cancelled), left


def letters_of(runs):
    """Return the letters of the four pools, from how their runs went."""

    def key(letter):
        report = runs[letter].value
        return bool(report.cancelled), len(report.failed)

    free, limited, stopped, deadline = sorted(runs, key=key)
    return free + deadline + limited + stopped


def swapped(one, other):
    """Return an answer in which two letters have changed places."""

    def answer(runs):
        letters = [*letters_of(runs)]
        letters[one], letters[other] = letters[other], letters[one]
        return "".join(letters)

    return answer


def circuit(decides):
    """Return a breaker whose count and end are in a channel; `decides` says what is let through.

    It is called with the count, the end, the failures and the time, and returns whether the task
    is tried, and the end that then holds.
    """

    def breaking(process, failures, pause):
        state = Channel(1)
        state.send((0, 0.0))

        def guarded(task):
            count, until = state.receive()
            tried, until_then = decides(count, until, failures, now())
            tried_alone = until_then == math.inf
            state.send((count, until_then))
            if not tried:
                raise ProcessingError("open")
            try:
                value = process(task)
            except Exception:
                count, until = state.receive()
                state.send((count + 1, now() + pause if count + 1 >= failures else until))
                raise
            except BaseException:
                if tried_alone:
                    state.receive()
                    state.send((count, until))
                raise
            state.receive()
            state.send((0, 0.0))
            return value

        return guarded

    breaking.__name__ = decides.__name__
    return breaking


@circuit
def as_asked(count, until, failures, time):
    return time >= until, math.inf if count >= failures and time >= until else until


@circuit
def lets_all_try_after_the_pause(count, until, failures, time):
    return time >= until, until


@circuit
def never_tries_again(count, until, failures, time):
    return count < failures, until


@circuit
def opens_one_too_late(count, until, failures, time):
    return time >= until or count <= failures, until


@circuit
def never_opens(count, until, failures, time):
    return True, until


@circuit
def refuses_all(count, until, failures, time):
    return False, until


class Breaker:
    """A breaker with a lock and plain attributes."""

    def __init__(self, process, failures, pause):
        self.process, self.failures, self.pause = process, failures, pause
        self.lock, self.count, self.until, self.trying = Channel(1), 0, None, False

    def __call__(self, task):
        self.lock.send(None)
        trial = self.count >= self.failures
        refused = trial and (self.trying or now() < self.until)
        self.trying = self.trying or (trial and not refused)
        self.lock.receive()
        if refused:
            raise ProcessingError("open")
        return self.tried(task, trial)

    def tried(self, task, trial):
        try:
            value = self.process(task)
        except Exception:
            self.over(self.count + 1, trial)
            raise
        except BaseException:
            if trial:
                self.trying = False
            raise
        self.over(0, trial)
        return value

    def over(self, count, trial):
        self.lock.send(None)
        self.count = 0 if count == 0 else self.count + 1
        if self.count >= self.failures:
            self.until = now() + self.pause
        if trial:
            self.trying = False
        self.lock.receive()


def as_a_class(process, failures, pause):
    return Breaker(process, failures, pause)


class ForgetfulBreaker(Breaker):
    """A breaker for which a trial that is cut short is never over."""

    def tried(self, task, trial):
        try:
            return super().tried(task, trial)
        except Cancelled:
            self.trying = trial
            raise


def waits_for_a_trial_that_was_cut_short(process, failures, pause):
    return ForgetfulBreaker(process, failures, pause)


class HastyBreaker(Breaker):
    """A breaker that closes when a trial is cut short."""

    def tried(self, task, trial):
        try:
            return super().tried(task, trial)
        except Cancelled:
            if trial:
                self.count = 0
            raise


def closes_when_a_trial_is_cut_short(process, failures, pause):
    return HastyBreaker(process, failures, pause)


class ForgivingBreaker(Breaker):
    """A breaker that counts anew when a task is cut short."""

    def tried(self, task, trial):
        try:
            return super().tried(task, trial)
        except Cancelled:
            self.count = self.count if trial else 0
            raise


def counts_anew_when_a_task_is_cut_short(process, failures, pause):
    return ForgivingBreaker(process, failures, pause)


def tries_a_little_too_early(process, failures, pause):
    return Breaker(process, failures, pause - 0.01)


def waits_a_little_too_long(process, failures, pause):
    return Breaker(process, failures, pause + 0.01)


def plain(refuse=ProcessingError, caught=Exception, shared=None, resets=True, again=True):
    """Return a breaker of plain variables that is right in most other respects."""

    def breaking(process, failures, pause):
        state = {"count": 0, "until": 0.0} if shared is None else shared

        def guarded(task):
            if now() < state["until"]:
                raise refuse("open")
            alone = state["count"] >= failures
            if alone:
                state["until"] = math.inf
            try:
                value = process(task)
            except caught:
                count = state["count"] + 1
                state["count"] = count
                if count >= failures:
                    state["until"] = now() + pause if again else math.inf
                raise
            except BaseException:
                if alone:
                    state["until"] = 0.0
                raise
            if resets:
                state.update(count=0, until=0.0)
            else:
                state["until"] = 0.0
            return value

        return guarded

    return breaking


counts_plainly = plain()
raises_another_error = plain(refuse=ValueError)
counts_what_is_cut_short = plain(caught=BaseException)
counts_all_failures = plain(resets=False)
never_asks_again_after_a_trial = plain(again=False)
knows_one_error_only = plain(caught=ProcessingError)


def one_for_all(process, failures, pause):
    return plain(shared=ALL)(process, failures, pause)


ALL = {"count": 0, "until": 0.0}


def waits_until_it_is_well(process, failures, pause):
    guarded = as_asked(process, failures, pause)

    def waiting(task):
        before = now()
        try:
            return guarded(task)
        except ProcessingError as error:
            if now() == before:
                sleep(0.05)
            raise error

    return waiting


def returns_the_error(process, failures, pause):
    guarded = as_asked(process, failures, pause)

    def returning(task):
        try:
            return guarded(task)
        except Exception as error:
            return error

    return returning


def swallows_the_error(process, failures, pause):
    guarded = as_asked(process, failures, pause)

    def silent(task):
        with suppress(Exception):
            return guarded(task)

    return silent


def does_one_task_at_a_time(process, failures, pause):
    guarded, lock = as_asked(process, failures, pause), Channel(1)

    def alone(task):
        lock.send(None)
        try:
            return guarded(task)
        finally:
            lock.receive()

    return alone


def makes_no_function(process, failures, pause):
    return None


def keeps_the_lock(process, failures, pause):
    guarded, lock = as_asked(process, failures, pause), Channel(1)

    def locked(task):
        lock.send(None)
        value = guarded(task)
        lock.receive()
        return value

    return locked


def waits_in_a_loop(process, failures, pause):
    guarded = as_asked(process, failures, pause)

    def waiting(task):
        while True:
            with suppress(ProcessingError):
                return guarded(task)

    return waiting


RIGHT = {
    predict: [outcomes_of, lambda numbers: [*map(float, outcomes_of(numbers))]],
    read: [letters_of, lambda runs: [*letters_of(runs).lower()]],
    repair: [leaves_at_the_deadline, calls_attempt, the_pattern_s_own],
    extend: [raises_the_last_error, recursive],
    breaker: [as_asked, as_a_class],
}

WRONG = {
    predict: [
        (changed(0, 1, -1, 0), "only a task that went wrong has failed; one that time cuts short"),
        (changed(-1, 0, 0, 1), "a worker whose task failed goes on with the next one, at once"),
        (changed(-1, 0, 1, 0), "a worker whose task failed goes on with the next one, at once"),
        (changed(0, 0, 0, 1), "these are 11 tasks, and ten were submitted"),
        (lambda n: (10, 0, 0, 0), "the workers have tasks in hand at "),
        (changed(1, 0, -1, 0), "write down, half a second by half a second, which task each"),
        (changed(0, -1, 1, 0), "write down, half a second by half a second, which task each"),
        (lets_failures_take_a_second, "a worker whose task failed goes on with the next one"),
        ("4 2 3 1", "the answer must be four whole numbers >= 0, got '4 2 3 1'"),
        ((4, 2, 3), "the answer must be four whole numbers >= 0, got (4, 2, 3)"),
        ((5, -1, 3, 3), "the answer must be four whole numbers >= 0, got (5, -1, 3, 3)"),
    ],
    read: [
        (swapped(0, 1), "is not the pool without a limit: there only two tasks fail"),
        (swapped(0, 2), "is not the pool without a limit: there only two tasks fail"),
        (swapped(0, 3), "is not the pool without a limit: there only two tasks fail"),
        (swapped(1, 2), "is not the pool with a deadline: there whatever is in work at one"),
        (swapped(1, 3), "is not the pool with a deadline: there whatever is in work at one"),
        (swapped(2, 3), "is not the pool with a limit for each: there the long tasks fail after"),
        ("ABC", "the answer must be the letters 'A', 'B', 'C', 'D' in some order"),
        ("AABC", "the answer must be the letters"),
        (4, "the answer must be the letters"),
    ],
    repair: [
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
        (
            receives_after_the_deadline,
            "and a deadline of 0 s it starts 2 tasks when the deadline has passed",
        ),
        (hands_on_texts, "it has the value 'task 1 went wrong' for task 1"),
        (keeps_the_message_only, "it has the error 'task 1 went wrong' for task 1, not the"),
        (leaves_after_a_failure, "0.3 s is right: does every worker go on after a failure?"),
        (knows_the_errors_of_the_tests, "it raised ZeroDivisionError: task 11 divides by zero"),
        (copies_the_error, "it has a copy of the error for task 1, not the exception that was"),
        (one_worker_more, "it works on 4 jobs at a time, and 3 are allowed"),
        (one_worker_less, "it works on 2 jobs at a time, though 3 could run at once"),
        (one_worker_a_task, "it works on 8 jobs at a time, and 3 are allowed"),
        (in_batches, "8 tasks do the jobs in turn, and 3 workers should"),
        (a_task_for_each, "8 tasks do the jobs in turn, and 3 workers should"),
        (
            keeps_them_by_task,
            "with 5 equal tasks, 2 workers and a deadline of 9 s it raised TypeErr",
        ),
        (looks_for_equal_ones, "it has no result for task 0, which ran to its end"),
        (leaves_out_what_has_no_value, "it has no result for task 12, which ran to its end"),
        (
            asks_whether_there_is_an_error,
            "it has the value None for task 13, which raised OddError (an exc",
        ),
        (minds_no_deadline, "it took 0.3 s, and the deadline was at 0.25 s"),
        (one_error_for_all, "it has the error of task 1 for task 4"),
        (other_parameters, "it must be a function of (tasks, workers, timeout, process)"),
        (returns_text, "it returned a str, not a Report"),
    ],
    extend: [
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
        (swallows_the_cancel, "it tries a task again that the deadline has cut short"),
        (swallows_the_last_cancel, "it hides from the pool that the deadline has cut the task"),
        (makes_nothing, "it returned None, not a function that processes"),
        (tries_once, "it tries a task 1 time, and 3 times is right"),
        (shares_its_count, "and 3 times is right"),
        (tries_again_what_attempt_says_has_failed, "it tries a task again that was cut short"),
        (raises_what_counts_as_true, "here PassingError (an exception that counts as false)"),
        (tries_until_there_is_a_value, "it tries a task 3 times, and 2 times is right"),
        (pauses_in_equal_steps, "it took 1 s, and 1.1 s is right: pauses of 0.1, 0.2, … s"),
    ],
    breaker: [
        (lets_all_try_after_the_pause, "it lets 4 tasks through at 1 s, as a trial"),
        (never_tries_again, "it does not call process at 3 s, though the circuit is not open"),
        (opens_one_too_late, "it calls process at 2 s, while the circuit is open"),
        (never_opens, "it calls process at 2 s, while the circuit is open"),
        (refuses_all, "it does not call process at 0 s, though the circuit is not open"),
        (counts_plainly, "statement by statement"),
        (raises_another_error, "is not tried ends in ValueError('open'), and does not"),
        (
            counts_what_is_cut_short,
            "it does not call process at 1 s, though the circuit is not open",
        ),
        (counts_all_failures, "it does not call process at 2 s, though the circuit is not open"),
        (
            never_asks_again_after_a_trial,
            "it does not call process at 3 s, though the circuit is not open",
        ),
        (knows_one_error_only, "it calls process at"),
        (one_for_all, "s, though "),
        (waits_until_it_is_well, "that is not tried fails only at"),
        (returns_the_error, "and that does not come out"),
        (swallows_the_error, "and that does not come out"),
        (does_one_task_at_a_time, "no task is given to it then: does one task wait for another?"),
        (makes_no_function, "it returned None, not a function that processes a task"),
        (keeps_the_lock, "it deadlocks"),
        (waits_for_a_trial_that_was_cut_short, "it does not call process at 2 s, though it is"),
        (closes_when_a_trial_is_cut_short, "it lets 2 tasks through at 2 s, as a trial"),
        (counts_anew_when_a_task_is_cut_short, "it calls process at 1.5 s, while the circuit is"),
        (tries_a_little_too_early, "it calls process at 0.599 s, while the circuit is open"),
        (waits_a_little_too_long, "it does not call process at 0.601 s, though the circuit"),
    ],
}

ENDLESS = {
    repair: [
        (catches_everything_again_and_again, "it does not end"),
    ],
    extend: [(tries_for_ever, "it does not end")],
    breaker: [(waits_in_a_loop, "it does not end")],
}
