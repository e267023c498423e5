# %% predict
# Those in work at the deadline are cancelled, not failed: nothing went wrong with them, there was
# only no time. A failed task costs no worker; it even sets its worker free early. Let the
# simulation note who takes what.
tasks, process, timeout = predict.numbers
report = simulate(error_handling.run, tasks, process, workers=3, timeout=timeout).value
never_started = len(report.never_started) + len(report.unsubmitted)
outcomes = (len(report.succeeded), len(report.failed), len(report.cancelled), never_started)


# %% read
# A limit of the tasks' own makes failures of the long ones, so there are more than two of them.
# Nothing is cut short where there is no limit. Of the two pools that leave cancelled tasks, the one
# that stops at a failure has only one failed task, and goes on for a shorter time.
def failed(letter):
    return len(read.numbers[letter].value.failed)


cut = [letter for letter, run in read.numbers.items() if run.value.cancelled]
stopped, deadline = sorted(cut, key=failed)
unlimited, limited = sorted(set("ABCD") - set(cut), key=failed)
letters = unlimited + deadline + limited + stopped


# %% repair
# The worker writes the task down before it tries it, and whatever exception `process` raises, there
# is a result. Only `Cancelled` goes through: it is no `Exception`. It ends the worker, and the task
# in its hands is started and has no result: cancelled. `except ProcessingError` would be too
# narrow, as the next error of another kind ends the run again; `except BaseException` too wide, as
# it makes a failure of what time has cut short. (`attempt(process, task)` does these four lines.)
def my_pool(tasks, workers, timeout, process):
    waiting, started, results = filled(tasks), [], []

    def worker():
        for task in waiting:
            started.append(task)
            try:
                results.append(Succeeded(task, process(task)))
            except Exception as error:
                results.append(Failed(task, error))

    with TaskGroup(Context(timeout=timeout)) as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
    return Report(tuple(tasks), tuple(started), tuple(results))


# %% extend
# The last attempt stands after the loop, so its error comes out by itself, and nobody sleeps when
# there is nothing left to try. A task that was cut short is not tried again, since
# `except Exception` does not catch `Cancelled`: time will not come back. What fails for good, such
# as a price that does not exist, should not be tried again at all: there one would catch only the
# errors that may pass.
def retrying(process, attempts, pause):
    def patient(task):
        for number in range(attempts - 1):
            try:
                return process(task)
            except Exception:
                sleep(pause * 2**number)
        return process(task)

    return patient


# %% breaker
# A channel with room for one holds what all workers have to agree on: how many tasks have failed in
# a row, and until when nobody is asked. Who has received it may change it; meanwhile the others
# wait. So looking and changing are one step, and `process` is outside of it. Whoever finds that the
# pause is over lets nobody else pass until the trial has ended.
def breaking(process, failures, pause):
    state = Channel(1)
    state.send((0, 0))

    def guarded(task):
        in_a_row, until = state.receive()
        refused = now() < until
        is_trial = in_a_row >= failures and not refused
        state.send((in_a_row, math.inf if is_trial else until))
        if refused:
            raise ProcessingError(f"task {task.id} is not tried: too many have failed")
        try:
            value = process(task)
        except Exception:
            in_a_row, until = state.receive()
            too_many = in_a_row + 1 >= failures
            state.send((in_a_row + 1, now() + pause if too_many else until))
            raise
        except BaseException:
            if is_trial:  # it has shown nothing: let the next one be the trial
                state.receive()
                state.send((in_a_row, until))
            raise
        state.receive()
        state.send((0, 0))
        return value

    return guarded
