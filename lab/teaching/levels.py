"""Levels of the game: pools to break, and pools to save, each with what it takes at least.

Where a level's pool is one of `patterns.pitfalls`, it is explained there; the others are as
broken, and smaller than any of these. `lab.teaching.board` shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final

from lab.exploring.judge import Check
from lab.model.pool import bind
from lab.model.run import Run
from lab.teaching.game import Game
from lab.teaching.survey import GOALS, Goal, failures_of, fewest_decisions
from patterns import pitfalls
from patterns.concurrency import AtomicInt, Channel, TaskGroup

__all__ = ["LEVELS", "Level"]

_MOST_GAMES: Final = 1_000  # for each of the two figures of a level; a second or two
_TASKS: Final[Mapping[Goal, str]] = {
    "break": "Find an order in which it goes wrong.",
    "save": "Left to itself it goes wrong. Find an order in which it goes well.",
}


@dataclass(frozen=True)
class Level:
    """A pool to break, or to save, by saying who goes next.

    Attributes:
        title: what it is called; progress is kept under this name.
        pool: as for `explore`, and so are `check` and `options`.
        check: tells a run that goes well.
        goal: "break" or "save".
        task: what to do, in a sentence or two.
        options: passed on to `pool`.

    Raises ValueError for any other goal, TypeError if `pool` does not take the options.
    """

    title: str
    pool: Callable[..., Any]
    check: Check | None = None
    goal: Goal = "break"
    task: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.goal not in GOALS:
            raise ValueError(f"goal must be one of {', '.join(GOALS)}, got {self.goal!r}")
        bind(self.pool, (), self.options)
        if not self.task:
            object.__setattr__(self, "task", _TASKS[self.goal])

    def game(self) -> Game:
        """Begin a new game."""
        return Game(self.pool, check=self.check, **self.options)

    def reached(self, game: Game) -> bool:
        """Whether a game of this level has come to an end as is the goal."""
        position = game.position
        return position.verdict is not None and position.broken is (self.goal == "break")

    @cached_property
    def par(self) -> int | None:
        """The fewest decisions that reach the goal; None if nobody knows, as there are too many."""
        return fewest_decisions(self._bound, self.check, self.goal, most=_MOST_GAMES)

    @cached_property
    def failures(self) -> tuple[str, ...] | None:
        """In what ways it can go wrong, as verdicts say it; None if there are too many games."""
        return failures_of(self._bound, self.check, most=_MOST_GAMES)

    @property
    def _bound(self) -> Callable[[], Any]:
        return bind(self.pool, (), self.options)


def lost_additions(*amounts: int) -> int:
    """BROKEN: reads the total, then writes it; in between somebody else may have written."""
    total = AtomicInt(0, "total")

    def worker(amount: int) -> None:
        total.store(total.load() + amount)

    with TaskGroup() as group:
        for number, amount in enumerate(amounts, 1):
            group.spawn(worker, amount, name=f"worker-{number}")
    return total.load()


def first_closes(workers: int) -> list[int]:
    """BROKEN: whoever has sent a result closes the channel, as if nobody else were there."""
    results = Channel[int](workers, "results")

    def worker(number: int) -> None:
        results.send(number)
        results.close()

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, number, name=f"worker-{number}")
    return list(results)


def crossed_hands(workers: int) -> None:
    """BROKEN: each takes the tool on its left, then the one on its right; all may hold one."""
    tools = [Channel[None](1, f"tool {number}") for number in range(1, workers + 1)]
    for tool in tools:
        tool.send(None)

    def worker(number: int) -> None:
        left, right = tools[number], tools[(number + 1) % workers]
        left.receive()
        right.receive()
        left.send(None)
        right.send(None)

    with TaskGroup() as group:
        for number in range(workers):
            group.spawn(worker, number, name=f"worker-{number + 1}")


def last_one_out(workers: int) -> int:
    """BROKEN: counts down in two steps; return how many thought that they were the last."""
    left = AtomicInt(workers, "workers left")
    lights_out = AtomicInt(0, "lights out")

    def worker() -> None:
        left.store(left.load() - 1)
        if left.load() == 0:
            lights_out.add(1)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
    return lights_out.load()


def unheard_bell(workers: int) -> None:
    """BROKEN: rings for those who wait by then; who comes later waits for ever."""
    waiting, bell = AtomicInt(0, "waiting"), Channel[None](workers, "bell")

    def worker() -> None:
        waiting.add(1)
        bell.receive()

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        for _ in range(waiting.load()):
            bell.send(None)


def one_slot(jobs: int) -> list[int]:
    """BROKEN: hands jobs over in a variable, where a channel would let nobody overtake."""
    slot, done = AtomicInt(0, "slot"), list[int]()

    def worker() -> None:
        done.extend(slot.load() for _ in range(jobs))

    def submitter() -> None:
        for job in range(1, jobs + 1):
            slot.store(job)

    with TaskGroup() as group:
        group.spawn(submitter, name="submitter")
        group.spawn(worker, name="worker")
    return done


def _at_most(most: int, run: Run[int]) -> bool:
    return run.value <= most


def _is(value: object, run: Run[Any]) -> bool:
    return bool(run.value == value)


LEVELS: Final = (
    Level(
        "Room for one",
        pitfalls.check_then_act,
        partial(_at_most, 1),
        task="Two callers each look whether there is room, then add a worker; there is room for "
        "one. Get both of them in.",
        options={"callers": 2, "max_workers": 1},
    ),
    Level(
        "Close and cancel",
        pitfalls.stop_drops_queue,
        partial(_is, [0]),
        "save",
        task="The main task sends a job, closes the queue and cancels the worker. Get the job "
        "done.",
        options={"jobs": 1, "workers": 1},
    ),
    Level(
        "Lost additions",
        partial(lost_additions, 1, 2, 4),
        partial(_is, 7),
        task="Three workers add 1, 2 and 4 to a total, by reading it and then writing it. Let "
        "some of it get lost, in every way there is.",
    ),
    Level(
        "Whose channel is it",
        first_closes,
        goal="save",
        task="Each of three workers sends its result and closes the channel. Get all three "
        "results through.",
        options={"workers": 3},
    ),
    Level(
        "Crossed hands",
        crossed_hands,
        task="Three workers and three tools, and each worker needs the two beside it. Bring "
        "everything to a standstill.",
        options={"workers": 3},
    ),
    Level(
        "The last one out",
        last_one_out,
        partial(_is, 1),
        task="The worker who leaves last puts out the light. Let nobody do it; then let both.",
        options={"workers": 2},
    ),
    Level(
        "The bell that nobody hears",
        unheard_bell,
        goal="save",
        task="The main task rings for those who wait. Who comes too late waits for ever: let "
        "nobody be late.",
        options={"workers": 2},
    ),
    Level(
        "One slot",
        one_slot,
        partial(_is, [1, 2, 3]),
        "save",
        task="Jobs 1, 2 and 3 are handed over in a variable. Nearly every order loses one or does "
        "one twice. Get each done once.",
        options={"jobs": 3},
    ),
)
