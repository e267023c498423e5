"""Answers to the exercises on pools side by side."""

import math
from decimal import Decimal
from fractions import Fraction
from heapq import heapreplace

import numpy as np

from lab.teaching.exercises.side_by_side import choose, enough, predict, read

RIGHT_POOL = {
    "a list of jobs": "basic",
    "jobs that keep arriving": "reusable",
    "jobs that are worthless if one fails": "generic",
    "jobs that may fail, and a deadline": "error_handling",
    "a load that comes in waves": "dynamic",
    "somebody else's limit": "rate_limited",
    "jobs that may hang": "heartbeat",
}


def reason(run):
    """Return what a run shows: a short word for its reason, in the order of the question."""
    states = {str(span.state) for span in run.trace.spans}
    if "throttled" in states:
        return "1 limit"
    if "blocked" in states:
        return "4 results"
    if run.trace.jobs[-1].submitted:
        return "3 slowly"
    took = {job.finished - job.started for job in run.trace.jobs}
    return "5 round" if len(took) == 1 else "2 long"


def diagnosed(runs):
    return "".join(sorted(runs, key=lambda letter: reason(runs[letter])))


def exchanged(one, other):
    """Return an answer in which two letters, by their places, have changed places."""

    def answer(runs):
        letters = [*diagnosed(runs)]
        letters[one], letters[other] = letters[other], letters[one]
        return "".join(letters)

    return answer


def last_done(seconds, workers):
    free = [0] * workers
    for each in seconds:
        heapreplace(free, free[0] + each)
    return max(free)


def figures(numbers):
    seconds, workers = numbers
    least, took = max(sum(seconds) / workers, max(seconds)), last_done(seconds, workers)
    return [least, took, 100 * sum(seconds) / workers / took]


def changed(right, place, change):
    """Return an answer that is right but for one number."""

    def answer(numbers):
        each = [*right(numbers)]
        each[place] = change(each[place])
        return each

    return answer


def the_other_bound(numbers):
    seconds, workers = numbers
    _, *others = figures(numbers)
    return [min(sum(seconds) / workers, max(seconds)), *others]


def all_the_work(numbers):
    return [sum(numbers[0]), *figures(numbers)[1:]]


def by_the_last_worker(numbers):
    return [*figures(numbers)[:2], 100.0 + figures(numbers)[2]]


def begun(workers, jobs, seconds, rate, burst, **_):
    """Return when all jobs are done: each begins when it may, and when somebody is free."""
    free = [0.0] * workers
    for job in range(jobs):
        heapreplace(free, max(free[0], max(0, job - burst + 1) / rate) + seconds)
    return max(free)


def needed(given):
    best = begun(given["jobs"], **given)
    few = next(n for n in range(1, 100) if begun(n, **given) <= best)
    return [begun(given["few"], **given), best, few]


def no_limit(given):
    return [*needed(given)[:1], given["seconds"], needed(given)[2]]


def begin_of_the_last(given):
    return [needed(given)[0], needed(given)[1] - given["seconds"], needed(given)[2]]


def as_many_as_jobs(given):
    return [*needed(given)[:2], given["jobs"]]


def named(needs):
    return [RIGHT_POOL[need] for need in needs.values()]


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
    read: [diagnosed, lambda runs: ", ".join(diagnosed(runs)).lower()],
    predict: [
        figures,
        lambda n: tuple(map(Fraction, figures(n))),
        lambda n: [*figures(n)[:2], round(figures(n)[2])],
        lambda n: [Decimal(each) for each in figures(n)],
    ],
    enough: [needed, lambda n: tuple(np.array(needed(n)))],
    choose: [named, lambda n: tuple(name.replace("_", " ").title() for name in named(n))],
}

WRONG = {
    read: [
        (exchanged(0, 1), "is not for the reason 'a limit holds jobs back': there workers would"),
        (exchanged(1, 4), "is not for the reason 'a long job comes last': there the bar that ends"),
        (exchanged(2, 3), "is not for the reason 'jobs come too slowly': there workers would wait"),
        (exchanged(3, 4), "is not for the reason 'results are taken too slowly': there workers"),
        (exchanged(0, 3), "is not for the reason 'a limit holds jobs back'"),
        (lambda runs: diagnosed(runs)[::-1], "is not for the reason"),
        ("ABCD", "the answer must be the letters 'A', 'B', 'C', 'D', 'E' in some order"),
        ("AABCD", "the answer must be the letters"),
        (["a long job comes last"], "the answer must be the letters"),
        (5, "the answer must be the letters"),
    ],
    predict: [
        (all_the_work, "that is all the work, and "),
        (the_other_bound, "the bound is not "),
        (changed(figures, 0, lambda n: n + 1), "compare the longest job with all the work divided"),
        (changed(figures, 1, lambda n: n + 1), "whoever is free takes the next job in this order"),
        (changed(figures, 1, lambda n: 0), "the makespan cannot be 0 s"),
        (changed(figures, 2, lambda n: n - 5), "divide the seconds of all jobs by"),
        (by_the_last_worker, "they are not busy for "),
        (changed(figures, 2, lambda n: n / 100), "they are not busy for "),
        (changed(figures, 0, lambda n: math.nan), "each of them a number, got nan"),
        (changed(figures, 2, lambda n: "80%"), "each of them a number, got '80%'"),
        (12, "must be 3 numbers (the bound, the makespan, percent busy), and is an int"),
        ((1, 2), "must be 3 numbers (the bound, the makespan, percent busy), got 2"),
    ],
    enough: [
        (no_limit, "the limit does not let all begin at 0 s"),
        (begin_of_the_last, "then the last job begins"),
        (changed(needed, 1, lambda n: n + 1), "so when does the limit let the last job begin?"),
        (changed(needed, 0, lambda n: n - 1), "a job begins when the limit allows it and a worker"),
        (changed(needed, 0, lambda n: n + 1), "but less: does somebody who is free wait?"),
        (changed(needed, 2, lambda n: n - 1), "workers are too few: a worker is busy for"),
        (changed(needed, 2, lambda n: n + 1), "workers are more than are needed: a worker is busy"),
        (as_many_as_jobs, "workers are more than are needed"),
        (7, "must be 3 numbers (the makespan with "),
        ((7, 8), ", how many are enough), got 2"),
        (changed(needed, 0, lambda n: None), "each of them a number, got None"),
    ],
    choose: [
        (with_another("basic"), " is not for basic: "),
        (with_another("reusable"), " is not for reusable: "),
        (with_another("generic"), " is not for generic: "),
        (with_another("dynamic"), " is not for dynamic: "),
        (with_another("rate_limited"), " is not for rate_limited: "),
        (lambda n: named(n)[:4], "the answer must be five names, got 4 names"),
        (lambda n: [*named(n)[:4], "asyncio"], "there is no pool 'asyncio': each must be one of"),
        ("basic", "the answer must be a list of five names, and is a str"),
        ({"A": "basic"}, "the answer must be a list of five names, and is a dict"),
        (lambda n: [1, 2, 3, 4, 5], "there is no pool 1: each must be one of"),
    ],
}

ENDLESS = {}
