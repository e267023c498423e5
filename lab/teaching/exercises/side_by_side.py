"""Exercises on comparing: why workers are idle, makespans, more workers, which pool for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from typing import Any, Final

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.exercises.about import About
from lab.teaching.exercises.choosing import Choice, choosing
from lab.teaching.exercises.timelines import drawn, which_is_which
from lab.teaching.expect import NEARLY, expect_number
from lab.teaching.grading import NotYet
from lab.teaching.idle import REASONS
from lab.teaching.problem import Asked, Question
from lab.teaching.wording import kind
from lab.tracing import makespan
from patterns import basic, rate_limited
from patterns.concurrency import Channel, TaskGroup, sleep

__all__ = ["ABOUT", "choose", "enough", "predict", "read"]


def _numbers(answer: Any, names: Sequence[str]) -> list[float]:
    """Return the reader's numbers, one for each name; NotYet for anything else."""
    what = f"{len(names)} numbers ({', '.join(names)})"
    if not isinstance(answer, list | tuple):
        raise NotYet(f"the answer must be {what}, and is {kind(answer)}")
    if len(answer) != len(names):
        raise NotYet(f"the answer must be {what}, got {len(answer)}")
    return [expect_number(number, f"{what}, each of them a number") for number in answer]


# Read: why workers are idle


def _do(seconds: Sequence[float], workers: int) -> None:
    jobs = range(1, len(seconds) + 1)
    basic.run(jobs, lambda job: sleep(seconds[job - 1]), workers=workers)


def _arriving(jobs: int, every: float, workers: int) -> None:
    def one_by_one() -> Iterator[int]:
        for job in range(1, jobs + 1):
            yield job
            sleep(every)

    basic.run(one_by_one(), lambda job: sleep(1), workers=workers)


def _read_slowly(jobs: int, every: float, workers: int) -> None:
    queue, results = Channel[int](jobs, "jobs"), Channel[int](0, "results")

    def worker() -> None:
        for job in queue:
            sleep(1)
            results.send(job)

    def work() -> None:
        with TaskGroup() as group:
            for number in range(1, workers + 1):
                group.spawn(worker, name=f"worker-{number}")
        results.close()

    with TaskGroup() as group:
        group.spawn(work)
        for job in range(1, jobs + 1):
            queue.send(job)
        queue.close()
        for _ in results:
            sleep(every)


def _limited(jobs: int, rate: float, workers: int) -> None:
    rate_limited.run(range(1, jobs + 1), lambda job: sleep(1), rate=rate, workers=workers)


def _idle(reason: str, random: Random) -> Callable[[], object]:
    """Return a pool whose workers are idle for this reason."""
    workers, jobs = random.choice((3, 4)), random.randint(9, 13)
    if reason == "a long job comes last":
        short = [1.0] * (workers * random.randint(2, 3))
        return partial(_do, [*short, float(random.randint(3, 5))], workers)
    if reason == "jobs come too slowly":
        return partial(_arriving, jobs, random.choice((0.5, 0.6, 0.7)), workers)
    if reason == "results are taken too slowly":
        return partial(_read_slowly, jobs, random.choice((0.5, 0.6, 0.7)), workers)
    if reason == "too few jobs for the last round":
        rounds = random.randint(2, 3)
        return partial(_do, [float(random.randint(2, 4))] * (workers * rounds + 1), workers)
    return partial(_limited, jobs, random.choice((1.25, 2.0)), workers)


_SIGNS: Final = {
    "a long job comes last": "there the bar that ends last would be longer than the others",
    "jobs come too slowly": "there workers would wait (dotted) while the queue is empty",
    "results are taken too slowly": "there workers would be blocked with a finished job",
    "too few jobs for the last round": "there all bars would have the same length",
    "a limit holds jobs back": "there workers would have a job and be throttled",
}


def _five_pools(random: Random) -> Asked:
    letters = dict(zip(random.sample(REASONS, len(REASONS)), "ABCDE", strict=True))
    by_reason = {reason: simulate(_idle(reason, random)) for reason in letters}

    def wrong(place: int, letter: str) -> str:
        reason = REASONS[place]
        return f"{letter} is not for the reason '{reason}': {_SIGNS[reason]}"

    def with_queue(run: Run[Any], letter: str) -> object:
        from lab.plots import draw, queue_depth, timeline

        return draw(run, timeline, queue_depth, title=f"Pool {letter}")

    return which_is_which(
        "In each of these five pools workers are idle, each for another reason. Write their five "
        f"letters in the order of these reasons: {'; '.join(REASONS)}.",
        {letters[reason]: by_reason[reason] for reason in REASONS},
        wrong=wrong,
        praise="each reason has its sign",
        picture=with_queue,
    )


read = Question(
    "side_by_side/read",
    kind="read",
    title="Why are they idle?",
    minutes=8,
    goal="You can look at a timeline and say what keeps workers idle.",
    text="The pools have other jobs and workers than those of the lesson, and other letters.",
    answer="letters",
    make=_five_pools,
    points=5,
    hints=[
        "Begin with what has a sign of its own: who is throttled, who is blocked?",
        "Of the other three, in one the queue is empty from the start, although workers wait.",
        "In the last two all jobs are there at 0 s. Are the bars alike?",
    ],
)


# Predict: bounds, makespan, utilisation


def _uneven(random: Random) -> Asked:
    workers = random.choice((2, 3))
    least = 0.0
    while least.is_integer() is False or not least:
        seconds = [random.randint(1, 6) for _ in range(random.randint(6, 8))]
        if random.random() < 0.4:
            seconds[-1] = sum(seconds[:-1]) // workers + random.randint(2, 4)
        least = max(sum(seconds) / workers, float(max(seconds)))
    run: Run[Any] = simulate(basic.run, seconds, sleep, workers=workers)
    busy = 100 * sum(seconds) / (workers * run.elapsed)

    def judge(answer: Any) -> str:
        bound, took, share = _numbers(answer, ("the bound", "the makespan", "percent busy"))
        if abs(bound - least) > NEARLY:
            raise NotYet(_about_the_bound(bound, least, seconds, workers))
        if abs(took - run.elapsed) > NEARLY:
            if took < least - NEARLY:
                raise NotYet(
                    f"the makespan cannot be {took:g} s: {least:g} s is the bound, "
                    "and no order comes below it"
                )
            raise NotYet(
                f"the makespan is not {took:g} s: whoever is free takes the next job in this "
                "order; note for each worker when it is free"
            )
        if abs(share - busy) > 1.0:
            raise NotYet(
                f"they are not busy for {share:g}%: divide the seconds of all jobs by "
                "the seconds of all workers, each from 0 s to the end of the run"
            )
        return (
            f"{least:g} s at least, {run.elapsed:g} s in this order, and so the workers are busy "
            f"for {busy:.0f}% of their time"
        )

    return Asked(
        f"Jobs take {', '.join(map(str, seconds))} seconds. {workers} workers take them in this "
        "order. Write three numbers: the seconds below which no order of these jobs can come "
        "(because all the work has to be shared, and because the longest job has to be done: the "
        "larger of the two); the makespan in this order, in seconds; and for how many percent of "
        "the workers' time they are busy, as a whole number.",
        judge,
        numbers=(seconds, workers),
        shown=partial(drawn, run),
    )


def _about_the_bound(bound: float, least: float, seconds: Sequence[int], workers: int) -> str:
    if abs(bound - sum(seconds)) < NEARLY:
        return f"the bound is not {bound:g} s: that is all the work, and {workers} workers share it"
    if bound < least and abs(bound - max(seconds)) < NEARLY:
        return f"the bound is not {bound:g} s: the longest job is not all that has to be done"
    if bound < least and abs(bound - sum(seconds) / workers) < NEARLY:
        return f"the bound is not {bound:g} s: one job alone takes longer, and cannot be shared"
    return (
        f"the bound is not {bound:g} s: compare the longest job with all the work divided by "
        "the number of workers"
    )


predict = Question(
    "side_by_side/predict",
    kind="predict",
    title="How good can it be, and how good is it?",
    minutes=8,
    goal="You can say how soon a pool could be done at best, and how far from it it is.",
    text="Three numbers for one pool. The second may be the same as the first, or not.",
    answer="figures",
    make=_uneven,
    points=6,
    hints=[
        "The bound does not depend on the order: all the work, divided by the workers; or the "
        "longest job, if that is more.",
        "For the makespan keep one number for each worker, when it is free; the next job goes to "
        "the smallest.",
        "Busy: the sum of all jobs, divided by workers times makespan.",
    ],
)


# Predict: how many workers are enough


def _at_a_limit(random: Random) -> Asked:
    rate, seconds, burst = random.choice(
        [(1, 2, 1), (1, 3, 1), (2, 2, 1), (2, 3, 2), (1, 4, 2), (2, 2, 3), (1, 3, 2)]
    )
    jobs = random.randint(9, 14)

    def pool(workers: int) -> None:
        rate_limited.run(
            range(1, jobs + 1),
            lambda job: sleep(seconds),
            rate=float(rate),
            burst=burst,
            workers=workers,
        )

    took = {workers: makespan(simulate(pool, workers)) for workers in range(1, jobs + 1)}
    fewest = min(workers for workers in took if took[workers] - took[jobs] < NEARLY)
    few = random.randint(2, fewest - 1) if fewest > 2 else 1

    def judge(answer: Any) -> str:
        with_few, with_all, enough = _numbers(
            answer, (f"the makespan with {few}", f"with {jobs}", "how many are enough")
        )
        if abs(with_all - took[jobs]) > NEARLY:
            raise NotYet(_about_the_limit(with_all, took[jobs], seconds, jobs))
        if abs(with_few - took[few]) > NEARLY:
            if with_few < took[few]:
                raise NotYet(
                    f"with {few} it is not {with_few:g} s: a job begins when the limit allows it "
                    "and a worker is free, whichever comes later"
                )
            raise NotYet(
                f"with {few} it is not {with_few:g} s, but less: does somebody who is free wait?"
            )
        if abs(enough - fewest) > NEARLY:
            which = "too few" if enough < fewest else "more than are needed"
            raise NotYet(
                f"{enough:g} workers are {which}: a worker is busy for {seconds} s with each job; "
                "how many jobs have been begun by the time that the first is done?"
            )
        return (
            f"{took[few]:g} s with {few}, {took[jobs]:g} s with {fewest} and with any more: then "
            "the limit is what is missing, not a worker"
        )

    def shown() -> object:
        from lab.plots import draw

        return draw(simulate(pool, fewest))

    at_once = "one job" if burst == 1 else f"{burst} jobs"
    gap = 1 / rate
    return Asked(
        f"{jobs} jobs of {seconds} s are there at 0 s. A limit lets {at_once} begin at once, and "
        f"after that one every {gap:g} s. Write three numbers: the makespan in seconds with {few} "
        f"{'worker' if few == 1 else 'workers'}; with {jobs} workers; and the fewest workers with "
        "which it is as short as that.",
        judge,
        numbers={"jobs": jobs, "seconds": seconds, "rate": rate, "burst": burst, "few": few},
        shown=shown,
    )


def _about_the_limit(given: float, right: float, seconds: int, jobs: int) -> str:
    if abs(given - seconds) < NEARLY:
        return f"with {jobs} workers it is not {given:g} s: the limit does not let all begin at 0 s"
    if abs(given - (right - seconds)) < NEARLY:
        return f"with {jobs} workers it is not {given:g} s: then the last job begins"
    return (
        f"with {jobs} workers it is not {given:g} s: nobody waits for a worker, so when does the "
        "limit let the last job begin?"
    )


enough = Question(
    "side_by_side/enough",
    kind="predict",
    title="How many workers are enough?",
    minutes=8,
    goal="You can say when more workers help, and when they only wait for a limit.",
    text="A rate limit, and jobs that are all alike.",
    answer="needed",
    make=_at_a_limit,
    points=6,
    hints=[
        "With as many workers as jobs only the limit counts: note when each job may begin.",
        "With few workers a job begins at the later of two moments: the limit allows it, and a "
        "worker is free.",
        "Enough is as many as there are jobs in work at one time when only the limit counts.",
    ],
)


# Choose a pool


_POOLS: Final = {
    "basic": Choice(
        "a list of jobs",
        "nothing special happens there, so what is the shortest that does it?",
        [
            "A list of {many} pictures is made smaller, once. They are much alike, none fails, and "
            "the program waits until all are done.",
            "Once a night {many} log files of equal size are compressed, and then the program "
            "ends. It never failed so far, and nobody waits for it.",
        ],
    ),
    "reusable": Choice(
        "jobs that keep arriving",
        "who knows there when the last job comes?",
        [
            "A program runs for months, and several of its threads hand in jobs at any time: about "
            "{many} an hour, day and night.",
            "Each message that somebody types is sent in the background, {many} an hour all day. "
            "The pool is closed only when the program is.",
        ],
    ),
    "generic": Choice(
        "jobs that are worthless if one fails",
        "what are the other results worth there when one job has failed?",
        [
            "{few} parts of one film are converted. If one of them fails, the film cannot be "
            "shown, and what is still going on should stop at once.",
            "A change is accepted if all of {many} checks succeed. After the first that fails "
            "nobody wants to know the others.",
        ],
    ),
    "error_handling": Choice(
        "jobs that may fail, and a deadline",
        "what does somebody want to know there at a certain moment, whatever failed?",
        [
            "{many} pages are read, and some of them will fail. After {few} minutes there must be "
            "a list: which are done, which failed, and which were not begun.",
            "At 8 o'clock a report is printed from up to {many} measurements. Those that fail or "
            "come too late are to be named in it.",
        ],
    ),
    "dynamic": Choice(
        "a load that comes in waves",
        "how does the number of jobs there change in the course of a day, and what does an idle "
        "worker cost?",
        [
            "A ticket office has {few} orders an hour at night, and {many} a minute when a sale "
            "begins. Each worker holds a connection that is paid for by the minute.",
            "Photos come from tourists: hardly any before noon, {many} when the buses are back. "
            "Workers that nobody needs are to give their memory back.",
        ],
    ),
    "rate_limited": Choice(
        "somebody else's limit",
        "what does there happen to those who ask too often?",
        [
            "A map service answers at most {few} requests a second and locks out whoever sends "
            "more. There are {many} addresses to look up.",
            "A provider accepts {few} mails a second, of all workers together, and {many} are to "
            "be sent.",
        ],
    ),
    "heartbeat": Choice(
        "jobs that may hang",
        "what becomes there of a worker whose job neither ends nor fails?",
        [
            "{many} old devices are asked for a value. One of them now and then never answers: "
            "there is no error, and the call does not return. The others must go on.",
            "{many} drawings are handed to a library that sometimes falls into an endless loop. "
            "That must be noticed, and the other drawings still be done.",
        ],
    ),
}

choose = Question(
    "side_by_side/choose",
    kind="read",
    title="Which pool for what?",
    minutes=6,
    goal="You can choose a pool for a workload, and say what decides.",
    text="A pool may fit several of the descriptions, or none.",
    answer="names",
    make=partial(choosing, choices=_POOLS, what="pool"),
    points=5,
    hints=[
        "In each description one thing is unusual. Which of the lesson's pools is made for it?",
        "Ask in turn: do jobs keep coming? in waves? is there a limit of somebody else? may a job "
        "hang? is the rest worthless if one fails? must there be a report at a deadline?",
        "If the answer to all of these is no, it is the basic pool.",
    ],
)


ABOUT = About(
    module="side_by_side",
    notebook="08_side_by_side",
    title="side by side",
    imports=(
        "from lab import simulate\n"
        "from lab.tracing import makespan, service_times, trace_of, utilisation\n"
        "from patterns import basic, rate_limited\n"
        "from patterns.concurrency import sleep"
    ),
    problems=(read, predict, enough, choose),
)
