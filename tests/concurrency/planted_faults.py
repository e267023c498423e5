"""Faults to plant in the primitives, and the program that each of them is caught by.

Some changes look like faults and are none, because nobody could ever see them:

- In `Channel._send_or_wait`, queueing the waiter before its value is set: whoever looks at the
  queue holds the lock, and the sender holds it until both are done. So with the order in which
  `close` sets its flags and wakes, and with `Context._mark` under its lock.
- In `Channel._wake_receiver`, clearing `_waking` at once: several receivers are then woken for one
  value, and all but one wait again. It is there for speed only.
- In `Channel._fill`, leaving `_take_room` at `_NO_ROOM`: every later send takes the lock.
- In `Channel._take_back`, putting values back in another order: those that are put back were all
  sent during the close, so none was sent before another.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One wrong line.

    Attributes:
        sentence: what is wrong.
        module: where, in `patterns.concurrency`.
        edits: pieces of its text, each of which occurs once, and what stands there instead.
        caught_by: the name of a program.
    """

    sentence: str
    module: str
    edits: dict[str, str]
    caught_by: str


FAULTS = [
    # Waiting for room.
    Fault(
        "a sender that has queued up does not look for room once more",
        "channel",
        {
            """\
            self._take_room = _NO_ROOM
            self._fill()
""": """\
            self._take_room = _NO_ROOM
"""
        },
        "take one and wait at capacity 1",
    ),
    Fault(
        "a receiver looks for parked senders before it gives its room back",
        "channel",
        {
            """\
        self._put_room(None)
        if self._senders:
            self._admit()
        return value
""": """\
        waited_for = bool(self._senders)
        self._put_room(None)
        if waited_for:
            self._admit()
        return value
"""
        },
        "take one and wait at capacity 1",
    ),
    Fault(
        "a receiver that finds no value does not look at the parked senders",
        "channel",
        {
            """\
                    sender = claim_first(self._senders)
                    if sender""": """\
                    sender = None
                    if sender"""
        },
        "take one and wait at capacity 0",
    ),
    Fault(
        "room goes to whoever comes while others wait for it",
        "channel",
        {"        if not self._senders and not self._closed:": "        if not self._closed:"},
        "one after the other at capacity 1",
    ),
    Fault(
        "the room meant for a sender that has just left is lost",
        "channel",
        {
            """\
            if sender is None:
                self._put_room(None)
""": """\
            if sender is None:
"""
        },
        "a sender too late at capacity 1",
    ),
    Fault(
        "a parked sender's value is taken without claiming it, though it may be cancelled",
        "channel",
        {
            """\
            sender = claim_first(self._senders)
            if sender is None:""": """\
            sender = self._senders.popleft() if self._senders else None
            if sender is None:"""
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "parked senders are let in without the lock",
        "channel",
        {
            """\
    def _admit(self) -> None:
        with self._lock:
            self._fill()
""": """\
    def _admit(self) -> None:
        self._fill()
"""
        },
        "2 to 2 at capacity 1",
    ),
    Fault(
        "the buffer has one place more than it should",
        "channel",
        {"else int(capacity)\n": "else int(capacity) + 1\n"},
        "take one and wait at capacity 1",
    ),
    # Waiting for values.
    Fault(
        "a receiver that has queued up does not look for a value once more",
        "channel",
        {
            """\
                    self._receivers.append(waiter)
                    self._wake_receiver()
""": """\
                    self._receivers.append(waiter)
                    self._attention = True
"""
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a receiver that waits does not raise attention",
        "channel",
        {
            """\
            self._attention = True
            if not self._items:""": """\
            if not self._items:"""
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a sender looks for parked receivers before it puts its value in",
        "channel",
        {
            """\
        self._append(value)
        if self._attention:
""": """\
        waited_for = self._attention
        self._append(value)
        if waited_for:
"""
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a woken receiver does not wake the next one",
        "channel",
        {
            """\
                    self._put_room(None)
                    self._fill()
                    return value
""": """\
                    self._put_room(None)
                    return value
"""
        },
        "one each at capacity 8, 1 to 3",
    ),
    Fault(
        "the wake-up under way is never over",
        "channel",
        {"self._waking = woken = False": "woken = False"},
        "one each at capacity 1, 1 to 3",
    ),
    Fault(
        "a receiver is woken though there is no value",
        "channel",
        {
            """\
            if not self._items:
                return
""": ""
        },
        "1 to 1 at capacity 1",
    ),
    Fault(
        "senders that put their values in at the same time wake receivers without the lock",
        "channel",
        {
            """\
    def _attend(self, value: T) -> None:
        with self._lock:
""": """\
    def _attend(self, value: T) -> None:
        if True:
"""
        },
        "one each at capacity 2, 1 to 3",
    ),
    # Rendezvous.
    Fault(
        "a receiver is let go before it has the value",
        "channel",
        {
            """\
                receiver.value = value
                receiver.outcome = "handed"
                receiver.unpark()
""": """\
                receiver.unpark()
                receiver.value = value
                receiver.outcome = "handed"
"""
        },
        "1 to 1 at capacity 0",
    ),
    Fault(
        "a value is handed to a receiver without claiming it, though it may be cancelled",
        "channel",
        {
            "claim_first(self._receivers) if self.capacity == 0 else None": (
                "self._receivers.popleft() if self._receivers and not self.capacity else None"
            )
        },
        "a receiver cancelled at capacity 0",
    ),
    # Closing.
    Fault(
        "closing does not wake the parked receivers",
        "channel",
        {
            """\
            while (waiter := claim_first(self._receivers)) is not None:
                waiter.unpark()
""": ""
        },
        "1 to 1 at capacity 1",
    ),
    Fault(
        "closing does not wake the parked senders",
        "channel",
        {
            """\
            while (waiter := claim_first(self._senders)) is not None:
                waiter.outcome = "closed"
                waiter.unpark()
""": ""
        },
        "closed at capacity 0, 2 to 0",
    ),
    Fault(
        "a sender that was waiting at the close believes that its value was taken",
        "channel",
        {'                waiter.outcome = "closed"\n': ""},
        "closed at capacity 0, 2 to 0",
    ),
    Fault(
        "closing throws the buffered values away",
        "channel",
        {
            """\
            self._closed = self._attention = True
""": """\
            self._closed = self._attention = True
            self._items.clear()
"""
        },
        "1 to 1 at capacity 8",
    ),
    Fault(
        "a send that overlaps the close does not notice it",
        "channel",
        {"self._closed = self._attention = True": "self._closed = True"},
        "closed by the receiver at capacity 2, 1 sending",
    ),
    Fault(
        "attention falls although the channel is closed",
        "channel",
        {"        self._attention = self._closed\n": "        self._attention = False\n"},
        "closed at capacity 2, 3 to 1",
    ),
    Fault(
        "a value taken back at the close takes those behind it along",
        "channel",
        {"            self._items.extend(reversed(later))\n": "            pass\n"},
        "closed at capacity 2, 3 to 1",
    ),
    Fault(
        "after the close a send can still find room",
        "channel",
        {
            """\
            self._take_room = _NO_ROOM
            while""": """\
            while"""
        },
        "closed at capacity 2, 3 to 1",
    ),
    # Leaving the queue.
    Fault(
        "a cancelled waiter stays in the queue",
        "channel",
        {"                    queue.remove(waiter)\n": "                    pass\n"},
        "polling at capacity 1",
    ),
    Fault(
        "a receiver that was woken and then interrupted keeps the wake-up",
        "channel",
        {"                    self._waking = False\n": "                    pass\n"},
        "interrupted at capacity 1",
    ),
    # Contexts.
    Fault(
        "cancelling looks at who waits before it sets the cause",
        "context",
        {
            """\
        with self._lock:
            if self._cause is not None:
                return []
            self._cause = cause
            waiting = [(self, waiter) for waiter in self._waiters]
""": """\
        waiting = [(self, waiter) for waiter in self._waiters]
        with self._lock:
            if self._cause is not None:
                return []
            self._cause = cause
"""
        },
        "cancelled while growing",
    ),
    Fault(
        "whoever begins to wait does not look whether the context is cancelled",
        "context",
        {
            """\
            if self._cause is None:
                self._waiters[waiter] = None
                return
""": """\
            self._waiters[waiter] = None
            return
"""
        },
        "cancelled while growing",
    ),
    Fault(
        "whoever begins to wait looks at the context without its lock",
        "context",
        {
            """\
        with self._lock:
            if self._cause is None:
                self._waiters""": """\
        if True:
            if self._cause is None:
                self._waiters"""
        },
        "cancelled while growing",
    ),
    Fault(
        "a context remembers those who no longer wait",
        "context",
        {"            self._waiters.pop(waiter, None)\n": "            pass\n"},
        "two of four cancelled at capacity 1",
    ),
    Fault(
        "a new child does not look whether its parent is cancelled",
        "context",
        {
            """\
            if self._cause is None:
                if len(self._children)""": """\
            if True:
                if len(self._children)"""
        },
        "cancelled while growing",
    ),
    Fault(
        "a child does not keep its parent alive",
        "context",
        {"        child._parents += (self,)": "        pass"},
        "cancelled while growing",
    ),
    Fault(
        "cancelling does not reach the children",
        "context",
        {"                waiting += child._mark(cause)\n": "                pass\n"},
        "cancelled while growing",
    ),
    Fault(
        "cancelling ends a wait that somebody else has ended already",
        "context",
        {
            """\
            if waiter.claim():
                waiter.cancelled_by = context
                waiter.unpark()
""": """\
            waiter.cancelled_by = context
            waiter.unpark()
"""
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "a cancelled task is let go before it is told why",
        "context",
        {
            """\
                waiter.cancelled_by = context
                waiter.unpark()
""": """\
                waiter.unpark()
                waiter.cancelled_by = context
"""
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "a wait that ran out of time looks as if somebody had ended it",
        "context",
        {"    waiter.cancelled_by = ends_it\n    raise": "    raise"},
        "ticker in turn, late leaves",
    ),
    # Task groups.
    Fault(
        "a task is counted as ended before its failure is noted",
        "task_group",
        {
            """\
            if failure is not None:
                self._failures.append(failure)
            self._ended.append(task)
""": """\
            self._ended.append(task)
""",
            """\
        _wake(waiter)
""": """\
        _wake(waiter)
        if failure is not None:
            self._failures.append(failure)
""",
        },
        "all fail",
    ),
    Fault(
        "tasks that end are counted without the lock",
        "task_group",
        {
            """\
        with self._lock:
            task.ended = True
""": """\
        if True:
            task.ended = True
"""
        },
        "growing group",
    ),
    Fault(
        "a task is counted only after it was started",
        "task_group",
        {
            "            self._live += 1\n": "",
            "        return task\n\n    def abandon": (
                "        with self._lock:\n            self._live += 1\n"
                "        return task\n\n    def abandon"
            ),
        },
        "growing group",
    ),
    Fault(
        "a group looks whether tasks are left before it says that it waits",
        "task_group",
        {
            """\
                self._waiter = waiter = self._runtime.waiter()
""": """\
            self._waiter = waiter = self._runtime.waiter()
"""
        },
        "growing group",
    ),
    Fault(
        "a failure does not cancel the group",
        "task_group",
        {
            'self._context.cancel(f"{task.name} raised {failure!r}")': "pass",
        },
        "one fails",
    ),
    Fault(
        "a task cancelled from above its group counts as failed",
        "context",
        {"any(parent._explains(error) for parent in self._parents)": "False"},
        "cancelled from above",
    ),
    # Limiters.
    Fault(
        "a ticker gives the same tick twice",
        "timing",
        {"tick + (missed + 1) * self._interval": "tick + missed * self._interval"},
        "idle ticker",
    ),
    Fault(
        "a ticker keeps the ticks that nobody took",
        "timing",
        {"tick + (missed + 1) * self._interval": "tick + self._interval"},
        "idle ticker",
    ),
    Fault(
        "a bucket gives one token too many",
        "timing",
        {"(self.burst - 1) * self._spacing": "self.burst * self._spacing"},
        "idle bucket",
    ),
    Fault(
        "a bucket saves up more than its burst",
        "timing",
        {
            "max(self._full_at, self._runtime.now()) +": "self._full_at +",
        },
        "idle bucket",
    ),
    Fault(
        "two take the turn at a limiter at the same time",
        "timing",
        {
            """\
        with self._lock:
            waiter = self._runtime.waiter() if self._taken else None
""": """\
        if True:
            waiter = self._runtime.waiter() if self._taken else None
"""
        },
        "bucket at once, cancelled",
    ),
    Fault(
        "the turn is free while it is passed on",
        "timing",
        {"            self._taken = waiter is not None\n": "            self._taken = False\n"},
        "bucket in turn, nobody leaves",
    ),
    Fault(
        "a task that is cancelled during its turn does not pass it on",
        "timing",
        {
            """\
        try:
            yield
        finally:
            self._pass_on()
""": """\
        yield
        self._pass_on()
"""
        },
        "bucket in turn, cancelled leaves",
    ),
    Fault(
        "a cancelled task keeps its place in a limiter's queue",
        "timing",
        {"                    self._waiters.remove(waiter)\n": "                    pass\n"},
        "ticker in turn, cancelled leaves",
    ),
    Fault(
        "a task that is interrupted when it gets the turn does not pass it on",
        "timing",
        {
            "if not waiter.claim() and waiter.cancelled_by is None:": "if False:",
        },
        "bucket at once, interrupted",
    ),
    # Atomics, and the seam.
    Fault(
        "adding is not one step",
        "atomic",
        {
            """\
        with self._lock:
            self._value += delta
""": """\
        if True:
            self._value += delta
"""
        },
        "counted",
    ),
    Fault(
        "comparing and swapping are two steps",
        "atomic",
        {
            """\
        with self._lock:
            if self._value != old:
""": """\
        if True:
            if self._value != old:
"""
        },
        "counted",
    ),
    Fault(
        "whoever is first in a queue is woken, claimed or not",
        "runtime",
        {"        if waiter.claim():\n            return waiter\n": "        return waiter\n"},
        "a sender cancelled at capacity 0",
    ),
]
