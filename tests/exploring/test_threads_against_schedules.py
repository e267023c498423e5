"""What small programs do on real threads, the explorer finds in one of all their schedules."""

import itertools
import random
import threading

import pytest
from support import threads_taking_turns

from lab import all_schedules
from patterns.concurrency import AtomicInt, Cancelled, Channel, Closed, Context, TaskGroup

PROGRAMS = 8
RUNS = 30  # of each, on threads
MOST = 150  # schedules; larger programs are left out


class World:
    """What the tasks of a program share."""

    def __init__(self, capacity):
        self.channel = Channel(capacity)
        self.number = AtomicInt()
        self.context = Context()
        self.child = self.context.child()


OPERATIONS = {
    "send": lambda w: w.channel.send("x"),
    "send under a context": lambda w: w.channel.send("y", w.child),
    "receive": lambda w: w.channel.receive(),
    "receive under a context": lambda w: w.channel.receive(w.child),
    "take all": lambda w: list(w.channel),
    "close": lambda w: w.channel.close(),
    "look at the channel": lambda w: w.channel.closed,
    "add": lambda w: w.number.add(1),
    "load": lambda w: w.number.load(),
    "compare and swap": lambda w: w.number.compare_and_swap(0, 1),
    "cancel": lambda w: w.context.cancel(),
    "check": lambda w: w.child.cancelled,
}


class Program:
    """Lists of operations, each of which is a task; called, it returns what they came to."""

    def __init__(self, capacity, *tasks):
        self.capacity = capacity
        self.tasks = tasks

    @classmethod
    def drawn(cls, seed):
        draw = random.Random(seed)
        names = sorted(OPERATIONS)
        tasks = [draw.choices(names, k=draw.randint(1, 2)) for _ in range(3)]
        return cls(draw.randint(0, 2), *tasks)

    def __call__(self, wait=lambda: None):
        world = World(self.capacity)
        logs = [[] for _ in self.tasks]

        def run(log, operations):
            wait()
            for operation in operations:
                try:
                    log.append(OPERATIONS[operation](world))
                except (Cancelled, Closed) as error:
                    log.append(type(error).__name__)

        with TaskGroup() as group:
            for log, operations in zip(logs, self.tasks, strict=True):
                group.spawn(run, log, operations)
        return repr(logs)

    def outcomes(self):
        """Return what it comes to in any schedule; None if it may deadlock, or there are many."""
        try:
            found = all_schedules(self, most=MOST)
        except ValueError:
            return None
        if any(outcome.kind == "deadlock" for outcome in found):
            return None
        return {outcome.value for outcome in found}

    def on_threads(self):
        barrier = threading.Barrier(len(self.tasks))
        return self(barrier.wait)


@pytest.fixture(autouse=True)
def _switch_often():
    with threads_taking_turns(1e-6):
        yield


def test_drawn_programs_do_nothing_on_threads_that_no_schedule_does():
    seeds, tried = itertools.count(), 0
    while tried < PROGRAMS:
        program = Program.drawn(next(seeds))
        possible = program.outcomes()
        if possible is None or len(possible) == 1:
            continue
        tried += 1
        seen = {program.on_threads() for _ in range(RUNS)}
        assert seen <= possible, (program.capacity, program.tasks)


DIRECTED = {
    "cancelled, then closed": (0, ["receive under a context"], ["cancel", "close"]),
    "seen to be closed": (2, ["take all"], ["look at the channel", "send"], ["close"]),
    "one value for two": (1, ["send", "close"], ["receive"], ["receive"]),
}


@pytest.mark.parametrize("name", DIRECTED)
def test_narrow_races_do_nothing_on_threads_that_no_schedule_does(name):
    program = Program(*DIRECTED[name])
    assert {program.on_threads() for _ in range(100)} <= program.outcomes()
