"""Answers to the exercises on the basic pool."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from lab.teaching.exercises.basic import extend, ordered, predict, read, repair
from lab.teaching.exercises.queues import submit
from patterns import basic
from patterns.concurrency import Channel, TaskGroup, sleep


def repaired(end):
    """Return a pool like the exercise's, whose tasks are started by `end`."""

    def pool(jobs, workers, buffer):
        queue, results = Channel(buffer, "jobs"), Channel(buffer, "results")

        def worker():
            for job in queue:
                sleep(1)
                results.send(job * 2)

        with TaskGroup() as group:
            return end(group, lambda: submit(jobs, queue), worker, workers, results)

    pool.__name__ = end.__name__
    return pool


def counts_results(jobs, workers, buffer):
    queue, results = Channel(buffer), Channel(buffer)

    def worker():
        for job in queue:
            sleep(1)
            results.send(job * 2)

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        return [results.receive() for _ in jobs]


def submitter_closes(group, submit, worker, workers, results):
    group.spawn(lambda: (submit(), results.close()))
    for _ in range(workers):
        group.spawn(worker)
    return list(results)


def nobody_closes(group, submit, worker, workers, results):
    group.spawn(submit)
    for _ in range(workers):
        group.spawn(worker)
    return list(results)


def submits_first(group, submit, worker, workers, results):
    group.spawn(basic.work, workers, worker, results)
    submit()
    return list(results)


def one_worker_only(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, 1, worker, results)
    return list(results)


def forgets_one(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, workers, worker, results)
    return list(results)[1:]


def one_worker_less(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, max(workers - 1, 1), worker, results)
    return list(results)


def one_worker_more(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, workers + 1, worker, results)
    return list(results)


def a_hundred_workers(group, submit, worker, workers, results):
    group.spawn(submit)
    group.spawn(basic.work, 100, worker, results)
    return list(results)


def a_task_for_each_job(jobs, workers, buffer):
    results = []

    def work(job):
        sleep(1)
        results.append(job * 2)

    with TaskGroup() as group:
        for job in jobs:
            group.spawn(work, job)
    return results


def batches(jobs, workers, buffer):
    results = []
    for begin in range(0, len(jobs), workers):
        results += a_task_for_each_job(jobs[begin : begin + workers], workers, buffer)
    return results


def a_task_for_each_job_in_turn(jobs, workers, buffer):
    room, results = Channel(workers), []

    def work(job):
        room.send(None)
        sleep(1)
        results.append(job * 2)
        room.receive()

    with TaskGroup() as group:
        for job in jobs:
            group.spawn(work, job)
    return results


def sleepers_and_a_formula(jobs, workers, buffer):
    left = iter(jobs)
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(lambda: [sleep(1) for _ in left])
    return [job * 2 for job in jobs]


def adds_up_at_the_end(jobs, workers, buffer):
    left = iter(jobs)
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(lambda: [sleep(1) for _ in left])
    return [job + job for job in jobs]


def doubles_what_it_collects(jobs, workers, buffer):
    queue, results = Channel(buffer), Channel(buffer)

    def worker():
        for job in queue:
            sleep(1)
            results.send(job)

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return [2 * job for job in results]


def doubles_first(jobs, workers, buffer):
    return with_a_queue_of(lambda jobs, buffer: buffer, doubled_first=True)(jobs, workers, buffer)


def sleeps_then_computes(jobs, workers, buffer):
    sleep(-(-len(jobs) // workers))
    return [job * 2 for job in jobs]


def sleeps_a_second_at_a_time(jobs, workers, buffer):
    for _ in range(-(-len(jobs) // workers)):
        sleep(1)
    return [job * 2 for job in jobs]


def with_a_queue_of(size, doubled_first=False):
    """Return a right pool, but for the size of its queue."""

    def pool(jobs, workers, buffer):
        queue, results = Channel(size(jobs, buffer)), Channel(buffer)

        def worker():
            for job in queue:
                if doubled_first:
                    job += job
                sleep(1)
                results.send(job if doubled_first else job * 2)

        with TaskGroup() as group:
            group.spawn(submit, jobs, queue)
            group.spawn(basic.work, workers, worker, results)
            return list(results)

    return pool


room_for_all = with_a_queue_of(lambda jobs, buffer: len(jobs))
one_more_than_the_buffer = with_a_queue_of(lambda jobs, buffer: buffer + 1)


def plain_counter(jobs, workers, buffer):
    queue, results = Channel(buffer), Channel(buffer)
    left = workers

    def worker():
        nonlocal left
        for job in queue:
            sleep(1)
            results.send(job * 2)
        left -= 1
        if left == 0:
            results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        return list(results)


def plain_counter_of_results(jobs, workers, buffer):
    queue, results = Channel(buffer), Channel(buffer)
    done = [0]

    def worker():
        for job in queue:
            sleep(1)
            results.send(job * 2)
            done[0] = done[0] + 1
            if done[0] == len(jobs):
                results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        return list(results) if jobs else []


def counts_jobs_instead(value):
    """Return a pool that is right in time, but makes its results of the jobs' places."""

    def pool(jobs, workers, buffer):
        places = list(range(1, len(jobs) + 1))
        return [value(place) for place in counts_results(places, workers, buffer)]

    return pool


by_formula = counts_jobs_instead(lambda doubled: doubled)
by_place = counts_jobs_instead(lambda doubled: doubled // 2 * 2)


def loops_without_jobs(jobs, workers, buffer):
    results = Channel(buffer)
    with TaskGroup() as group:
        queue = iter(jobs)

        def worker():
            for job in queue:
                sleep(1)
                results.send(job * 2)

        for _ in range(workers):
            group.spawn(worker)
        values = [results.receive()]
        while len(values) < len(jobs):
            values.append(results.receive())
    return values


def counts_to_the_last_job(jobs, workers, buffer):
    return counts_results([*jobs[:-1], jobs[-1]], workers, buffer)


def polls_for_ever(jobs, workers, buffer):
    while True:
        sleep(0.1)


def first(end):
    """Return a pool like the exercise's, which collects by `end`."""

    def pool(wanted, jobs, workers, process):
        queue, results = Channel(len(jobs), "jobs"), Channel(0, "results")

        def worker():
            for job in queue:
                results.send(process(job))

        with TaskGroup() as group:
            group.spawn(submit, jobs, queue)
            group.spawn(basic.work, workers, worker, results)
            return end(group, results, wanted)

    pool.__name__ = end.__name__
    return pool


def slices_afterwards(group, results, wanted):
    return list(results)[:wanted]


def just_leaves(group, results, wanted):
    return list(islice(results, wanted))


def closes_the_results(group, results, wanted):
    collected = list(islice(results, wanted))
    results.close()
    return collected


def counts_on_all(group, results, wanted):
    collected = [results.receive() for _ in range(wanted)]
    group.context.cancel("seen enough")
    return collected


def looks_again_and_again(group, results, wanted):
    while len(results) < wanted:
        pass


def takes_the_first_jobs(wanted, jobs, workers, process):
    return first(slices_afterwards)(wanted, jobs[:wanted], workers, process)


def all_in_batches(wanted, jobs, workers, process):
    if wanted < len(jobs):  # that much is right
        return stops_the_others(wanted, jobs, workers, process)
    values = []
    for begin in range(0, len(jobs), workers):
        with TaskGroup() as group:
            for job in jobs[begin : begin + workers]:
                group.spawn(lambda job=job: values.append(process(job)))
    return values


def no_pool_at_all(wanted, jobs, workers, process):
    return [process(job) for job in jobs[:wanted]]


def stops_the_others(wanted, jobs, workers, process):
    queue, results = Channel(len(jobs)), Channel()

    def worker():
        for job in queue:
            results.send(process(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        collected = list(islice(results, wanted))
        group.context.cancel("seen enough")
    return collected


def no_workers_limit(wanted, jobs, workers, process):
    return stops_the_others(wanted, jobs, max(len(jobs), 1), process)


def one_more_worker_than_asked_for(wanted, jobs, workers, process):
    more = workers + (wanted > len(jobs) > 3)
    return stops_the_others(wanted, jobs, more, process)


def squares_by_formula(wanted, jobs, workers, process):
    done = stops_the_others(wanted, jobs, workers, lambda job: (job, process(job)))
    return [job * job if isinstance(job, int) and len(jobs) > 1 else value for job, value in done]


def plain_count_of_workers(wanted, jobs, workers, process):
    queue, results = Channel(len(jobs)), Channel(len(jobs))
    left = workers

    def worker():
        nonlocal left
        for job in queue:
            results.send(process(job))
        left -= 1
        if left == 0:
            results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for _ in range(workers):
            group.spawn(worker)
        collected = list(islice(results, wanted))
        group.context.cancel("seen enough")
    return collected


def plain_count_of_jobs(wanted, jobs, workers, process):
    queue, results = Channel(len(jobs)), Channel(len(jobs))
    left = len(jobs)

    def worker():
        nonlocal left
        for job in queue:
            results.send(process(job))
            left -= 1
            if left == 0:
                results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, Channel())
        collected = list(islice(results, wanted)) if jobs else []
        group.context.cancel("seen enough")
    return collected


def jobs_as_keys(wanted, jobs, workers, process):
    done = {}

    def noting(job):
        value = process(job)
        done[job] = done.get(job, 0) + 1
        return value

    return stops_the_others(wanted, jobs, workers, noting)


def numbered(results):
    """Return a pool that sorts by number, whose results are collected by `results`."""

    def in_order(jobs, workers, process):
        queue, done = Channel(workers), Channel(workers)

        def worker():
            for number, job in queue:
                done.send((number, process(job)))

        with TaskGroup() as group:
            group.spawn(submit, list(enumerate(jobs)), queue)
            group.spawn(basic.work, workers, worker, done)
            return results(done, len(jobs))

    in_order.__name__ = results.__name__
    return in_order


def puts_each_in_its_place(done, number):
    results = [None] * number
    for place, result in done:
        results[place] = result
    return results


def sorts_by_result(done, number):
    return sorted(result for _, result in done)


def forgets_the_last_one(done, number):
    return [result for _, result in sorted(done, key=lambda pair: pair[0])][: number - 1]


def keeps_the_numbers(done, number):
    return sorted(done, key=lambda pair: pair[0])


def as_they_come(done, number):
    return [result for _, result in done]


def backwards(done, number):
    return puts_each_in_its_place(done, number)[::-1]


def one_after_the_other(jobs, workers, process):
    return [process(job) for job in jobs]


def in_batches_in_order(jobs, workers, process):
    results = {}

    def work(number, job):
        results[number] = process(job)

    numbered = list(enumerate(jobs))
    for begin in range(0, len(numbered), workers):
        with TaskGroup() as group:
            for number, job in numbered[begin : begin + workers]:
                group.spawn(work, number, job)
    return [results[number] for number in range(len(numbered))]


def a_task_each_in_order(jobs, workers, process):
    return in_batches_in_order(jobs, len(jobs) or 1, process)


def by_a_table_of_jobs(jobs, workers, process):
    queue, done = Channel(workers), Channel(workers)

    def worker():
        for job in queue:
            done.send((job, process(job)))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, done)
        results = dict(done)
    return [results[job] for job in jobs]


def one_worker_too_many(jobs, workers, process):
    return numbered(puts_each_in_its_place)(jobs, workers + 1, process)


def a_channel_for_each_job(jobs, workers, process):
    room = [(job, Channel(1)) for job in jobs]
    left = Channel(len(room))

    def worker():
        for job, place in left:
            place.send(process(job))

    with TaskGroup() as group:
        submit(room, left)
        for _ in range(workers):
            group.spawn(worker)
        return [place.receive() for _, place in room]


def tokens_of_those_who_leave(group, submit, worker, workers, results):
    gone = Channel(0)

    def closer():
        for _ in range(workers):
            gone.receive()
        results.close()

    for _ in range(workers):
        group.spawn(lambda: (worker(), gone.send(None)))
    group.spawn(closer)
    group.spawn(submit)
    return list(results)


def asks_after_each_result(found, wanted, results):
    for result in results:
        found.append(result)
        if len(found) == wanted:
            break


def takes_a_slice(found, wanted, results):
    found.extend(islice(results, wanted))


def takes_what_is_there(found, wanted, results):
    found.extend(islice(filter(None, results), wanted))


def takes_none_for_the_end(found, wanted, results):
    while len(found) < wanted and (result := next(iter(results), None)) is not None:
        found.append(result)


def canceller(collect):
    def pool(wanted, jobs, workers, process):
        queue, results, enough = Channel(len(jobs)), Channel(0), Channel(1)

        def worker():
            for job in queue:
                results.send(process(job))

        with TaskGroup() as group:
            group.spawn(submit, jobs, queue)
            group.spawn(basic.work, workers, worker, results)
            group.spawn(lambda: (enough.receive(), group.context.cancel("enough")))
            found = []
            collect(found, wanted, results)
            enough.send(True)
        return found

    pool.__name__ = collect.__name__
    return pool


def raises_when_it_has_enough(wanted, jobs, workers, process):
    class EnoughError(Exception):
        pass

    found, rest = [], iter(jobs)

    def worker():
        for job in rest:
            found.append(process(job))
            if len(found) >= wanted:
                raise EnoughError

    if wanted:
        try:
            with TaskGroup() as group:
                for _ in range(workers):
                    group.spawn(worker)
        except* EnoughError:
            pass
    return found[:wanted]


def cancels_from_a_worker(wanted, jobs, workers, process):
    found, rest = [], iter(jobs if wanted else [])

    def worker(group):
        for job in rest:
            value = process(job)
            sleep(0)
            found.append(value)
            if len(found) >= wanted:
                group.context.cancel("enough")

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker, group)
    return found


def a_task_each_but_few_at_a_time(jobs, workers, process):
    tokens, found = Channel(workers), {}

    def one(place, job):
        found[place] = process(job)
        tokens.receive()

    with TaskGroup() as group:
        for place, job in enumerate(jobs):
            tokens.send(None)
            group.spawn(one, place, job)
    return [found[place] for place in range(len(found))]


def sorts_the_jobs(jobs, workers, process):
    results = basic.run(jobs, process, workers=workers).results
    found = iter(sorted(results, key=lambda result: result.job))
    places = sorted(range(len(jobs)), key=lambda place: jobs[place])
    by_place = {place: next(found).value for place in places}
    return [by_place[place] for place in range(len(jobs))]


def by_a_table_of_texts(jobs, workers, process):
    results = basic.run(jobs, process, workers=workers).results
    by_text = {repr(result.job): result.value for result in results}
    return [by_text[repr(job)] for job in jobs]


def leaves_out_what_is_none(jobs, workers, process):
    found = a_task_each_but_few_at_a_time(jobs, workers, process)
    return [value for value in found if value is not None]


def letters_of(runs):
    """Return the letters of the orders, from the jobs' seconds in each run."""
    seconds = {letter: [*run.value.submitted] for letter, run in runs.items()}
    longest = next(k for k, s in seconds.items() if s == sorted(s, reverse=True))
    shortest = next(k for k, s in seconds.items() if s == sorted(s))
    came = next(k for k in seconds if k not in (longest, shortest))
    return came + longest + shortest


def last_done(seconds):
    """Return when three workers are done with these, who take them in order."""
    free = [0, 0, 0]
    for each in seconds:
        free[free.index(min(free))] += each
    return max(free)


RIGHT = {
    predict: [last_done, lambda s: Fraction(last_done(s)), lambda s: Decimal(last_done(s))],
    read: [letters_of, lambda runs: [*letters_of(runs).lower()]],
    repair: [
        counts_results,
        doubles_what_it_collects,
        doubles_first,
        repaired(tokens_of_those_who_leave),
    ],
    extend: [stops_the_others, canceller(takes_a_slice), raises_when_it_has_enough],
    ordered: [
        numbered(puts_each_in_its_place),
        a_channel_for_each_job,
        a_task_each_but_few_at_a_time,
    ],
}

WRONG = {
    predict: [
        (lambda s: 9, "9 s is too short: "),
        (lambda s: sum(s) / 3, "would need three workers who all stop at the same"),
        (lambda s: last_done(sorted(s, reverse=True)), "somebody who chooses the jobs cleverly"),
        (sum, "is too long: nobody who is free waits"),
        (lambda s: last_done(s) + 1, "is too long: nobody who is free waits"),
        ("12", "the answer must be a number of seconds, got '12'"),
        (math.nan, "must be a number of seconds, got nan"),
        (True, "must be a number of seconds, got True"),
    ],
    read: [
        (lambda runs: letters_of(runs)[::-1], "look at the three jobs that begin at 0 s"),
        (lambda runs: letters_of(runs)[1:] + letters_of(runs)[0], "is not as they came: look"),
        (lambda runs: letters_of(runs)[0] + letters_of(runs)[:0:-1], "is not longest first: look"),
        ("AAB", "the answer must be the letters 'A', 'B', 'C' in some order"),
        ("AB", "the answer must be the letters"),
        ("", "the answer must be the letters"),
        (7, "the answer must be the letters"),
        ([1, 2, 3], "the answer must be the letters"),
    ],
    repair: [
        (
            repaired(submitter_closes),
            "with 10 jobs, 3 workers and buffer 2 it raised Closed: send on closed channel results",
        ),
        (repaired(nobody_closes), "it deadlocks at 4 s: main is receiving from results (empty)"),
        (repaired(submits_first), "it deadlocks at 2 s: main is sending to jobs (2/2 full)"),
        (repaired(one_worker_only), "it does one job at a time, though 3 could run at once"),
        (repaired(one_worker_less), "it works on 2 jobs at a time, though 3 could run at once"),
        (repaired(one_worker_more), "it works on 4 jobs at a time, and 3 are allowed"),
        (repaired(a_hundred_workers), "it works on 10 jobs at a time, and 3 are allowed"),
        (a_task_for_each_job, "it works on 10 jobs at a time, and 3 are allowed"),
        (batches, "10 tasks do the jobs in turn, and 3 workers should"),
        (a_task_for_each_job_in_turn, "10 tasks do the jobs in turn, and 3 workers should"),
        (sleepers_and_a_formula, "it makes 10 results at one moment, with 3 workers"),
        (adds_up_at_the_end, "it makes 10 results at one moment, with 3 workers"),
        (sleeps_then_computes, "it works on no job, though 3 could run at once"),
        (sleeps_a_second_at_a_time, "it does one job at a time, though 3 could run at once"),
        (room_for_all, "with 10 jobs, 3 workers and buffer 2 it lets 7 jobs wait, and the buffer"),
        (one_more_than_the_buffer, "it lets 3 jobs wait, and the buffer is for 2"),
        (
            plain_counter,
            "with 2 jobs, 3 workers and buffer 2, run statement by statement, it deadlocks at 1 s",
        ),
        (plain_counter_of_results, "and buffer 2, run statement by statement, it deadlocks at 1 s"),
        (by_formula, "with 5 jobs, 2 workers and buffer 2 it lost results: 14, 14, 18"),
        (by_place, "it lost results: 14, 14, 18"),
        (loops_without_jobs, "with 0 jobs, 2 workers and buffer 1 it deadlocks at 0 s"),
        (counts_to_the_last_job, "with 0 jobs, 2 workers and buffer 1 it raised IndexError"),
        (repaired(forgets_one), "with 10 jobs, 3 workers and buffer 2 it lost results: 2"),
    ],
    extend: [
        (first(slices_afterwards), "it took 12 s, and 3 s are enough"),
        (first(just_leaves), "it deadlocks at 9 s: main is waiting for its tasks to end"),
        (first(closes_the_results), "it raised Closed: send on closed channel results"),
        (all_in_batches, "with 5 of 3 results wanted from 2 workers it took 5 s, and 4 s are"),
        (no_pool_at_all, "it does one job at a time, though 3 could run at once"),
        (no_workers_limit, "it works on 7 jobs at a time, and 3 are allowed"),
        (one_more_worker_than_asked_for, "it works on 3 jobs at a time, and 2 are allowed"),
        (squares_by_formula, "with jobs of 3, 1, 1, 1 and 3 s and 2 workers it lost results"),
        (plain_count_of_workers, "with 2 jobs and 3 workers"),
        (plain_count_of_jobs, "with 2 jobs and 3 workers"),
        (jobs_as_keys, "with jobs that are lists and 2 workers it raised TypeError: unhashable"),
        (
            canceller(asks_after_each_result),
            "with 0 of 3 results wanted from 2 workers it returned 3 results, and only 0 were",
        ),
        (cancels_from_a_worker, "it returned 4 results, and only 2 were wanted"),
        (canceller(takes_what_is_there), "which are None, '' and 0, it took 3 s, and 2 s are"),
        (
            canceller(takes_none_for_the_end),
            "with 3 of 3 results wanted, which are None, '' and 0, it lost results: None",
        ),
        (first(counts_on_all), "with 5 of 3 results wanted from 2 workers it raised Closed"),
        (
            takes_the_first_jobs,
            "with 1 of 2 results wanted from 5 workers it does one job at a time, though 2 could",
        ),
    ],
    ordered: [
        (numbered(sorts_by_result), "its result number 1 is 'result of 1', and should be"),
        (numbered(forgets_the_last_one), "it lost results"),
        (numbered(keeps_the_numbers), "it lost results"),
        (numbered(as_they_come), "its result number 1 is 'result of 1', and should be"),
        (numbered(backwards), "its result number 1 is 'result of 1', and should be"),
        (one_after_the_other, "it does one job at a time, though 2 could run at once"),
        (in_batches_in_order, "it took"),
        (a_task_each_in_order, "it works on 5 jobs at a time, and 2 are allowed"),
        (by_a_table_of_jobs, "it raised TypeError: unhashable type"),
        (one_worker_too_many, "it works on 3 jobs at a time, and 2 are allowed"),
        (by_a_table_of_texts, "with jobs of 2, 1 and 3 s that are all equal and 2 workers it lost"),
        (sorts_the_jobs, "with jobs that are lists and numbers and 2 workers it raised TypeError"),
        (leaves_out_what_is_none, "which are None, '' and 0, and 2 workers it lost results: None"),
    ],
}

ENDLESS = {
    repair: [(polls_for_ever, "it does not end: its tasks go on and on")],
    extend: [(first(looks_again_and_again), "it does not end")],
}
