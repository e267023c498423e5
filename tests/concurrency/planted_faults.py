"""Faults to plant in the primitives, and the program that each of them is caught by.

Some changes look like faults and are none, because nobody could ever see them:

- In `Channel._send_or_wait`, queueing the waiter before its value is set: whoever looks at the
  queue holds the lock, and the sender holds it until both are done. So with the order in which
  `close` sets its flags and wakes.
- In `Channel._wake_receiver`, clearing `_waking` at once: several receivers are then woken for one
  value, and all but one wait again. It is there for speed only.
- In `Channel._fill`, leaving the tokens kept: every later send takes the lock.
- In `Channel._take_back`, putting values back in another order: those that are put back were all
  sent during the close, so none was sent before another.
- In `Context.end`, not unparking in a `finally`: only an exception in the middle of it, such as a
  second Ctrl-C, would show it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One wrong line or two.

    Attributes:
        sentence: what is wrong.
        module: where, in `patterns.concurrency`.
        function: the function that is wrong; its qualified name.
        edits: pieces of it, and what stands there instead, as `planting.planted` reads them.
        caught_by: the name of a program.
    """

    sentence: str
    module: str
    function: str
    edits: dict[str, str]
    caught_by: str


FAULTS = [
    # Waiting for room.
    Fault(
        "a sender that has queued up does not look for room once more",
        "channel",
        "Channel._send_or_wait",
        {
            "self._fill()": "None",
        },
        "take one and wait at capacity 1",
    ),
    Fault(
        "a receiver looks for parked senders before it gives its room back",
        "channel",
        "Channel.receive",
        {
            "self._room.put(None)": "waited_for = bool(self._senders)\nself._room.put(None)",
            "self._senders": "waited_for",
        },
        "take one and wait at capacity 1",
    ),
    Fault(
        "a receiver that finds no value does not look at the parked senders",
        "channel",
        "Channel._take",
        {
            "claim_first(self._senders)": "None",
        },
        "take one and wait at capacity 0",
    ),
    Fault(
        "room goes to whoever comes while others wait for it",
        "channel",
        "Channel._fill",
        {
            "not self._senders and not self._closed": "not self._closed",
        },
        "one after the other at capacity 1",
    ),
    Fault(
        "the room meant for a sender that has just left is lost",
        "channel",
        "Channel._fill",
        {
            "self._room.put(None)": "None",
        },
        "a sender too late at capacity 1",
    ),
    Fault(
        "a parked sender's value is taken without claiming it, though it may be cancelled",
        "channel",
        "Channel._fill",
        {
            "claim_first(self._senders)": "self._senders.popleft()",
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "parked senders are let in without the lock",
        "channel",
        "Channel._admit",
        {
            "with self._lock:": "if True:",
        },
        "2 to 2 at capacity 1",
    ),
    Fault(
        "the buffer has one place more than it should",
        "channel",
        "_Room.__init__",
        {
            "int(capacity)": "int(capacity) + 1",
        },
        "take one and wait at capacity 1",
    ),
    Fault(
        "the tokens kept for those who wait are given to anybody",
        "channel",
        "Channel._send_or_wait",
        {
            "self._room.keep()": "None",
        },
        "one after the other at capacity 1",
    ),
    # Waiting for values.
    Fault(
        "a receiver that has queued up does not look for a value once more",
        "channel",
        "Channel._receive_or_wait",
        {
            "self._wake_receiver()": "self._attention = True",
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a receiver that waits does not raise attention",
        "channel",
        "Channel._wake_receiver",
        {
            "self._attention = True": "",
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a sender looks for parked receivers before it puts its value in",
        "channel",
        "Channel.send",
        {
            "self._items.append(value)": "waited_for = self._attention\nself._items.append(value)",
            "self._attention": "waited_for",
        },
        "one each at capacity 1, 1 to 1",
    ),
    Fault(
        "a woken receiver does not wake the next one",
        "channel",
        "Channel._take",
        {
            "self._room.put(None)": "self._room.put(None)\nreturn value",
        },
        "one each at capacity 8, 1 to 3",
    ),
    Fault(
        "the wake-up under way is never over",
        "channel",
        "Channel._receive_or_wait",
        {
            "self._waking = False": "",
        },
        "one each at capacity 1, 1 to 3",
    ),
    Fault(
        "a receiver is woken though there is no value",
        "channel",
        "Channel._wake_receiver",
        {
            "not self._items": "False",
        },
        "1 to 1 at capacity 1",
    ),
    Fault(
        "senders that put their values in at the same time wake receivers without the lock",
        "channel",
        "Channel._attend",
        {
            "with self._lock:": "if True:",
        },
        "one each at capacity 2, 1 to 3",
    ),
    # Rendezvous.
    Fault(
        "a receiver is let go before it has the value",
        "channel",
        "Channel._hand_over",
        {
            "receiver.value = value": "receiver.unpark()\nreceiver.value = value",
            "receiver.unpark()": "None",
        },
        "1 to 1 at capacity 0",
    ),
    Fault(
        "a value is handed to a receiver without claiming it, though it may be cancelled",
        "channel",
        "Channel._hand_over",
        {
            "claim_first(self._receivers)": "self._receivers and self._receivers.popleft() or None",
        },
        "a receiver cancelled at capacity 0",
    ),
    # Closing.
    Fault(
        "closing does not wake the parked receivers",
        "channel",
        "Channel.close",
        {
            "claim_first(self._receivers)": "None",
        },
        "1 to 1 at capacity 1",
    ),
    Fault(
        "closing does not wake the parked senders",
        "channel",
        "Channel.close",
        {
            "claim_first(self._senders)": "None",
        },
        "closed at capacity 0, 2 to 0",
    ),
    Fault(
        "a sender that was waiting at the close believes that its value was taken",
        "channel",
        "Channel.close",
        {
            'waiter.outcome = "closed"': "",
        },
        "closed at capacity 0, 2 to 0",
    ),
    Fault(
        "closing throws the buffered values away",
        "channel",
        "Channel.close",
        {
            "self._closed = self._attention = True": "...\nself._items.clear()",
        },
        "1 to 1 at capacity 8",
    ),
    Fault(
        "a send that overlaps the close does not notice it",
        "channel",
        "Channel.close",
        {
            "self._closed = self._attention = True": "self._closed = True",
        },
        "closed by the receiver at capacity 2, 1 sending",
    ),
    Fault(
        "attention falls although the channel is closed",
        "channel",
        "Channel._wake_receiver",
        {
            "self._attention = self._closed": "self._attention = False",
        },
        "closed at capacity 2, 3 to 1",
    ),
    Fault(
        "a value taken back at the close takes those behind it along",
        "channel",
        "Channel._take_back",
        {
            "self._items.extend(reversed(later))": "None",
        },
        "closed at capacity 2, 3 to 1",
    ),
    Fault(
        "after the close a send can still find room",
        "channel",
        "Channel.close",
        {
            "self._room.keep()": "None",
        },
        "closed at capacity 2, 3 to 1",
    ),
    Fault(
        "a receiver that finds the channel closed does not look at its context again",
        "channel",
        "Channel._receive_or_wait",
        {
            "_look_again(context)": "None",
        },
        "cancelled and then closed, receiving",
    ),
    Fault(
        "a sender that finds the channel closed does not look at its context again",
        "channel",
        "Channel._send_or_wait",
        {
            "each: _look_again(context)": "None",
        },
        "cancelled and then closed, sending",
    ),
    Fault(
        "a sender that takes its value back does not look at its context again",
        "channel",
        "Channel._attend",
        {
            "_look_again(context)": "None",
        },
        "cancelled and then closed, sending",
    ),
    Fault(
        "a loop that finds the channel closed does not look at the task's context again",
        "channel",
        "Values.__next__",
        {
            "_look_again(own)": "None",
        },
        "cancelled and then closed, in a loop",
    ),
    # Leaving the queue.
    Fault(
        "a cancelled waiter stays in the queue",
        "channel",
        "Channel._park",
        {
            "queue.remove(waiter)": "None",
        },
        "polling at capacity 1",
    ),
    Fault(
        "a receiver that was woken and then interrupted keeps the wake-up",
        "channel",
        "Channel._park",
        {
            "self._waking = False": "",
        },
        "interrupted at capacity 1",
    ),
    # Contexts.
    Fault(
        "cancelling looks at who waits before it sets the cause",
        "context",
        "Context._mark",
        {
            "self.cause = self._causes[0]": "waiters = _copied(self._waiters)\n...",
            "_copied(self._waiters)": "waiters",
        },
        "cancelled while growing",
    ),
    Fault(
        "cancelling looks at the children before it sets the cause",
        "context",
        "Context._mark",
        {
            "self.cause = self._causes[0]": "children = _copied(self._children)\n...",
            "_copied(self._children)": "children",
        },
        "cancelled while growing",
    ),
    Fault(
        "whoever begins to wait does not look whether the context is cancelled",
        "context",
        "Context.watch",
        {
            "self.cause": "None",
        },
        "cancelled while growing",
    ),
    Fault(
        "whoever begins to wait looks at the context before it joins those who wait",
        "context",
        "Context.watch",
        {
            "self._waiters[waiter] = None": "cause = self.cause\nself._waiters[waiter] = None",
            "self.cause": "cause",
        },
        "cancelled while growing",
    ),
    Fault(
        "a context remembers those who no longer wait",
        "context",
        "Context.forget",
        {
            "self._waiters.pop(waiter, None)": "None",
        },
        "two of four cancelled at capacity 1",
    ),
    Fault(
        "a new child does not look whether its parent is cancelled",
        "context",
        "Context.adopt",
        {
            "self.cause is not None": "False",
        },
        "cancelled while growing",
    ),
    Fault(
        "a new child looks at its parent before it joins the children",
        "context",
        "Context.adopt",
        {
            "children = self._children": "cause = self.cause\nchildren = self._children",
            "self.cause is not None": "cause is not None",
        },
        "cancelled while growing",
    ),
    Fault(
        "a child does not keep its parent alive",
        "context",
        "Context.adopt",
        {
            "child.parents += (self,)": "",
        },
        "cancelled while growing",
    ),
    Fault(
        "cancelling does not reach the children",
        "context",
        "Context._mark",
        {
            "waiting += ...": "",
        },
        "cancelled while growing",
    ),
    Fault(
        "the second of two that cancel at the same time changes the reason",
        "context",
        "Context._mark",
        {
            "self._causes[0]": "cause",
        },
        "cancelled by two",
    ),
    Fault(
        "cancelling ends a wait that somebody else has ended already",
        "context",
        "Context.end",
        {
            "waiter.claim()": "True",
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "a cancelled task is let go before it is told why",
        "context",
        "Context.end",
        {
            "waiter.cancelled_by = context": "waiter.unpark()\nwaiter.cancelled_by = context",
            "waiter.unpark()": "None",
        },
        "a sender cancelled at capacity 1",
    ),
    Fault(
        "cancelling wakes one task while another one can still be served",
        "context",
        "Context.end",
        {
            "claimed.append(waiter)": "waiter.unpark()",
            "waiter.unpark()": "None",
        },
        "cancelled together",
    ),
    Fault(
        "a wait that ran out of time looks as if somebody had ended it",
        "context",
        "park",
        {
            "waiter.cancelled_by = ends_it": "",
        },
        "ticker in turn, late leaves",
    ),
    # Task groups.
    Fault(
        "a task is counted as ended before its failure is noted",
        "task_group",
        "TaskGroup._run",
        {
            "self._failures.append(failure)": "None",
            "_wake(waiter)": "...\nif failure: self._failures.append(failure)",
        },
        "all fail",
    ),
    Fault(
        "tasks that end are counted without the lock",
        "task_group",
        "TaskGroup._run",
        {
            "each: with self._lock:": "if True:",
        },
        "growing group",
    ),
    Fault(
        "a task is counted only after it was started",
        "task_group",
        "TaskGroup.spawn",
        {
            "self._live += 1": "",
            "self._runtime.start(...)": "...\nwith self._lock: self._live += 1",
        },
        "growing group",
    ),
    Fault(
        "a group looks whether tasks are left before it says that it waits",
        "task_group",
        "TaskGroup._wait",
        {
            "self._waiter = waiter = self._runtime.waiter()": "",
            "waiter.wait(...)": "self._waiter = waiter = self._runtime.waiter()\n...",
        },
        "growing group",
    ),
    Fault(
        "a failure does not cancel the group",
        "task_group",
        "TaskGroup._run",
        {
            "self._context.cancel(...)": "None",
        },
        "one fails",
    ),
    Fault(
        "a task cancelled from above its group counts as failed",
        "context",
        "Context.explains",
        {
            "any(...)": "False",
        },
        "cancelled from above",
    ),
    # Limiters.
    Fault(
        "a ticker gives the same tick twice",
        "limiters",
        "Ticker.wait",
        {
            "missed + 1": "missed",
        },
        "idle ticker",
    ),
    Fault(
        "a ticker keeps the ticks that nobody took",
        "limiters",
        "Ticker.wait",
        {
            "(missed + 1) * self._interval": "self._interval",
        },
        "idle ticker",
    ),
    Fault(
        "a bucket gives one token too many",
        "limiters",
        "TokenBucket.acquire",
        {
            "self.burst - 1": "self.burst",
        },
        "idle bucket",
    ),
    Fault(
        "a bucket saves up more than its burst",
        "limiters",
        "TokenBucket.acquire",
        {
            "max(...)": "self._full_at",
        },
        "idle bucket",
    ),
    Fault(
        "two take the turn at a limiter at the same time",
        "limiters",
        "_Turn.taken",
        {
            "with self._lock:": "if True:",
        },
        "bucket at once, cancelled",
    ),
    Fault(
        "the turn is free while it is passed on",
        "limiters",
        "_Turn._pass_on",
        {
            "self._taken = waiter is not None": "self._taken = False",
        },
        "bucket in turn, nobody leaves",
    ),
    Fault(
        "a task that is cancelled during its turn does not pass it on",
        "limiters",
        "_Turn.taken",
        {
            "self._pass_on()": "None",
            "yield": "yield\nself._pass_on()",
        },
        "bucket in turn, cancelled leaves",
    ),
    Fault(
        "a cancelled task keeps its place in a limiter's queue",
        "limiters",
        "_Turn._wait",
        {
            "self._waiters.remove(waiter)": "None",
        },
        "ticker in turn, cancelled leaves",
    ),
    Fault(
        "a task that is interrupted when it gets the turn does not pass it on",
        "limiters",
        "_Turn._wait",
        {
            "not waiter.claim() and waiter.cancelled_by is None": "False",
        },
        "bucket at once, interrupted",
    ),
    # Atomics, and the seam.
    Fault(
        "adding is not one step",
        "atomic",
        "AtomicInt.add",
        {
            "with self._lock:": "if True:",
        },
        "counted",
    ),
    Fault(
        "comparing and swapping are two steps",
        "atomic",
        "AtomicInt.compare_and_swap",
        {
            "with self._lock:": "if True:",
        },
        "counted",
    ),
    Fault(
        "whoever is first in a queue is woken, claimed or not",
        "runtime",
        "claim_first",
        {
            "waiter.claim()": "True",
        },
        "a sender cancelled at capacity 0",
    ),
]
