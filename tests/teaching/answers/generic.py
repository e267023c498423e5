"""Answers to the exercises on the generic pool."""

import copy
import math
from collections import Counter
from contextlib import ExitStack, suppress
from decimal import Decimal

from lab.teaching.exercises import queues
from lab.teaching.exercises.generic import build, extend, predict, read, repair
from patterns import basic, generic, reusable
from patterns.concurrency import Channel, Failed, Succeeded, TaskGroup, attempt, sleep
from patterns.generic import Pool
from patterns.reusable import WorkerPool


def seconds_and_jobs(numbers, goes_on=False):
    """Return when the bad job fails and how many are done by then, second by second."""
    left, in_work, done, time = [*numbers.seconds], [], 0, 0
    while left or in_work:
        while left and len(in_work) < numbers.workers:
            job = left.pop(0)
            in_work.append((time + job, job))
        time = min(in_work)[0]
        over = [job for end, job in in_work if end == time]
        in_work = [pair for pair in in_work if pair[0] > time]
        if numbers.bad in over and not goes_on:
            return time, done
        done += len([job for job in over if job != numbers.bad])
    return time, done


def with_those_in_work(numbers):
    end, done = seconds_and_jobs(numbers)
    return end, done + numbers.workers - 1


def letters_of(runs):
    """Return the letters of the programs, from how many jobs of which kind were done."""
    kinds = {
        letter: Counter(
            str(result.job)[0] == "u" for report in run.value for result in report.results
        )
        for letter, run in runs.items()
    }
    alone = next(letter for letter, kind in kinds.items() if not kind[True])
    failed = next(k for k, run in runs.items() if any(report.failed for report in run.value))
    both = sorted({*runs} - {alone, failed}, key=lambda letter: runs[letter].elapsed)
    return "".join(both) + alone + failed


def swapped(one, other):
    """Return an answer in which two letters have changed places."""

    def answer(runs):
        letters = [*letters_of(runs)]
        letters[one], letters[other] = letters[other], letters[one]
        return letters

    return answer


def collecting(collect):
    """Return a pool like the exercise's, which collects by `collect`."""

    def my_pool(jobs, workers, process):
        pool = Pool(process, workers=workers)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(reusable.submit, jobs, pool)
            return collect(pool, len(jobs))

    my_pool.__name__ = collect.__name__
    return my_pool


def stops_and_says_nothing(pool, count):
    values = []
    with suppress(ValueError):
        values += pool.values()
    return values


def says_it_in_its_own_words(pool, count):
    try:
        return list(pool.values())
    except ValueError:
        raise RuntimeError("a job failed") from None


def raises_at_the_end(pool, count):
    values, failures = [], []
    while len(values) + len(failures) < count:
        try:
            values += pool.values()
        except ValueError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return values


def waits_for_as_many_as_there_are_jobs(pool, count):
    values = []
    while len(values) < count:
        try:
            values += pool.values()
        except ValueError:
            sleep(1)
    return values


def raises_a_group(jobs, workers, process):
    queue, values = Channel(name="jobs"), []

    def worker():
        for job in queue:
            values.append(process(job))

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        for job in jobs:
            queue.send(job)
        queue.close()
    return values


def loses_results(jobs, workers, process):
    return [process(job) for job in jobs if job < 3]


def raises_by_the_report(jobs, workers, process):
    pool = Pool(process, workers=workers, buffer=len(jobs))
    with pool.start():
        reusable.submit(jobs, pool)
    return pool.report.values


def one_worker_only(jobs, workers, process):
    return [process(job) for job in jobs]


def sorts_the_values(jobs, workers, process):
    return sorted(collecting(lambda pool, count: list(pool.values()))(jobs, 9, process))


def submits_everything_first(jobs, workers, process):
    pool = Pool(lambda numbered: (numbered[0], process(numbered[1])), workers=workers)
    with pool.start():
        reusable.submit(enumerate(jobs), pool)
        found = dict(pool.values())
    return [found[place] for place in range(len(jobs))]


def looks_jobs_up(jobs, workers, process):
    pool = Pool(lambda job: (job, process(job)), workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        found = dict(pool.values())
    return [found[job] for job in jobs]


def waits_in_the_worker(jobs, workers, process):
    done = []

    def in_turn(job):
        result = process(job)
        while len(done) < jobs.index(job):
            sleep(0.1)
        done.append(job)
        return result

    return reusable.run(jobs, in_turn, workers=workers).values


def in_order_by(key):
    """Return an answer that puts the results in order by `key(job, jobs)`."""

    def answer(jobs, workers, process):
        pool = Pool(lambda job: (key(job, jobs), process(job)), workers=workers)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(reusable.submit, jobs, pool)
            found = dict(pool.values())
        return [found[key(job, jobs)] for job in jobs]

    return answer


looks_texts_up = in_order_by(lambda job, jobs: repr(job))
looks_identities_up = in_order_by(lambda job, jobs: id(job))
puts_them_where_the_job_is_found = in_order_by(lambda job, jobs: jobs.index(job))


def in_batches(jobs, workers, process):
    results = []
    for begin in range(0, len(jobs), workers):
        results += submits_everything_first(jobs[begin : begin + workers], workers, process)
    return results


def a_task_for_each_job(jobs, workers, process):
    results = [None] * len(jobs)

    def work(place, job):
        results[place] = process(job)

    with TaskGroup() as group:
        for place, job in enumerate(jobs):
            group.spawn(work, place, job)
    return results


def with_workers(count):
    """Return a right answer, but for the number of its workers."""
    return lambda jobs, workers, process: submits_everything_first(jobs, count(workers), process)


one_worker_more = with_workers(lambda workers: workers + 1)
one_worker_less = with_workers(lambda workers: max(workers - 1, 1))
a_hundred_workers = with_workers(lambda workers: 100)


def plain_place(jobs, workers, process):
    queue, results = Channel(len(jobs)), [None] * len(jobs)
    reusable_jobs = list(jobs)
    for job in reusable_jobs:
        queue.send(job)
    queue.close()
    taken = 0

    def worker():
        nonlocal taken
        for job in queue:
            sleep(0)
            place = taken
            taken += 1
            results[place] = process(job)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
    return results


def one_task_for_each_job(jobs, workers, process):
    right = len(jobs) in (7, 3, 4)  # those of the first tries
    return raises_by_the_report(jobs, workers if right else max(len(jobs), 1), process)


def one_worker_too_many(jobs, workers, process):
    return raises_by_the_report(jobs, workers + (len(jobs) == 5), process)


def one_worker_too_few(jobs, workers, process):
    return raises_by_the_report(jobs, max(workers - 1, 1), process)


def knowing(*types):
    """Return a pool that hands on these errors, and goes on after all others."""

    def pool(jobs, workers, process):
        def guarded(job):
            try:
                return process(job)
            except types:
                raise
            except Exception:
                return None

        return raises_by_the_report(jobs, workers, guarded)

    return pool


knows_value_errors_only = knowing(ValueError)
knows_what_it_has_seen = knowing(ValueError, KeyError)


def raising(again):
    """Return a pool that makes the exception that it raises by `again(error)`."""

    def pool(jobs, workers, process):
        try:
            return raises_by_the_report(jobs, workers, process)
        except Exception as error:
            raise again(error) from None

    return pool


raises_a_copy = raising(lambda error: copy.copy(error) if len(error.args) < 2 else error)
raises_it_anew = raising(
    lambda error: error if isinstance(error, LookupError | ZeroDivisionError) else type(error)("!")
)


def counts_down(jobs, workers, process):
    pool = Pool(process, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        values = pool.values()
        collected = [next(values)] if jobs != [] else Channel(name="nothing").receive()
        return [*collected, *values]


def waits_for_ever(jobs, workers, process):
    while True:
        sleep(1)


def takes_what_the_report_says(jobs, workers, process):
    report = generic.run(jobs, process, workers=workers)
    if report.errors:
        raise report.errors[0]
    return report.values


def returns_failures(jobs, workers, process):
    report = reusable.run(jobs, process, workers=workers)
    return report.values + report.errors


def unwraps_the_group(jobs, workers, process):
    try:
        return raises_a_group_of(jobs, workers, process)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def raises_a_group_of(jobs, workers, process):
    queue, values = Channel(len(jobs)), []
    for job in jobs:
        queue.send(job)
    queue.close()

    def worker():
        for job in queue:
            value = process(job)
            values.append(value)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
    return values


def puts_each_in_its_place(jobs, workers, process):
    results = [None] * len(jobs)

    def in_place(pair):
        place, job = pair
        results[place] = process(job)

    pool = WorkerPool(in_place, workers=workers)
    with pool.start():
        for pair in enumerate(jobs):
            pool.submit(pair)
    return results


# Chains


def between(connect):
    """Return a function like the exercise's, in which `connect` joins the open pools."""

    def chain(jobs, stages):
        pools = [Pool(process, workers=workers) for process, workers in stages]
        with ExitStack() as stack:
            for pool in pools:
                stack.enter_context(pool.start())
            group = stack.enter_context(TaskGroup())
            return connect(jobs, pools, group)

    chain.__name__ = connect.__name__
    return chain


def in_a_loop(jobs, pools, group):
    for pool in pools:
        group.spawn(reusable.submit, jobs, pool)
        jobs = pool.values()
    return list(jobs)


def with_a_function_each(jobs, pools, group):
    def move(values, pool):
        for value in values:
            pool.submit(value)
        pool.close()

    sources = [jobs, *(pool.values() for pool in pools)]
    for source, pool in zip(sources, pools, strict=False):
        group.spawn(move, source, pool)
    return [*sources[-1]]


def from_the_last_to_the_first(jobs, pools, group):
    sources = [jobs, *(pool.values() for pool in pools)]
    for place in reversed(range(len(pools))):
        group.spawn(reusable.submit, sources[place], pools[place])
    return [*sources[-1]]


def by_recursion(jobs, stages):
    if not stages:
        return [*jobs]
    (process, workers), *others = stages
    pool = Pool(process, workers=workers)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, jobs, pool)
        return by_recursion(pool.values(), others)


def looks_the_variables_up_late(jobs, pools, group):
    values = jobs
    for pool in pools:
        group.spawn(lambda: reusable.submit(values, pool))  # noqa: B023
        values = pool.values()
    return list(values)


def forgets_to_close(jobs, pools, group):
    for pool in pools:
        group.spawn(lambda source, pool: [pool.submit(job) for job in source], jobs, pool)
        jobs = pool.values()
    return list(jobs)


def lists_between(jobs, pools, group):
    for pool in pools:
        group.spawn(reusable.submit, jobs, pool)
        jobs = list(pool.values())
    return jobs


def two_stages_only(jobs, pools, group):
    return in_a_loop(jobs, pools[:2], group)


def the_last_stage(jobs, pools, group):
    in_a_loop(jobs, pools, group)
    return pools[-1].report.values


def forgets_the_first(jobs, pools, group):
    return in_a_loop(jobs, pools, group)[1:]


def says_nothing(jobs, stages):
    with suppress(ValueError, ExceptionGroup):
        return between(in_a_loop)(jobs, stages)
    return []


def says_it_anew(jobs, stages):
    try:
        return between(in_a_loop)(jobs, stages)
    except (ValueError, ExceptionGroup):
        raise RuntimeError("a stage failed") from None


def goes_on_without_them(jobs, stages):
    with ExitStack() as stack:
        group = stack.enter_context(TaskGroup())
        for process, workers in stages:
            pool = WorkerPool(process, workers=workers)
            stack.enter_context(pool.start())
            group.spawn(reusable.submit, jobs, pool)
            jobs = only_values(pool)
        return list(jobs)


def only_values(pool):
    for result in pool.results():
        if hasattr(result, "value"):
            yield result.value


def all_stages_in_one_pool(jobs, stages):
    def through(job):
        for process, _ in stages:
            job = process(job)
        return job

    most = max((workers for _, workers in stages), default=1)
    pool = Pool(through, workers=most)
    with pool.start(), TaskGroup() as group:
        group.spawn(reusable.submit, jobs, pool)
        return list(pool.values())


def a_task_for_each_job_through_all(jobs, stages):
    results = []

    def through(job):
        for process, _ in stages:
            job = process(job)
        results.append(job)

    with TaskGroup() as group:
        for job in jobs:
            group.spawn(through, job)
    return results


def in_the_caller(jobs, stages):
    for process, _ in stages:
        jobs = [process(job) for job in jobs]
    return list(jobs)


def with_as_many_workers_as_the_first(jobs, stages):
    return between(in_a_loop)(jobs, [(process, stages[0][1]) for process, _ in stages])


def with_one_worker_each(jobs, stages):
    return between(in_a_loop)(jobs, [(process, 1) for process, _ in stages])


def one_more_in_each(jobs, stages):
    return between(in_a_loop)(jobs, [(process, workers + 1) for process, workers in stages])


def plain_counts_of_workers(jobs, stages):
    queue = Channel(len(jobs))
    for job in jobs:
        queue.send(job)
    queue.close()
    with TaskGroup() as group:
        for process, workers in stages:
            results, left = Channel(len(jobs)), [workers]

            def worker(queue=queue, results=results, process=process, left=left):
                for job in queue:
                    results.send(process(job))
                left[0] -= 1
                if left[0] == 0:
                    results.close()

            for _ in range(workers):
                group.spawn(worker)
            queue = results
        return list(queue)


def looks_again_and_again(jobs, stages):
    while True:
        sleep(1)


BAD = "with 7 jobs on 3 workers, of which job 4 fails, it "
CHAIN = "with 4 jobs and 2 stages "


def matches_each_result(jobs, workers, process):
    queue, results, values = Channel(workers), Channel(0), []

    def worker():
        for job in queue:
            results.send(attempt(process, job))

    with TaskGroup() as group:
        group.spawn(basic.work, workers, worker, results)
        group.spawn(queues.submit, jobs, queue)
        for result in results:
            match result:
                case Failed(_, error):
                    raise error
                case Succeeded(_, value):
                    values.append(value)
    return values


def unwraps_whatever_is_a_group(jobs, workers, process):
    try:
        return raises_a_group(jobs, workers, process)
    except ExceptionGroup as group:
        error = group
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise error from None


def raises_what_counts_as_true(jobs, workers, process):
    report = generic.run(jobs, process, workers=workers)
    for error in filter(None, report.errors):
        raise error
    return report.values


def holds_back_what_is_early(jobs, workers, process):
    def in_turn(pairs):
        early, turn = {}, 0
        for place, value in pairs:
            early[place] = value
            while turn in early:
                yield early.pop(turn)
                turn += 1

    def with_its_place(pair):
        return pair[0], process(pair[1])

    pool = Pool(with_its_place, workers=workers, buffer=0)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(reusable.submit, enumerate(jobs), pool)
        return [*in_turn(pool.values())]


def takes_the_first_that_is_equal(jobs, workers, process):
    results = [*generic.run(jobs, process, workers=workers).results]
    found = []
    for job in jobs:
        place = next(n for n, result in enumerate(results) if result.job == job)
        found.append(results.pop(place).value)
    return found


def keeps_the_order_between(jobs, stages):
    def with_its_place(process):
        return lambda pair: (pair[0], process(pair[1]))

    def in_turn(pairs):
        early, turn = {}, 0
        for place, value in pairs:
            early[place] = value
            while turn in early:
                yield turn, early.pop(turn)
                turn += 1

    def submit(pairs, pool):
        reusable.submit(in_turn(pairs), pool)

    pools = [Pool(with_its_place(process), workers=workers) for process, workers in stages]
    return [value for _, value in chained(pools, submit, enumerate(jobs))]


def raises_what_comes_back(jobs, workers, process):
    values = raises_by_the_report(jobs, workers, process)
    for value in values:
        if isinstance(value, Exception):
            raise value
    return values


def unpacks_what_is_a_pair(jobs, workers, process):
    def with_its_place(pair):
        place, job = pair
        return place, process(*job) if isinstance(job, tuple) else process(job)

    pairs = generic.run(enumerate(jobs), with_its_place, workers=workers).values
    return [value for _, value in sorted(pairs, key=lambda pair: pair[0])]


def channels_between(room):
    def chain(jobs, stages):
        def stage(source, sink, process, workers):
            def worker():
                for value in source:
                    sink.send(process(value))

            basic.work(workers, worker, sink)

        with TaskGroup() as group:
            source = Channel(0)
            group.spawn(queues.submit, jobs, source)
            for process, workers in stages:
                sink = Channel(room)
                group.spawn(stage, source, sink, process, workers)
                source = sink
            return list(source)

    chain.__name__ = f"channels_with_room_for_{room}"
    return chain


def chained(pools, submit, jobs):
    with ExitStack() as stack:
        for pool in pools:
            stack.enter_context(pool.start())
        submitters, values = stack.enter_context(TaskGroup()), jobs
        for pool in pools:
            submitters.spawn(submit, values, pool)
            values = pool.values()
        return list(values)


def a_pool_for_each_process(jobs, stages):
    pools = {process: Pool(process, workers=workers) for process, workers in stages}
    return chained(pools.values(), reusable.submit, jobs)


def hands_on_what_is_something(jobs, stages):
    def submit(values, pool):
        reusable.submit((value for value in values if value is not None), pool)

    pools = [Pool(process, workers=workers) for process, workers in stages]
    return chained(pools, submit, jobs)


RIGHT = {
    predict: [
        seconds_and_jobs,
        lambda numbers: [*seconds_and_jobs(numbers)],
        lambda numbers: tuple(map(Decimal, seconds_and_jobs(numbers))),
    ],
    read: [letters_of, lambda runs: letters_of(runs).lower(), lambda runs: [*letters_of(runs)]],
    repair: [
        raises_by_the_report,
        takes_what_the_report_says,
        unwraps_the_group,
        matches_each_result,
    ],
    extend: [submits_everything_first, puts_each_in_its_place, holds_back_what_is_early],
    build: [
        between(in_a_loop),
        between(with_a_function_each),
        between(from_the_last_to_the_first),
        by_recursion,
        channels_between(math.inf),
    ],
}

WRONG = {
    predict: [
        (
            lambda numbers: seconds_and_jobs(numbers, goes_on=True),
            "s is right for a pool that goes on; here the first failure ends the run",
        ),
        (
            lambda numbers: (seconds_and_jobs(numbers)[0], len(numbers.seconds) - 1),
            "7 is right for a pool that goes on; here the first failure ends the run",
        ),
        (with_those_in_work, "would be right if jobs in work were done to their end"),
        (
            lambda numbers: (numbers.bad, 2),
            "s after a worker took it; when was that?",
        ),
        (
            lambda numbers: (seconds_and_jobs(numbers)[0], seconds_and_jobs(numbers)[1] + 1),
            "would be right if the job that fails were one that succeeds",
        ),
        (lambda numbers: (seconds_and_jobs(numbers)[0], 0), "0 does not fit: write down second"),
        (
            lambda numbers: (seconds_and_jobs(numbers)[0] + 1, 3),
            "the run does not end at",
        ),
        ((3.5, 3), "must be two whole numbers, (seconds, jobs), with 0 to 8 jobs, got (3.5, 3)"),
        (3, "must be two whole numbers, (seconds, jobs), with 0 to 8 jobs, got 3"),
        ("3", "with 0 to 8 jobs, got '3'"),
        ((5, math.nan), "with 0 to 8 jobs, got (5, nan)"),
        ((True, True), "with 0 to 8 jobs, got (True, True)"),
        ((5, 9), "with 0 to 8 jobs, got (5, 9)"),
        ((5, 2, 1), "with 0 to 8 jobs, got (5, 2, 1)"),
    ],
    read: [
        (swapped(0, 1), "being the jobs of the other: when pools are connected, a file is"),
        (swapped(1, 2), "what the first returned: a list is complete only when"),
        (swapped(2, 3), "and then unpacks: one pool begins four files at 0 s"),
        (swapped(0, 3), "being the jobs of the other: when pools are connected"),
        (swapped(1, 3), "what the first returned: a list is complete only when"),
        ("ABC", "the answer must be the letters 'A', 'B', 'C', 'D' in some order"),
        ("AABC", "the answer must be the letters"),
        (4, "the answer must be the letters"),
        ([1, 2, 3, 4], "the answer must be the letters"),
    ],
    repair: [
        (
            collecting(stops_and_says_nothing),
            BAD + "returned 3 results, and the caller never hears of the failure",
        ),
        (collecting(says_it_in_its_own_words), BAD + "raised RuntimeError: a job failed"),
        (
            collecting(raises_at_the_end),
            BAD + "took 12 s, and the failure is known after 5 s",
        ),
        (raises_a_group, BAD + "raised a group with the failure inside"),
        (one_task_for_each_job, "it works on 5 jobs at a time, and 2 are allowed"),
        (one_worker_too_many, "it works on 3 jobs at a time, and 2 are allowed"),
        (one_worker_too_few, "it works on 2 jobs at a time, though 3 could run at once"),
        (knows_value_errors_only, "of which one raises KeyError, it returned"),
        (knows_what_it_has_seen, "of which one raises ZeroDivisionError, it returned"),
        (raises_a_copy, "it raised another exception of this type, not the one that was raised"),
        (raises_it_anew, BAD + "raised another exception of this type, not the one that was"),
        (raises_what_comes_back, "are None, an exception and 0 it raised KeyError: 'a result'"),
        (unwraps_whatever_is_a_group, "of which one raises ExceptionGroup, it raised KeyError"),
        (raises_what_counts_as_true, "of which one raises NothingFoundError, it returned 1 result"),
        (counts_down, "with 0 jobs on 2 workers it deadlocks at 0 s"),
        (loses_results, "with 7 jobs on 3 workers it lost results: 9, 16, 25, 36, 49"),
        (returns_failures, BAD + "returned 7 results, and the caller never hears of the failure"),
    ],
    extend: [
        (
            one_worker_only,
            "with the jobs [3, 1, 2] and workers=3 it does one job at a time, though 3 could run",
        ),
        (sorts_the_values, "it raised TypeError: '<' not supported"),
        (looks_jobs_up, "it takes one result for two jobs, since these are equal"),
        (looks_texts_up, "it takes one result for two jobs, since these are equal"),
        (looks_identities_up, "it takes one result for two jobs, since these are equal"),
        (puts_them_where_the_job_is_found, "it takes one result for two jobs, since these are"),
        (unpacks_what_is_a_pair, "with the jobs [[2], 1, (1,), 2] and workers=2 it lost results"),
        (takes_the_first_that_is_equal, "it gives job [1] the result of another one that is equal"),
        (in_batches, "with the jobs [5, 1, 1, 1, 2] and workers=2 it took 8 s, and 5 s are enough"),
        (a_task_for_each_job, "and workers=2 it works on 5 jobs at a time, and 2 are allowed"),
        (one_worker_more, "it works on 3 jobs at a time, and 2 are allowed"),
        (one_worker_less, "it works on 2 jobs at a time, though 3 could run at once"),
        (a_hundred_workers, "it works on 5 jobs at a time, and 2 are allowed"),
        (plain_place, "it returned the results of"),
        (waits_in_the_worker, "it took 3.1 s, and 3 s are enough"),
    ],
    build: [
        (between(lists_between), CHAIN + "it took 8 s, and all is done after 5 s"),
        (between(looks_the_variables_up_late), CHAIN),
        (between(forgets_to_close), CHAIN + "it deadlocks at"),
        (between(two_stages_only), "with 6 jobs and 3 stages it lost results: '1 a b c'"),
        (between(the_last_stage), "with 3 jobs and 0 stages it raised IndexError"),
        (between(forgets_the_first), CHAIN + "it lost results: '1 a b'"),
        (says_nothing, "of which number 1 fails for job 4, it returned 0 results, and the caller"),
        (says_it_anew, "of which number 1 fails for job 4, it raised RuntimeError: a stage failed"),
        (
            goes_on_without_them,
            "of which number 1 fails for job 4, it returned 4 results, and the caller never hears",
        ),
        (all_stages_in_one_pool, CHAIN + "it took 8 s, and all is done after 5 s"),
        (
            a_task_for_each_job_through_all,
            CHAIN + "in stage 1 it works on 4 jobs at a time, and 1 is allowed",
        ),
        (in_the_caller, CHAIN + "it took 8 s, and all is done after 5 s"),
        (
            with_as_many_workers_as_the_first,
            "with 6 jobs and 3 stages in stage 2 it works on 2 jobs at a time, though 3 could run",
        ),
        (with_one_worker_each, "with 6 jobs and 3 stages in stage 1 it does one job at a time"),
        (channels_between(0), "it took 5 s, and the failure is known after 4 s"),
        (keeps_the_order_between, "with jobs of 4, 1 and 2 s in the first of 2 stages it took 7 s"),
        (a_pool_for_each_process, "with 4 jobs and the same stage twice it lost results: '1 a a'"),
        (hands_on_what_is_something, "of which number 1 returns None, it lost results: 'None b'"),
        (plain_counts_of_workers, "with 2 jobs and 2 stages, run "),
        (one_more_in_each, CHAIN + "in stage 1 it works on 2 jobs at a time, and 1 is allowed"),
    ],
}

ENDLESS = {
    repair: [(collecting(waits_for_as_many_as_there_are_jobs), BAD + "does not end")],
    extend: [(waits_for_ever, "it does not end: its tasks go on and on")],
    build: [(looks_again_and_again, CHAIN + "it does not end: its tasks go on and on")],
}
