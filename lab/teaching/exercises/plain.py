"""Exercises on plain Python: read what a form does, the GIL, futures, which form for what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import Work, watched
from lab.teaching.exercises.about import About
from lab.teaching.exercises.choosing import Choice, choosing
from lab.teaching.exercises.executor import Executor
from lab.teaching.exercises.small import under_the_gil
from lab.teaching.exercises.timelines import which_is_which
from lab.teaching.expect import NEARLY, expect_number
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.source import show_code
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, plural
from lab.tracing import makespan
from patterns.concurrency import Channel, TaskGroup, sleep
from patterns.concurrency.runtime import current_runtime

__all__ = ["ABOUT", "choose", "predict", "read", "repair"]


# Read: four forms


_FORMS: Final = (
    "threads with the GIL",
    "threads without it",
    "processes",
    "tasks whose jobs never await",
)
_START: Final = 1.0  # seconds until a process has been started
_SIGNS: Final = {
    "threads with the GIL": "there two jobs would wait at the same time, but not compute",
    "threads without it": "there nobody would wait for anybody, and all would begin at once",
    "processes": "there no job would begin before its process has been started",
    "tasks whose jobs never await": "there nothing at all would go on beside a job",
}


def _form(name: str, jobs: int, workers: int, wait: float, compute: float) -> None:
    """Do jobs as one of the forms does: first they wait, then they compute."""
    lock, queue = Channel[int](1, "lock"), Channel[int](jobs, "jobs")

    def process(job: int) -> None:
        if name == "threads with the GIL":
            sleep(wait)
            lock.send(job)
            sleep(compute)
            lock.receive()
        elif name == "tasks whose jobs never await":
            lock.send(job)
            sleep(wait + compute)
            lock.receive()
        else:
            sleep(wait + compute)

    def worker() -> None:
        if name == "processes":
            sleep(_START)
        for job in queue:
            process(job)

    for job in range(1, jobs + 1):
        queue.send(job)
    queue.close()
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")


def _four_forms(random: Random) -> Asked:
    workers = random.choice((3, 4))
    jobs = workers * 2
    wait, compute = random.randint(2, 4), random.randint(1, 2)
    letters = dict(zip(random.sample(_FORMS, len(_FORMS)), "ABCD", strict=True))
    runs = {
        letters[name]: simulate(_form, name, jobs, workers, float(wait), float(compute))
        for name in _FORMS
    }
    return which_is_which(
        f"{jobs} jobs wait for {wait} s, and then compute in Python for {compute} s. {workers} "
        "workers do them: as threads with the GIL, as threads of a Python without it, as processes "
        f"(each of which takes {_START:g} s to start), and as asyncio tasks whose jobs never "
        "`await`. Write four letters, in this order.",
        runs,
        wrong=lambda place, letter: f"{letter} is not {_FORMS[place]}: {_SIGNS[_FORMS[place]]}",
        praise="; ".join(_SIGNS[name] for name in _FORMS[:2]),
    )


read = Question(
    "plain/read",
    kind="read",
    title="Threads, processes, or tasks?",
    minutes=6,
    goal="You can tell from a timeline what a form of the pool can do at the same time.",
    text=(
        "These are simulations: a job that has to wait for a lock, or for the event loop, is "
        "blocked there; in its own wait, and while it computes, it counts as working. Starting a "
        "thread or a task takes no time in them."
    ),
    answer="letters",
    make=_four_forms,
    points=5,
    hints=[
        "Two of them have no lock to wait for: nobody is blocked. What else is different?",
        "Of the other two: does a job wait for the lock before it does anything, or in the middle?",
    ],
)


# Predict: the GIL as arithmetic


def _by_threads(random: Random) -> Asked:
    compute = random.choice((1, 2, 4, 5, 10))
    enough = random.randint(3, 8)  # threads, to keep the lock taken
    wait = compute * (enough - 1)
    threads = random.choice([n for n in (2, 4, 6, 10) if n != enough])
    jobs = threads * random.randint(5, 12)
    processes = random.choice([n for n in (2, 4, 5, 6) if n != threads])
    run = simulate(under_the_gil, jobs, threads, wait / 1000, compute / 1000)
    took = 1000 * makespan(run)
    apart = -(-jobs // processes) * (wait + compute)

    def judge(answer: Any) -> str:
        names = ("ms with threads", "threads", "ms with processes")
        what = f"three numbers ({', '.join(names)})"
        if not isinstance(answer, list | tuple):
            raise NotYet(f"the answer must be {what}, and is {kind(answer)}")
        if len(answer) != len(names):
            raise NotYet(f"the answer must be {what}, got {len(answer)}")
        elapsed, most, by_processes = [expect_number(number, what) for number in answer]
        if abs(elapsed - took) > 0.01:
            raise NotYet(_about_threads(elapsed, jobs, threads, wait, compute))
        if abs(most - enough) > NEARLY:
            if most < enough:
                raise NotYet(
                    f"from {plural(int(most), 'thread')} on one more does help: while one computes "
                    f"for {compute} ms, how many others can wait for {wait} ms?"
                )
            raise NotYet(f"one more helps no longer with fewer than {most:g} threads")
        if abs(by_processes - apart) > 0.01:
            raise NotYet(
                f"with processes it is not {by_processes:g} ms: each has a lock of its own, so "
                f"{processes} jobs are done at the same time, and the last round may not be full"
            )
        return (
            f"{took:g} ms with the one lock, which {enough} threads keep taken; processes need "
            f"{apart:g} ms"
        )

    def _about_threads(given: float, jobs: int, threads: int, wait: int, compute: int) -> str:
        alone = -(-jobs // threads) * (wait + compute)
        if abs(given - alone) < 0.01:
            return f"{given:g} ms would be right without the lock"
        if given < jobs * compute:
            return (
                f"{given:g} ms is too short: {jobs} x {compute} ms of computing have to pass "
                "through one lock"
            )
        if abs(given - jobs * (wait + compute)) < 0.01:
            return f"{given:g} ms is too long: while one computes, the others can wait"
        return (
            f"it is not {given:g} ms: when do the first ones want the lock, and does it then stand "
            "free at any time?"
        )

    def shown() -> object:
        from lab.plots import draw

        return draw(simulate(under_the_gil, 3 * threads, threads, wait / 1000, compute / 1000))

    return Asked(
        f"{jobs} jobs wait for {wait} ms each, and then compute for {compute} ms. Write three "
        f"numbers: after how many ms they are done by {threads} threads with the GIL; from how "
        "many threads on one more does not make it quicker, however many jobs there are; after "
        f"how many ms they are done by {processes} processes that do one job at a time each (and "
        "take no time to start).",
        judge,
        numbers={
            "jobs": jobs,
            "wait": wait,
            "compute": compute,
            "threads": threads,
            "processes": processes,
        },
        shown=shown,
    )


predict = Question(
    "plain/predict",
    kind="predict",
    title="What does the GIL cost?",
    minutes=10,
    goal="You can work out what threads can do under the GIL, and whether processes are better.",
    text=(
        "The model of the lesson: whoever computes holds the lock, and whoever waits does not. "
        f"All jobs are there at the start.\n\n```python\n{show_code(under_the_gil).text}\n```"
    ),
    answer="figures",
    make=_by_threads,
    points=6,
    hints=[
        "All threads wait first, and then they want the lock, one after the other. Is the first "
        "one back before the last one has had it?",
        "If there are enough threads, the lock is never free again: the first wait, and then one "
        "job after the other computes. If there are too few, count rounds: in the last one the "
        "threads are as far apart as in the first.",
        "The lock is always taken if, while one thread computes, so many others wait as the wait "
        "is times longer.",
    ],
)


# Repair: every future is asked


class PageMissing(Exception):
    """A page that cannot be read."""


class MissingAndFalse(PageMissing):
    """The same, as an exception that counts as false."""

    def __bool__(self) -> bool:
        return False


@dataclass
class _Page:
    """A job that is equal to the others, and cannot be hashed."""

    number: int = field(compare=False)


class _Pages(NamedTuple):
    jobs: int
    workers: int
    room: int
    missing: frozenset[int]
    equal: bool = False


class _Seen(NamedTuple):
    """What was seen of one run.

    Attributes:
        work: what the process saw.
        executor: that did the jobs.
        elsewhere: jobs that were not done by one of its workers.
        ahead: the most jobs that were taken from the list and not done at one time.
    """

    work: Work
    executor: Executor
    elsewhere: int
    ahead: int


def _read_page(
    job: int, missing: Iterable[int], error: type[PageMissing] = PageMissing
) -> str | None:
    sleep(3 if job % 4 == 1 else 1)
    if job in missing:
        raise error(job)
    return _content(job)


def _content(job: int) -> str | None:
    return None if job == 6 else f"page {job}"


def _call(answer: Callable[..., Any], facts: _Pages) -> _Seen:
    taken = done = ahead = elsewhere = 0

    def jobs() -> Iterator[Any]:
        nonlocal taken, ahead
        for job in range(1, facts.jobs + 1):
            taken += 1
            ahead = max(ahead, taken - done)
            yield _Page(job) if facts.equal else job

    def process(job: Any) -> str | None:
        nonlocal done, elsewhere
        me = current_runtime().current()
        elsewhere += me not in executor.tasks
        try:
            if facts.equal:
                return _read_page(job.number, facts.missing, MissingAndFalse)
            return _read_page(job, facts.missing)
        finally:
            done += 1

    with TaskGroup() as group:
        executor = Executor(group, facts.workers)
        work = watched(lambda noting: answer(executor, noting, jobs(), facts.room), process)
        executor.shutdown()
    return _Seen(work, executor, elsewhere, ahead)


def _pages(jobs: int, workers: int, room: int, *missing: int, equal: bool = False) -> Trial:
    facts = _Pages(jobs, workers, room, frozenset(missing), equal)
    lost = f", {plural(len(missing), 'page')} missing" if missing else ""
    pages = plural(jobs, "equal page" if equal else "page")
    return Trial(
        f"with {pages}, {plural(workers, 'worker')} and room for {room}{lost}",
        lambda answer: _call(answer, facts),
        facts,
        schedules=6,
    )


def _some_pages() -> list[Trial]:
    return [
        _pages(12, 3, 5),
        _pages(9, 2, 4, 2, 3),
        _pages(0, 2, 3),
        _pages(4, 3, 1, 4),
        _pages(3, 2, 10, 1, 2, 3),
        _pages(7, 3, 3, 7),
        _pages(5, 2, 3, 2, equal=True),
    ]


def _accounts_for_each(run: Run[_Seen], facts: _Pages) -> None:
    value = run.value.work.value
    if not isinstance(value, list | tuple):
        raise NotYet(f"it returned {kind(value)}, not a list")
    if len(value) != facts.jobs:
        raise NotYet(f"it returned {plural(len(value), 'result')} for {plural(facts.jobs, 'page')}")
    failed = sum(isinstance(each, PageMissing) for each in value)
    if failed != len(facts.missing):
        raise NotYet(
            f"{plural(len(facts.missing), 'page')} raised, and it returned "
            f"{plural(failed, 'exception')}"
        )


def _in_the_room(run: Run[_Seen], facts: _Pages) -> None:
    most = run.value.executor.most
    if most > facts.room:
        raise NotYet(
            f"it has {plural(most, 'job')} submitted and not done, with room for {facts.room}"
        )


def _by_the_executor(run: Run[_Seen], facts: _Pages) -> None:
    begun = len(run.value.work.begun)
    if run.value.elsewhere:
        raise NotYet("it does jobs itself, and the executor should do them")
    if begun != facts.jobs:
        raise NotYet(f"{plural(facts.jobs, 'page')} should be read, and it read {begun}")


def _in_order(run: Run[_Seen], facts: _Pages) -> None:
    value = run.value.work.value
    if not isinstance(value, list | tuple):
        return
    for job, got in enumerate(value, start=1):
        right = (
            isinstance(got, PageMissing) and got.args == (job,)
            if job in facts.missing
            else got == _content(job)
        )
        if not right:
            none = ", which is None" if _content(job) is None else ""
            raise NotYet(
                f"its result number {job} is {got!r}, and should be that of page {job}{none}"
            )


def _takes_few(run: Run[_Seen], facts: _Pages) -> None:
    if run.value.ahead > facts.room + 1:
        raise NotYet(
            f"it takes {run.value.ahead} jobs from the list before they are done, with room for "
            f"{facts.room} and one in hand"
        )


def _soon_enough(run: Run[_Seen], facts: _Pages) -> None:
    enough = simulate(lambda: _call(_oldest_first, facts)).elapsed
    if run.elapsed > enough + NEARLY:
        raise NotYet(f"it took {run.elapsed:g} s, and {enough:g} s are enough")


def _oldest_first(
    executor: Executor, process: Callable[[Any], object], jobs: Iterable[Any], room: int
) -> None:
    waiting: list[Any] = []
    for job in jobs:
        if len(waiting) == room:
            waiting.pop(0).exception()
        waiting.append(executor.submit(process, job))
    for future in waiting:
        future.exception()


repair = Task(
    "plain/repair",
    kind="repair",
    title="A missing page, and a million that are not",
    minutes=15,
    goal="You can use an executor with a limit, and hear of every exception.",
    text=(
        "`all_pages(executor, process, jobs, room)` is to return a list, in the order of the jobs: "
        "for each job what `process(job)` returns, or, if it raises, the exception itself. At any "
        "time at most `room` jobs may be submitted and not done, and `jobs`, which may be a "
        "generator of a million, is not to be emptied ahead of that (one more may be in hand). "
        "This version does neither. Jobs may be equal to each other, and impossible to hash.\n\n"
        "The check hands in an executor that keeps virtual time. Of its futures you can use "
        "`result`, `exception`, `done`, `cancel` and `add_done_callback`, without a timeout; "
        "`concurrent.futures.wait`, `as_completed` and real locks know only real futures. What "
        "you write works with a `ThreadPoolExecutor(3)` all the same."
    ),
    answer="all_pages",
    parameters="executor, process, jobs, room",
    trials=_some_pages,
    demands=[
        ends(1),
        Demand("every job has its value, or its exception", 2, _accounts_for_each, needed=True),
        Demand("the executor does each job, once", 1, _by_the_executor, needed=True),
        Demand("no more jobs are submitted than there is room for", 2, _in_the_room, needed=True),
        Demand("the results are in the order of the jobs", 1, _in_order),
        Demand("jobs are taken from the list as they are needed", 3, _takes_few),
        Demand("it waits no longer than for the oldest job", 2, _soon_enough, needed=True),
    ],
    praise="each job has its value or its exception, and there are never more than there is room",
    hints=[
        "Before another job is submitted, one of those that are submitted has to be done. Which "
        "one can you wait for without knowing which is the quickest?",
        "Keep a list of futures. When it holds `room` of them, ask the oldest for its result "
        "before you submit.",
        "`future.exception()` waits as well, and returns what the job raised, or None.",
    ],
)


# Choose a form


_CHOICES: Final = {
    "threads": Choice(
        "a few jobs that wait, and may be waited for",
        "do the jobs there wait or compute, how many are there, and must anything be able to end "
        "them?",
        [
            "A script of twenty lines copies {few} files to a server. It waits for the network, "
            "and at the end for all of them.",
            "{few} shops are asked for a price with a library that blocks until the answer is "
            "there. All must answer anyway, before the program goes on.",
        ],
    ),
    "queue_threads": Choice(
        "so many jobs that wait that the submitter must wait, too",
        "what would fill the memory there?",
        [
            "Lines come without end from a file that others write to, and each is sent with a "
            "library that blocks. When the {few} workers cannot keep up, reading has to stop.",
            "{few} million letters are read from disk, a megabyte each, and handed to the "
            "printers by a driver that blocks. They do not fit into memory.",
        ],
    ),
    "tasks": Choice(
        "thousands of connections that wait",
        "how many things wait there at the same time, and with what kind of function?",
        [
            "A chat server holds {few} thousand connections open. Hardly anything is sent, and "
            "the program is written with `async` already.",
            "{many} sensors are listened to at the same time, in an `async` program. Each says a "
            "few bytes a minute.",
        ],
    ),
    "processes": Choice(
        "jobs that compute in Python, with the GIL",
        "what do the jobs there do all the time, and what may only one thread do at a time?",
        [
            "{many} games of chess are worked out in plain Python with the GIL, a second each, on "
            "a machine with {few} processors.",
            "Primes are counted in {many} ranges of numbers by a loop in plain Python, with the "
            "GIL. Each takes seconds, and {few} processors stand idle.",
        ],
    ),
    "patterns": Choice(
        "blocking jobs that a deadline must reach, all accounted for",
        "what has to happen there with a job that has begun and still waits?",
        [
            "{few} jobs wait for each other's messages in blocking code. After a minute all that "
            "still wait must stop waiting, and a report must name each job.",
            "A pool is to be tested in virtual time and in every order of events, before {few} "
            "devices that block depend on it.",
        ],
    ),
}

choose = Question(
    "plain/choose",
    kind="read",
    title="Which form for what?",
    minutes=6,
    goal="You can choose a form of the pool for a kind of work, and give the reason.",
    text=(
        "`threads` is a `ThreadPoolExecutor` as it comes, `queue_threads` are threads around a "
        "`queue.Queue` with a `maxsize`, `tasks` are those of asyncio, `processes` a "
        "`ProcessPoolExecutor`, and `patterns` the pools of this workbook. A form may fit several "
        "of the descriptions, or none. Where more than one would do, take the one that comes with "
        "Python and is the shortest."
    ),
    answer="names",
    make=partial(choosing, choices=_CHOICES, what="form"),
    points=5,
    hints=[
        "First: do the jobs compute in Python, or do they wait?",
        "If they wait: does the program use `async`? Would all jobs fit into memory? Must a "
        "deadline reach a job that has begun?",
        "If nothing of that is so, two lines with an executor are enough.",
    ],
)


ABOUT = About(
    module="plain",
    notebook="09_plain_python",
    title="plain Python",
    imports=(
        "from collections import deque\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "\n"
        "from lab import simulate\n"
        "from lab.teaching.exercises.small import under_the_gil\n"
        "from lab.tracing import makespan, trace_of"
    ),
    problems=(read, predict, repair, choose),
)
