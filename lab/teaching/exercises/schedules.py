"""Exercises on schedules: how many there are, what they do, who is last, what a check asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import combinations, product
from math import factorial, prod
from random import Random
from typing import Any, Final, NamedTuple

from lab.exploring import all_schedules, explore
from lab.model.run import Run
from lab.teaching.demands import Takers, demand_takers, watched_takers
from lab.teaching.exercises.about import About
from lab.teaching.exercises.small import add_up, new_limit
from lab.teaching.expect import expect_counts, expect_same
from lab.teaching.game import Game
from lab.teaching.grading import NotYet
from lab.teaching.guard import quietly
from lab.teaching.marks import Feedback
from lab.teaching.problem import Asked, Question, Said, Task
from lab.teaching.source import show_code
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, one_line, plural
from patterns.concurrency import AtomicInt, TaskGroup, sleep

__all__ = ["ABOUT", "extend", "order", "predict", "read", "repair"]


def _code(*objects: Callable[..., Any]) -> str:
    return f"```python\n{show_code(*objects).text}\n```"


# Predict


# How often each worker looks, and how many changes there are.
_SMALL: Final = (
    *[((1, 1, 1), 2), ((1, 2), 2), ((1, 3), 2), ((2, 2), 2), ((2, 3), 1), ((3, 3), 1)],
    *[((1, 1, 2), 1), ((1, 2, 2), 1), ((1, 1, 3), 1), ((1, 2, 3), 1), ((1, 1, 1, 1), 1)],
)
_TIMES: Final = {1: "once", 2: "twice", 3: "three times"}


def _looks_and_changes(random: Random) -> Asked:
    pattern, number = random.choice(_SMALL)
    looks = tuple(random.sample(pattern, k=len(pattern)))
    changes = tuple(random.sample((4, 5, 6, 7, 8), k=number))
    found = explore(new_limit, looks, changes, check=_all_the_same, how="every")
    on_paper = factorial(sum(looks) + number) // prod(map(factorial, (*looks, number)))

    def judge(answer: Any) -> str:
        numbers = expect_counts(answer, "two whole numbers, such as (12, 3)")
        if len(numbers) != 2:
            raise NotYet(f"the answer must be two whole numbers, got {len(numbers)}")
        distinct, failing = numbers
        if failing > distinct:
            raise NotYet(f"of {distinct} schedules no more than {distinct} can fail, got {failing}")
        if distinct == on_paper:
            raise NotYet(
                f"{on_paper} orders of all these operations is right, but they are not all "
                "distinct: two workers who look one after the other see the same, whoever is first"
            )
        if distinct == 1 + sum(looks) < found.schedules:
            raise NotYet(
                "it is not enough to say how many looks come before the change: "
                "it matters which worker has looked before"
            )
        if distinct != found.schedules:
            raise NotYet(
                f"there are not {distinct} distinct schedules: all that matters of each worker is "
                "how many of its looks come before a change, and after it"
            )
        if failing != found.failures:
            raise NotYet(
                f"{distinct} distinct schedules is right, but not {failing} of them fail: "
                "in how many do all looks come before the change, or all after it, or, with two "
                "changes, all between them?"
            )
        return (
            f"{distinct}, because only the place of each look among the changes matters; "
            f"all but {distinct - failing} of them, {failing}, fail"
        )

    def shown() -> object:
        from lab.plots import draw_outcomes

        outcomes = all_schedules(new_limit, looks, changes, check=_all_the_same)
        return draw_outcomes({"all distinct schedules": outcomes})

    each = [f"worker {n} looks {_TIMES[times]}" for n, times in enumerate(looks, start=1)]
    then = " and then to ".join(map(str, changes))
    return Asked(
        f"In `new_limit({looks}, {changes})` {', '.join(each)}, and a manager changes the limit "
        f"from 3 to {then}. A schedule fails if not all looks have seen the same. How many "
        "distinct schedules are there, and how many of them fail?",
        judge,
        numbers=(looks, changes),
        shown=shown,
    )


def _all_the_same(run: Run[Any]) -> bool:
    return len(set(run.value)) == 1


predict = Question(
    "schedules/predict",
    kind="predict",
    title="How many schedules?",
    minutes=8,
    goal="You can count the distinct schedules of a small pool, and tell them from orders.",
    text=(
        "Workers look at a limit while a manager changes it, all at the same time. The list that "
        f"is returned does not count as something that a task can notice.\n\n{_code(new_limit)}"
    ),
    answer="counts",
    make=_looks_and_changes,
    hints=[
        "Two schedules are the same if no task can notice a difference. Does a worker notice "
        "that another one looks?",
        "Take one worker alone with the manager. In how many ways can its looks fall before, "
        "between and after the changes?",
        "What one worker's looks do, does not depend on another's, so multiply these numbers. "
        "Then subtract the schedules in which all looks of all workers fall in the same gap.",
    ],
)


# Read and order: additions that are lost


def _outcome(order: Sequence[str], amounts: Sequence[int]) -> tuple[int, int]:
    """Return the total that comes of an order of turns, and how many additions are lost."""
    total, value = (0, 0), {f"worker-{n}": amount for n, amount in enumerate(amounts, start=1)}
    seen: dict[str, tuple[int, int]] = {}
    for worker in order:
        if worker not in seen:
            seen[worker] = total
        else:
            total = (seen[worker][0] + value[worker], seen[worker][1] + 1)
    return total[0], len(amounts) - total[1]


def _played(order: Sequence[str], amounts: Sequence[int]) -> Game:
    """Play an order, in which each worker has two turns."""
    game = Game(add_up, amounts)
    for worker in order:
        if worker in game.position.choices:  # who is alone goes on by itself
            game.play(worker)
    return game


def _amounts(random: Random, workers: int) -> list[int]:
    """Return amounts of which no two choices add up to the same, so that all totals differ."""
    while True:
        amounts = random.sample(range(2, 20), workers)
        if len(_totals(amounts)) == 2**workers:
            return amounts


def _totals(amounts: Sequence[int]) -> set[int]:
    """Return what the amounts can add up to, whichever are left out."""
    return {
        sum(chosen) for size in range(len(amounts) + 1) for chosen in combinations(amounts, size)
    }


def _shuffled(random: Random, lost: int, amounts: Sequence[int]) -> list[str]:
    """Return an order in which so many additions are lost."""
    while True:
        order = _names(amounts) * 2
        random.shuffle(order)
        if _outcome(order, amounts)[1] == lost:
            return order


def _names(amounts: Sequence[int]) -> list[str]:
    return [f"worker-{number}" for number in range(1, len(amounts) + 1)]


def _who_adds(amounts: Sequence[int]) -> str:
    return ", ".join(f"worker {n} adds {amount}" for n, amount in enumerate(amounts, start=1))


_ADDING: Final = f"Workers add to one total. `load` and `store` are two steps.\n\n{_code(add_up)}"


def _three_schedules(random: Random) -> Asked:
    amounts = _amounts(random, 3)
    orders = [_shuffled(random, lost, amounts) for lost in random.sample((0, 1, 2), 3)]
    games = [_played(order, amounts) for order in orders]
    totals = [_outcome(order, amounts)[0] for order in orders]

    def judge(answer: Any) -> str:
        given = expect_counts(answer, "three whole numbers, such as (12, 3, 7)")
        if len(given) != 3:
            raise NotYet(f"the answer must be three whole numbers, got {len(given)}")
        for letter, total, right, order in zip("ABC", given, totals, orders, strict=True):
            if total == right:
                continue
            if total == sum(amounts):
                raise NotYet(
                    f"in schedule {letter} not everything is added: look for a worker that stores "
                    "what it has loaded before another one stored"
                )
            if total not in _totals(amounts) - {0}:
                raise NotYet(
                    f"schedule {letter} cannot end with {total}: the last to store leaves what it "
                    "has loaded and its own amount"
                )
            raise NotYet(
                f"schedule {letter} does not end with {total}: {order[-1]} stores last, so what "
                "had it loaded?"
            )
        return f"{totals}: what is left is what the last one to store had loaded, and its own"

    def drawn(letter: str, game: Game) -> object:
        from lab.plots import draw_turns

        silent = [replace(turn, result="") for turn in game.position.turns if turn.task != "main"]
        return draw_turns(silent, title=f"Schedule {letter}", text=f"Schedule {letter}.")

    return Asked(
        f"In `add_up({amounts})` {_who_adds(amounts)}. Here are three schedules. What does it "
        "return in A, in B and in C? Write three numbers.",
        judge,
        numbers=(amounts, orders),
        pictures=[partial(drawn, *each) for each in zip("ABC", games, strict=True)],
    )


read = Question(
    "schedules/read",
    kind="read",
    title="What comes of these schedules?",
    minutes=6,
    goal="You can follow a schedule turn by turn, and see which addition is lost.",
    text=_ADDING,
    answer="totals",
    make=_three_schedules,
    hints=[
        "Note beside each `load` what the total is at this moment.",
        "A `store` writes what this worker had loaded, and its own amount; what others have "
        "stored in between is gone.",
        "So begin at the last `store`, go back to the same worker's `load`, and ask which `store` "
        "came before that.",
    ],
)


def _wanted_total(random: Random) -> Asked:
    amounts = _amounts(random, 4)
    missing = random.choice((1, 2))
    wanted, _ = _outcome(_shuffled(random, missing, amounts), amounts)

    def judge(answer: Any) -> str:
        turns = _turns(answer, _names(amounts))
        total, lost = _outcome(turns, amounts)
        if total == wanted:
            return f"the total is {wanted}: what is lost is what should be"
        said = f"in this order the total is {total}"
        if not lost:
            raise NotYet(f"{said}: nothing is lost, and something has to be")
        gone = f"{plural(lost, 'addition')} {'is' if lost == 1 else 'are'} lost"
        if lost != missing:
            raise NotYet(
                f"{said}: {gone}, and {wanted} is the sum of {len(amounts) - missing} amounts"
            )
        raise NotYet(f"{said}: {gone}, which is as many as should be, but not the right choice")

    def shown() -> object:
        from lab.plots import draw_turns

        any_random = Random(0)
        turns = _shuffled(any_random, missing, amounts)
        while _outcome(turns, amounts)[0] != wanted:
            turns = _shuffled(any_random, missing, amounts)
        return draw_turns(
            _played(turns, amounts).position.turns,
            title=f"An order in which the total becomes {wanted}",
            text=f"An order in which the total becomes {wanted}.",
        )

    return Asked(
        f"In `add_up({amounts})` {_who_adds(amounts)}. In which order does it return {wanted}? "
        "Write eight names, in the order in which they have their turns.",
        judge,
        numbers=(amounts, wanted),
        shown=shown,
    )


def _turns(answer: Any, workers: Sequence[str]) -> list[str]:
    if not isinstance(answer, list | tuple):
        raise NotYet(f"the answer must be a list of names, and is {kind(answer)}")
    for name in answer:
        if name not in workers:
            raise NotYet(f"each name must be one of {', '.join(workers)}, got {name!r}")
    for worker in workers:
        turns = answer.count(worker)
        if turns != 2:
            raise NotYet(
                f"{worker} has {plural(turns, 'turn')}, and it needs two: one to load, one to store"
            )
    return [*answer]


order = Question(
    "schedules/order",
    kind="build",
    title="Make it lose the right one",
    minutes=8,
    goal="You can make up a schedule that brings about a certain failure.",
    text=(
        f"{_ADDING}\n\nNow you decide who goes next. A worker's first turn is its `load`, its "
        "second one its `store`; each has two."
    ),
    answer="turns",
    make=_wanted_total,
    hints=[
        "Which amounts make up this total? The other additions have to be lost.",
        "An addition is lost if somebody stores after it what was loaded before it.",
        "Let those that are to be lost load and store between the `load` and the `store` of one "
        "of the others, and let nobody else come in between.",
    ],
)


# Repair


class _Doubled(NamedTuple):
    jobs: list[int]
    workers: int


def _case(jobs: Sequence[int], workers: int) -> str:
    return f"with {plural(len(jobs), 'job')} and {plural(workers, 'worker')}"


def _in_every_schedule(jobs: int, workers: int) -> Trial:
    numbers = list(range(1, jobs + 1))
    return Trial(
        _case(numbers, workers),
        lambda pool: pool([*numbers], workers),
        _Doubled(numbers, workers),
        every=True,
    )


def _taken(numbers: list[int], workers: int) -> Trial:
    return Trial(
        _case(numbers, workers),
        lambda pool: watched_takers(lambda jobs: pool(jobs, workers), numbers),
        _Doubled(numbers, workers),
        schedules=5,
    )


class _Slow(int):
    """A job that takes a while: 1000 s."""

    def __mul__(self, other: int) -> int:
        sleep(1000)
        return int(self) * int(other)

    def __add__(self, other: int) -> int:
        sleep(1000)
        return int(self) + int(other)

    def __lshift__(self, other: int) -> int:
        sleep(1000)
        return int(self) << int(other)

    __rmul__, __radd__ = __mul__, __add__


def _slow(numbers: list[int], workers: int) -> Trial:
    return Trial(
        f"{_case(numbers, workers)}, when a job takes 1000 s",
        lambda pool: pool([*map(_Slow, numbers)], workers),
        _Doubled(numbers, workers),
        schedules=5,
    )


def _by_statements(numbers: list[int], workers: int) -> Trial:
    return Trial(
        _case(numbers, workers),
        lambda pool: pool([*numbers], workers),
        _Doubled(numbers, workers),
        statements=True,
    )


_SOME: Final[tuple[tuple[list[int], int], ...]] = (([7, 4, 7], 2), ([], 3), ([5], 1))


def _small_pools() -> list[Trial]:
    return [
        *[_in_every_schedule(jobs, workers) for jobs, workers in [(0, 2), (1, 2), (2, 1), (0, 3)]],
        *[_taken(jobs, workers) for jobs, workers in _SOME],
        _slow([7, 4, 7], 2),
        *[_by_statements(jobs, workers) for jobs, workers in _SOME],
    ]


def _each_doubled(run: Run[Any], facts: _Doubled) -> None:
    value = run.value.value if isinstance(run.value, Takers) else run.value
    expect_same(value, [2 * job for job in facts.jobs])


def _by_all_workers(run: Run[Any], facts: _Doubled) -> None:
    takers = run.value
    if isinstance(takers, Takers):
        few = takers.jobs and len(takers.tasks) < facts.workers
        if takers.started < facts.workers or takers.made_by_caller or few:
            demand_takers(takers, facts.workers)


def _by_no_others(run: Run[Any], facts: _Doubled) -> None:
    if isinstance(run.value, Takers):
        demand_takers(run.value, facts.workers)


repair = Task(
    "schedules/repair",
    kind="repair",
    title="The last one out",
    minutes=12,
    goal="You can let the last of several tasks do something, in every order of events.",
    text=(
        "The last one to leave puts out the light: in this pool the worker who leaves last closes "
        "the results. In some schedules nobody does. Run the check, see in how many, and repair "
        "it. It is accepted when no schedule of some small pools fails; besides these, it is also "
        "run statement by statement, so that a race on a plain variable shows, and with jobs that "
        "take a while."
    ),
    answer="my_pool",
    parameters="jobs, workers",
    trials=_small_pools,
    demands=[
        ends(3),
        Demand("every result comes out, once", 3, _each_doubled, needed=True),
        Demand("all workers take jobs", 2, _by_all_workers, needed=True),
        Demand("and nobody else does", 2, _by_no_others),
    ],
    praise="nothing goes wrong in any schedule of four small pools",
    hints=[
        "Two workers leave at the same time. What does each of them read, and write, and see then?",
        "Counting down and looking what is left must be one step. `AtomicInt` has other methods "
        "besides `load` and `store`.",
        "`left.add(-1)` returns what is left, and exactly one worker is told 0. Or let a task that "
        "waits for all workers close the results.",
    ],
)


# Extend: a check


JOBS: Final = (1, 2, 3)
RESULTS: Final = [2, 4, 6]
OTHERS: Final = ((2, 4), (2, 4, 8), (1, 5, 6), (2, 4, 6, 6), (2, 4, 6, 0), (2, 2, 2, 6), (-2, 4, 6))


def _one_each() -> list[int]:
    """Right: each worker has a job of its own; their results come in any order."""
    done, results = AtomicInt(0, "done"), list[int]()

    def worker(job: int) -> None:
        done.add(1)
        results.append(2 * job)

    _at_once(worker)
    return results


def _look_then_take() -> list[int]:
    """Broken: workers may do the same job, and then another job is left."""
    # From the middle on, so that three times the same job gives the sum of all three.
    taken, results = AtomicInt(1, "taken"), list[int]()

    def worker(_: int) -> None:
        number = taken.load()
        taken.store(number + 1)
        results.append(2 * JOBS[number % len(JOBS)])

    _at_once(worker)
    return results


def _overwrites() -> list[int]:
    """Broken: two results may be put into the same place, and one of them is lost."""
    next_place, places = AtomicInt(0, "next place"), dict[int, int]()

    def worker(job: int) -> None:
        place = next_place.load()
        places[place] = 2 * job
        next_place.store(place + 1)

    _at_once(worker)
    return list(places.values())


def _does_again() -> list[int]:
    """Broken: no job is left, but one may be done by both workers."""
    taken, results = AtomicInt(0, "taken"), list[int]()

    def worker(_: int) -> None:
        while (number := taken.load()) < len(JOBS):
            taken.store(number + 1)
            results.append(2 * JOBS[number])

    _at_once(worker, 2)
    return results


def _at_once(worker: Callable[[int], None], workers: int = 3) -> None:
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, number, name=f"worker-{number}")


class _Case(NamedTuple):
    """Runs for a check to judge: of a pool, or made up.

    Attributes:
        runs: what it is called with.
        pool: whose runs they are.
    """

    runs: list[Run[Any]]
    pool: Callable[[], list[int]] | None


@cache
def _all_runs(pool: Callable[[], list[int]]) -> _Case:
    runs: list[Run[Any]] = []
    number = len(all_schedules(pool, check=runs.append))
    del runs[:-number]  # the search may have started again
    return _Case(runs, pool)


def _made_up() -> _Case:
    some = _all_runs(_one_each).runs[0]
    values = [[*value] for value in (*OTHERS, *product(RESULTS, repeat=3))]
    wrong = [value for value in values if sorted(value) != RESULTS]
    return _Case([replace(some, value=value) for value in wrong], None)


def _pools_to_judge() -> list[Trial]:
    pools = (_one_each, _look_then_take, _overwrites, _does_again)
    return [
        Trial("", partial(_verdicts, case.runs), case, schedules=0)
        for case in (*map(_all_runs, pools), _made_up())
    ]


def _verdicts(runs: Sequence[Run[Any]], right: Callable[[Any], object]) -> list[bool]:
    """Return of each run whether the check lets it pass."""

    def passes(run: Run[Any]) -> bool:
        try:
            answer = right(replace(run, value=[*run.value]))  # a check may sort it
            return answer is None or bool(answer)
        except AssertionError:
            return False

    return [passes(run) for run in runs]


def _wrongly(verdicts: Sequence[bool], case: _Case, passed: bool) -> tuple[list[int], int]:
    """Return the places of the runs that it wrongly lets pass, or does not; and how many could."""
    could = [n for n, run in enumerate(case.runs) if (sorted(run.value) != RESULTS) == passed]
    return [n for n in could if verdicts[n] == passed], len(could)


def _refuses_no_right_one(run: Run[Any], case: _Case) -> None:
    wrong, could = _wrongly(run.value, case, False)
    if wrong:
        raise NotYet(
            f"it refuses {len(wrong)} of {could} schedules in which nothing is wrong: "
            f"there each job has one result, {case.runs[wrong[0]].value}"
        )


def _lets_no_wrong_one_pass(run: Run[Any], case: _Case) -> None:
    missed, could = _wrongly(run.value, case, True)
    if missed and case.pool is not None:
        raise NotYet(
            f"it lets {len(missed)} of {could} schedules pass in which something is wrong: "
            f"there the results of jobs 1, 2 and 3 are {case.runs[missed[0]].value}"
        )


def _lets_nothing_else_pass(run: Run[Any], case: _Case) -> None:
    missed, _ = _wrongly(run.value, case, True)
    if missed and case.pool is None:
        raise NotYet(f"it lets {case.runs[missed[0]].value} pass as the results of jobs 1, 2 and 3")


class _Check(Task):
    """A task whose answer judges runs; what it misjudges is played."""

    def explained(self, answer: Any, feedback: Feedback) -> object:
        from lab.plots.player import play

        fault = feedback.fault
        if fault is None or not fault.ended or self.demands[fault.demand][0] not in _JUDGING:
            return Said(repr(feedback))
        case = self._trials()[fault.trial].facts
        if case.pool is None:
            return Said(repr(feedback))

        def judged_right(run: Run[Any]) -> None:
            [passed] = _verdicts([run], answer)
            if passed != (sorted(run.value) == RESULTS):
                does = "passes" if passed else "is refused"
                raise AssertionError(f"{run.value} {does}")

        with quietly():
            found = explore(case.pool, check=judged_right, how="every", stop_at_first=True)
        if found.failure is None:
            return Said(repr(feedback))
        return play(found.failure, title=one_line(feedback.sentence, 110))


_JUDGING: Final = (
    "it refuses no schedule in which nothing is wrong",
    "it refuses each in which a job is lost, or done twice",
)

extend = _Check(
    "schedules/extend",
    kind="extend",
    title="A check that tells right from wrong",
    minutes=8,
    goal="You can write a check that a broken pool does not pass, and a right one does.",
    text=(
        "A search is only as good as its check. Three workers do the jobs 1, 2 and 3, and each "
        "result is twice its job; `run.value` is the list of results, in the order in which they "
        "came. This check counts them. Write one that tells a right pool from a broken one: it "
        "returns True for every schedule in which nothing is wrong, and False for every other."
    ),
    answer="right",
    parameters="run",
    trials=_pools_to_judge,
    demands=[
        ends(1),
        *[
            Demand(what, 3, holds, needed=True)
            for what, holds in zip(
                _JUDGING, (_refuses_no_right_one, _lets_no_wrong_one_pass), strict=True
            )
        ],
        Demand("it lets nothing else pass that is not the results", 2, _lets_nothing_else_pass),
    ],
    praise=(
        "it refuses all schedules in which a job is lost or done twice, and all other wrong "
        "results, and nothing that is right"
    ),
    hints=[
        "In which order do the results come? May a right pool change it?",
        "A job that is lost while another one is done twice leaves the number of results as it "
        "is. What does their sum say, what does a set of them?",
        "Compare the results, sorted, with all that they should be.",
    ],
)


ABOUT = About(
    module="schedules",
    notebook="10_all_schedules",
    title="all schedules of your pool",
    imports=(
        "from itertools import combinations\n"
        "\n"
        "from lab import explore\n"
        "from lab.teaching.exercises.queues import filled\n"
        "from lab.teaching.exercises.small import add_up, new_limit\n"
        "from patterns.concurrency import AtomicInt, Channel, TaskGroup"
    ),
    problems=(predict, read, order, repair, extend),
)
