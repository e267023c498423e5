"""The search of all schedules is complete, counts each one once, and its reduction is sound."""

from collections import Counter
from functools import partial

import pytest

from lab import explore
from lab.exploring.exhaustive import EverySchedule
from lab.exploring.footprints import CHANGE, TrackedRuntime
from lab.simulation.play import play
from lab.simulation.statements import instrument
from patterns import basic, pitfalls, reusable
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
    sleep,
)


class Recording(TrackedRuntime):
    """Records every touch while the run lasts."""

    def __init__(self, *arguments, **limits):
        self.touches = []
        super().__init__(*arguments, **limits)

    def touch(self, thing, how):
        if thing is not None and self._running is not None and not self.over:
            self.touches.append((self.key_of(self._running), thing, how))
        super().touch(thing, how)


def canonical(runtime):
    """What a run came to, whatever the order of operations that do not affect each other.

    For each object, who touched it in which order, where the order of looks between two changes
    does not count.
    """
    by_thing = {}
    for task, thing, how in runtime.touches:
        groups = by_thing.setdefault(thing, [])
        if how == CHANGE or not groups or groups[-1][0] != how:
            groups.append((how, Counter()))
        groups[-1][1][task] += 1
    return tuple(
        (thing, tuple((how, tuple(sorted(tasks.items()))) for how, tasks in groups))
        for thing, groups in sorted(by_thing.items())
    )


def search(pool, *, reduce=True, most=None):
    """Count the runs by their canonical form, and the outcomes; None if there are too many."""
    every = EverySchedule(
        lambda order, kind: play(pool, order, max_steps=10_000, kind=Recording),
        reduce=reduce,
    )
    runs, outcomes = Counter(), set()
    for run in every.runs():
        if run is None:
            runs.clear()
            outcomes.clear()
            continue
        if runs.total() == most:
            return None
        played, _ = run
        runs[canonical(played.runtime)] += 1
        outcomes.add((repr(played.value), type(played.error).__name__, len(played.leaks)))
    assert every.exhausted
    return runs, outcomes


def in_group(*bodies, context=None):
    with TaskGroup(context) as group:
        for number, body in enumerate(bodies):
            group.spawn(body, name=f"t{number}")


def two_loads_and_a_store():
    number, seen = AtomicInt(), []
    in_group(
        lambda: seen.append(("a", number.load())),
        lambda: seen.append(("b", number.load())),
        lambda: number.store(1),
    )
    return sorted(seen)


def compare_and_swap():
    number = AtomicInt()
    swapped = []
    in_group(*[lambda: swapped.append(number.compare_and_swap(0, 1))] * 3)
    return sorted(swapped)


def producer_and_consumer(capacity):
    channel, got = Channel[int](capacity), []

    def produce():
        for value in range(2):
            channel.send(value)
        channel.close()

    in_group(produce, lambda: got.extend(channel))
    return got


def two_receivers():
    channel, got = Channel[int](2), []

    def receive(name):
        for value in channel:
            got.append((name, value))

    def produce():
        channel.send(1)
        channel.close()

    in_group(produce, partial(receive, "a"), partial(receive, "b"))
    return sorted(got, key=lambda pair: pair[1])


def cancelled_receive():
    channel, told = Channel[int](0), []

    def receive(context):
        try:
            told.append(channel.receive(context))
        except Cancelled:
            told.append("cancelled")

    def send():
        try:
            channel.send(7, context)
        except Cancelled:
            told.append("refused")

    context = Context()
    in_group(partial(receive, context), send, lambda: context.cancel())
    return sorted(map(str, told))


def closed_while_sending():
    channel, told = Channel[int](1), []

    def send():
        try:
            channel.send(1)
            told.append("sent")
        except Closed:
            told.append("refused")

    in_group(send, send, channel.close)
    return sorted(told)


def a_failing_task():
    channel = Channel[int](1)

    def fail():
        channel.send(1)
        raise ValueError

    try:
        in_group(fail, channel.receive, lambda: sleep(1))
    except ExceptionGroup as group:
        return len(group.exceptions)


def deadlock_or_not():
    """Two that take both of two tokens, one after the other, in different order."""
    one, other = Channel[int](1), Channel[int](1)

    def take_both(first, second):
        first.send(1)
        second.send(1)
        second.receive()
        first.receive()

    in_group(partial(take_both, one, other), partial(take_both, other, one))


def spawned_by_another():
    started = AtomicInt()
    with TaskGroup() as outer, TaskGroup() as inner:
        for _ in range(2):
            inner.spawn(lambda: outer.spawn(started.add, 1))
    return started.load()


def into_a_group_that_is_left():
    told = []

    def spawn(group):
        AtomicInt().load()
        try:
            group.spawn(int)
            told.append("spawned")
        except RuntimeError:
            told.append("too late")

    with TaskGroup() as group:
        go(partial(spawn, group))
        AtomicInt().load()
    sleep(1)
    return told


def limited(make):
    wait, seen = make(), []

    def take(name):
        wait()
        seen.append(name)

    in_group(partial(take, "a"), partial(take, "b"))
    return seen


def looks_at_a_context_of_its_own():
    """Another task cancels the context above one that its maker alone has, and soon drops."""
    above, told = Context(), []

    def look():
        own = above.child()
        told.append((own.cancelled, own.cancelled))

    in_group(look, above.cancel)
    return told


def sleeper_woken_by_two():
    """Two contexts end one sleep; which of them was first, the sleeper is told."""
    own, told = Context(), []

    def rest(group):
        try:
            own.sleep(1)
        except Cancelled as cancelled:
            told.append(str(cancelled))
            raise

    try:
        with TaskGroup() as group:
            group.spawn(rest, group)
            sleep(0)
            go(own.cancel, "its own")
            go(group.context.cancel, "the group's")
    except ExceptionGroup:
        told.append("failed")
    return told


def failing_while_it_is_abandoned():
    told = []

    def fail():
        sleep(1)
        raise ValueError

    try:
        with TaskGroup() as group:
            group.spawn(AtomicInt().load)
            task = group.spawn(fail)
            sleep(1)
            told.append(group.abandon(task))
    except ExceptionGroup as failed:
        told.append(len(failed.exceptions))
    return told


def fails_while_another_spawns():
    def fail():
        raise ValueError

    try:
        with TaskGroup() as group:
            group.spawn(fail)
            group.spawn(lambda: group.spawn(AtomicInt().load))
    except ExceptionGroup as failed:
        return len(failed.exceptions)


def cancelled_from_outside_at_the_end():
    """The block's last operation, the end of the group, and a cancellation from outside."""
    above, number = Context(), AtomicInt()

    def cancel():
        number.add(1)
        above.cancel("from outside")

    go(cancel)
    with TaskGroup(above) as group:
        group.spawn(int)
        seen = number.load()
    return seen, group.context.reason


def groups_in_groups():
    number, told = AtomicInt(), []

    def inner(fails):
        try:
            with TaskGroup() as group:
                group.spawn(number.add, 1)
                if fails:
                    raise ValueError
                sleep(1)
        except Cancelled:
            told.append("cancelled")

    try:
        in_group(partial(inner, True), partial(inner, False))
    except ExceptionGroup as failed:
        told.append(len(failed.exceptions))
    return told


def deadline_in_the_middle():
    """At the deadline one task gives up and another one sends."""
    channel, told = Channel[int](0), []

    def receive():
        try:
            with Context(timeout=1) as context:
                told.append(channel.receive(context))
        except Cancelled as cancelled:
            told.append(type(cancelled).__name__)

    def send():
        sleep(1)
        try:
            channel.send(1, Context(timeout=0.5))
        except Cancelled as cancelled:
            told.append(type(cancelled).__name__)

    in_group(receive, send)
    return told


def looks_at_a_channel():
    channel = Channel[int](1)

    def look():
        return len(channel), channel.closed

    seen = []
    in_group(lambda: seen.append(look()), lambda: channel.send(1), channel.close)
    return seen


def ticks_for_two():
    """Of three who share a ticker one is cancelled."""
    ticker, context, told = Ticker(1), Context(), []

    def take(name):
        try:
            told.append((name, ticker.wait(context)))
        except Cancelled:
            told.append((name, None))

    def cancel():
        sleep(1)
        context.cancel()

    in_group(partial(take, "a"), partial(take, "b"), cancel)
    return sorted(map(str, told))


def looks_into_a_bucket():
    bucket, seen = TokenBucket(1, 2), []
    in_group(bucket.acquire, lambda: seen.append(bucket.tokens))
    return seen


def left_when_main_returns():
    """Tasks that nobody waits for are ended, and what they do then affects nobody."""
    channel, number = Channel[int](0), AtomicInt()

    def leave():
        try:
            number.add(1)
            channel.receive()
        finally:
            number.add(1)
            channel.close()

    go(leave)
    go(leave)
    return number.load()


PROGRAMS = {
    "two loads and a store": two_loads_and_a_store,
    "compare and swap": compare_and_swap,
    "rendezvous": partial(producer_and_consumer, 0),
    "buffer of one": partial(producer_and_consumer, 1),
    "two receivers": two_receivers,
    "cancelled receive": cancelled_receive,
    "closed while sending": closed_while_sending,
    "a failing task": a_failing_task,
    "deadlock or not": deadlock_or_not,
    "spawned by another": spawned_by_another,
    "into a group that is left": into_a_group_that_is_left,
    "ticker": partial(limited, lambda: Ticker(1.0).wait),
    "token bucket": partial(limited, lambda: TokenBucket(1, 1).acquire),
    "looks at a context of its own": looks_at_a_context_of_its_own,
    "sleeper woken by two": sleeper_woken_by_two,
    "failing while it is abandoned": failing_while_it_is_abandoned,
    "fails while another spawns": fails_while_another_spawns,
    "cancelled from outside at the end": cancelled_from_outside_at_the_end,
    "groups in groups": groups_in_groups,
    "deadline in the middle": deadline_in_the_middle,
    "looks at a channel": looks_at_a_channel,
    "ticks for two": ticks_for_two,
    "looks into a bucket": looks_into_a_bucket,
    "left when main returns": left_when_main_returns,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_leaving_out_what_makes_no_difference_leaves_out_nothing_else(name):
    reduced, reduced_outcomes = search(PROGRAMS[name])
    plain, plain_outcomes = search(PROGRAMS[name], reduce=False)
    assert set(reduced) == set(plain)
    assert reduced_outcomes == plain_outcomes
    assert len(reduced) < sum(plain.values())


def looks_twice():
    """A plain variable is read before and after an operation, in one statement."""
    total, number, told = 0, AtomicInt(), []

    def look():
        told.append((total, number.load(), total))

    def change():
        nonlocal total
        total = 5

    in_group(look, change)
    return told


def sleeps_in_between():
    total, told = 0, []

    def look():
        told.append((total, sleep(1), total))

    def change():
        nonlocal total
        sleep(1)
        total = 5

    in_group(look, change)
    return told


@pytest.mark.parametrize("program", [looks_twice, sleeps_in_between])
def test_statement_by_statement_every_turn_may_touch_a_plain_variable(program):
    with instrument(program):
        reduced, reduced_outcomes = search(program)
        plain, plain_outcomes = search(program, reduce=False)
    assert (set(reduced), reduced_outcomes) == (set(plain), plain_outcomes)
    assert len(reduced) < sum(plain.values())


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_schedule_is_counted_twice(name):
    reduced, _ = search(PROGRAMS[name])
    assert max(reduced.values()) == 1


def test_the_outcomes_of_a_race_are_all_found():
    _, outcomes = search(two_loads_and_a_store)
    values = {value for value, *_ in outcomes}
    assert values == {repr([("a", a), ("b", b)]) for a in (0, 1) for b in (0, 1)}


def test_a_group_may_be_left_before_or_after_another_task_spawns_into_it():
    _, outcomes = search(into_a_group_that_is_left)
    assert {value for value, *_ in outcomes} == {"['spawned']", "['too late']"}


def test_a_deadlock_that_only_some_schedules_have_is_found():
    _, outcomes = search(deadlock_or_not)
    assert {error for _, error, _ in outcomes} == {"Deadlock", "NoneType"}


def test_two_callers_who_check_and_then_act_have_ten_schedules_of_which_two_are_right():
    found = explore(
        partial(pitfalls.check_then_act, callers=2, max_workers=1),
        check=lambda run: run.value <= 1,
        how="every",
    )
    assert (found.schedules, found.failures, found.complete) == (10, 8, True)
    assert str(found).startswith("8 of all 10 distinct schedules fail; the first")


def test_a_search_that_ends_early_says_so():
    found = explore(partial(basic.demo, jobs=2, workers=2), how="every", schedules=20)
    assert (found.schedules, found.complete) == (20, False)
    assert str(found) == "none of the first 20 distinct schedules fails"


@pytest.mark.parametrize(
    ("value", "how", "said"),
    [
        (1, "every", "the only schedule there is does not fail"),
        (2, "every", "the only schedule there is fails"),
        (1, "random", "the one schedule tried does not fail"),
        (2, "random", "the one schedule tried fails"),
    ],
)
def test_one_schedule_alone_is_told_as_one(value, how, said):
    found = explore(lambda: value, check=lambda run: run.value == 1, how=how, schedules=1)
    assert str(found) == said


def test_the_reusable_pool_is_right_in_every_schedule_of_one_job():
    found = explore(partial(reusable.demo, jobs=1, workers=2), how="every", schedules=10_000)
    assert (found.failures, found.complete) == (0, True)
