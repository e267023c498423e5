"""Small programs for the statement-level explorer; each must end, whatever the schedule."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from statement_history import History, check_at_rest, check_room

from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Closed,
    Context,
    TaskGroup,
    Ticker,
    TokenBucket,
    now,
    sleep,
)
from patterns.concurrency.runtime import current_runtime

Program = Callable[[History], None]

LATE = 100.0  # seconds, virtual: by then everybody waits


class Interrupted(BaseException):
    """What Ctrl-C would be."""


# Programs: channels.


def pipeline(h: History, capacity: float, senders: int, receivers: int, values: int) -> None:
    """Some send, some receive, and when all is sent the channel is closed."""
    ch = h.channel(capacity)

    def send(sender: int) -> None:
        for value in range(values):
            h.send(ch, (sender, value))

    with TaskGroup() as out:
        for _ in range(receivers):
            out.spawn(h.iterate, ch)
        with TaskGroup() as group:
            for sender in range(senders):
                group.spawn(send, sender)
        h.close(ch)


def one_each(h: History, capacity: float, receivers: int, senders: int) -> None:
    """As many values as receivers, each of which takes one and then waits for the others."""
    ch, done, go_on = h.channel(capacity), h.channel(math.inf), h.channel()

    def receive() -> None:
        h.receive(ch)
        done.send(None)
        h.iterate(go_on)

    def send(sender: int) -> None:
        for value in range(sender, receivers, senders):
            h.send(ch, value)

    with TaskGroup() as group:
        for _ in range(receivers):
            group.spawn(receive)
        for sender in range(senders):
            group.spawn(send, sender)
        for _ in range(receivers):
            done.receive()
        go_on.close()
    check_room(ch)


def take_one_and_wait(h: History, capacity: int) -> None:
    """The receiver takes one value, and then waits until the sender has put the next one in."""
    ch, done = h.channel(capacity), h.channel()

    def send() -> None:
        h.send(ch, "last")
        done.send(None)

    for value in range(capacity):
        h.send(ch, value)
    with TaskGroup() as group:
        group.spawn(send)
        h.receive(ch)
        done.receive()
    for _ in range(capacity):
        h.receive(ch)
    check_room(ch)


def one_after_the_other(h: History, capacity: int) -> None:
    """Nobody overtakes those who have waited for longer, not even while room is being made."""
    ch = h.channel(capacity)

    def send(sender: int) -> None:
        sleep(sender)
        h.send(ch, sender)

    with TaskGroup() as group:
        for sender in range(capacity + 4):
            group.spawn(send, sender)
        sleep(capacity + 3)  # the last sender comes at the same time as the receiver
        assert [h.receive(ch) for _ in range(capacity + 4)] == list(range(capacity + 4))
    check_room(ch)


def polling(h: History, capacity: int) -> None:
    """Trying for a while, again and again, leaves nothing behind."""
    ch = h.channel(capacity)
    for _ in range(3):
        with pytest.raises(Cancelled):
            h.receive(ch, h.context(timeout=1))
    for value in range(capacity):
        h.send(ch, value)
    for value in range(3):
        with pytest.raises(Cancelled):
            h.send(ch, f"refused {value}", h.context(timeout=1))


def cancelled_in_the_middle(
    h: History, capacity: float, senders: int, receivers: int, deadline: bool = False
) -> None:
    """Half of the tasks share a context that is cancelled, or runs out of time."""
    ch = h.channel(capacity)
    stop = h.context(timeout=1) if deadline else h.context()

    def send(sender: int, context: Context | None) -> None:
        for value in range(2):
            try:
                h.send(ch, (sender, value), context)
            except Cancelled:
                return

    with TaskGroup() as out:
        for receiver in range(receivers):
            out.spawn(h.iterate, ch, stop if receiver % 2 else None)
        with TaskGroup() as group:
            group.spawn(jump if deadline else stop.cancel)
            for sender in range(senders):
                group.spawn(send, sender, stop if sender % 2 else None)
        h.close(ch)


def cancelled_receiver(h: History, capacity: float, deadline: bool = False) -> None:
    """The value that a cancelled receiver did not take must reach the other one."""
    ch = h.channel(capacity)
    stop = h.context(timeout=1) if deadline else h.context()

    def receive() -> None:
        try:
            h.receive(ch, stop)
        except Cancelled:
            return
        h.send(ch, "again")

    with TaskGroup() as group:
        group.spawn(receive)
        group.spawn(h.receive, ch)
        group.spawn(jump if deadline else stop.cancel)
        group.spawn(h.send, ch, "once")
    check_room(ch)


def cancelled_sender(h: History, capacity: int, deadline: bool = False) -> None:
    """The room that a cancelled sender did not use must go to the other one."""
    ch, done = h.channel(capacity), h.channel(math.inf)
    stop = h.context(timeout=1) if deadline else h.context()

    def send(value: str, context: Context | None) -> None:
        try:
            h.send(ch, value, context)
        except Cancelled:
            value = "cancelled"
        done.send(value)

    for value in range(capacity):
        h.send(ch, value)
    with TaskGroup() as group:
        group.spawn(send, "stoppable", stop)
        group.spawn(send, "other", None)
        group.spawn(jump if deadline else stop.cancel)
        h.receive(ch)
        if done.receive() == "stoppable":  # the room is used up, and the other needs some
            h.receive(ch)
        done.receive()
    while len(ch):
        h.receive(ch)
    check_room(ch)


def closed_in_the_middle(h: History, capacity: float, senders: int, receivers: int) -> None:
    """Closing lets everybody go; what was sent before it can still be received."""
    ch = h.channel(capacity)

    def send(sender: int) -> None:
        for value in range(2):
            try:
                h.send(ch, (sender, value))
            except Closed:
                return

    with TaskGroup() as group:
        for sender in range(senders):
            group.spawn(send, sender)
        for _ in range(receivers):
            group.spawn(h.iterate, ch)
        group.spawn(h.close, ch)
    if not receivers:
        h.iterate(ch)
    check_room(ch)


def closed_by_the_receiver(h: History, capacity: int, senders: int) -> None:
    """Who closes and then takes everything out has everything: no send is complete later."""
    ch = h.channel(capacity)

    def send(sender: int) -> None:
        try:
            h.send(ch, sender)
        except Closed:
            return

    with TaskGroup() as group:
        for sender in range(senders):
            group.spawn(send, sender)
        h.close(ch)
        h.iterate(ch)
    check_room(ch)


def interrupted_in_the_middle(h: History, capacity: float) -> None:
    """An exception that strikes a waiting task leaves the channel in order for the others."""
    ch = h.channel(capacity)

    def send(sender: int) -> None:
        try:
            for value in range(2):
                h.send(ch, (sender, value))
        except Interrupted:
            return

    def receive() -> None:
        try:
            h.iterate(ch)
        except Interrupted:
            return

    with TaskGroup() as out:
        victims = [out.spawn(receive) for _ in range(2)]
        with TaskGroup() as group:
            victims += [group.spawn(send, sender) for sender in range(2)]
            group.spawn(interrupt, victims[0])
            group.spawn(interrupt, victims[-1])
            group.spawn(h.iterate, ch, h.context(timeout=LATE))
        h.close(ch)


# Programs: contexts and groups.


def cancelled_while_growing(h: History) -> None:
    """A context made while its parent is cancelled is cancelled, too."""
    ch, parent = h.channel(), h.context()

    def wait_below() -> None:
        child = parent.child().child()
        h.contexts.append(child)
        try:
            h.receive(ch, child)
        except Cancelled:
            assert child.reason == "enough", child.reason

    with TaskGroup() as group:
        group.spawn(wait_below)
        group.spawn(wait_below)
        group.spawn(parent.cancel, "enough")


def cancelled_by_two(h: History) -> None:
    """Whoever has cancelled a context sees one reason, and it stays."""
    context = h.context()
    reasons = []

    def cancel(reason: str) -> None:
        context.cancel(reason)
        reasons.append(context.reason)

    with TaskGroup() as group:
        group.spawn(cancel, "first")
        group.spawn(cancel, "second")
    assert {*reasons, context.reason} in ({"first"}, {"second"}), reasons


def cancelled_together(h: History) -> None:
    """Who is woken by a cancellation finds nobody who waits under the same context still."""
    ch, stop = h.channel(), h.context()

    def send(value: str) -> None:
        with pytest.raises(Cancelled):
            h.send(ch, value, stop)
        with pytest.raises(Cancelled):
            h.receive(ch, h.context(timeout=0.01))

    with TaskGroup() as group:
        group.spawn(send, "a")
        group.spawn(send, "b")
        sleep(1)
        stop.cancel()


def cancelled_and_then_closed(h: History, verb: str) -> None:
    """Who is cancelled, and then the channel is closed, hears of the cancellation."""
    ch, stop = h.channel(1 if verb == "sending" else 0), h.context()
    said = []

    def listen() -> None:
        try:
            if verb == "receiving":
                h.receive(ch, stop)
            elif verb == "sending":
                for value in range(3):
                    h.send(ch, value, stop)
            else:
                for _ in ch:
                    pass
        except Closed:
            said.append("closed")
        except Cancelled:
            return
        said.append("went on")

    with TaskGroup(stop if verb == "in a loop" else None) as group:
        group.spawn(listen)
        stop.cancel()
        h.close(ch)
    assert not said, said
    if verb == "sending":
        h.iterate(ch)


def one_fails(h: History) -> None:
    """A failing task ends its siblings' waits, and its exception comes out."""
    ch = h.channel()
    ended = []

    def wait() -> None:
        try:
            h.receive(ch)
        finally:
            ended.append("waiting")

    def fail() -> None:
        ended.append("failing")
        raise ValueError("on purpose")

    def together() -> None:
        with TaskGroup() as group:
            h.contexts.append(group.context)
            group.spawn(wait)
            group.spawn(fail)
            group.spawn(wait)

    with pytest.raises(ExceptionGroup) as raised:
        together()
    assert [str(e) for e in raised.value.exceptions] == ["on purpose"]
    assert sorted(ended) == ["failing", "waiting", "waiting"], ended


def all_fail(h: History) -> None:
    """No failure is forgotten, however late it comes."""

    def fail(task: int) -> None:
        raise ValueError(str(task))

    def together() -> None:
        with TaskGroup() as group:
            group.spawn(fail, 0)
            group.spawn(fail, 1)

    with pytest.raises(ExceptionGroup) as raised:
        together()
    assert sorted(str(e) for e in raised.value.exceptions) == ["0", "1"]


def cancelled_from_above(h: History) -> None:
    """A task that ends because a context above its group's was cancelled has not failed."""
    above = h.context()

    def look() -> None:
        for _ in range(3):
            above.check()

    with TaskGroup(above) as group:
        group.spawn(look)
        group.spawn(above.cancel)


def growing_group(h: History) -> None:
    """A group waits for tasks that its tasks start while it waits already."""
    ended = []

    def start(depth: int) -> None:
        if depth:
            group.spawn(start, depth - 1)
            group.spawn(start, depth - 1)
        ended.append(depth)

    with TaskGroup() as group:
        h.contexts.append(group.context)
        group.spawn(start, 2)
    assert len(ended) == 7, ended


def outer_group_fails(h: History) -> None:
    """What waits in an inner group ends when a task of the outer one fails."""
    ch = h.channel()

    def fail() -> None:
        raise ValueError("on purpose")

    def inside() -> None:
        with TaskGroup() as inner:
            inner.spawn(h.receive, ch)
            inner.spawn(h.receive, ch, h.context())

    def outside() -> None:
        with TaskGroup() as outer:
            outer.spawn(inside)
            outer.spawn(fail)

    with pytest.raises(ExceptionGroup):
        outside()


def counted(h: History) -> None:
    """Three tasks count; nothing is lost, and one of them sees the last number."""
    count, swapped = AtomicInt(), AtomicInt()
    seen = []

    def add() -> None:
        seen.append(count.add(1))
        while not swapped.compare_and_swap(old := swapped.load(), old + 1):
            pass

    with TaskGroup() as group:
        for _ in range(3):
            group.spawn(add)
    assert sorted(seen) == [1, 2, 3], seen
    assert swapped.load() == 3


# Programs: limiters.


def limited(h: History, kind: str, leaves: str = "nobody") -> None:
    """Five tasks come one after the other; each one's slot is exact, whoever leaves the queue."""
    limiter: Any = Ticker(1.0) if kind == "ticker" else TokenBucket(1.0)
    wait = limiter.wait if kind == "ticker" else limiter.acquire
    stop = h.context(timeout=0.95) if leaves == "late" else h.context()
    leavers = () if leaves == "nobody" else (1, 3)
    times: list[tuple[int, float]] = []

    def take(task: int) -> None:
        try:
            sleep(0.45 * task)
            wait(stop if task in leavers else None)
        except (Cancelled, Interrupted):
            return
        times.append((task, now()))

    def make_leave() -> None:
        sleep(0.95)  # one task has the turn, and the next one waits for it
        if leaves == "cancelled":
            stop.cancel()
        elif leaves == "interrupted":
            for task in leavers:
                interrupt(tasks[task])
        sleep(0.01)
        assert not any(waiter.claimed for waiter in limiter._turn._waiters)

    with TaskGroup() as group:
        tasks = [group.spawn(take, task) for task in range(5)]
        group.spawn(make_leave)
    first = 1.0 if kind == "ticker" else 0.0
    staying = [task for task in range(5) if task not in leavers]
    assert times == [(task, first + i) for i, task in enumerate(staying)], times


def limited_at_once(h: History, kind: str, leave: str) -> None:
    """Tasks that come, and leave, at the same instant share slots out without gap or overlap."""
    limiter: Any = Ticker(1.0) if kind == "ticker" else TokenBucket(1.0, burst=2)
    wait = limiter.wait if kind == "ticker" else limiter.acquire
    stop = h.context(timeout=1.5) if leave == "late" else h.context()
    times: list[float] = []

    def take(context: Context | None) -> None:
        try:
            wait(context)
        except (Cancelled, Interrupted):
            return
        times.append(now())

    with TaskGroup() as group:
        tasks = [group.spawn(take, stop if task % 2 else None) for task in range(4)]
        if leave == "cancelled":
            group.spawn(stop.cancel)
        elif leave == "interrupted":
            group.spawn(interrupt, tasks[1])
            group.spawn(interrupt, tasks[2])
    slots = [0.0, 0.0, 1.0, 2.0] if kind == "bucket" else [1.0, 2.0, 3.0, 4.0]
    assert times == slots[: len(times)], times
    assert len(times) >= 2


def idle_ticker(h: History) -> None:
    """Of the ticks that nobody took one is kept."""
    ticker = Ticker(1.0)
    sleep(5.5)
    assert [ticker.wait(), ticker.wait(), ticker.wait()] == [1.0, 6.0, 7.0]


def idle_bucket(h: History) -> None:
    """A bucket fills up to its burst, and no further."""
    bucket = TokenBucket(1.0, burst=2)
    sleep(10)
    times = []
    for _ in range(4):
        bucket.acquire()
        times.append(now())
    assert times == [10.0, 10.0, 11.0, 12.0], times
    assert bucket.tokens == 0


# Programs: drawn by lot.


def drawn(h: History, seed: int) -> None:
    """Senders, receivers and troublemakers at random; a late receiver takes what is left."""
    draw = random.Random(seed)
    capacity = draw.choice((0, 0, 1, 1, 2, 8))
    ch, done = h.channel(capacity), h.channel(math.inf)
    contexts = [None, None, h.context(), h.context(timeout=draw.choice((1, 2)))]

    def send(sender: int, count: int, context: Context | None) -> None:
        try:
            for value in range(count):
                h.send(ch, (sender, value), context)
        except (Cancelled, Closed, Interrupted):
            pass
        finally:
            done.send(None)

    def receive(count: int, context: Context | None) -> None:
        try:
            for _ in range(count):
                h.receive(ch, context)
        except (Cancelled, Closed, Interrupted):
            pass

    def take_the_rest() -> None:
        sleep(LATE)
        if not h.overslept:
            check_at_rest(ch)
        h.iterate(ch)

    def close_when_all_is_sent() -> None:
        for _ in range(senders):
            done.receive()
        h.close(ch)

    senders = draw.randint(1, 3)
    with TaskGroup() as group:
        tasks = [
            group.spawn(send, sender, draw.randint(1, 3), draw.choice(contexts))
            for sender in range(senders)
        ]
        for _ in range(draw.randint(1, 3)):
            tasks.append(group.spawn(receive, draw.randint(1, 3), draw.choice(contexts)))
        group.spawn(take_the_rest)
        group.spawn(close_when_all_is_sent)
        for trouble in draw.sample(("cancel", "jump", "close", "interrupt"), draw.randint(0, 2)):
            if trouble == "cancel":
                group.spawn(contexts[2].cancel)
            elif trouble == "jump":
                group.spawn(jump_early, h)
            elif trouble == "close":
                group.spawn(h.close, ch)
            else:
                group.spawn(interrupt, draw.choice(tasks))


# Troublemakers.


def jump() -> None:
    current_runtime().jump()


def jump_early(h: History) -> None:
    runtime = current_runtime()
    runtime.jump()
    h.overslept = runtime.now() >= LATE * 1e9


def interrupt(victim: Any) -> None:
    current_runtime().interrupt(victim, Interrupted())


# Which programs, and with which numbers.

PROGRAMS: dict[str, Program] = {
    **{
        f"{senders} to {receivers} at capacity {capacity}": partial(
            pipeline, capacity=capacity, senders=senders, receivers=receivers, values=2
        )
        for capacity in (0, 1, 2, 8, math.inf)
        for senders, receivers in ((1, 1), (2, 2), (1, 3), (3, 1))
    },
    **{
        f"one each at capacity {capacity}, {senders} to {receivers}": partial(
            one_each, capacity=capacity, receivers=receivers, senders=senders
        )
        for capacity in (0, 1, 2, 8)
        for senders, receivers in ((1, 1), (1, 3), (2, 3))
    },
    **{
        f"take one and wait at capacity {capacity}": partial(take_one_and_wait, capacity=capacity)
        for capacity in (0, 1, 2)
    },
    **{
        f"polling at capacity {capacity}": partial(polling, capacity=capacity)
        for capacity in (0, 1)
    },
    **{
        f"one after the other at capacity {capacity}": partial(
            one_after_the_other, capacity=capacity
        )
        for capacity in (0, 1, 2)
    },
    **{
        f"{name} {how} at capacity {capacity}": partial(
            program, capacity=capacity, deadline=how == "too late", **tasks
        )
        for name, program, tasks in (
            ("two of four", cancelled_in_the_middle, {"senders": 2, "receivers": 2}),
            ("a receiver", cancelled_receiver, {}),
            ("a sender", cancelled_sender, {}),
        )
        for how in ("cancelled", "too late")
        for capacity in (0, 1, 2)
    },
    **{
        f"closed at capacity {capacity}, {senders} to {receivers}": partial(
            closed_in_the_middle, capacity=capacity, senders=senders, receivers=receivers
        )
        for capacity in (0, 1, 2)
        for senders, receivers in ((1, 1), (2, 2), (3, 1), (2, 0), (0, 2))
    },
    **{
        f"closed by the receiver at capacity {capacity}, {senders} sending": partial(
            closed_by_the_receiver, capacity=capacity, senders=senders
        )
        for capacity in (1, 2)
        for senders in (1, 2, 3)
    },
    **{
        f"cancelled and then closed, {verb}": partial(cancelled_and_then_closed, verb=verb)
        for verb in ("receiving", "sending", "in a loop")
    },
    **{
        f"interrupted at capacity {capacity}": partial(interrupted_in_the_middle, capacity=capacity)
        for capacity in (0, 1, 2)
    },
    **{
        f"{kind} in turn, {leaves} leaves": partial(limited, kind=kind, leaves=leaves)
        for kind in ("ticker", "bucket")
        for leaves in ("nobody", "cancelled", "late", "interrupted")
    },
    **{
        f"{kind} at once, {leave}": partial(limited_at_once, kind=kind, leave=leave)
        for kind in ("ticker", "bucket")
        for leave in ("cancelled", "late", "interrupted")
    },
    **{
        program.__name__.replace("_", " "): program
        for program in (
            cancelled_by_two,
            cancelled_together,
            cancelled_while_growing,
            one_fails,
            all_fail,
            cancelled_from_above,
            growing_group,
            outer_group_fails,
            counted,
            idle_ticker,
            idle_bucket,
        )
    },
}
