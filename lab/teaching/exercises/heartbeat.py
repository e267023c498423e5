"""Exercises on heartbeats: when a hang is found, four fates, a heart, a second try, a lone call."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Literal, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import FEW
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import which_is_which
from lab.teaching.expect import NEARLY, expect_number
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import describe, plural
from lab.tracing import found_at
from patterns import heartbeat
from patterns.concurrency import DeadlineExceeded, Failed, Report, go, hang, now, sleep
from patterns.heartbeat import Beat, Health, WorkerLost

__all__ = ["ABOUT", "extend", "predict", "read", "repair", "supervise"]


# Predict


class _Silence(NamedTuple):
    """A supervisor, and the beats of a job that hangs after the last of them.

    Attributes:
        interval: seconds between two looks.
        missed: beats with which a worker is given up.
        beats: when the job beats, in seconds.
    """

    interval: float
    missed: int
    beats: tuple[float, float]


def _watched(silence: _Silence) -> Run[list[Health]]:
    def hangs(job: int, beat: Beat) -> None:
        for time in silence.beats:
            sleep(time - now())
            beat()
        hang()

    def watched() -> list[Health]:
        history: list[Health] = []
        interval, missed, _ = silence
        heartbeat.run([1], hangs, workers=1, interval=interval, missed=missed, history=history)
        return history

    return simulate(watched)


def _two_beats(random: Random) -> Asked:
    interval, missed = random.choice([0.5, 1.0, 2.0]), random.randint(3, 5)
    # In tenths of the interval, and never when the supervisor looks. Between the two beats it
    # sees some looks without one, too few to give the worker up.
    first = 10 * random.randint(0, 1) + random.randint(1, 9)
    second = 10 * (first // 10 + random.randint(2, missed - 1)) + random.randint(1, 9)
    beats = (round(first * interval / 10, 3), round(second * interval / 10, 3))
    silence = _Silence(interval, missed, beats)
    run = _watched(silence)
    right = found_at(run.value, 1)
    assert right is not None
    after = f"{missed} looks in a row without a new beat"

    def judge(answer: Any) -> str:
        given = expect_number(answer)
        if abs(given - right) < 1e-6:
            return f"{right:g} s: the look after {beats[1]:g} s sees the last beat, then {after}"
        if abs(given / interval - round(given / interval)) > 1e-6:
            raise NotYet(
                f"{given:g} s is no time at which the supervisor looks: it does at {interval:g} s, "
                f"{2 * interval:g} s …"
            )
        if given <= missed * interval + 1e-6:
            raise NotYet(f"{given:g} s counts from the start of the job, which has beaten since")
        if given < right:
            raise NotYet(
                f"{given:g} s is too early: which is the first look that sees no new beat, and "
                "what does a beat do to the count?"
            )
        raise NotYet(f"{given:g} s is too late: {after} are enough")

    def shown() -> object:
        from lab.plots import draw, missed_beats, timeline

        return draw(run, timeline, missed_beats(run.value, limit=missed))

    return Asked(
        f"The supervisor looks every {interval:g} s, for the first time at {interval:g} s, and "
        f"gives a worker up at its missed beat number {missed} in a row. A worker takes a job at "
        f"0 s. The job beats at {beats[0]:g} s and at {beats[1]:g} s, and hangs from then on. At "
        "how many seconds is the worker given up?",
        judge,
        numbers=silence,
        shown=shown,
    )


predict = Question(
    "heartbeat/predict",
    kind="predict",
    title="When is the hang found?",
    minutes=6,
    goal="You can work out when a supervisor finds a worker that hangs.",
    text="Write down each look of the supervisor, and how many beats are missed there.",
    answer="seconds",
    make=_two_beats,
    hints=[
        "Taking the job is a beat, too. Which look sees it?",
        "A look that sees a new beat sets the count back to 0; each other look adds 1.",
        "Which look is the first after the last beat? It still sees a new one. Count from the "
        "look after that.",
    ],
)


# Read


_FATES = ("hangs", "dies", "comes back late", "raises")


class _Troubled(NamedTuple):
    """A pool with two workers in which one job has trouble half-way."""

    jobs: int
    seconds: float
    job: int
    late: float


def _fate(troubled: _Troubled, fate: str) -> Run[Any]:
    def process(job: int, beat: Beat) -> int:
        for tenth in range(round(troubled.seconds * 10)):
            if job == troubled.job and tenth == 2:
                if fate == "hangs":
                    hang()
                if fate == "dies":
                    raise SystemExit
                if fate == "raises":
                    raise ValueError("an error of its own")
                sleep(troubled.late)
                beat()
            sleep(0.1)
            beat()
        return job

    jobs = range(1, troubled.jobs + 1)
    return simulate(heartbeat.run, jobs, process, workers=2, interval=0.1, missed=3)


def _four_fates(random: Random) -> Asked:
    seconds = random.choice([0.5, 0.6, 0.7])
    jobs, late = random.randint(8, 10), random.choice([0.6, 0.7, 0.8])
    troubled = _Troubled(jobs, seconds, random.randint(2, 4), late)
    fates = dict(zip("ABCD", random.sample(_FATES, 4), strict=True))
    letters = {fate: letter for letter, fate in fates.items()}
    runs = {letters[fate]: _fate(troubled, fate) for fate in _FATES}
    shows = {
        "hangs": f"in it the bar of job {troubled.job} goes on to the end of the run",
        "dies": f"in it the bar of job {troubled.job} ends before its worker is replaced",
        "comes back late": f"in it the bar of job {troubled.job} ends after its worker is replaced",
        "raises": f"in it the worker of job {troubled.job} takes other jobs afterwards",
    }

    def wrong(place: int, letter: str) -> str:
        true = shows[fates[letter]]
        return f"{letter} is not the one in which the job {_FATES[place]}: {true}"

    return which_is_which(
        f"{jobs} jobs of {seconds:g} s each go through a pool with heartbeats and two workers. "
        f"Something happens to job {troubled.job}, 0.2 s after it began. In one run it "
        "hangs; in one it dies: it ends its worker's thread with SystemExit; in one it is silent "
        f"for {late:g} s and then comes back; and in one it raises a ValueError. The supervisor "
        "looks every 0.1 s and gives up at the third missed beat. Which timeline is which, and "
        "why? Write four letters in this order: hangs, dies, comes back late, raises.",
        runs,
        wrong=wrong,
        praise="how the bar ends, and whether a new worker comes, tells the fates apart",
    )


read = Question(
    "heartbeat/read",
    kind="read",
    title="What became of the job?",
    minutes=8,
    goal="You can tell from a timeline whether a worker hung, died, or was only slow.",
    text=(
        "Follow the bar of the job that has trouble, and its worker's lane after it. Think about "
        "this, too: in which of the four is a thread left behind for good?"
    ),
    answer="letters",
    make=_four_fates,
    hints=[
        "In one timeline two workers are enough: an exception is the result of its job, and "
        "nothing more.",
        "Whoever hangs never comes back: its bar goes on to the end of the run.",
        "That leaves two. When does the bar of the job end: before the new worker comes, or after?",
    ],
)


# Repair


PAGES, PAGE_SECONDS = {1: 5, 2: 5, 3: 5, 4: 4, 5: 7, 6: 40}, 0.25  # pages of each book
HANGS = 3  # the book with a page that never comes: page 4


def _read_books(
    my_job: Callable[..., int],
) -> tuple[Report[int, int], float, dict[int, BaseException]]:
    """Return the report, how long after its last page the hung job was given up, and exits."""
    exits: dict[int, BaseException] = {}
    history: list[Health] = []
    last_page = 0.0

    def pages(book: int) -> Iterator[int]:
        nonlocal last_page
        for page in range(1, PAGES[book] + 1):
            if book == HANGS and page == 4:
                last_page = now()
                hang()
            sleep(PAGE_SECONDS)
            yield page

    def process(book: int, beat: Beat) -> int:
        try:
            return my_job(book, beat, pages(book))
        except (SystemExit, KeyboardInterrupt) as error:
            exits[book] = error
            raise

    report = heartbeat.run(list(PAGES), process, workers=2, history=history)
    found = found_at(history, HANGS)
    return report, math.inf if found is None else round(found - last_page, 9), exits


def _no_errors(run: Run[Any], _: Any) -> None:
    report, _late, exits = run.value
    for job, error in exits.items():
        raise NotYet(f"its job {job} raised {describe(error)}, and took its worker down")
    for result in report.results:
        if isinstance(result, Failed) and not isinstance(result.error, WorkerLost):
            raise NotYet(f"its job {result.job} raised {result.error!r}")


def _well_goes_on(run: Run[Any], _: Any) -> None:
    for result in run.value[0].results:
        if isinstance(result, Failed) and result.job != HANGS:
            raise NotYet(f"it is silent for too long: job {result.job} was given up, and was well")


def _hang_is_found(run: Run[Any], _: Any) -> None:
    report, late, _exits = run.value
    if HANGS in report.succeeded:
        raise NotYet(f"its job {HANGS} ended without page 4, which never came")
    if late > 0.4:
        raise NotYet(f"job {HANGS} was given up {late:g} s after its last page: 0.4 s are enough")


def _sums(run: Run[Any], _: Any) -> None:
    report = run.value[0]
    for job, value in zip(report.succeeded, report.values, strict=True):
        if job != HANGS and value != sum(range(PAGES[job] + 1)):
            raise NotYet(f"its job {job} returned {value!r}, not the sum of the pages")


repair = Task(
    "heartbeat/repair",
    kind="repair",
    title="A heart that beats for nothing",
    minutes=10,
    goal="You can say what a heartbeat must come from, so that it means something.",
    text=(
        "This job adds up the page numbers of a book. A page takes a quarter of a second to come, "
        "and five pages are more than the supervisor has patience for (a look every 0.1 s, given "
        "up at the third missed beat). So somebody gave the job a heart: a task that beats. In "
        "one of the books page 4 never comes. Run the check, see what happens, and repair the "
        "job: every book whose pages come is read, and the one that hangs is found as soon as it "
        "can be."
    ),
    answer="my_job",
    parameters="job, beat, pages",
    trials=lambda: [Trial("", _read_books)],
    demands=[
        ends(1),
        Demand("no job raises an error of its own", 1, _no_errors, needed=True),
        Demand("no book is given up whose pages come", 3, _well_goes_on, needed=True),
        Demand("the book that hangs is found, in time", 3, _hang_is_found, needed=True),
        Demand("the page numbers are added up", 2, _sums),
    ],
    praise="the books are read, and the one that hangs is found in time",
    hints=[
        "The heart is a task of its own. What does it know of the pages?",
        "Whoever waits for a page in vain has to be silent. So what should a beat say?",
        "A beat for each page that has come, in the loop itself; and no other task.",
    ],
)


# Extend: a second chance


Job = int | str


class OddError(Exception):
    """An error of no type that an answer could know."""


PLANS: list[Mapping[Job, tuple[str, ...]]] = [
    {1: ("well",), 2: ("hang", "well"), 3: ("well",), 4: ("die", "well"), 5: ("well",)},
    {1: ("hang", "hang"), 2: ("die", "hang"), 3: ("well",)},
    {1: ("raise",), 2: ("hang", "raise"), 3: ("well",), 4: ("well",)},
    {1: ("well",), 2: ("well",), 3: ("die", "well")},
    {},
    {7: ("break",), 3: ("hang", "break"), 12: ("die", "die"), 5: ("break",)},
    {"a": ("hang", "well"), "b": ("well",), "c": ("die", "break"), "d": ("odd",)},
    {0: ("hang", "well"), 1: ("well",), "blank": ("die", "well")},
]


def _named(plan: Mapping[Job, tuple[str, ...]]) -> str:
    numbered = list(plan) == list(range(1, len(plan) + 1))
    names = "" if numbered else f" {', '.join(map(str, plan))}"
    return f"with {plural(len(plan), 'job')}{names}"


class _Followed(NamedTuple):
    """What it returned, how often each job was begun, and when a job began (virtual seconds)."""

    values: Any
    begun: Counter[Job]
    times: list[float]


def _follow(second_chance: Callable[..., Any], plan: Mapping[Job, tuple[str, ...]]) -> _Followed:
    begun, times = Counter[Job](), list[float]()

    def process(job: Job, beat: Beat) -> object:
        begun[job] += 1
        times.append(now())
        what = plan[job][min(begun[job], len(plan[job])) - 1]
        sleep(0.05 * job if isinstance(job, int) else 0.05)
        if what == "hang":
            hang()
        if what == "die":
            raise SystemExit
        if what == "raise":
            raise ValueError(f"job {job} is broken")
        if what == "odd":
            raise OddError(job)
        if what == "break":
            raise KeyError(f"job {job} is unknown")
        return _value(job)

    return _Followed(second_chance(list(plan), process), begun, times)


def _value(job: Job) -> object:
    if job == "blank":
        return None
    return -job if isinstance(job, int) else f"value of {job}"


def _at_the_same_time(run: Run[_Followed], plan: Mapping[Job, tuple[str, ...]]) -> None:
    if len(plan) > 3 and sum(time < NEARLY for time in run.value.times) < 2:
        raise NotYet("it has one job in work at a time, though 3 could be")


def _second_chances(run: Run[Any], plan: Mapping[Job, tuple[str, ...]]) -> None:
    begun = run.value.begun
    for job, tries in plan.items():
        if not begun[job]:
            raise NotYet(f"it never began job {job}")
        if begun[job] < len(tries):
            raise NotYet(f"it gave job {job} no second chance, though its worker was lost")


def _no_third(run: Run[Any], plan: Mapping[Job, tuple[str, ...]]) -> None:
    begun = run.value.begun
    last = {"well": "which was done"} | dict.fromkeys(("raise", "break", "odd"), "which had failed")
    for job, tries in plan.items():
        if begun[job] > len(tries):
            why = last.get(tries[-1], "whose worker was lost twice")
            raise NotYet(f"it began job {job}, {why}, once more")


def _values_by_job(run: Run[Any], plan: Mapping[Job, tuple[str, ...]]) -> None:
    values = run.value.values
    if not isinstance(values, dict):
        raise NotYet(f"it returned {values!r}, not a dictionary of values")
    for job, tries in plan.items():
        if tries[-1] != "well":
            continue
        if job not in values:
            raise NotYet(f"it returned no value for job {job}, and {_value(job)!r} is right")
        if values[job] != _value(job):
            raise NotYet(
                f"it returned {values[job]!r} as the value of job {job}, not {_value(job)!r}"
            )


def _no_other_values(run: Run[Any], plan: Mapping[Job, tuple[str, ...]]) -> None:
    values = run.value.values
    if isinstance(values, dict):
        surplus = [job for job in values if plan.get(job, ("none",))[-1] != "well"]
        if surplus:
            raise NotYet(f"it returned a value for job {surplus[0]!r}, which has none")


def _planned(plan: Mapping[Job, tuple[str, ...]]) -> Trial:
    return Trial(_named(plan), lambda answer: _follow(answer, plan), plan)


extend = Task(
    "heartbeat/extend",
    kind="extend",
    title="A second chance",
    minutes=15,
    goal="You can try a lost job again, and end the pool when no job can come back.",
    text=(
        "Perhaps a job was only unlucky when its worker was lost. Give such a job a second "
        "chance: *one*, and only if its error is a `WorkerLost`. Return the values of all jobs "
        "that were done in the end, by job. As now, jobs are in work at the same time.\n\n"
        "The pool below closes when everything is submitted. That is too early now; when is it "
        "not?"
    ),
    answer="second_chance",
    parameters="jobs, process",
    trials=lambda: [_planned(plan) for plan in PLANS],
    demands=[
        ends(1),
        Demand("jobs are in work at the same time", 1, _at_the_same_time, needed=True),
        Demand("a job whose worker was lost is begun again", 4, _second_chances, needed=True),
        Demand("no job is begun a third time, or after it failed or was done", 3, _no_third),
        Demand("the value of each job that was done is returned", 2, _values_by_job, needed=True),
        Demand("no job that was not done has a value", 1, _no_other_values),
    ],
    praise="who was lost once got a second chance, and nobody a third, in every order of events",
    hints=[
        "As long as a job may be lost, the pool must not be closed. What would you have to count, "
        "to know that none can come back?",
        "Each job has a last result in the end: its value, an error of its own, or a second "
        "`WorkerLost`. Until every job has it, take `next(pool.results())`.",
        "Keep a set of those that had bad luck once. A lost job that is not in it goes in, and is "
        "submitted again; any other result is final.",
    ],
)


# Build: one call, watched


Step = float | Literal["beat"]  # of seconds
Part = int | Literal["beat"]  # of 1/512 s


class PageMissing(Exception):
    """An error of no type that an answer could know."""


class _Story(NamedTuple):
    """One call: what it does, how it ends, and what is to be heard of it.

    Attributes:
        steps: seconds of silence, and beats.
        end: "value", "error" or "hang".
        value: that it returns.
        error: of which type it raises one.
        silence: seconds for which it may be silent.
        heard: what the answer should do: return the value, raise the error, or WorkerLost.
        at: when, in seconds.
    """

    job: Any
    steps: tuple[Step, ...]
    end: str
    value: Any
    error: type[BaseException]
    silence: float
    heard: str
    at: float


class _Heard(NamedTuple):
    """What a call came to: a value or an error, when, and for which jobs it was called."""

    value: Any
    error: BaseException | None
    at: float
    called: list[Any]


def _story(
    job: Any,
    steps: tuple[Step, ...],
    end: str,
    silence: float,
    value: Any = None,
    error: type[BaseException] = PageMissing,
) -> _Story:
    time = heard = 0.0
    for step in steps:
        if step == "beat":
            heard = time
        elif time + step > heard + silence:
            break
        else:
            time += step
    else:
        if end != "hang":
            return _Story(job, steps, end, value, error, silence, end, time)
    return _Story(job, steps, end, value, error, silence, "lost", heard + silence)


def _tell(story: _Story, call: Callable[..., Any], beside: bool = False) -> _Heard:
    called: list[Any] = []

    def beats(_: Any, beat: Beat) -> None:
        for _ in range(24):
            sleep(23 / 512)
            beat()

    if beside:
        go(call, None, beats, 1.0)

    def process(job: Any, beat: Beat) -> Any:
        called.append(job)
        for step in story.steps:
            if step == "beat":
                beat()
            else:
                sleep(step)
        if story.end == "hang":
            hang()
        if story.end == "error":
            raise story.error(f"there is nothing for {job}")
        return story.value

    value, error = None, None
    try:
        value = call(story.job, process, story.silence)
    except (Exception, DeadlineExceeded) as raised:
        error = raised
    at = now()
    sleep(20)  # whoever was given up may come back meanwhile
    return _Heard(value, error, at, called)


def _trial(
    name: str,
    job: Any,
    steps: tuple[Part, ...],
    end: str,
    silence: int,
    *,
    value: Any = None,
    error: type[BaseException] = PageMissing,
    schedules: int | None = None,
    statements: bool = False,
    beside: bool = False,
) -> Trial:
    seconds = tuple(step if step == "beat" else step / 512 for step in steps)
    told = _story(job, seconds, end, silence / 512, value, error)
    return Trial(
        name,
        lambda call: _tell(told, call, beside),
        told,
        schedules=FEW if statements else schedules,
        statements=statements,
    )


def _stories() -> list[Trial]:
    # Odd multiples of 1/512 s: whoever looks now and then is late, and no sum is rounded.
    few: tuple[Part, ...] = (157, "beat", 159, "beat", 103)
    twelve: tuple[Part, ...] = ("beat",) * 12
    return [
        _trial("with a job that beats to its end", 1, few, "value", 179, value="read"),
        _trial("with a job that hangs", 2, (), "hang", 257),
        _trial("with a job that beats twice and hangs", 3, few[:-1], "hang", 211),
        _trial("with a quick job", 4, (53,), "value", 255, value=0),
        _trial("with a job that takes no time", 5, (), "value", 255, value=PageMissing("for now")),
        _trial("with a job that beats and raises", 6, few, "error", 205),
        _trial("with a job that returns None", 7, few, "value", 205),
        _trial(
            "with a job that is a list", [8, "beat"], ("beat", *few), "value", 205, value=[False]
        ),
        _trial(
            "with a job that comes back late",
            9,
            (107, "beat", 1537, "beat", "beat", 51, "beat", 51),
            "value",
            207,
            value="late",
        ),
        _trial("with a job that raises late", 10, (1027, "beat"), "error", 155),
        _trial(
            "with a job that ends at a deadline of its own",
            14,
            few,
            "error",
            205,
            error=DeadlineExceeded,
        ),
        _trial(
            "with a job that comes back late and beats 1200 times",
            15,
            (1027, *("beat",) * 1200),
            "value",
            155,
            schedules=2,
        ),
        _trial(
            "with a job that beats many times at once",
            11,
            (53, *twelve, 77, "beat", 79),
            "value",
            103,
            value="well",
        ),
        _trial("with a job that hangs beside one that beats", 16, (), "hang", 257, beside=True),
        _trial("with a job that beats once", 12, few[:2], "value", 205, value=1, statements=True),
        _trial("with a job that hangs", 13, (51, "beat"), "hang", 155, statements=True),
    ]


def _lost_at_once(run: Run[_Heard], story: _Story) -> None:
    if story.heard != "lost":
        return
    value, error, at, _ = run.value
    if error is None:
        raise NotYet(
            f"it returned {value!r} at {at:g} s, though the job had been silent for "
            f"{story.silence:g} s at {story.at:g} s"
        )
    if not isinstance(error, WorkerLost):
        raise NotYet(f"it raised {describe(error)}, not WorkerLost")
    if at < story.at - NEARLY:
        raise NotYet(f"it gave the job up at {at:g} s, {story.at - at:g} s too early")
    if at > story.at + NEARLY:
        raise NotYet(f"it gave the job up at {at:g} s, {at - story.at:g} s too late")


def _value_comes(run: Run[_Heard], story: _Story) -> None:
    if story.heard != "value":
        return
    value, error, at, _ = run.value
    if isinstance(error, WorkerLost):
        raise NotYet(
            f"it gave the job up at {at:g} s, which was never silent for {story.silence:g} s"
        )
    if error is not None:
        raise NotYet(f"it raised {describe(error)}, and the job returned {story.value!r}")
    if value != story.value:
        raise NotYet(f"it returned {value!r}, and the job {story.value!r}")
    if at > story.at + NEARLY:
        raise NotYet(f"it returned at {at:g} s, and the value was there at {story.at:g} s")


def _error_comes(run: Run[_Heard], story: _Story) -> None:
    if story.heard != "error":
        return
    value, error, at, _ = run.value
    raised = story.error.__name__
    if error is None:
        raise NotYet(f"it returned {value!r}, and the job raised {raised}")
    if not isinstance(error, story.error):
        raise NotYet(f"it raised {describe(error)}, and the job {raised}")
    if at > story.at + NEARLY:
        raise NotYet(f"it raised at {at:g} s, and the job did at {story.at:g} s")


def _called_once(run: Run[_Heard], story: _Story) -> None:
    called = run.value.called
    if called != [story.job]:
        for_jobs = ", ".join(map(repr, called)) or "nothing"
        raise NotYet(f"it called process for {for_jobs}, and should once for {story.job!r}")


supervise = Task(
    "heartbeat/supervise",
    kind="build",
    title="One call, and somebody who listens",
    minutes=20,
    goal="You can end a wait when nothing was heard for too long, and not only after all.",
    text=(
        "A supervisor that looks now and then finds a hang late. For a single call there is a "
        "better one: it *listens*. Build `call(job, process, silence)`, which has a task of its "
        "own do `process(job, beat)`, once, and\n\n"
        "- returns the value when it is there, or raises what the job raised, at that moment;\n"
        "- raises `WorkerLost` when nothing was heard for `silence` seconds, counted from the "
        "start or from the last beat, at that very moment. A job that beats may take as long as "
        "it likes;\n"
        "- takes no value that comes after that, and holds nobody up who comes back: a task that "
        "hangs may stay behind, but none that waits for you.\n\n"
        "`attempt(process, job)` calls a function with a job and returns a result, with a `value` "
        "or an `error` (None if there is none). The start below waits for ever if the job hangs, "
        "and its beats go nowhere."
    ),
    answer="call",
    parameters="job, process, silence",
    trials=_stories,
    demands=[
        ends(2),
        Demand("the value comes back, however long the job beats", 4, _value_comes, needed=True),
        Demand("a job that is silent for too long is given up, at once", 5, _lost_at_once, True),
        Demand("an error of the job comes out", 2, _error_comes),
        Demand("process is called once", 1, _called_once),
    ],
    praise="who was heard was waited for, and who was silent given up at once",
    hints=[
        "What would the caller have to receive, to hear of a beat and of the result as well?",
        "One channel for both: None for a beat, and the result that `attempt` returns, which is "
        "never None.",
        "`news.receive(Context(timeout=silence))` waits for so long, and raises "
        "`DeadlineExceeded`. Each receive gets a new context, as the silence begins anew.",
        "After the caller has left nobody receives. A job that comes back must not wait in "
        "`send`: a channel with room for everything, `Channel(math.inf)`, never makes it wait.",
    ],
)


ABOUT = About(
    module="heartbeat",
    notebook="07_heartbeat",
    title="the pool with heartbeats",
    imports=(
        "import math\n\n"
        "from lab import simulate\n"
        "from patterns.concurrency import Channel, Context, DeadlineExceeded, TaskGroup, attempt, "
        "go, sleep\n"
        "from patterns.heartbeat import HeartbeatPool, WorkerLost"
    ),
    problems=(predict, read, repair, extend, supervise),
)
