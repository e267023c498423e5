"""The rule of cancelling, sentence by sentence: the same bodies on threads and in simulations."""

import contextlib
import math

import pytest
from support import parked, until, waits_under

from patterns import (
    basic,
    dynamic,
    error_handling,
    generic,
    heartbeat,
    rate_limited,
    reusable,
)
from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    DeadlineExceeded,
    TaskGroup,
    Ticker,
    TokenBucket,
    go,
    now,
    sleep,
)
from patterns.concurrency.runtime import current_runtime

LONG = 1000.0  # seconds: a wait that nobody would sit through


def spent_bucket():
    bucket = TokenBucket(0.001)
    bucket.acquire()
    return bucket


# Each makes a function that waits for very long, under a context if it is given one.
WAITS = {
    "send": lambda: lambda *context, channel=Channel(): channel.send("value", *context),  # noqa: B008
    "receive": lambda: Channel().receive,
    "loop": lambda: lambda *context: list(Channel().values(*context)),
    "sleep": lambda: lambda context=None: context.sleep(LONG) if context else sleep(LONG),
    "ticker": lambda: Ticker(LONG).wait,
    "token bucket": lambda: spent_bucket().acquire,
}


@pytest.fixture(params=WAITS)
def wait(request):
    """Give a function that makes, inside a run, one that waits for very long."""
    return WAITS[request.param]


def deaf_sleep(seconds):
    """Take time, and listen to nobody: as a computation does."""
    runtime = current_runtime()
    runtime.waiter().park(runtime.now() + round(seconds * 1e9), "hang", None)


def heard(operation, *args):
    """Tell whether `operation` raises Cancelled."""
    try:
        operation(*args)
    except Cancelled:
        return True
    return False


def in_a_cancelled_group(operation):
    """Call `operation` in a task whose group has just been cancelled; tell whether it heard."""
    answers = []

    def task():
        group.context.cancel()
        answers.append(heard(operation))

    with TaskGroup() as group:
        group.spawn(task)
    return answers[0]


# 1. Who hears it.


def test_the_tasks_of_the_group_hear_it(run):
    def body():
        count = AtomicInt()
        with TaskGroup() as group:
            for _ in range(5):
                group.spawn(lambda: heard(sleep, LONG) and count.add(1))
            until(lambda: waits_under(group.context) == 5)
            group.context.cancel()
        return count.load()

    assert run(body) == 5


def test_the_block_of_the_group_hears_it(run):
    def body():
        with TaskGroup() as group:
            group.spawn(group.context.cancel)
            return heard(sleep, LONG)

    assert run(body) is True


@pytest.mark.parametrize("where", ["of a task", "of the block"])
def test_the_groups_below_hear_it(run, where):
    def body():
        answers = []

        def below():
            with TaskGroup() as inner, TaskGroup() as innermost:
                inner.spawn(lambda: answers.append(heard(sleep, LONG)))
                innermost.spawn(lambda: answers.append(heard(sleep, LONG)))
                until(lambda: waits_under(inner.context) + waits_under(innermost.context) == 2)
                outer.context.cancel()

        with TaskGroup() as outer:
            outer.spawn(below) if where == "of a task" else below()
        return answers

    assert run(body) == [True, True]


def test_the_groups_above_and_beside_do_not_hear_it(run):
    def body():
        with TaskGroup() as outer:
            with TaskGroup() as inner:
                inner.spawn(sleep, LONG)
                inner.context.cancel()
            with TaskGroup() as beside:
                return outer.context.cancelled, beside.context.cancelled, heard(sleep, 0)

    assert run(body) == (False, False, False)


def test_a_bare_task_hears_nothing(run):
    def body():
        answers = Channel(1)
        with TaskGroup() as group:
            group.context.cancel()
            go(lambda: answers.send(heard(sleep, 0.001)))
        return answers.receive()

    assert run(body) is False


# 2. Where.


def test_it_is_heard_in_the_middle_of_a_wait(run, wait):
    def body():
        answers, waiting = [], wait()
        with TaskGroup() as group:
            group.spawn(lambda: answers.append(heard(waiting)))
            until(lambda: waits_under(group.context))
            group.context.cancel()
        return answers

    assert run(body) == [True]


def test_it_is_heard_as_a_wait_begins(run, wait):
    def body():
        waiting = wait()
        return in_a_cancelled_group(waiting)

    assert run(body) is True


def test_a_deadline_is_heard_in_the_middle_of_a_wait(run, wait):
    def body():
        waiting, start = wait(), now()
        with pytest.raises(DeadlineExceeded), TaskGroup(Context(timeout=0.002)):
            waiting()
        return now() - start

    assert run(body) >= 0.002


def test_a_sleep_of_nothing_is_a_wait(run):
    assert run(lambda: in_a_cancelled_group(lambda: sleep(0))) is True


def test_a_sleep_of_nothing_hears_a_deadline_that_has_passed(run):
    def body():
        with TaskGroup(Context(timeout=0)):
            return heard(sleep, 0)

    assert run(body) is True


def test_a_loop_over_a_channel_hears_it_at_each_value(run):
    def body():
        channel, received = Channel(9), []
        for number in range(9):
            channel.send(number)

        def loop():
            for number in channel:
                received.append(number)
                if number == 2:
                    group.context.cancel()

        with TaskGroup() as group:
            group.spawn(loop)
        return received, len(channel)

    assert run(body) == ([0, 1, 2], 6)


@pytest.mark.parametrize("timeout", [None, 0.005])
def test_an_except_exception_does_not_stop_it(run, timeout):
    def stubborn():
        while True:
            try:
                sleep(0.001)
            except Exception:
                continue

    def body():
        limit = Context(timeout=timeout)
        with TaskGroup(limit) as group:
            group.spawn(stubborn)
            if timeout is None:
                group.spawn(lambda: (sleep(0.005), limit.cancel()))
        return "left"

    assert run(body) == "left"


def test_suppressing_every_exception_does_not_stop_it(run):
    def body():
        after = []

        def stubborn():
            with contextlib.suppress(Exception):
                sleep(LONG)
            after.append("went on")

        with TaskGroup() as group:
            group.spawn(stubborn)
            until(lambda: waits_under(group.context))
            group.context.cancel()
        return after

    assert run(body) == []


# 3. Where not.


def with_room():
    channel = Channel(1)
    return lambda: channel.send("value")


def with_a_value():
    channel = Channel(1)
    channel.send("value")
    return channel.receive


def with_a_token():
    return TokenBucket(1).acquire


UNHEARD = {
    "a send that finds room": with_room,
    "a send on an unbounded channel": lambda: lambda: Channel(math.inf).send("value"),
    "a receive that finds a value": with_a_value,
    "a token that is there": with_a_token,
    "closing": lambda: Channel().close,
    "an addition": lambda: lambda: AtomicInt().add(1),
}


@pytest.mark.parametrize("what", UNHEARD)
def test_what_need_not_wait_goes_through(run, what):
    def body():
        operation = UNHEARD[what]()
        return in_a_cancelled_group(operation)

    assert run(body) is False


def test_a_receive_that_finds_a_sender_waiting_goes_through(run):
    def body():
        channel = Channel()
        go(channel.send, "value")
        until(lambda: parked(channel) == (1, 0))
        return in_a_cancelled_group(channel.receive), parked(channel)

    assert run(body) == (False, (0, 0))


# 4. Deaf tasks.


def test_a_deaf_task_is_not_cut_short_and_the_group_waits_for_it(run):
    def body():
        done = []
        with TaskGroup() as group:
            group.spawn(lambda: (deaf_sleep(0.01), done.append("all of it")))
            group.context.cancel()
        return done

    assert run(body) == ["all of it"]


def test_leaving_a_group_waits_for_its_tasks_though_the_group_above_is_cancelled(run):
    def body():
        log = []

        def leave():
            with TaskGroup() as inner:
                inner.spawn(lambda: (deaf_sleep(0.01), log.append("task")))
            log.append("left")

        with TaskGroup() as outer:
            outer.spawn(leave)
            outer.context.cancel()
        return log

    assert run(body) == ["task", "left"]


# 5. Contexts by hand.


def test_an_operation_listens_to_the_context_that_it_is_given(run, wait):
    def body():
        context, waiting, answers = Context(), wait(), []
        with TaskGroup() as group:
            group.spawn(lambda: answers.append(heard(waiting, context)))
            until(lambda: waits_under(context))
            context.cancel()
        return answers, waits_under(context)

    assert run(body) == ([True], 0)


def test_it_listens_to_its_groups_as_well(run, wait):
    def body():
        context, waiting, answers = Context(), wait(), []
        with TaskGroup() as group:
            group.spawn(lambda: answers.append(heard(waiting, context)))
            until(lambda: waits_under(context))
            group.context.cancel()
        return answers, waits_under(context)

    assert run(body) == ([True], 0)


def test_it_hears_the_deadline_of_the_context_that_it_is_given(run, wait):
    def body():
        waiting, start = wait(), now()
        with pytest.raises(DeadlineExceeded):
            waiting(Context(timeout=0.002))
        return now() - start

    assert run(body) >= 0.002


def test_it_raises_though_it_need_not_wait(run):
    def body():
        channel, context = Channel(2), Context()
        channel.send("value")
        context.cancel()
        bucket, ticker = TokenBucket(1), Ticker(0.001)
        sleep(0.002)
        answers = [
            heard(channel.send, "another", context),
            heard(channel.receive, context),
            heard(list, channel.values(context)),
            heard(bucket.acquire, context),
            heard(ticker.wait, context),
            heard(context.sleep, 0),
            heard(context.check),
        ]
        return answers, len(channel)

    assert run(body) == ([True] * 7, 1)


# What a pool's report says of a job that is cut short, one that is deaf, one that fails by itself.

POOLS = {
    "basic": lambda *args, **options: basic.run(*args, workers=1, **options),
    "reusable": lambda *args, **options: reusable.run(*args, workers=1, **options),
    "generic": lambda *args, **options: generic.run(*args, workers=1, **options),
    "error_handling": lambda *args, **options: error_handling.run(*args, workers=1, **options),
    "dynamic": lambda *args, **options: dynamic.run(*args, max_workers=1, **options),
    "rate_limited": lambda *args, **options: rate_limited.run(
        *args, workers=1, rate=1e6, **options
    ),
    "heartbeat": lambda jobs, process, **options: heartbeat.run(
        jobs, lambda job, beat: process(job), workers=1, interval=LONG, **options
    ),
}


@pytest.fixture(params=POOLS)
def pool(request):
    """Give the `run` of a pool that has one worker."""
    return POOLS[request.param]


def outcomes(report):
    return report.succeeded, report.failed, report.cancelled, report.never_started, report.reason


def retried(operation):
    """Do what a library that tries again does, with its default settings."""
    for _ in range(5):
        try:
            return operation()
        except Exception:
            sleep(0.001)
    raise RuntimeError("given up")


JOBS = {
    "listens": (lambda: sleep(LONG), ([1], [], [2], [3], "enough")),
    "listens, and tries again": (
        lambda: retried(lambda: sleep(LONG)),
        ([1], [], [2], [3], "enough"),
    ),
    "waits for its own tasks, which listen": (
        lambda: in_a_group(sleep, LONG),
        ([1, 2], [], [], [3], "enough"),
    ),
    "is deaf": (lambda: deaf_sleep(0.01), ([1, 2], [], [], [3], "enough")),
    "is deaf, and fails": (lambda: (deaf_sleep(0.01), 1 / 0), ([1], [2], [], [3], "enough")),
}


def in_a_group(function, *args):
    with TaskGroup() as group:
        group.spawn(function, *args)


@pytest.mark.parametrize("job", JOBS)
def test_the_report_of_a_pool_that_is_cancelled_while_its_second_job(run, pool, job):
    rest, expected = JOBS[job]

    def body():
        context = Context()

        def process(number):
            if number == 2:
                context.cancel("enough")
                rest()
            return number

        return outcomes(pool([1, 2, 3], process, context=context))

    assert run(body) == expected


OWN_LIMITS = {
    "in its block": lambda: in_the_block(),
    "under a context": lambda: Context(timeout=0.001).sleep(LONG),
    "in a task of its own": lambda: in_a_group(lambda: Context(timeout=0.001).sleep(LONG)),
}


def in_the_block():
    with TaskGroup(Context(timeout=0.001)):
        sleep(LONG)


@pytest.mark.parametrize("pool", sorted(POOLS.keys() - {"generic"}), indirect=True)
@pytest.mark.parametrize("where", OWN_LIMITS)
def test_a_jobs_own_time_limit_is_its_own_failure_and_ends_nobody_else(run, pool, where):
    def process(number):
        if number == 2:
            OWN_LIMITS[where]()
        return number

    assert run(lambda: outcomes(pool([1, 2, 3], process))) == ([1, 3], [2], [], [], None)


def test_a_jobs_own_time_limit_is_what_ends_the_generic_pool(run):
    def body():
        report = generic.run([1, 2, 3], lambda number: in_the_block(), workers=1)
        return report.failed[0], {type(error) for error in report.errors}, report.reason

    # On threads the worker may have begun another job before it hears of the first one's failure.
    assert run(body) == (1, {DeadlineExceeded}, "a job failed: DeadlineExceeded")


def test_the_exception_of_a_jobs_own_task_that_ends_the_process_goes_on_up(run):
    def body():
        basic.run([1], lambda job: in_a_group(quit_now), workers=1)

    def quit_now():
        raise SystemExit(3)

    with pytest.raises(BaseExceptionGroup) as caught:
        run(body)
    assert caught.value.split(SystemExit)[1] is None
