"""Task groups and bare tasks: the same bodies on real threads and in simulations."""

import contextvars
import gc
import threading
import weakref
from contextlib import suppress

import pytest
from support import run_on_threads, until, waits_under

from lab import simulate
from patterns import basic, reusable
from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    DeadlineExceeded,
    TaskGroup,
    go,
    hang,
    now,
    sleep,
)
from patterns.concurrency.runtime import Task


class Trouble(Exception):
    """What goes wrong in these tests."""


def fail(what="trouble"):
    raise Trouble(what)


def failures(body):
    """Run `body` and return, sorted, the names of what comes out of its groups."""
    try:
        body()
    except BaseExceptionGroup as group:
        return sorted(f"{type(e).__name__}({e})" for e in leaves(group))
    return []


def leaves(group):
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


# Waiting for tasks.


def test_leaving_a_group_waits_for_all_its_tasks(run):
    def body():
        log = []
        with TaskGroup() as group:
            for number in range(5):
                group.spawn(lambda n=number: (sleep(0.002), log.append(n)))
        return sorted(log)

    assert run(body) == [0, 1, 2, 3, 4]


def test_an_empty_group_can_be_left_at_once(run):
    def body():
        with TaskGroup():
            return "left"

    assert run(body) == "left"


def test_a_task_gets_its_arguments_and_its_name(run):
    def body():
        log = []
        with TaskGroup() as group:
            task = group.spawn(lambda *args: log.append(args), 1, "b", name="worker-1")
        return log, task.name

    assert run(body) == ([(1, "b")], "worker-1")


def test_tasks_that_nobody_named_are_told_apart(run):
    def body():
        with TaskGroup() as group:
            return group.spawn(int).name != group.spawn(int).name

    assert run(body)


def test_a_task_may_start_further_tasks_in_its_group_while_the_group_is_being_left(run):
    def body():
        count = AtomicInt()

        def task(generations):
            count.add(1)
            sleep(0.001)
            if generations:
                group.spawn(task, generations - 1)

        with TaskGroup() as group:
            group.spawn(task, 5)
        return count.load()

    assert run(body) == 6


def test_a_thousand_short_tasks_do_not_pile_up_in_a_long_lived_group():
    def body():
        tasks = weakref.WeakSet()
        with TaskGroup() as group:
            for _ in range(1000):
                tasks.add(group.spawn(int))
                sleep(0)
            return len(tasks)

    assert run_on_threads(body) < 300


def test_a_group_left_well_has_cancelled_its_context(run):
    def body():
        with TaskGroup() as group:
            before = group.context.cancelled
        return before, group.context.cancelled, group.context.reason

    assert run(body) == (False, True, "its task group has ended")


# Failing.


def test_what_a_task_raises_comes_out_in_an_exception_group(run):
    def body():
        with TaskGroup() as group:
            group.spawn(fail)

    with pytest.raises(ExceptionGroup, match="1 raised in a task group") as caught:
        run(body)
    assert [str(error) for error in caught.value.exceptions] == ["trouble"]


def test_a_failing_task_cancels_its_siblings_wherever_they_wait(run):
    def body():
        cancelled = AtomicInt()

        def sibling(wait, *args):
            with pytest.raises(Cancelled, match="culprit raised Trouble"):
                wait(*args)
            cancelled.add(1)

        def pool():
            with TaskGroup() as group:
                group.spawn(sibling, Channel().receive)
                group.spawn(sibling, Channel().send, "value")
                group.spawn(sibling, sleep, 1000)
                until(lambda: waits_under(group.context) == 3)
                group.spawn(fail, name="culprit")

        return failures(pool), cancelled.load()

    assert run(body) == (["Trouble(trouble)"], 3)


def test_a_failing_task_cancels_the_body_where_it_waits(run):
    def body():
        log = []

        def pool():
            with TaskGroup() as group:
                group.spawn(fail)
                with pytest.raises(Cancelled):
                    Channel().receive()
                log.append("body cancelled")

        return failures(pool), log

    assert run(body) == (["Trouble(trouble)"], ["body cancelled"])


def test_a_body_that_was_cancelled_by_a_failing_task_adds_nothing_to_the_failure(run):
    def pool():
        with TaskGroup() as group:
            group.spawn(fail)
            sleep(1000)

    assert run(lambda: failures(pool)) == ["Trouble(trouble)"]


def test_a_task_that_fails_while_it_is_being_cancelled_has_failed_too(run):
    def task():
        try:
            sleep(1000)
        except Cancelled:
            fail("cleaning up")

    def pool():
        with TaskGroup() as group:
            group.spawn(task)
            group.spawn(task)
            until(lambda: waits_under(group.context) == 2)
            group.spawn(fail, "first")

    expected = ["Trouble(cleaning up)", "Trouble(cleaning up)", "Trouble(first)"]
    assert run(lambda: failures(pool)) == expected


def test_what_the_body_raises_comes_out_plain(run):
    def body():
        with TaskGroup():
            fail()

    with pytest.raises(Trouble):
        run(body)


def test_a_body_that_raises_cancels_its_tasks(run):
    def body():
        log = []

        def task():
            with pytest.raises(Cancelled, match="the group's block raised Trouble"):
                sleep(1000)
            log.append("cancelled")

        with pytest.raises(Trouble), TaskGroup() as group:  # noqa: PT012
            group.spawn(task)
            until(lambda: waits_under(group.context))
            fail()
        return log

    assert run(body) == ["cancelled"]


def test_what_the_body_and_its_tasks_raise_comes_out_together(run):
    def pool():
        with TaskGroup() as group:
            group.spawn(fail, "task")
            with pytest.raises(Cancelled):
                sleep(1000)
            fail("body")

    assert run(lambda: failures(pool)) == ["Trouble(body)", "Trouble(task)"]


def test_a_task_that_exits_the_interpreter_is_not_passed_over(run):
    def pool():
        with TaskGroup() as group:
            group.spawn(lambda: exit_with(3))

    def exit_with(status):
        raise SystemExit(status)

    assert run(lambda: failures(pool)) == ["SystemExit(3)"]


def test_a_task_that_cannot_be_started_does_not_count(monkeypatch):
    def body():
        with TaskGroup() as group:
            group.spawn(int)
            monkeypatch.setattr(threading.Thread, "start", no_more_threads)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                group.spawn(int)
            monkeypatch.undo()
        return "left"

    def no_more_threads(thread):
        raise RuntimeError("can't start new thread")

    assert run_on_threads(body) == "left"


# Being cancelled.


def test_tasks_that_end_by_the_groups_cancellation_have_not_failed(run):
    def body():
        with TaskGroup() as group:
            for _ in range(3):
                group.spawn(sleep, 1000)
            group.context.cancel()
        return "left"

    assert run(body) == "left"


def test_a_cancelled_that_has_nothing_to_do_with_the_group_is_a_failure(run):
    def pool():
        with TaskGroup() as group:
            group.spawn(lambda: Context(timeout=0.001).sleep(1000))

    assert run(lambda: failures(pool)) == ["DeadlineExceeded(timeout of 0.001 s passed)"]


def test_cancelling_the_context_given_to_a_group_ends_its_tasks_and_its_body(run):
    def body():
        context, ended = Context(), AtomicInt()

        def task():
            with pytest.raises(Cancelled):
                sleep(1000)
            ended.add(1)

        with pytest.raises(Cancelled, match=r"^enough$"), TaskGroup(context) as group:  # noqa: PT012
            group.spawn(task)
            group.spawn(
                lambda: (until(lambda: waits_under(group.context)), context.cancel("enough"))
            )
            sleep(1000)
        return ended.load()

    assert run(body) == 1


def test_the_deadline_of_the_context_given_to_a_group_ends_what_its_body_waits_for(run):
    def body():
        with pytest.raises(DeadlineExceeded), TaskGroup(Context(timeout=0.002)) as group:  # noqa: PT012
            group.spawn(sleep, 1000)
            sleep(1000)
        return "left"

    assert run(body) == "left"


def test_a_group_whose_deadline_ends_only_its_tasks_is_left_without_an_error(run):
    def body():
        with TaskGroup(Context(timeout=0.002)) as group:
            group.spawn(sleep, 1000)
        return group.context.reason

    assert run(body) == "timeout of 0.002 s passed"


def test_after_a_cancelled_group_its_owner_may_wait_again(run):
    def body():
        with TaskGroup() as group:
            group.context.cancel()
        sleep(0.001)
        return "slept"

    assert run(body) == "slept"


# Groups in groups.


def test_what_an_inner_groups_task_raises_comes_out_of_the_outer_group(run):
    def inner():
        with TaskGroup() as group:
            group.spawn(fail)

    def pool():
        with TaskGroup() as group:
            group.spawn(inner)
            sleep(1000)

    assert run(lambda: failures(pool)) == ["Trouble(trouble)"]


def test_the_surrounding_groups_cancellation_reaches_the_tasks_of_inner_groups(run):
    def body():
        log, waiting = [], []

        def innermost():
            with pytest.raises(Cancelled):
                sleep(1000)
            log.append("cancelled")

        def inner():
            with TaskGroup() as group:
                group.spawn(innermost)
                until(lambda: waits_under(group.context))
                waiting.append(True)

        with TaskGroup() as outer:
            outer.spawn(inner)
            until(lambda: waiting)
            outer.context.cancel()
        return log

    assert run(body) == ["cancelled"]


def test_an_inner_groups_failure_can_be_handled_without_harm_to_the_outer_group(run):
    def body():
        log = []

        def inner():
            with TaskGroup() as group:
                group.spawn(fail)

        with TaskGroup() as outer:
            outer.spawn(lambda: (until(lambda: log), log.append("sibling done")))
            log.append(failures(inner))
        return log

    assert run(body) == [["Trouble(trouble)"], "sibling done"]


def test_groups_can_be_nested_in_one_task(run):
    def pool():
        with TaskGroup(), TaskGroup() as inner:
            inner.spawn(fail)

    assert run(lambda: failures(pool)) == ["Trouble(trouble)"]


# Using a group wrongly.


@pytest.mark.parametrize("when", ["before", "after"])
def test_spawning_outside_the_block_is_refused(run, when):
    def body():
        group = TaskGroup()
        if when == "after":
            with group:
                pass
        with pytest.raises(RuntimeError) as caught:
            group.spawn(int)
        return str(caught.value)

    assert run(body) == "spawn works only inside the `with` block of its TaskGroup"


def test_a_group_has_no_context_before_its_block(run):
    def body():
        with pytest.raises(RuntimeError, match="only inside its `with` block"):
            return TaskGroup().context

    run(body)


def test_a_group_is_entered_only_once(run):
    def body():
        with TaskGroup() as group:
            pass
        with pytest.raises(RuntimeError, match="entered once: make a new one"), group:
            pass

    run(body)


# What tasks inherit, and bare tasks.

colour = contextvars.ContextVar("colour", default="none")


@pytest.mark.parametrize("how", ["spawn", "go"])
def test_a_task_inherits_its_starters_context_variables(run, how):
    def body():
        done = Channel()
        colour.set("red")
        with TaskGroup() as group:
            start = go if how == "go" else group.spawn
            start(lambda: done.send(colour.get()))
            return done.receive()

    assert run(body) == "red"


def test_what_a_task_sets_in_a_context_variable_nobody_else_sees(run):
    def body():
        seen = []

        def task(name):
            colour.set(name)
            sleep(0.001)
            seen.append(colour.get())

        with TaskGroup() as group:
            for name in ("blue", "green"):
                group.spawn(task, name)
        return sorted(seen), colour.get()

    assert run(body) == (["blue", "green"], "none")


def test_a_bare_task_is_not_cancelled_with_the_group_that_surrounds_it(run):
    def body():
        done = Channel(1)
        with TaskGroup() as group:
            go(lambda: (sleep(0.002), done.send("done")))
            group.context.cancel()
        return done.receive()

    assert run(body) == "done"


def test_a_bare_task_has_a_name_like_all_others(run):
    def body():
        done = Channel()
        task = go(done.close, name="closer")
        return isinstance(task, Task), task.name, list(done)

    assert run(body) == (True, "closer", [])


def test_a_group_does_not_wait_for_a_task_it_abandoned():
    def body():
        with TaskGroup() as group:
            stuck = group.spawn(hang, name="stuck")
            group.spawn(sleep, 1)
            assert group.abandon(stuck)
        return now()

    left = simulate(body)
    assert left.value == 1.0
    assert [str(task) for task in left.leaks] == ["stuck is hanging in a call that never returns"]


def test_abandoning_the_last_task_lets_the_group_end():
    def body():
        with TaskGroup() as group:
            stuck = group.spawn(hang)
            group.spawn(lambda: (sleep(1), group.abandon(stuck)))
        return now()

    assert simulate(body).value == 1.0


def test_how_an_abandoned_task_ends_is_nobodys_failure(run):
    def body():
        gate = Channel()

        def fails():
            gate.receive()
            raise ValueError("too late to matter")

        with TaskGroup() as group:
            task = group.spawn(fails)
            assert group.abandon(task)
            assert not group.abandon(task)
            gate.send(None)

    run(body)


def test_a_task_that_has_ended_cannot_be_abandoned(run):
    def body():
        with TaskGroup() as group:
            task = group.spawn(lambda: None)
            until(lambda: task.ended)
            return group.abandon(task)

    assert run(body) is False


def test_a_task_of_another_group_cannot_be_abandoned(run):
    def body():
        with TaskGroup() as group, TaskGroup() as other:
            task = other.spawn(sleep, 0.001)
            with pytest.raises(ValueError, match="must be one that this group spawned") as caught:
                group.abandon(task)
        return task.ended, task.abandoned, task.name in str(caught.value)

    assert run(body) == (True, False, True)


def test_a_bare_task_cannot_be_abandoned_by_a_group(run):
    def body():
        with TaskGroup() as group, pytest.raises(ValueError, match="that this group spawned"):
            group.abandon(go(int))

    run(body)


# Groups left out of order.


def stream(jobs, channel):
    """Yield what a task sends: a generator that is suspended inside a task group."""

    def send():
        for job in jobs:
            channel.send(job)
        channel.close()

    with TaskGroup() as group:
        group.spawn(send)
        yield from channel


def test_two_generators_suspended_in_groups_and_left_out_of_order_are_both_named(run):
    def body():
        with pytest.raises(RuntimeError) as caught:
            list(zip(stream("ab", Channel()), stream("abcd", Channel()), strict=False))
        return str(caught.value)

    line = stream.__code__.co_firstlineno + 8
    group = f"the task group entered in stream, line {line}"
    assert run(body) == (
        f"{group} was left before {group}, entered after it: leave task groups in reverse order, "
        "and none of them inside a generator that may be suspended"
    )


def test_two_pools_left_out_of_order_poison_nothing_that_comes_after(run):
    def results(jobs):
        pool = reusable.WorkerPool(lambda job: job, workers=2)
        with pool.start(), TaskGroup() as submitter:
            submitter.spawn(reusable.submit, jobs, pool)
            for result in pool.results():
                yield result.value

    def body():
        with pytest.raises(RuntimeError, match=r"entered in .*results"):
            list(zip(results("ab"), results("abcd"), strict=False))
        sleep(0)
        report = basic.run([1, 2, 3], lambda job: job)
        with TaskGroup() as group:
            group.spawn(sleep, 0.001)
        return sorted(report.values), report.reason

    assert run(body) == ([1, 2, 3], None)


def test_what_a_group_raises_keeps_nothing_alive_once_it_was_handled(run):
    class Burden:
        """What a caller of the group holds."""

    def suspended():
        with TaskGroup():
            yield

    def left_out_of_order():
        first, second = suspended(), suspended()
        next(first), next(second)
        first.close()

    def body():
        held = Burden()
        gone = weakref.ref(held)

        def a_task_fails(held):
            with TaskGroup() as group:
                group.spawn(fail)

        gc.disable()  # nor need anybody wait for the garbage collector
        try:
            with suppress(ExceptionGroup):
                a_task_fails(held)
            del held
            with suppress(RuntimeError):
                left_out_of_order()
            sleep(0)  # would be cancelled with the group of the second one
        finally:
            gc.enable()
        return gone()

    assert run(body) is None


def test_a_group_left_out_of_order_waits_for_its_tasks_and_keeps_their_failures(run):
    def body():
        first, second, ended = TaskGroup(), TaskGroup(), []
        first.__enter__()
        second.__enter__()
        first.spawn(lambda: (sleep(0.005), ended.append(True), fail()))
        with pytest.raises(RuntimeError, match="was left before") as caught:
            first.__exit__(None, None, None)
        second.__exit__(None, None, None)
        sleep(0)
        return ended, [str(error) for error in caught.value.__cause__.exceptions]

    assert run(body) == ([True], ["trouble"])


def test_a_group_left_by_another_task_says_who_entered_it_and_poisons_nothing(run):
    def body():
        group, entered = TaskGroup(), []
        go(lambda: entered.append(group.__enter__()), name="the other")
        until(lambda: entered)
        group.spawn(sleep, 0.001)
        with pytest.raises(RuntimeError) as caught:
            group.__exit__(None, None, None)
        sleep(0)
        return str(caught.value).partition(" was entered by the task ")[2]

    me = {"main", "test body"}
    rule = "the task that enters a group must leave it"
    assert run(body) in {f"the other and left by {name}: {rule}" for name in me}


def test_a_group_of_a_contextmanager_is_named_by_the_block_that_uses_it(run):
    def body():
        pool, group = reusable.WorkerPool(lambda job: job), TaskGroup()
        with pytest.raises(RuntimeError) as caught, pool.start():
            group.__enter__()
        group.__exit__(None, None, None)
        return str(caught.value)

    said = run(body)
    assert said.startswith("the task group entered in ")
    assert "contextlib" not in said
    assert said.count(f"{__name__}.") == 0
    assert said.count("body, line ") == 2


# Starting that fails or is interrupted.


class Pressed(BaseException):
    """What a second Ctrl-C is."""


@pytest.mark.parametrize("started", [True, False])
def test_a_spawn_that_is_interrupted_counts_its_task_once(monkeypatch, started):
    start, begun = threading.Thread.start, threading.Event()

    def interrupted_start(thread):
        if thread.name != "victim":
            return start(thread)
        if started:  # and has begun: a thread that comes too late for that does nothing
            start(thread)
            begun.wait()
        raise Pressed

    def victim(log):
        begun.set()
        sleep(0.002)
        log.append("victim")

    def spawn(log):
        begun.clear()
        with TaskGroup() as group:
            group.spawn(lambda: (sleep(0.001), log.append("sibling")))
            with pytest.raises(Pressed):
                group.spawn(victim, log, name="victim")

    def body():
        for _ in range(20):
            log = []
            spawn(log)
            assert sorted(log) == (["sibling", "victim"] if started else ["sibling"])

    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    run_on_threads(body)


def test_a_spawn_from_outside_that_fails_does_not_leave_the_group_waiting(monkeypatch):
    start, failing, go_on = threading.Thread.start, Channel(), Channel()

    def no_thread(thread):
        if thread.name == "victim":
            failing.send(None)
            go_on.receive()
            raise RuntimeError("can't start new thread")
        return start(thread)

    def spawn_from_outside(group):
        with pytest.raises(RuntimeError, match="start new thread"):
            group.spawn(int, name="victim")

    def body():
        with TaskGroup() as group:
            go(spawn_from_outside, group)
            failing.receive()
            go(lambda: (until(lambda: group._waiter is not None), go_on.send(None)))
        return "left"

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert run_on_threads(body) == "left"


def test_groups_still_open_inside_one_left_out_of_order_hold_their_thread_no_longer():
    def numbers():
        with reusable.WorkerPool(str).start() as pool:
            for job in range(5):
                pool.submit(job)
            pool.close()
            yield from pool.results()

    one, other = numbers(), numbers()
    next(one), next(other)
    with pytest.raises(RuntimeError, match="leave task groups in reverse order"):
        one.close()
    assert basic.run([1, 2], str).counts.succeeded == 2  # `other` is suspended as before
    with pytest.raises(Cancelled):
        list(other)
    assert basic.run([1, 2], str).counts.succeeded == 2
