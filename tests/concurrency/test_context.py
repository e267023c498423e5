"""Contexts: the same bodies on real threads and in simulations."""

import contextlib
import gc
import inspect
import math
import sys

import pytest
from support import alive, run_on_threads, until, waits_under

from patterns import concurrency
from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    DeadlineExceeded,
    TaskGroup,
    Ticker,
    TokenBucket,
    now,
    sleep,
)
from patterns.concurrency.runtime import Waiter
from patterns.concurrency.threads import ThreadWaiter

# Cancelling.


def test_a_new_context_is_not_cancelled(run):
    def body():
        context = Context()
        context.check()
        return context.cancelled, context.reason, context.deadline

    assert run(body) == (False, None, None)


def test_a_cancelled_context_says_so_and_why(run):
    def body():
        context = Context()
        context.cancel("enough")
        with pytest.raises(Cancelled, match=r"^enough$"):
            context.check()
        return context.cancelled, context.reason

    assert run(body) == (True, "enough")


def test_only_the_first_reason_counts(run):
    def body():
        context = Context()
        context.cancel("first")
        context.cancel("second")
        return context.reason

    assert run(body) == "first"


def test_a_parents_cancellation_reaches_all_its_descendants_with_its_reason(run):
    def body():
        parent = Context()
        children = [parent.child() for _ in range(3)]
        grandchildren = [child.child() for child in children]
        parent.cancel("enough")
        return {context.reason for context in children + grandchildren}

    assert run(body) == {"enough"}


def test_a_childs_cancellation_does_not_reach_its_parent_or_its_siblings(run):
    def body():
        parent = Context()
        child, sibling = parent.child(), parent.child()
        child.cancel()
        return parent.cancelled, sibling.cancelled

    assert run(body) == (False, False)


def test_a_child_of_a_cancelled_context_is_born_cancelled(run):
    def body():
        parent = Context()
        parent.cancel("enough")
        return parent.child().reason

    assert run(body) == "enough"


def test_a_descendant_is_cancelled_even_if_nobody_holds_the_contexts_between(run):
    def body():
        root = Context()
        leaf = root.child().child().child()
        root.cancel("enough")
        return leaf.reason

    assert run(body) == "enough"


def test_leaving_its_block_cancels_a_context(run):
    def body():
        with Context() as context:
            inside = context.cancelled
        return inside, context.reason

    assert run(body) == (False, "its block has ended")


def test_every_task_gets_an_exception_of_its_own(run):
    def body():
        context, errors = Context(), []
        context.cancel()
        for _ in range(2):
            with pytest.raises(Cancelled) as caught:
                context.check()
            errors.append(caught.value)
        return errors[0] is errors[1]

    assert run(body) is False


# What is left behind.


@pytest.mark.parametrize("run", ["threads", "simulation"], indirect=True)
def test_an_ended_wait_leaves_nothing_behind_in_the_context(run):
    def body():
        context = Context()
        before = alive(Waiter)
        for _ in range(100):
            context.sleep(1e-6)
        return alive(Waiter) - before

    assert run(body) == 0


@pytest.mark.parametrize("run", ["threads", "simulation"], indirect=True)
def test_a_thousand_children_leave_nothing_behind_in_their_parent(run):
    def body():
        parent = Context()
        for _ in range(1000):
            parent.child().cancel()
        return len(parent._children), alive(Context)

    before = alive(Context)
    references, contexts = run(body)
    assert references < 100
    assert contexts - before < 10


# Whoever cancels may be anywhere, and may be interrupted.


class Impatient(BaseException):
    """What a signal handler might raise."""


def test_a_cancel_that_was_interrupted_half_way_is_completed_by_the_next_one(monkeypatch):
    def body():
        parent = Context()
        children = [parent.child(), parent.child()]
        claims = iter([True])

        def interrupted(waiter):
            if next(claims, False):
                raise Impatient
            return claim(waiter)

        claim = ThreadWaiter.claim
        with TaskGroup() as group:
            for child in children:
                group.spawn(refused, child)
                until(lambda: waits_under(child))  # noqa: B023
            monkeypatch.setattr(ThreadWaiter, "claim", interrupted)
            with pytest.raises(Impatient):
                parent.cancel("first")
            parent.cancel("second")
        return [child.reason for child in children]

    def refused(context):
        with pytest.raises(Cancelled):
            context.sleep(1000)

    assert run_on_threads(body) == ["first", "first"]


class Strike:
    """Calls a function before the step of that number, of those of `context.py` in this thread."""

    def __init__(self, number, function):
        self.left, self.function = number, function

    def enter(self, frame, event, argument):
        if frame.f_code.co_filename != concurrency.context.__file__:
            return None
        frame.f_trace_opcodes = True
        return self.step

    def step(self, frame, event, argument):
        self.left -= 1
        if self.left == 0:
            self.function()
        return self.step

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.enter)
        return self

    def __exit__(self, *exc_info):
        sys.settrace(self.before)


def test_a_signal_handler_may_cancel_between_any_two_steps_of_the_thread_that_it_strikes():
    def work(context):
        channel = Channel()
        with TaskGroup(context) as group:
            group.spawn(channel.send, "value")
            channel.receive()
            sleep(1e-6)
            context.child().cancel()

    def body():
        number, struck = 0, True
        while struck:
            number += 1
            context = Context()
            with contextlib.suppress(Cancelled), Strike(number, context.cancel) as strike:
                work(context)
            struck = strike.left <= 0
            assert context.cancelled is struck
        return number

    assert run_on_threads(body) > 300


def test_cancelling_again_and_again_leaves_nothing_in_memory(run):
    def body():
        context = Context()
        for _ in range(1000):
            context.cancel()
        return len(context._causes)

    assert run(body) == 1


def test_a_context_below_on_many_paths_is_cancelled_once(run):
    def body():
        context = top = Context()
        for _ in range(40):  # 2**40 paths
            below = context.child()
            context.adopt(below)
            context.child().adopt(below)
            context = below
        top.cancel("enough")
        return context.reason

    assert run(body) == "enough"


def test_a_finaliser_may_cancel_in_the_middle_of_anything():
    class Owner:
        def __init__(self, context):
            self.context, self.own = context, self

        def __del__(self):
            self.context.cancel("collected")

    def wait_below(context):
        with TaskGroup(context) as group:
            for _ in range(3):
                group.spawn(sleep, 1000)
            Owner(context)
            while True:
                sleep(0)

    def body():
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(100):
                with pytest.raises(Cancelled, match="collected"):
                    wait_below(Context())
        finally:
            gc.set_threshold(*threshold)
        return "left"

    assert run_on_threads(body) == "left"


# Deadlines.


def test_a_context_knows_the_earliest_deadline_of_itself_and_its_ancestors(run):
    def body():
        start = now()
        parent = Context(deadline=start + 200)
        contexts = [parent.child(timeout=100), parent.child(timeout=300), parent.child()]
        return [context.deadline - start for context in contexts]

    assert run(body) == pytest.approx([100, 200, 200], abs=50)


def test_of_a_deadline_and_a_timeout_the_earlier_one_counts(run):
    def body():
        start = now()
        return Context(deadline=start + 100, timeout=200).deadline - start

    assert run(body) == pytest.approx(100, abs=50)


def test_a_context_is_cancelled_when_its_deadline_has_passed(run):
    def body():
        context = Context(timeout=0.001)
        sleep(0.002)
        with pytest.raises(DeadlineExceeded):
            context.check()
        return context.cancelled, context.reason

    assert run(body) == (True, "timeout of 0.001 s passed")


@pytest.mark.parametrize("timeout", [0, -1e-9, -1, -math.inf])
def test_a_timeout_of_nothing_or_less_has_passed_already(run, timeout):
    assert run(lambda: Context(timeout=timeout).cancelled) is True


def test_a_deadline_before_the_clock_began_has_passed_already(run):
    assert run(lambda: Context(deadline=-1e-9).cancelled) is True


def test_a_childs_deadline_does_not_end_its_parent(run):
    def body():
        parent = Context()
        child = parent.child(timeout=0)
        return child.cancelled, parent.cancelled

    assert run(body) == (True, False)


def test_cancelling_after_the_deadline_does_not_change_the_reason(run):
    def body():
        context = Context(timeout=0)
        context.cancel("too late")
        return context.reason

    assert run(body) == "timeout of 0 s passed"


def test_leaving_the_block_after_the_deadline_does_not_change_the_reason(run):
    def body():
        with Context(timeout=0) as context:
            pass
        return context.reason

    assert run(body) == "timeout of 0 s passed"


def test_a_deadline_that_is_further_off_than_the_sleep_does_not_disturb_it(run):
    def body():
        context, start = Context(timeout=1000), now()
        context.sleep(0.002)
        return now() - start

    assert run(body) >= 0.002


@pytest.mark.parametrize("seconds", [-1, -0.5, math.nan, math.inf, 1e13, 10**400, "1", None])
def test_a_bad_number_of_seconds_is_refused_with_the_rule_and_what_came(run, seconds):
    def body():
        with pytest.raises(ValueError, match="seconds") as caught:
            sleep(seconds)
        return str(caught.value)

    rule = f"seconds must be a number of seconds >= 0 and <= 1e12, got {seconds!r}"
    assert run(body) == rule


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize("seconds", [math.nan, math.inf, 10**400, "1"])
def test_a_bad_time_limit_is_refused_with_the_rule_and_what_came(name, seconds):
    with pytest.raises(ValueError, match=name) as caught:
        Context(**{name: seconds})
    rule = f"{name} must be a number of seconds <= 1e12, got {seconds!r}"
    assert str(caught.value) == rule


@pytest.mark.parametrize("primitive", [AtomicInt, Channel, Context, Ticker, TokenBucket])
def test_help_shows_how_a_primitive_is_made(primitive):
    parameters = inspect.signature(primitive).parameters.values()
    assert {each.kind for each in parameters}.isdisjoint(
        {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    )
    assert "self" not in {each.name for each in parameters}
