"""Answers to the exercises on the pool with heartbeats."""

import math
import sys
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from lab.teaching.exercises.heartbeat import extend, predict, read, repair, supervise
from patterns import heartbeat
from patterns.concurrency import (
    Cancelled,
    Channel,
    Closed,
    Context,
    DeadlineExceeded,
    Failed,
    TaskGroup,
    attempt,
    go,
    now,
    sleep,
)
from patterns.heartbeat import HeartbeatPool, WorkerLost


def never_beats(job, beat, pages):
    return sum(pages)


def beats_before_and_after(job, beat, pages):
    beat()
    total = sum(pages)
    beat()
    return total


def beats_at_every_other_page(job, beat, pages):
    total = 0
    for page in pages:
        if page % 2:
            beat()
        total += page
    return total


def heart_stops_after_two_seconds(job, beat, pages):
    def heart():
        for _ in range(20):
            sleep(0.1)
            beat()

    with TaskGroup() as group:
        group.spawn(heart)
        total = sum(pages)
        group.context.cancel("done")
    return total


def leaves_out_a_page(job, beat, pages):
    total = 0
    for page in pages:
        beat()
        total += page if page > 1 else 0
    return total


def gives_up_waiting(job, beat, pages):
    total = 0
    for page in pages:
        beat()
        total += page
        if job == 3 and page == 3:
            break
    return total


def adding(total):
    """Return a job that reads all pages, and returns `total(job)`."""

    def my_job(job, beat, pages):
        for _ in pages:
            beat()
        return total(job)

    return my_job


def exits_at_the_end(job, beat, pages):
    for _ in pages:
        beat()
    sys.exit(f"book {job} is read")


def exits_at_once(job, beat, pages):
    raise SystemExit


def interrupts(job, beat, pages):
    raise KeyboardInterrupt


def heart_that_nothing_stops(job, beat, pages):
    def heart():
        while True:
            sleep(0.1)
            with suppress(Cancelled):
                beat()

    with TaskGroup() as group:
        group.spawn(heart)
        return sum(pages)


def heart_listens_for_pages(job, beat, pages):
    last = [now()]

    def heart():
        while now() < last[0] + 0.3:
            sleep(0.1)
            beat()

    with TaskGroup() as group:
        group.spawn(heart)
        total = 0
        for page in pages:
            total += page
            last[0] = now()
        group.context.cancel("the book is read")
    return total


def reads_for_two_seconds(job, beat, pages):
    total = 0
    with suppress(Cancelled), TaskGroup(Context(timeout=2)):
        for page in pages:
            beat()
            total += page
    return total


def collecting(collect):
    """Return an answer to the third exercise that submits all jobs, and collects by `collect`."""

    def second_chance(jobs, process):
        pool, values = HeartbeatPool(process), {}
        with pool.start():
            for job in jobs:
                pool.submit(job)
            collect(pool, values, len(jobs))
        return values

    second_chance.__name__ = collect.__name__
    return second_chance


def in_a_second_pool(jobs, process):
    values, left = {}, jobs
    for _ in range(2):
        pool = HeartbeatPool(process)
        with pool.start():
            for job in left:
                pool.submit(job)
        report = pool.report
        values |= dict(zip(report.succeeded, report.values, strict=True))
        left = [r.job for r in report.results if isinstance(r.error, WorkerLost)]
    return values


def closes_first(pool, values, count):
    pool.close()
    for result in pool.results():
        if isinstance(result, Failed):
            pool.submit(result.job)
        else:
            values[result.job] = result.value


def tries_for_ever(pool, values, count):
    results = pool.results()
    while len(values) < count:
        result = next(results)
        if isinstance(result.error, WorkerLost):
            pool.submit(result.job)
        else:
            values[result.job] = getattr(result, "value", None)


def tries_whatever_failed(pool, values, count):
    results, again, left = pool.results(), set(), count
    while left:
        result = next(results)
        if isinstance(result, Failed) and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
            continue
        left -= 1
        if result.error is None:
            values[result.job] = result.value


def never_closes(pool, values, count):
    again = set()
    for result in pool.results():
        if isinstance(result.error, WorkerLost) and result.job not in again:
            again.add(result.job)
            pool.submit(result.job)
        elif result.error is None:
            values[result.job] = result.value


def trying(again):
    """Return a right answer, but for the results after which it tries again, by `again(result)`."""

    def second_chance(jobs, process):
        pool, final, tried = HeartbeatPool(process), {}, {}
        with pool.start():
            for job in jobs:
                pool.submit(job)
            while len(final) < len(jobs):
                result = next(pool.results())
                tried[result.job] = tried.get(result.job, 0) + 1
                if again(result, tried[result.job]):
                    pool.submit(result.job)
                else:
                    final[result.job] = result
        return {job: result.value for job, result in final.items() if result.error is None}

    return second_chance


def one_after_the_other(jobs, process):
    values, tries = {}, dict.fromkeys(jobs, 2)
    for job in jobs:
        lost = True
        while lost and tries[job]:
            tries[job] -= 1
            [result] = heartbeat.run([job], process).results
            lost = is_lost(result)
        if result.error is None:
            values[job] = result.value
    return values


def without_what_is_false(jobs, process):
    values = trying(lambda result, times: is_lost(result) and times == 1)(jobs, process)
    return {job: value for job, value in values.items() if value}


def without_none(jobs, process):
    values = trying(lambda result, times: is_lost(result) and times == 1)(jobs, process)
    return {job: value for job, value in values.items() if value is not None}


def is_lost(result):
    return isinstance(result.error, WorkerLost)


def waits_for_the_first_result(jobs, process):
    pool = HeartbeatPool(process)
    with pool.start():
        for job in jobs:
            pool.submit(job)
        first = next(pool.results())
    return trying(lambda result, times: is_lost(result) and times == 1)(jobs, process) or {
        first.job: first
    }


def waits_for_a_value(jobs, process):
    values = in_a_second_pool(jobs, process)
    while not values:
        sleep(1)
    return values


def tells_them_apart_by_number(jobs, process):
    done = [False] * len(jobs)

    def noting(job, beat):
        done[job - 1] = True
        return process(job, beat)

    return in_a_second_pool(jobs, noting)


def knows_one_error(jobs, process):
    def noting(job, beat):
        try:
            return process(job, beat)
        except KeyError:
            raise SystemExit from None

    return in_a_second_pool(jobs, noting)


def beats_after_each_page(job, beat, pages):
    total = 0
    for page in pages:
        total += page
        beat()
    return total


def beats_in_a_generator(job, beat, pages):
    def heard():
        for page in pages:
            beat()
            yield page

    return sum(heard())


def counts_what_is_left(jobs, process):
    pool, values, tries, left = HeartbeatPool(process), {}, dict.fromkeys(jobs, 2), len(jobs)
    with pool.start():
        for job in jobs:
            pool.submit(job)
        results = pool.results()
        while left:
            result = next(results)
            tries[result.job] -= 1
            if isinstance(result.error, WorkerLost) and tries[result.job]:
                pool.submit(result.job)
                continue
            left -= 1
            if result.error is None:
                values[result.job] = result.value
    return values


def look_by_look(silence):
    """Return when the worker is given up, by going through the looks."""
    beats, seen, missed, look = [0.0, *silence.beats], 0, 0, 0
    while missed < silence.missed:
        look += 1
        heard = sum(time < look * silence.interval for time in beats)
        missed = missed + 1 if heard == seen else 0
        seen = heard
    return look * silence.interval


def count_is_not_set_back(silence):
    """Return when the worker would be given up if a beat set no count back."""
    beats, seen, missed, look = [0.0, *silence.beats], 0, 0, 0
    while missed < silence.missed:
        look += 1
        heard = sum(time < look * silence.interval for time in beats)
        missed += heard == seen
        seen = heard
    return look * silence.interval


def by_lanes(runs):
    """Return the letters, told apart by how long the job's lane goes on, and by newcomers."""
    found = {}
    for letter, run in runs.items():
        failed = {str(job) for job in run.value.failed}
        spans = [span for span in run.trace.spans if span.job in failed]
        newcomers = [span.start for span in run.trace.spans if span.worker == "worker-3"]
        if not newcomers:
            found["raises"] = letter
        elif spans[-1].end == run.elapsed:
            found["hangs"] = letter
        else:
            found["dies" if spans[-1].end < newcomers[0] else "late"] = letter
    return "".join(found[fate] for fate in ("hangs", "dies", "late", "raises"))


def swapped(first, second):
    """Return the letters in which two are mistaken for each other."""

    def letters(runs):
        right = [*by_lanes(runs)]
        right[first], right[second] = right[second], right[first]
        return "".join(right)

    return letters


def listening(room=math.inf, wait=None, lost=WorkerLost):
    """Return a right answer, but for the room of its channel, and what `wait` makes of it."""

    def call(job, process, silence):
        news = Channel(room)

        def work():
            news.send(attempt(lambda job: process(job, lambda: news.send(None)), job))

        go(work)
        while True:
            try:
                result = news.receive(Context(timeout=silence))
            except DeadlineExceeded:
                raise lost(f"{job} is silent") from None
            if result is not None:
                return result_of(result) if wait is None else wait(result)

    return call


def returns_none_for_what_is_false(job, process, silence):
    return listening()(job, process, silence) or None


def raises_each_exception(job, process, silence):
    value = listening()(job, process, silence)
    if isinstance(value, Exception):
        raise value
    return value


def hears_others_too(job, process, silence, last=[0.0]):  # noqa: B006
    results, last[0] = Channel(1), now()

    def beat():
        last[0] = now()

    go(lambda: results.send(attempt(lambda job: process(job, beat), job)))
    while True:
        heard = last[0]
        try:
            result = results.receive(Context(deadline=heard + silence))
        except DeadlineExceeded:
            if last[0] == heard:
                raise WorkerLost(f"{job} is silent") from None
        else:
            return result_of(result)


def takes_a_deadline_for_a_loss(job, process, silence):
    try:
        return listening()(job, process, silence)
    except DeadlineExceeded:
        raise WorkerLost(f"{job} is silent") from None


def result_of(result):
    if result.error is not None:
        raise result.error
    return result.value


def abandons_in_a_group(job, process, silence):
    heard, done = Channel(math.inf), []

    def work():
        done.append(attempt(lambda job: process(job, lambda: heard.send("beat")), job))
        heard.close()

    with TaskGroup() as group:
        task = group.spawn(work)
        try:
            while True:
                heard.receive(Context(timeout=silence))
        except Closed:
            pass
        except DeadlineExceeded:
            group.abandon(task)
            raise WorkerLost(str(job)) from None
    return result_of(done[0])


def wakes_when_it_could_be_lost(job, process, silence):
    last, over = [now()], Channel(1)

    def beat():
        last[0] = now()

    go(lambda: over.send(attempt(lambda job: process(job, beat), job)))
    while True:
        try:
            result = over.receive(Context(timeout=max(last[0] + silence - now(), 0)))
        except DeadlineExceeded:
            if now() >= last[0] + silence - 1e-9:
                raise WorkerLost(str(job)) from None
        else:
            return result_of(result)


def has_a_watchdog(job, process, silence):
    said, last, over = Channel(2), [now()], []

    def work():
        said.send(attempt(lambda job: process(job, lambda: last.append(now())), job))
        over.append(True)

    def watchdog():
        while not over:
            rest = last[-1] + silence - now()
            if rest <= 0:
                said.send(Failed(job, WorkerLost(f"{job} is silent")))
                return
            sleep(rest)

    go(work)
    go(watchdog)
    return result_of(said.receive())


def never_listens(job, process, silence):
    results = Channel(1)
    go(lambda: results.send(attempt(lambda job: process(job, lambda: None), job)))
    return result_of(results.receive())


def calls_it_itself(job, process, silence):
    return process(job, lambda: None)


def a_limit_for_all(job, process, silence):
    results = Channel(1)
    go(lambda: results.send(attempt(lambda job: process(job, lambda: None), job)))
    try:
        return result_of(results.receive(Context(timeout=silence)))
    except DeadlineExceeded:
        raise WorkerLost(str(job)) from None


def one_context_for_all(job, process, silence):
    news, limit = Channel(math.inf), Context(timeout=silence)
    go(lambda: news.send(attempt(lambda job: process(job, lambda: news.send(None)), job)))
    try:
        while (result := news.receive(limit)) is None:
            pass
    except DeadlineExceeded:
        raise WorkerLost(str(job)) from None
    return result_of(result)


def looks_now_and_then(job, process, silence):
    last, done = [now()], []

    def beat():
        last[0] = now()

    go(lambda: done.append(attempt(lambda job: process(job, beat), job)))
    while not done:
        if now() - last[0] >= silence:
            raise WorkerLost(str(job))
        sleep(0.05)
    return result_of(done[0])


def takes_none_for_a_beat(job, process, silence):
    news, errors = Channel(math.inf), []

    def work():
        result = attempt(lambda job: process(job, lambda: news.send(None)), job)
        errors.append(result.error)
        news.send(getattr(result, "value", None))

    go(work)
    while not errors:
        try:
            value = news.receive(Context(timeout=silence))
        except DeadlineExceeded:
            raise WorkerLost(str(job)) from None
        if value is not None:
            return value
    return result_of(Failed(job, errors[0]))


def listens_after_the_first_beat(job, process, silence):
    news = Channel(math.inf)
    go(lambda: news.send(attempt(lambda job: process(job, lambda: news.send(None)), job)))
    result = news.receive()
    while result is None:
        try:
            result = news.receive(Context(timeout=silence))
        except DeadlineExceeded:
            raise WorkerLost(str(job)) from None
    return result_of(result)


def swallows(result):
    return getattr(result, "value", None)


def wraps(result):
    if result.error is not None:
        raise RuntimeError("the job failed") from result.error
    return result.value


def tries_again(job, process, silence):
    try:
        return listening()(job, process, silence)
    except WorkerLost:
        return listening()(job, process, silence)


def returns_none_when_lost(job, process, silence):
    with suppress(WorkerLost):
        return listening()(job, process, silence)


def waits_for_who_is_lost(job, process, silence):
    news = Channel(math.inf)
    with TaskGroup() as group:
        group.spawn(
            lambda: news.send(attempt(lambda job: process(job, lambda: news.send(None)), job))
        )
        try:
            while (result := news.receive(Context(timeout=silence))) is None:
                pass
        except DeadlineExceeded:
            raise WorkerLost(str(job)) from None
    return result_of(result)


def twice_as_patient(job, process, silence):
    return listening()(job, process, 2 * silence)


def spins(job, process, silence):
    last, done = [now()], []
    go(lambda: done.append(attempt(lambda job: process(job, lambda: last.append(now())), job)))
    while not done and now() < last[-1] + silence:
        pass
    return result_of(done[0])


RIGHT = {
    predict: [
        look_by_look,
        lambda s: Fraction(look_by_look(s)),
        lambda s: Decimal(look_by_look(s)),
    ],
    read: [by_lanes, lambda runs: ", ".join(by_lanes(runs).lower())],
    repair: [beats_after_each_page, beats_in_a_generator],
    extend: [in_a_second_pool, counts_what_is_left],
    supervise: [listening(), abandons_in_a_group, wakes_when_it_could_be_lost, has_a_watchdog],
}

WRONG = {
    predict: [
        (lambda s: s.beats[-1] + s.missed * s.interval, "is no time at which the supervisor looks"),
        (lambda s: s.missed * s.interval, "s counts from the start of the job"),
        (lambda s: look_by_look(s) - s.interval, "s is too early: which is the first look"),
        (lambda s: look_by_look(s) + s.interval, "s is too late: "),
        (count_is_not_set_back, "is too early: which is the first look that sees no new beat, and"),
        (lambda s: str(look_by_look(s)), "the answer must be a number of seconds, got '"),
        (math.inf, "must be a number of seconds, got inf"),
        (True, "must be a number of seconds, got True"),
    ],
    read: [
        (swapped(0, 1), "the job hangs: in it the bar of job"),
        (swapped(0, 2), "the job hangs: in it the bar of job"),
        (swapped(0, 3), "the job hangs: in it the worker of job"),
        (swapped(1, 2), "the job dies: in it the bar of job"),
        (swapped(1, 3), "the job dies: in it the worker of job"),
        (swapped(2, 3), "the job comes back late: in it the worker of job"),
        ("ABC", "the answer must be the letters"),
        (["hangs", "dies", "late", "raises"], "the answer must be the letters"),
    ],
    repair: [
        (never_beats, "it is silent for too long: job 1 was given up, and was well"),
        (beats_before_and_after, "it is silent for too long: job 1 was given up, and was well"),
        (beats_at_every_other_page, "it is silent for too long: job 1 was given up"),
        (heart_stops_after_two_seconds, "it is silent for too long: job 6 was given up"),
        (heart_listens_for_pages, "s after its last page: 0.4 s are enough"),
        (leaves_out_a_page, "its job 1 returned 14, not the sum of the pages"),
        (adding(lambda job: 15), "its job 4 returned 15, not the sum of the pages"),
        (adding(lambda job: sum(range(6))), "its job 4 returned 15, not the sum of the pages"),
        (exits_at_the_end, "its job 1 raised SystemExit: book 1 is read"),
        (exits_at_once, "its job 1 raised SystemExit, and took its worker down"),
        (interrupts, "its job 1 raised KeyboardInterrupt, and took its worker down"),
        (gives_up_waiting, "job 3 ended without page 4"),
        (reads_for_two_seconds, "its job 6 returned 36, not the sum of the pages"),
        (heart_that_nothing_stops, "it deadlocks at 1.25 s: main"),
    ],
    extend: [
        (
            collecting(closes_first),
            "with 5 jobs it raised Closed: send on closed channel jobs",
        ),
        (
            trying(lambda result, times: is_lost(result) and times < 3),
            "it began job 1, whose worker was lost twice, once more",
        ),
        (trying(lambda result, times: False), "it gave job 2 no second chance"),
        (
            trying(lambda result, times: result.error is not None and times == 1),
            "it began job 1, which had failed, once more",
        ),
        (waits_for_the_first_result, "once more"),
        (one_after_the_other, "it has one job in work at a time, though 3 could be"),
        (without_what_is_false, "it returned no value for job 0, and 0 is right"),
        (without_none, "it returned no value for job blank, and None is right"),
        (tells_them_apart_by_number, "with 4 jobs 7, 3, 12, 5 it"),
        (
            trying(lambda r, n: bool(r.error) and not isinstance(r.error, ValueError) and n == 1),
            "with 4 jobs 7, 3, 12, 5 it began job 7, which had failed, once more",
        ),
        (
            trying(lambda r, n: r.error and type(r.error) not in (ValueError, KeyError) and n == 1),
            "with 4 jobs a, b, c, d it began job d, which had failed, once more",
        ),
        (knows_one_error, "with 4 jobs 7, 3, 12, 5 it began job 7, which had failed, once more"),
        (
            collecting(never_closes),
            "with 5 jobs it deadlocks at 0.6 s: main is receiving from",
        ),
        (collecting(tries_whatever_failed), "it began job 1, which had failed, once more"),
    ],
    supervise: [
        (never_listens, "with a job that hangs it deadlocks at 0 s: main is receiving"),
        (calls_it_itself, "with a job that hangs it deadlocks at 0 s"),
        (a_limit_for_all, "it gave the job up at 0.349609 s, which was never silent for"),
        (one_context_for_all, "it gave the job up at 0.349609 s, which was never silent for"),
        (looks_now_and_then, "it returned at 0.85 s, and the value was there at 0.818359 s"),
        (takes_none_for_a_beat, "with a job that"),
        (listens_after_the_first_beat, "with a job that hangs it deadlocks at 0 s: main is recei"),
        (listening(wait=swallows), "it returned None, and the job raised PageMissing"),
        (listening(wait=wraps), "it raised RuntimeError: the job failed"),
        (listening(lost=TimeoutError), "it raised TimeoutError: 2 is silent"),
        (tries_again, "with a job that hangs it gave the job up at 1.00391 s, 0.501953 s too late"),
        (returns_none_when_lost, "with a job that hangs it returned None at 0.501953 s"),
        (waits_for_who_is_lost, "with a job that hangs it deadlocks at 0.501953 s: main is"),
        (twice_as_patient, "with a job that hangs it gave the job up at 1.00391 s"),
        (listening(room=0), "with a job that comes back late it leaves a task behind"),
        (listening(room=1), "with a job that comes back late it leaves a task behind"),
        (listening(room=1000), "comes back late and beats 1200 times it leaves a task behind"),
        (returns_none_for_what_is_false, "it returned None, and the job 0"),
        (raises_each_exception, "it raised PageMissing: for now, and the job returned"),
        (hears_others_too, "with a job that hangs beside one that beats it gave the job up at"),
        (takes_a_deadline_for_a_loss, "it raised WorkerLost: 14 is silent, and the job Deadline"),
    ],
}

ENDLESS = {
    extend: [
        (waits_for_a_value, "does not end"),
        (collecting(tries_for_ever), "does not end"),
    ],
    supervise: [(spins, "it does not end")],
}
