"""Answers to the exercises on plain Python."""

from collections import deque
from decimal import Decimal
from itertools import islice

from lab.teaching.exercises.plain import choose, predict, read, repair
from patterns.concurrency import Channel, sleep

RIGHT_FORM = {
    "a few jobs that wait, and may be waited for": "threads",
    "so many jobs that wait that the submitter must wait, too": "queue_threads",
    "thousands of connections that wait": "tasks",
    "jobs that compute in Python, with the GIL": "processes",
    "blocking jobs that a deadline must reach, all accounted for": "patterns",
}


def form(run):
    """Return which form it is, by its place in the question."""
    blocked = [span for span in run.trace.spans if str(span.state) == "blocked"]
    if not blocked:
        return 2 if run.trace.jobs[0].started else 1
    return 3 if blocked[0].start == 0 else 0


def formed(runs):
    return "".join(sorted(runs, key=lambda letter: form(runs[letter])))


def reordered(*places):
    """Return an answer with the letters of the right one in another order."""
    return lambda runs: "".join(formed(runs)[place] for place in places)


def figures(given):
    """Return the three numbers, the first by counting each thread's jobs."""
    wait, compute, jobs = given["wait"], given["compute"], given["jobs"]
    ready, free = [wait] * given["threads"], 0
    for _ in range(jobs):
        first = ready.index(min(ready))
        free = max(free, ready[first]) + compute
        ready[first] = free + wait
    rounds = -(-jobs // given["processes"])
    return [free, wait // compute + 1, rounds * (wait + compute)]


def changed(place, change):
    """Return an answer that is right but for one number, which `change` makes of all that is given.

    Args:
        place: of the number.
        change: called with the right number and what is given.
    """

    def answer(given):
        each = figures(given)
        each[place] = change(each[place], given)
        return each

    return answer


def whole(given):
    return given["wait"] + given["compute"]


def without_the_lock(_, given):
    return -(-given["jobs"] // given["threads"]) * whole(given)


def one_after_the_other(_, given):
    return given["jobs"] * whole(given)


def batches_of(executor, process, jobs, room):
    """Wait for all of a batch before the next one is submitted."""
    results = []
    while batch := list(islice(jobs, room)):
        futures = [executor.submit(process, job) for job in batch]
        results += [asked(future) for future in futures]
    return results


def asked(future):
    try:
        return future.result()
    except Exception as error:
        return error


def window(ask):
    """Return a right answer but for how a future is asked."""

    def all_pages(executor, process, jobs, room):
        waiting, results = deque(), []
        for job in jobs:
            if len(waiting) == room:
                results.append(ask(waiting.popleft()))
            waiting.append(executor.submit(process, job))
        return results + [ask(future) for future in waiting]

    all_pages.__name__ = ask.__name__
    return all_pages


def window_of(size):
    """Return a right answer but for the size of its window."""

    def all_pages(executor, process, jobs, room):
        return window(asked)(executor, process, jobs, size(room))

    return all_pages


def what_is_true(future):
    return future.exception() or future.result()


def leaves_out_what_is_none(executor, process, jobs, room):
    results = window(asked)(executor, process, jobs, room)
    return [result for result in results if result is not None]


def keeps_them_by_job(executor, process, jobs, room):
    submitted, results, waiting = [], {}, deque()
    for job in jobs:
        if len(waiting) == room:
            oldest, future = waiting.popleft()
            results[oldest] = asked(future)
        waiting.append((job, executor.submit(process, job)))
        submitted.append(job)
    results |= {job: asked(future) for job, future in waiting}
    return [results[job] for job in submitted]


def looks_jobs_up(executor, process, jobs, room):
    submitted, futures = [], []
    for job in jobs:
        if len(futures) >= room:
            futures[len(futures) - room].exception()
        submitted.append(job)
        futures.append(executor.submit(process, job))
    return [asked(futures[submitted.index(job)]) for job in submitted]


def by_index(executor, process, jobs, room):
    futures = []
    for job in jobs:
        if len(futures) >= room:
            futures[len(futures) - room].exception()
        futures.append(executor.submit(process, job))
    return [asked(future) for future in futures]


def a_channel_as_semaphore(executor, process, jobs, room):
    places, results = Channel(room), {}

    def keep(number, future):
        results[number] = asked(future)
        places.receive()

    futures = []
    for number, job in enumerate(jobs):
        places.send(None)
        future = executor.submit(process, job)
        future.add_done_callback(lambda future, number=number: keep(number, future))
        futures.append(future)
    for future in futures:
        future.exception()
    return [asked(future) for future in futures]


def a_job_that_never_raises(executor, process, jobs, room):
    def guarded(job):
        try:
            return process(job)
        except Exception as error:
            return error

    return window(lambda future: future.result())(executor, guarded, jobs, room)


def raises_the_first(future):
    return future.result()


def none_for_an_error(future):
    return None if future.exception() else future.result()


def text_of_the_error(future):
    return str(future.exception() or future.result())


def all_at_once(executor, process, jobs, room):
    return [asked(future) for future in [executor.submit(process, job) for job in jobs]]


def maps(executor, process, jobs, room):
    return list(executor.map(process, jobs))


def does_them_itself(executor, process, jobs, room):
    results = []
    for job in jobs:
        try:
            results.append(process(job))
        except Exception as error:
            results.append(error)
    return results


def one_at_a_time(executor, process, jobs, room):
    return [asked(executor.submit(process, job)) for job in jobs]


def forgets_the_last(executor, process, jobs, room):
    waiting, results = deque(), []
    for job in jobs:
        if len(waiting) == room:
            results.append(asked(waiting.popleft()))
        waiting.append(executor.submit(process, job))
    return results


def leaves_out_the_missing(executor, process, jobs, room):
    results = window(asked)(executor, process, jobs, room)
    return [result for result in results if not isinstance(result, Exception)]


def as_they_are_done(executor, process, jobs, room):
    results, futures = [], []
    for job in jobs:
        if len(futures) >= room:
            futures[len(futures) - room].exception()
        future = executor.submit(process, job)
        future.add_done_callback(lambda future: results.append(asked(future)))
        futures.append(future)
    for future in futures:
        future.exception()
    return results


def empties_the_list(executor, process, jobs, room):
    return window(asked)(executor, process, iter(list(jobs)), room)


def newest_first(executor, process, jobs, room):
    waiting, results = [], {}
    for number, job in enumerate(jobs):
        if len(waiting) == room:
            last, future = waiting.pop()
            results[last] = asked(future)
        waiting.append((number, executor.submit(process, job)))
    for number, future in waiting:
        results[number] = asked(future)
    return [results[number] for number in sorted(results)]


def retries(executor, process, jobs, room):
    def twice(job):
        try:
            return process(job)
        except Exception:
            return process(job)

    return window(asked)(executor, twice, jobs, room)


def returns_a_generator(executor, process, jobs, room):
    for job in jobs:
        yield asked(executor.submit(process, job))


def naps_until_there_is_room(executor, process, jobs, room):
    futures = []
    for job in jobs:
        while sum(not future.done() for future in futures) >= room:
            sleep(5)
        futures.append(executor.submit(process, job))
    return [asked(future) for future in futures]


def spins(executor, process, jobs, room):
    futures = []
    for job in jobs:
        while sum(not future.done() for future in futures) >= room:
            pass
        futures.append(executor.submit(process, job))
    return [asked(future) for future in futures]


def named(needs):
    return [RIGHT_FORM[need] for need in needs.values()]


def with_another(name):
    """Return an answer that is right but for the first place that is not `name` already."""

    def answer(needs):
        names = named(needs)
        place = next(n for n, each in enumerate(names) if each != name)
        names[place] = name
        return names

    answer.__name__ = name
    return answer


RIGHT = {
    read: [formed, lambda runs: [*formed(runs).lower()]],
    predict: [figures, lambda n: tuple(map(Decimal, figures(n)))],
    repair: [
        window(asked),
        by_index,
        a_channel_as_semaphore,
        a_job_that_never_raises,
    ],
    choose: [named, lambda n: dict(zip("ABCDE", named(n), strict=True))],
}

WRONG = {
    read: [
        (reordered(1, 0, 2, 3), "is not threads with the GIL: there two jobs would wait at the"),
        (reordered(0, 2, 1, 3), "is not threads without it: there nobody would wait for anybody"),
        (reordered(0, 1, 3, 2), "is not processes: there no job would begin before"),
        (reordered(3, 1, 2, 0), "is not threads with the GIL"),
        (reordered(0, 3, 2, 1), "is not threads without it"),
        (reordered(3, 2, 1, 0), "is not threads with the GIL"),
        ("ABC", "the answer must be the letters 'A', 'B', 'C', 'D' in some order"),
        ("AAAA", "the answer must be the letters"),
        (True, "the answer must be the letters"),
    ],
    predict: [
        (changed(0, without_the_lock), " ms would be right without the lock"),
        (changed(0, one_after_the_other), "while one computes, the others can wait"),
        (changed(0, lambda n, given: n + given["compute"]), "when do the first ones want the lock"),
        (changed(0, lambda n, given: 1), "of computing have to pass through one lock"),
        (changed(0, lambda n, given: n / 1000), "of computing have to pass through one lock"),
        (changed(1, lambda n, given: n - 1), "on one more does help: while one computes"),
        (changed(1, lambda n, given: n + 1), "one more helps no longer with fewer than"),
        (changed(2, lambda n, given: figures(given)[0]), "each has a lock of its own, so"),
        (changed(2, lambda n, given: n - whole(given)), "and the last round may not be full"),
        (7, "three numbers (ms with threads, threads, ms with processes), and is an int"),
        ((7, 8), "three numbers (ms with threads, threads, ms with processes), got 2"),
        ((7, 8, "9"), "ms with processes), got '9'"),
    ],
    repair: [
        (all_at_once, "it has 12 jobs submitted and not done, with room for 5"),
        (maps, "it has 12 jobs submitted and not done, with room for 5"),
        (window_of(lambda room: room + 1), "it has 6 jobs submitted and not done, with room for 5"),
        (window_of(lambda room: max(room - 1, 1)), "s are enough"),
        (window(raises_the_first), "2 pages missing it raised PageMissing"),
        (window(none_for_an_error), "2 pages raised, and it returned 0 exceptions"),
        (window(text_of_the_error), "is 'None', and should be that of page 6, which is None"),
        (does_them_itself, "it does jobs itself, and the executor should do them"),
        (one_at_a_time, " s are enough"),
        (batches_of, " s are enough"),
        (naps_until_there_is_room, " s are enough"),
        (forgets_the_last, "it returned 7 results for 12 pages"),
        (leaves_out_the_missing, "it returned 7 results for 9 pages"),
        (as_they_are_done, "and should be that of page"),
        (empties_the_list, "it takes 12 jobs from the list before they are done, with room for 5"),
        (newest_first, " s are enough"),
        (window(what_is_true), "1 page missing it raised MissingAndFalse"),
        (leaves_out_what_is_none, "it returned 11 results for 12 pages"),
        (
            keeps_them_by_job,
            "with 5 equal pages, 2 workers and room for 3, 1 page missing it raised",
        ),
        (looks_jobs_up, "page missing 1 page raised, and it returned 0 exceptions"),
        (retries, "9 pages should be read, and it read 11"),
        (returns_a_generator, "it returned a generator, not a list"),
        (lambda executor, process, jobs: [], "it must be a function of (executor, process, jobs,"),
    ],
    choose: [
        (with_another("threads"), " is not for threads: "),
        (with_another("queue_threads"), " is not for queue_threads: "),
        (with_another("tasks"), " is not for tasks: "),
        (with_another("processes"), " is not for processes: "),
        (with_another("patterns"), " is not for patterns: "),
        (lambda n: named(n)[1:], "the answer must be five names, got 4 names"),
        (lambda n: [*named(n)[:4], "gil"], "there is no form 'gil': each must be one of"),
        ("threads", "the answer must be a list of five names, and is a str"),
    ],
}

ENDLESS = {repair: [(spins, "it does not end: it loops for ever, or waits in real time")]}
