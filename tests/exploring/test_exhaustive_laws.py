"""Random small programs: the reduced search finds what the unreduced one does, each thing once."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_exhaustive import search

from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Closed,
    Context,
    TaskGroup,
    Ticker,
    TokenBucket,
    go,
    now,
    sleep,
)

MOST = 300  # runs of the unreduced search; larger programs are left out


class World:
    """What the tasks of a program share."""

    def __init__(self, capacity, timeout, group):
        self.channel = Channel[str](capacity)
        self.number = AtomicInt()
        self.context = Context(timeout=timeout)
        self.child = self.context.child(timeout=1)
        self.ticker, self.bucket = Ticker(1), TokenBucket(1, 1)
        self.group = group
        self.first = None  # the task that can be abandoned
        self.kept = []  # contexts, which would be gone sooner in one schedule than in another


def of_its_own(world):
    own = world.context.child()
    world.kept.append(own)
    return own.cancelled, own.cancelled


def in_a_group_of_its_own(world):
    with TaskGroup(world.context) as group:
        group.spawn(world.number.add, 1)
        return world.number.load()


def fail(world):
    raise ValueError


OPERATIONS = {
    "send": lambda w: w.channel.send("x"),
    "send in time": lambda w: w.channel.send("x", w.child),
    "receive": lambda w: w.channel.receive(),
    "receive in time": lambda w: w.channel.receive(w.child),
    "close": lambda w: w.channel.close(),
    "look at the channel": lambda w: (len(w.channel), w.channel.closed),
    "load": lambda w: w.number.load(),
    "add": lambda w: w.number.add(1),
    "compare and swap": lambda w: w.number.compare_and_swap(0, 1),
    "cancel": lambda w: w.context.cancel(),
    "cancel the child": lambda w: w.child.cancel(),
    "cancel the group": lambda w: w.group.context.cancel(),
    "check": lambda w: (w.child.cancelled, w.child.reason),
    "of its own": of_its_own,
    "sleep": lambda w: (sleep(1), now())[1],
    "give way": lambda w: sleep(0),
    "sleep in time": lambda w: w.child.sleep(1),
    "tick": lambda w: w.ticker.wait(w.context),
    "acquire": lambda w: w.bucket.acquire(w.child),
    "look into the bucket": lambda w: w.bucket.tokens,
    "in a group of its own": in_a_group_of_its_own,
    "spawn": lambda w: bool(w.group.spawn(w.number.add, 1)),
    "go": lambda w: bool(go(w.number.add, 1)),
    "abandon": lambda w: w.first is not None and w.group.abandon(w.first),
    "fail": fail,
}


def program(capacity, timeout, tasks, outside):
    """Return a function that runs each list of operations as a task.

    The first one is in a group, the others too unless `outside`.
    """

    def task(world, log, operations):
        for operation in operations:
            try:
                log.append((operation, OPERATIONS[operation](world)))
            except (Cancelled, Closed, RuntimeError) as error:
                log.append((operation, str(error)))

    def main():
        logs = [[] for _ in tasks]
        try:
            with TaskGroup() as group:
                world = World(capacity, timeout, group)
                for log, operations in zip(logs, tasks, strict=True):
                    start = go if outside and world.first else group.spawn
                    started = start(task, world, log, operations)
                    world.first = world.first or started
        except ExceptionGroup as failed:
            logs.append(len(failed.exceptions))
        sleep(1)
        return logs

    return main


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    capacity=st.integers(0, 2),
    timeout=st.sampled_from([None, 0, 1]),
    tasks=st.lists(st.lists(st.sampled_from(sorted(OPERATIONS)), max_size=2), max_size=3),
    outside=st.booleans(),
)
def test_no_schedule_is_left_out_and_none_counted_twice(capacity, timeout, tasks, outside):
    pool = program(capacity, timeout, tasks, outside)
    everything = search(pool, reduce=False, most=MOST)
    assume(everything is not None)
    runs, outcomes = search(pool)
    assert (runs.keys(), outcomes) == (everything[0].keys(), everything[1])
    assert set(runs.values()) == {1}
