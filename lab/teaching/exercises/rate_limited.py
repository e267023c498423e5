"""Exercises on the rate-limited pool: bursts, whose limit, turns too early, hosts, a no."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from heapq import heapreplace
from random import Random
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import (
    FEW,
    Work,
    demand_at_once,
    demand_rate,
    most_at_once,
    rest,
    seconds_needed,
    watched,
)
from lab.teaching.exercises.about import About
from lab.teaching.exercises.server import Server, answer_to
from lab.teaching.exercises.timelines import which_is_which
from lab.teaching.expect import (
    NEARLY,
    expect_elapsed,
    expect_number,
    expect_same,
)
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import plural
from lab.tracing import start_times
from patterns import basic, rate_limited
from patterns.concurrency import sleep
from patterns.rate_limited import RateLimitedPool

__all__ = ["ABOUT", "extend", "predict", "read", "repair", "retry"]

JOB_SECONDS = 1.0


def nap(job: Any) -> Any:
    """Take a second for it."""
    sleep(JOB_SECONDS)
    return job


# Predict


class _Batches(NamedTuple):
    """Two batches of equal jobs, the second one some seconds after the first."""

    first: int
    second: int
    after: float
    seconds: float
    rate: int
    burst: int

    @property
    def workers(self) -> int:
        """As many as can be busy at a time."""
        return self.burst + round(self.rate * self.seconds)

    @property
    def gained(self) -> int:
        """How many tokens came after the bucket was emptied, until the second batch."""
        emptied = (self.first - self.burst) / self.rate
        return round((self.after - emptied) * self.rate)

    @property
    def tokens(self) -> int:
        """How many there are when the second batch comes."""
        return min(self.burst, self.gained)

    @property
    def mistaken(self) -> int:
        """How many there would be in a bucket that is always full by then, or that has no top."""
        return self.burst if self.gained < self.burst else self.gained

    def done(self, tokens: int) -> float:
        """When the last job is done, if there are so many tokens when the second batch comes."""
        return self.after + max(self.second - tokens, 0) / self.rate + self.seconds


def _in_batches(batches: _Batches) -> None:
    pool = RateLimitedPool[int, None](
        lambda job: sleep(batches.seconds),
        rate=batches.rate,
        burst=batches.burst,
        workers=batches.workers,
    )
    with pool.start():
        for job in range(batches.first):
            pool.submit(job)
        sleep(batches.after)
        for job in range(batches.second):
            pool.submit(batches.first + job)


def _drawn(random: Random) -> _Batches:
    rate, burst, seconds = random.choice([1, 2]), random.randint(3, 5), random.choice([1.0, 2.0])
    first = burst + random.randint(1, 3)
    gained = burst + random.choice([-1, 1, 2, 3])  # full or not: neither is always right
    after = (first - burst + gained) / rate
    return _Batches(first, burst + random.randint(1, 4), after, seconds, rate, burst)


def _two_batches(random: Random) -> Asked:
    batches = _drawn(random)
    while batches.done(batches.mistaken) == batches.done(batches.tokens) - batches.seconds:
        batches = _drawn(random)  # else two mistakes have the same answer
    first, second, after, seconds, rate, burst = batches
    run = simulate(_in_batches, batches)
    right = run.elapsed

    def judge(answer: Any) -> str:
        given = expect_number(answer)
        if abs(given - right) < 1e-6:
            tokens = "1 token was" if batches.tokens == 1 else f"{batches.tokens} tokens were"
            return f"{right:g} s: when the second batch came, {tokens} there"
        if abs(given - (right - seconds)) < 1e-6:
            raise NotYet(f"{given:g} s is when the last job begins; it has to be done too")
        if abs(given - batches.done(batches.mistaken)) < 1e-6:
            if batches.gained < burst:
                raise NotYet(
                    f"{given:g} s would need a full bucket at {after:g} s; when did the first "
                    "batch take its last token?"
                )
            raise NotYet(
                f"{given:g} s counts every token that came before {after:g} s; how many of them "
                "does the bucket hold?"
            )
        if given < right:
            raise NotYet(
                f"{given:g} s is too short for {plural(rate, 'token')} a second; "
                "write down when each token comes, and which job takes it"
            )
        if given <= batches.done(0) + 1e-6:
            raise NotYet(
                f"{given:g} s is too long: what became of the tokens that came while nobody "
                "asked for one?"
            )
        raise NotYet(
            f"{given:g} s is too long: {burst} tokens are there from the start, and later jobs "
            "wait for nothing but theirs"
        )

    def shown() -> object:
        from lab.plots import draw, timeline, tokens

        return draw(run, timeline, tokens(rate=rate, burst=burst))

    return Asked(
        f"A bucket gains {plural(rate, 'token')} a second, holds {burst}, and is full at the "
        f"start. At 0 s come {first} jobs, and at {after:g} s another {second}. Each takes "
        f"{seconds:g} s once it has begun, and with {batches.workers} workers none waits for a "
        "worker. At how many seconds is the last job done?",
        judge,
        numbers=batches,
        shown=shown,
    )


predict = Question(
    "rate_limited/predict",
    kind="predict",
    title="Two batches and a bucket",
    minutes=8,
    goal="You can say what a token bucket has saved up, and what that is worth.",
    text="Work it out with pencil and paper: a line for each token that comes.",
    answer="seconds",
    make=_two_batches,
    hints=[
        "Some jobs of the first batch begin at 0 s. When does the last one of it begin? At that "
        "moment the bucket is empty.",
        "From then on it fills, one token after the other, until the second batch comes or there "
        "is no room for more.",
        "As many jobs of the second batch as there are tokens begin at once; each of the others "
        "waits for a token of its own. The last one that begins has to be done, too.",
    ],
)


# Read


_LIMITS = ("no limit", "the ticker", "one bucket for all", "a bucket for each worker")


def _four_limits(random: Random) -> Asked:
    jobs, rate, burst = random.choice([8, 9, 10]), random.choice([1, 2]), random.choice([2, 3])
    seconds = random.choice([0.3, 0.4])
    letters = dict(zip(random.sample(_LIMITS, 4), "ABCD", strict=True))

    def process(job: int) -> None:
        sleep(seconds)

    limited = partial(simulate, rate_limited.run, range(jobs), process, workers=4, rate=rate)
    by_limit: dict[str, Run[Any]] = {
        "no limit": simulate(basic.run, range(jobs), process, workers=4),
        "the ticker": limited(limiter="ticker"),
        "one bucket for all": limited(burst=burst),
        "a bucket for each worker": limited(scope="per worker"),
    }
    runs = {letters[limit]: by_limit[limit] for limit in _LIMITS}

    def wrong(place: int, letter: str) -> str:
        begun = ", ".join(f"{time:g}" for time in start_times(runs[letter])[:6])
        return (
            f"{letter} does not belong to {_LIMITS[place]}: its jobs begin at {begun} s and so on"
        )

    return which_is_which(
        f"{jobs} jobs of {seconds:g} s each went through four pools of four workers. One has no "
        "limit but the number of its workers. The three others allow "
        f"{plural(rate, 'job')} a second: one by a ticker; one by a bucket for all workers, which "
        f"holds {burst} tokens; and one by a bucket for each worker, which holds one token and "
        "gets a quarter of the rate. Which timeline belongs to which pool? Write four "
        "letters in this order: no limit, ticker, one bucket for all, a bucket for each worker.",
        runs,
        wrong=wrong,
        praise="when the jobs begin gives the limit away",
    )


read = Question(
    "rate_limited/read",
    kind="read",
    title="Which limit was it?",
    minutes=8,
    goal="You can tell from a timeline what limits the jobs that begin.",
    text=(
        "A yellow part is a worker that has a job and waits for its turn. Think about this, too: "
        "which of the four would the owner of the server complain about?"
    ),
    answer="letters",
    make=_four_limits,
    hints=[
        "Look at 0 s: how many jobs begin there? It may be none, a few, or as many as there are "
        "workers.",
        "A pool without a limit has nothing yellow. A ticker gives its first turn one interval "
        "after the start. A full bucket gives one for each token at once.",
        "Four begin at 0 s in two of them. If each worker has a limit of its own, all four begin "
        "again at the same moment, a long while later.",
    ],
)


# Repair


class _Late(NamedTuple):
    """Jobs that come `late` seconds after the workers.

    Attributes:
        exact: whether when all are done is the same in every order of events.
    """

    late: float
    jobs: list[Any]
    seconds: list[float]
    workers: int
    rate: float
    exact: bool = True


def _late(
    late: float,
    jobs: Sequence[Any],
    workers: int,
    rate: float,
    schedules: int | None = None,
    statements: bool = False,
) -> Trial:
    facts = _Late(late, [*jobs], [JOB_SECONDS] * len(jobs), workers, rate)
    return Trial(
        f"with {plural(len(jobs), 'job')} after {late:g} s, {plural(workers, 'worker')} and "
        f"{rate:g} a second",
        lambda pool: watched(partial(pool, late, [*jobs], workers, rate), nap),
        facts,
        schedules=schedules,
        statements=statements,
    )


def _late_and_uneven() -> Trial:
    # The first two end together, and the last two have long waited. When all are done depends on
    # whose turn comes first: who waits for it may have either job.
    jobs = [3, 2, 1, 1]
    return Trial(
        "with jobs of 3, 2, 1 and 1 s after 1 s, 2 workers and 1 a second",
        lambda pool: watched(partial(pool, 1, [*jobs], 2, 1), rest),
        _Late(1, [*jobs], [*map(float, jobs)], 2, 1, exact=False),
        schedules=FEW,
    )


_SAME: list[Any] = [[7], "seven", [7], [7]]


def _lates() -> list[Trial]:
    return [
        _late(5, range(8), 4, 2),
        _late(0, range(6), 3, 1),
        _late(3, range(1), 5, 10),
        _late(2, (), 3, 1),
        _late(1, range(7), 2, 10),  # where the workers are too few for the limit
        _late(0, range(6), 3, 4),
        _late(1, _SAME, 3, 2, schedules=FEW),
        _late(1, _SAME, 3, 2, statements=True),
        _late_and_uneven(),
        _late(1, [None, 0, None, ""], 2, 0.5, schedules=FEW),
    ]


def _late_once(run: Run[Work], facts: _Late) -> None:
    expect_same([job for _, job in run.value.begun], facts.jobs, "jobs")


def _late_rate(run: Run[Work], facts: _Late) -> None:
    demand_rate(run.value.begun, facts.rate)


def _late_at_once(run: Run[Work], facts: _Late) -> None:
    possible = most_at_once(facts.seconds, facts.workers, 1 / facts.rate)
    demand_at_once(run.value, facts.workers, possible if facts.exact else facts.workers)


def _late_in_time(run: Run[Work], facts: _Late) -> None:
    if facts.exact:
        needed = seconds_needed(facts.seconds, facts.workers, 1 / facts.rate)
        expect_elapsed(run, facts.late + needed)


repair = Task(
    "rate_limited/repair",
    kind="repair",
    title="After an idle spell",
    minutes=10,
    goal="You can say when a worker takes its turn, and why not earlier.",
    text=(
        "In this pool the jobs come late: for `late` seconds there are none. One job may begin "
        "every `1 / rate` seconds, also after such an idle spell. Run the check, see what "
        "happens, and repair the pool. No job may wait for longer than the limit demands, and "
        "jobs may be anything, such as lists, or equal to each other.\n\n"
        "`submit` sends the jobs and closes the queue."
    ),
    answer="my_pool",
    parameters="late, jobs, workers, rate, process",
    trials=_lates,
    demands=[
        ends(1),
        Demand("every job is done, once", 2, _late_once, needed=True),
        Demand("the limit holds, after an idle spell too", 3, _late_rate, needed=True),
        Demand("as many jobs are in work as can be, and no more than workers", 2, _late_at_once),
        Demand("no job waits for longer than the limit demands", 2, _late_in_time),
    ],
    praise="the limit held after every idle spell, in every order of events",
    hints=[
        "What do the workers do while there are no jobs? Look at the run: `repair.explain()`.",
        "A turn is good only for the moment for which it was given. Which of the two things that "
        "a worker waits for may come first?",
        "First the job, then the turn, then `process`: one `acquire` in the loop is all it takes.",
    ],
)


# Extend: a limit for each host


class _Hosts(NamedTuple):
    jobs: list[tuple[str, int]]
    workers: int
    rate: float
    seconds: float | None
    at_once: int


def _crawled(facts: _Hosts, *, statements: bool = False) -> Trial:
    return Trial(
        f"with {plural(len(facts.jobs), 'job')}, {plural(facts.workers, 'worker')} and "
        f"{facts.rate:g} a second",
        lambda pool: watched(partial(pool, [*facts.jobs], facts.workers, facts.rate), nap),
        facts,
        statements=statements,
    )


def _pages() -> list[Trial]:
    few = [("a.org", 1), ("a.org", 2), ("b.org", 1), ("a.org", 3), ("b.org", 2), ("c.org", 1)]
    many = [(f"{letter}.org", page) for page in range(1, 5) for letter in "abc"]
    apart = [(f"a.{ending}", 1) for ending in ("org", "com", "net", "info", "name", "eu", "at")]
    in_a_row = [("a.org", 1), ("a.org", 2), ("a.org", 3), ("b.org", 1), ("b.org", 2), ("b.org", 3)]
    twice = [("a.org", 1), ("a.org", 1), ("b.org", 7)]
    return [
        _crawled(_Hosts(few, 6, 2, 2.0, 3)),
        _crawled(_Hosts(many, 12, 1, 4.0, 3)),
        _crawled(_Hosts(many, 2, 1, None, 2)),
        _crawled(_Hosts(apart, 3, 1, 3.0, 3)),  # where the workers are too few for the limits
        _crawled(_Hosts(twice, 3, 4, 1.25, 3)),
        _crawled(_Hosts(in_a_row, 6, 1, 3.0, 2)),  # where one host comes after all of another
        _crawled(_Hosts([], 2, 1, 0.0, 0)),
        _crawled(_Hosts(twice, 3, 4, 1.25, 2), statements=True),
    ]


def _each_page(run: Run[Work], facts: _Hosts) -> None:
    expect_same([job for _, job in run.value.begun], facts.jobs, "jobs")


def _each_host(run: Run[Work], facts: _Hosts) -> None:
    for host in dict.fromkeys(host for host, _ in facts.jobs):
        begun = [(time, job) for time, job in run.value.begun if job[0] == host]
        demand_rate(begun, facts.rate)


def _no_more_than_workers(run: Run[Work], facts: _Hosts) -> None:
    demand_at_once(run.value, facts.workers, 0)


def _no_host_holds_up(run: Run[Work], facts: _Hosts) -> None:
    if facts.seconds is not None:
        expect_elapsed(run, facts.seconds)


def _hosts_at_once(run: Run[Work], facts: _Hosts) -> None:
    demand_at_once(run.value, facts.workers, facts.at_once)


extend = Task(
    "rate_limited/extend",
    kind="extend",
    title="A limit for each host",
    minutes=12,
    goal="You can give each of several servers a limit of its own.",
    text=(
        'The jobs are pages to fetch, such as `("a.org", 1)` and `("b.org", 7)`: a host, and the '
        "number of a page. No *host* wants to be asked more than `rate` times a second: at least "
        "`1 / rate` seconds lie between two calls of the same host. What is asked of other hosts "
        "does not matter to it. This pool has no limit yet. Add one that no host can complain "
        "about. As long as there are enough workers, no page may wait because of another host."
    ),
    answer="crawl",
    parameters="jobs, workers, rate, process",
    trials=_pages,
    demands=[
        ends(1),
        Demand("every page is fetched, once", 1, _each_page, needed=True),
        Demand("no host is asked more often than it wants", 3, _each_host, needed=True),
        Demand("no more pages are in work than there are workers", 2, _no_more_than_workers),
        Demand("no page waits because of another host", 2, _no_host_holds_up, needed=True),
        Demand("hosts are asked at the same time", 1, _hosts_at_once),
    ],
    praise="no host was asked too often, and none was held up by the limit of another",
    hints=[
        "How many limits are needed, and who shares each of them?",
        "A `TokenBucket` for each host, which all workers use. When is it made, and by whom?",
        "If a worker makes the bucket of a host that it meets for the first time, two may do so "
        "at the same moment. So make them before the workers start: "
        "`{host: TokenBucket(rate) for host, _ in jobs}`.",
    ],
)


# Build: a server that says no


class _Closed(NamedTuple):
    """Calls of a server that is closed for some spells, and how long they may take."""

    jobs: list[Any]
    workers: int
    rate: float
    at_once: int
    latest: float


class _Called(NamedTuple):
    work: Work
    refused: list[tuple[float, float]]


def _calling(
    jobs: Sequence[Any],
    workers: int,
    rate: float,
    closed: Sequence[tuple[float, float]],
    seconds: Sequence[float],
    at_once: int,
    *,
    schedules: int | None = None,
    statements: bool = False,
) -> Trial:
    def call(pool: Any) -> _Called:
        server = Server(closed, seconds)
        return _Called(watched(partial(pool, [*jobs], workers, rate), server), server.refused)

    spells = " and ".join(f"from {begin:g} to {end:g} s" for begin, end in closed)
    spells = f"{len(closed)} times" if len(closed) > 2 else spells
    server = f"a server that is closed {spells}" if closed else "a server that is never closed"
    latest = _latest(len(jobs), workers, 1 / rate, closed, seconds)
    return Trial(
        f"with {plural(len(jobs), 'job')}, {plural(workers, 'worker')}, {rate:g} a second and "
        f"{server}",
        call,
        _Closed([*jobs], workers, rate, at_once, latest),
        schedules=schedules,
        statements=statements,
    )


def _latest(
    jobs: int,
    workers: int,
    gap: float,
    closed: Sequence[tuple[float, float]],
    seconds: Sequence[float],
) -> float:
    """When all is done, if after each pause the next call waits for as long as the limit's gap."""
    free, begin, done = [0.0] * workers, 0.0, 0.0
    for job in range(jobs):
        begin = max(begin, free[0])
        while end := next((end for first, end in closed if first <= begin < end), 0.0):
            begin = max(end, begin + gap) + gap
        end = begin + seconds[min(job, len(seconds) - 1)]
        done = max(done, end)
        heapreplace(free, end)
        begin += gap
    return done


_EQUAL: list[Any] = [[7], "seven", [7]]


def _calls() -> list[Trial]:
    return [
        _calling(range(1, 7), 3, 2, [(1, 3)], [1.0], 2),
        _calling(range(1, 5), 2, 1, [(0, 2), (2, 3.5)], [0.5], 1),
        _calling(range(1, 6), 3, 2, [], [1.5], 3),
        _calling(range(1, 5), 4, 2, [(0.5, 0.75)], [0.5], 1),  # a pause shorter than the limit's
        _calling((), 2, 1, [(0, 1)], [1.0], 0),
        _calling(range(1, 4), 1, 4, [(1, 2.125)], [1.0], 1, schedules=FEW),
        _calling(range(1, 7), 2, 8, [(0.875, 2)], [1.0], 2, schedules=FEW),
        _calling(_EQUAL, 2, 2, [(0, 1), (2, 4)], [1.0], 2, schedules=FEW),
        _calling(("", 0, ""), 2, 2, [(0.5, 1)], [1.0], 2, schedules=FEW),
        _calling((None,), 1, 2, [(0, 1)], [1.0], 1, schedules=FEW),
        _calling((1,), 1, 2, [(n, n + 1) for n in range(12)], [1.0], 1, schedules=FEW),
        _calling((1, 2), 2, 1, [(0, 1)], [2.0, 1.0], 2, statements=True),
    ]


def _every_answer(run: Run[_Called], facts: _Closed) -> None:
    expect_same(run.value.work.value, map(answer_to, facts.jobs), "answers")
    called = [run.value.work.begun[place][1] for place in run.value.work.returned]
    expect_same(called, facts.jobs, "jobs")


def _none_while_closed(run: Run[_Called], facts: _Closed) -> None:
    for told, until in run.value.refused:
        for time, job in run.value.work.begun:
            if told + NEARLY < time < until - NEARLY:
                raise NotYet(
                    f"it called for job {job!r} at {time:g} s, and the server had said at "
                    f"{told:g} s: not before {until:g} s"
                )


def _every_try_in_turn(run: Run[_Called], facts: _Closed) -> None:
    demand_rate(run.value.work.begun, facts.rate)


def _calls_at_once(run: Run[_Called], facts: _Closed) -> None:
    demand_at_once(run.value.work, facts.workers, facts.at_once)


def _goes_on_soon(run: Run[_Called], facts: _Closed) -> None:
    if run.elapsed > facts.latest + NEARLY:
        raise NotYet(f"it took {run.elapsed:g} s, and {facts.latest:g} s are enough")


retry = Task(
    "rate_limited/retry",
    kind="build",
    title="A server that says no",
    minutes=20,
    goal="You can try again without asking too often.",
    text=(
        "This pool keeps its rate. But now and then the server has enough all the same: a call "
        "raises `Refused`, at once, and its `seconds` say for how long the server wants no call "
        "at all. The pool breaks down then. Build one that goes on:\n\n"
        "- every job gets its answer in the end, however often it is refused;\n"
        "- once a call was refused, *no worker* calls before those seconds are over;\n"
        "- one call begins every `1 / rate` seconds at most, and a second try is a call like any "
        "other;\n"
        "- after a pause the next call comes within `1 / rate` seconds, and as many are in work "
        "as before.\n\n"
        "`submit` sends the jobs and closes the queue; `basic.work` runs the workers and closes "
        "the results. Return a list of the answers, in any order. Jobs may be anything, such as "
        "lists, or equal to each other."
    ),
    answer="polite",
    parameters="jobs, workers, rate, process",
    trials=_calls,
    demands=[
        ends(2),
        Demand("every job gets its answer, once", 2, _every_answer, needed=True),
        Demand("nobody calls before the pause is over", 4, _none_while_closed, needed=True),
        Demand("the limit holds for second tries, too", 3, _every_try_in_turn),
        Demand("as many calls are in work as can be, and no more than workers", 2, _calls_at_once),
        Demand("it goes on soon after a pause", 2, _goes_on_soon),
    ],
    praise="every job got its answer, and the server had no reason to complain",
    hints=[
        "A worker that is refused knows for how long. How do the others, who wait for the bucket "
        "at that moment, learn of it?",
        "Keep one number for all workers: when the server is open again. Look at it after "
        "`bucket.acquire()`, when the call would begin, and not before.",
        "Whoever finds the server closed sleeps until it is open. All of them wake at the same "
        "moment then: what became of the turn that each of them had?",
        "In a `while True`: acquire; if `now()` is before the opening time, sleep until then and "
        "`continue`; else try to return `process(job)`, and note the new opening time when it "
        "raises `Refused`.",
    ],
)


ABOUT = About(
    module="rate_limited",
    notebook="06_rate_limited",
    title="the rate-limited pool",
    imports=(
        "from lab import simulate\n"
        "from lab.teaching.exercises.queues import submit\n"
        "from lab.teaching.exercises.server import Refused\n"
        "from lab.tracing import start_times\n"
        "from patterns import basic\n"
        "from patterns.concurrency import Channel, TaskGroup, TokenBucket, now, sleep"
    ),
    problems=(predict, read, repair, extend, retry),
)
