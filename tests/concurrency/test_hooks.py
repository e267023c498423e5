"""A runtime with a hook tells listeners what its tasks do; one without tells nobody."""

import inspect

import pytest

from patterns.concurrency import (
    AtomicInt,
    Channel,
    Closed,
    Context,
    TaskGroup,
    Ticker,
    TokenBucket,
    sleep,
)
from patterns.concurrency.hooked import HOOKED
from patterns.concurrency.hooks import Hook, Listener
from patterns.concurrency.runtime import use_runtime
from patterns.concurrency.threads import ThreadRuntime


class Diary(Listener):
    """Notes all that it hears of."""

    def __init__(self):
        self.made_classes = []
        self.heard_of = []

    def made(self, primitive):
        self.made_classes.append(type(primitive))

    def before(self, operation, subject):
        self.heard_of.append(("before", operation))

    def after(self, operation, subject, value, error, depth):
        self.heard_of.append(("after", operation, value, type(error), depth))

    def parks(self, verb, subject, value, until):
        self.heard_of.append(("parks", verb, value))

    def goes_on(self, verb, subject, woken_by):
        self.heard_of.append(("goes on", verb))

    def started(self, task):
        self.heard_of.append(("started", task.name))

    def ended(self, task, error):
        self.heard_of.append(("ended", task.name, type(error)))


def heard(body):
    diary = Diary()
    with use_runtime(ThreadRuntime(Hook(HOOKED, diary))):
        body()
    return diary


def test_without_a_hook_the_plain_classes_are_built():
    assert type(Channel()) is Channel
    assert type(Context()) is Context


def test_with_a_hook_each_primitive_is_built_as_its_hooked_kind():
    def body():
        for primitive in (Channel(), Context(), AtomicInt(), Ticker(1), TokenBucket(1)):
            assert type(primitive) is HOOKED[type(primitive).__mro__[1]]

    assert heard(body).made_classes == list(HOOKED.values())


def test_a_value_is_told_of_before_and_after_it_is_sent_and_received():
    def body():
        channel = Channel(2)
        channel.send("a")
        channel.receive()

    none = type(None)
    assert heard(body).heard_of == [
        ("before", "send"),
        ("after", "send", "a", none, 1),
        ("before", "receive"),
        ("after", "receive", "a", none, 0),
    ]


def test_a_send_that_is_refused_is_told_of_with_its_error():
    def body():
        channel = Channel(2)
        channel.close()
        with pytest.raises(Closed):
            channel.send("a")

    assert heard(body).heard_of[-1] == ("after", "send", "a", Closed, 0)


def test_the_end_of_a_loop_is_told_of_with_its_error():
    def body():
        channel = Channel(2)
        channel.close()
        assert list(channel) == []

    assert heard(body).heard_of[-1] == ("after", "receive", None, StopIteration, 0)


@pytest.mark.parametrize(
    ("operate", "value"),
    [
        (lambda number: number.load(), 3),
        (lambda number: number.store(5), 5),
        (lambda number: number.add(2), 5),
        (lambda number: number.compare_and_swap(3, 4), "3 to 4"),
        (lambda number: number.compare_and_swap(4, 5), "not 4 any more"),
    ],
)
def test_an_operation_on_an_atomic_is_told_of_with_what_came_of_it(operate, value):
    diary = heard(lambda: operate(AtomicInt(3)))
    assert diary.heard_of[-1][2] == value


def test_a_task_and_its_waits_are_told_of():
    def body():
        with TaskGroup() as group:
            group.spawn(sleep, 0, name="sleeper")

    told = [event for event in heard(body).heard_of if "sleep" in str(event)]
    assert told == [
        ("started", "sleeper"),
        ("parks", "sleep", None),
        ("goes on", "sleep"),
        ("ended", "sleeper", type(None)),
    ]


def test_listeners_are_called_in_their_order_and_only_for_what_they_override():
    calls = []

    class First(Listener):
        def before(self, operation, subject):
            calls.append(("first", operation))

    class Second(Listener):
        def before(self, operation, subject):
            calls.append(("second", operation))

    hook = Hook(HOOKED, First(), Second())
    with use_runtime(ThreadRuntime(hook)):
        AtomicInt().load()
    assert calls == [("first", "load"), ("second", "load")]
    assert (hook.after, hook.parks, hook.started) == (None, None, None)


@pytest.mark.parametrize("kind", HOOKED)
def test_a_hooked_kind_shows_the_signature_of_the_plain_one(kind):
    assert inspect.signature(HOOKED[kind]) == inspect.signature(kind)
