"""The simulation itself: its clock, its orders, its reports, and its borders."""

import contextlib
import contextvars
import math
import signal
import threading
import time
import warnings
from functools import partial
from itertools import count

import pytest
from support import ROOT, python, run_on_threads, run_simulated

from lab import Deadlock, explore, measure, simulate, sweep
from lab.simulation import RoundRobin, StepLimitExceeded, real_wait, runtime
from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    DeadlineExceeded,
    TaskGroup,
    Ticker,
    TokenBucket,
    WrongRuntime,
    go,
    now,
    sleep,
)


def ticks_of(*plans):
    """Run a task for each plan of sleeps; return (time, task) each time that one wakes up."""
    log = []

    def task(name, plan):
        for seconds in plan:
            sleep(seconds)
            log.append((now(), name))

    with TaskGroup() as group:
        for number, plan in enumerate(plans):
            group.spawn(task, number, plan)
    return log


def three_writers():
    """Let three tasks log what they do between scheduling points."""
    log, number = [], AtomicInt()

    def task(name):
        for _ in range(4):
            number.add(1)
            log.append(name)

    with TaskGroup() as group:
        for name in "abc":
            group.spawn(task, name)
    return "".join(log)


def pool(job_count, worker_count, seconds):
    """Return how many jobs each worker did."""
    jobs, done = Channel(job_count), [0] * worker_count

    def worker(number):
        for _ in jobs:
            sleep(seconds)
            done[number] += 1

    for job in range(job_count):
        jobs.send(job)
    jobs.close()
    with TaskGroup() as group:
        for number in range(worker_count):
            group.spawn(worker, number)
    return done


# The clock.


def test_ten_jobs_of_a_second_take_three_workers_four_seconds():
    assert simulate(lambda: pool(10, 3, 1)).elapsed == 4.0


def test_a_run_says_that_its_seconds_are_virtual():
    assert simulate(now).clock == "virtual"


def test_a_run_that_waits_for_nothing_takes_no_time():
    assert simulate(three_writers).elapsed == 0.0


def test_a_day_passes_as_fast_as_a_second():
    assert simulate(lambda: sleep(86_400)).elapsed == 86_400.0


def test_a_thousand_tenths_of_a_second_make_a_hundred_seconds():
    assert simulate(lambda: [sleep(0.1) for _ in range(1000)]).elapsed == 100.0


def test_sleeping_tasks_wake_up_in_the_order_of_their_times():
    log = run_simulated(lambda: ticks_of([3], [1], [2]))
    assert log == [(1.0, 1), (2.0, 2), (3.0, 0)]


def test_timers_of_one_instant_go_off_in_the_order_in_which_they_were_set():
    log = run_simulated(lambda: ticks_of([1, 1], [0.5, 1.5], [2]))
    assert log == [(0.5, 1), (1.0, 0), (2.0, 2), (2.0, 1), (2.0, 0)]


def test_the_timer_of_a_wait_that_ended_before_does_not_move_the_clock():
    def body():
        channel = Channel()
        with TaskGroup() as group:
            group.spawn(channel.receive, Context(timeout=100))
            sleep(1)
            channel.send("value")

    assert simulate(body).elapsed == 1.0


def test_thousands_of_timers_whose_waits_ended_before_do_not_move_the_clock():
    def body():
        channel, context = Channel(), Context(timeout=100)

        def echo():
            for _ in range(2000):
                channel.receive(context)

        with TaskGroup() as group:
            group.spawn(echo)
            for _ in range(2000):
                sleep(0.001)
                channel.send("value", context)

    assert simulate(body).elapsed == 2.0


def test_a_deadline_comes_at_its_exact_time():
    def body():
        context = Context(timeout=0.3)
        sleep(0.1)
        sleep(0.1)
        before = context.cancelled
        sleep(0.1)
        return before, context.cancelled

    assert run_simulated(body) == (False, True)


def test_a_run_ends_when_its_main_function_returns_whatever_else_goes_on():
    def body():
        go(lambda: [sleep(1) for _ in range(10_000)])
        sleep(2.5)

    assert simulate(body).elapsed == 2.5


# Orders.


def test_without_a_seed_every_task_gets_its_turn():
    assert run_simulated(three_writers) == "abcabcabcabc"


def test_without_a_seed_even_jobs_that_take_no_time_are_shared_out_evenly():
    assert run_simulated(lambda: pool(12, 4, 0)) == [3, 3, 3, 3]


@pytest.mark.parametrize("seed", [None, 0, 1, 2**64, -1])
def test_the_same_seed_gives_the_same_run(seed):
    assert run_simulated(three_writers, seed) == run_simulated(three_writers, seed)


def test_different_seeds_give_different_runs():
    assert len({run_simulated(three_writers, seed) for seed in range(20)}) > 15


def test_a_run_does_not_depend_on_how_strings_hash():
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'simulation')!r})\n"
        "from support import run_simulated; from test_simulation import three_writers, pool\n"
        "print([run_simulated(three_writers, s) for s in range(20)])\n"
        "print([run_simulated(lambda: pool(9, 3, 0), s) for s in range(20)])"
    )
    assert python(script, hash_seed="1") == python(script, hash_seed="2")


class Spy:
    """An order that lets everybody else go first and notes who stands before what."""

    def __init__(self):
        self.points = []

    def take(self, ready, running):
        if running is not None and running.name == "main":
            self.points.append((running.operation, running.subject))
        return ready.popleft()


class KeepGoing:
    """An order that lets the running task go on for as long as it can."""

    def take(self, ready, running):
        return ready.pop() if running is not None else ready.popleft()


def closed_channel():
    channel = Channel(3)
    channel.close()
    return channel


def filled_channel():
    channel = Channel(3)
    channel.send("value")
    return channel


def overdue_ticker():
    ticker = Ticker(0.001)
    sleep(1)
    return ticker


# What is made, what is done with it, and what a report calls that.
OPERATIONS = {
    "send": (lambda: Channel(3), lambda channel: channel.send("value")),
    "receive": (filled_channel, lambda channel: channel.receive()),
    "receive in a loop": (filled_channel, lambda channel: next(iter(channel))),
    "receive at the end of a loop": (closed_channel, lambda channel: next(iter(channel), None)),
    "close": (lambda: Channel(), lambda channel: channel.close()),
    "closed": (lambda: Channel(), lambda channel: channel.closed),
    "len": (lambda: Channel(), len),
    "check": (lambda: Context(), lambda context: context.check()),
    "check by looking": (lambda: Context(), lambda context: context.cancelled),
    "cancel": (lambda: Context(), lambda context: context.cancel()),
    "cancel by leaving": (lambda: Context(), lambda context: context.__exit__(None, None, None)),
    "load": (lambda: AtomicInt(), lambda number: number.load()),
    "store": (lambda: AtomicInt(), lambda number: number.store(1)),
    "add": (lambda: AtomicInt(), lambda number: number.add(1)),
    "compare_and_swap": (lambda: AtomicInt(), lambda number: number.compare_and_swap(0, 1)),
    "wait": (overdue_ticker, lambda ticker: ticker.wait()),
    "acquire": (lambda: TokenBucket(1), lambda bucket: bucket.acquire()),
}


def with_a_rival(make, operate, order):
    """Do one operation while another task is ready; return what was first, and the object."""
    log = []

    def body():
        primitive = make()
        with TaskGroup() as group:
            group.spawn(lambda: log.append("rival"))
            operate(primitive)
            log.append("operation")
        return primitive

    return simulate(body, order=order).value, log


@pytest.mark.parametrize("name", OPERATIONS)
def test_at_each_operation_the_order_may_let_another_task_go_first(name):
    order = Spy()
    primitive, log = with_a_rival(*OPERATIONS[name], order)
    assert log == ["rival", "operation"]
    assert (name.split()[0], primitive) in order.points


@pytest.mark.parametrize("name", OPERATIONS)
def test_at_each_operation_the_order_may_let_the_running_task_go_on(name):
    _, log = with_a_rival(*OPERATIONS[name], KeepGoing())
    assert log == ["operation", "rival"]


def test_starting_a_task_is_not_a_scheduling_point():
    order = Spy()

    def body():
        with TaskGroup() as group:
            for _ in range(5):
                group.spawn(int)
            go(int)
            sleep(1)

    simulate(body, order=order)
    assert order.points == []


def test_a_seed_and_an_order_cannot_both_decide():
    with pytest.raises(ValueError, match="give a seed, an order or a schedule"):
        simulate(now, seed=1, order=RoundRobin())


# Values, errors, deadlocks, leaks, crashes.


def test_a_run_carries_what_its_main_function_returned():
    assert simulate(lambda: "value").value == "value"


def test_what_the_main_function_raises_comes_out():
    with pytest.raises(ZeroDivisionError):
        simulate(lambda: 1 / 0)


def story(body, **how):
    """Return the lines of the deadlock in which `body` ends."""
    with pytest.raises(Deadlock) as caught:
        simulate(body, **how)
    return str(caught.value).splitlines()


def test_a_deadlock_tells_who_waits_for_what_and_where():
    def produce(results):
        for number in range(9):
            results.send(number)

    def body():
        results = Channel(2, "results")
        with TaskGroup() as group:
            for number in (1, 2):
                group.spawn(produce, results, name=f"worker-{number}")
            sleep(4)

    line = produce.__code__.co_firstlineno + 2
    leave = body.__code__.co_firstlineno + 2
    assert story(body) == [
        "Deadlock at 4.0 s: every task waits, and nobody is left to wake one.",
        f"  main is waiting for its tasks to end, in body, line {leave}",
        f"  worker-1 and worker-2 are sending to results (2/2 full), in produce, line {line}",
        "  Nobody is receiving from results.",
    ]


def test_a_deadlock_of_receivers_tells_that_the_channel_was_never_closed():
    lines = story(lambda: list(Channel(3, "jobs")))
    assert lines[-2].startswith("  main is receiving from jobs (empty), in <lambda>, line ")
    assert lines[-1] == "  Nobody is sending to jobs, and it is not closed."


@pytest.mark.parametrize(
    ("capacity", "filling"), [(0, "unbuffered"), (1, "empty"), (math.inf, "empty")]
)
def test_a_deadlock_tells_how_full_the_channel_is(capacity, filling):
    assert f"jobs ({filling})" in story(receive_from(capacity))[1]


def receive_from(capacity):
    return lambda: Channel(capacity, "jobs").receive()


def test_a_deadlock_of_many_tasks_is_told_in_few_lines():
    def body():
        channel = Channel(0, "jobs")
        with TaskGroup() as group:
            for number in range(1000):
                group.spawn(channel.receive, name=f"worker-{number}")

    lines = story(body)
    assert lines[2].startswith("  worker-0, worker-1 … worker-999 (1000 tasks) are receiving")
    assert len(lines) == 4


def test_a_deadlock_says_when_it_was_and_which_tasks_are_in_it():
    def body():
        sleep(1.5)
        Channel(0, "jobs").receive()

    with pytest.raises(Deadlock) as caught:
        simulate(body)
    (main,) = caught.value.tasks
    assert (caught.value.time, main.task, main.doing, main.channel) == (
        1.5,
        "main",
        "receiving",
        "jobs",
    )


def test_a_deadlock_carries_the_trace_up_to_it():
    def body():
        sleep(1.5)
        Channel().receive()

    with pytest.raises(Deadlock) as caught:
        simulate(body)
    assert caught.value.trace.elapsed == 1.5


def test_a_wait_with_a_deadline_is_no_deadlock():
    def body():
        with pytest.raises(DeadlineExceeded):
            Channel().receive(Context(timeout=5))

    assert simulate(body).elapsed == 5.0


def leaked(body):
    return [(stuck.task, stuck.doing) for stuck in simulate(body).leaks]


def test_a_run_that_leaves_nobody_behind_has_no_leaks():
    assert leaked(three_writers) == []


def test_a_task_that_is_blocked_when_the_run_ends_is_a_leak():
    def body():
        channel = Channel(0, "jobs")
        go(channel.receive, name="receiver")
        go(Channel().send, "value", name="sender")

    assert leaked(body) == [("receiver", "receiving"), ("sender", "sending")]


def test_a_task_that_sleeps_when_the_run_ends_is_a_leak():
    assert leaked(lambda: go(sleep, 5, name="sleeper")) == [("sleeper", "sleeping")]


def test_a_leak_reads_as_a_sentence():
    (leak,) = simulate(lambda: go(lambda: sleep(5), name="sleeper")).leaks
    assert str(leak).startswith("sleeper is sleeping until 5.0 s, in <lambda>, line ")


def test_a_task_that_can_end_without_the_clock_is_no_leak():
    def body():
        channel, log = Channel(3), []
        go(lambda: log.extend(channel))
        for number in range(3):
            channel.send(number)
        channel.close()
        return log

    run = simulate(body)
    assert (run.value, run.leaks) == ([0, 1, 2], ())


def test_what_a_bare_task_raises_is_in_the_list_of_crashes():
    def body():
        go(lambda: 1 / 0, name="careless")
        sleep(1)
        return "value"

    run = simulate(body)
    ((name, error),) = run.crashes
    assert (name, type(error), run.value) == ("careless", ZeroDivisionError, "value")


# Programs that never end.


def spin(channel):
    while True:
        len(channel)


def spin_whatever_happens(channel, what):
    while True:
        with contextlib.suppress(what):
            spin(channel)


def test_a_program_that_runs_in_a_circle_is_stopped():
    with pytest.raises(StepLimitExceeded, match=r"stopped after 1000 steps, at 2\.0 s of virtual"):
        simulate(lambda: (sleep(2), spin(Channel())), max_steps=1000)


@pytest.mark.parametrize("what", [Exception, BaseException])
def test_a_program_that_swallows_everything_is_stopped_all_the_same(what):
    with pytest.raises(StepLimitExceeded):
        simulate(lambda: spin_whatever_happens(Channel(), what), max_steps=1000)


@pytest.mark.parametrize("what", [Exception, BaseException])
def test_a_task_that_swallows_everything_is_stopped_all_the_same(what):
    def body():
        with TaskGroup() as group:
            group.spawn(spin_whatever_happens, Channel(), what)

    with pytest.raises(StepLimitExceeded):
        simulate(body, max_steps=1000)


def test_a_leaked_task_that_runs_in_a_circle_is_stopped():
    with pytest.raises(StepLimitExceeded):
        simulate(lambda: go(spin, Channel()), max_steps=1000)


def test_a_program_within_its_steps_is_not_stopped():
    steps = simulate(three_writers).steps
    assert simulate(three_writers, max_steps=steps + 1).steps == steps


def test_a_program_that_only_starts_tasks_is_stopped():
    def body():
        with TaskGroup() as group:

            def again():
                group.spawn(again)

            group.spawn(again)

    with pytest.raises(StepLimitExceeded):
        simulate(body, max_steps=1000)


def test_a_task_that_swallows_its_cancellation_in_a_loop_is_stopped():
    def deaf():
        while True:
            with contextlib.suppress(Cancelled):
                sleep(1)

    def body():
        with TaskGroup() as group:
            group.spawn(deaf, name="deaf")
            group.context.cancel()

    with pytest.raises(StepLimitExceeded, match="deaf is cancelled and goes on, whenever it is"):
        simulate(body, max_steps=1000)


def test_a_program_that_only_lets_tasks_go_is_stopped():
    def again():
        go(again)

    with pytest.raises(StepLimitExceeded):
        simulate(again, max_steps=1000)


def test_a_program_that_only_starts_tasks_is_stopped_before_they_fill_the_memory(monkeypatch):
    def again():
        go(again)

    monkeypatch.setattr(runtime, "_MANY_TASKS", 100)
    with pytest.raises(StepLimitExceeded, match=r"after 101 tasks were started, at 0.0 s of"):
        simulate(again, max_steps=1000)


def test_whoever_is_stopped_is_told_who_does_what():
    def body():
        with TaskGroup() as group:
            group.spawn(spin, Channel(), name="spinning")
            group.spawn(Channel(name="answers").receive, name="waiting")
            group.spawn(sleep, 5, name="resting")

    with pytest.raises(StepLimitExceeded) as caught:
        simulate(body, max_steps=1000)
    assert caught.value.where == (
        "the simulation was stopped after 1000 steps, at 0.0 s of virtual time: "
        "time stood still for the last 1000 steps, as tasks go on without sleeping"
    )
    assert [(stuck.task, stuck.doing) for stuck in caught.value.tasks] == [
        ("main", "joining"),
        ("spinning", "ready"),
        ("waiting", "receiving"),
        ("resting", "sleeping"),
    ]


def test_whoever_is_stopped_while_time_goes_on_is_told_so():
    with pytest.raises(StepLimitExceeded, match=r"at 99\.8 s of virtual time: time goes on, and"):
        simulate(look_again_and_again, max_steps=1000)


# Deadlocks behind a timer.


def look_again_and_again():
    while True:
        sleep(0.1)


def test_a_task_that_only_looks_and_sleeps_does_not_hide_a_deadlock():
    def body():
        numbers, answers = Channel(name="numbers"), Channel(name="answers")
        with TaskGroup() as group:
            group.spawn(look_again_and_again, name="looking")
            group.spawn(lambda: (sleep(2), numbers.receive(), answers.send(1)), name="late")
            answers.receive()

    with pytest.raises(Deadlock) as caught:
        simulate(body, max_steps=1000)
    assert str(caught.value).startswith(
        "Deadlock at 2.0 s: some wait, and until 51.8 s the others only look, and sleep again.\n"
        "  main is receiving from answers (unbuffered), in body"
    )
    assert [(stuck.task, stuck.doing) for stuck in caught.value.tasks] == [
        ("main", "receiving"),
        ("looking", "sleeping"),
        ("late", "receiving"),
    ]
    assert caught.value.trace.elapsed == 2.0


def test_a_deadlock_began_when_the_last_task_began_to_wait_for_good():
    def body():
        with TaskGroup() as group:
            group.spawn(look_again_and_again)
            sleep(3)

    with pytest.raises(StepLimitExceeded):
        simulate(body, max_steps=1000)  # nobody waits for what another one must do

    def waiting():
        answers = Channel(name="answers")
        with TaskGroup() as group:
            group.spawn(answers.receive)
            group.spawn(look_again_and_again)
            sleep(3)

    with pytest.raises(Deadlock) as caught:
        simulate(waiting, max_steps=1000)
    assert caught.value.time == 3.0


def test_waiting_for_one_long_sleep_is_no_deadlock_however_often_others_look_meanwhile():
    def body():
        done = Channel()
        go(look_again_and_again)
        go(lambda: (sleep(90), done.send(1)))
        done.receive()

    assert simulate(body, max_steps=1000).elapsed == 90.0


def test_waiting_while_others_work_is_no_deadlock_however_many_jobs_they_have():
    def body():
        jobs, done = Channel(400), Channel()
        for job in range(400):
            jobs.send(job)
        jobs.close()

        def work():
            for _ in jobs:
                sleep(1)
            done.close()

        go(work)
        return list(done)

    assert simulate(body, max_steps=1300).elapsed == 400.0


def test_waiting_for_a_task_to_end_that_sleeps_piece_by_piece_is_no_deadlock():
    def body():
        with TaskGroup() as group:
            group.spawn(lambda: [sleep(0.1) for _ in range(900)])

    assert simulate(body, max_steps=1000).elapsed == 90.0


class AsyncCall:
    async def __call__(self):
        pass


async def coroutine_function():
    pass


async def async_generator_function():
    yield


@pytest.mark.parametrize("how", [simulate, explore, measure, partial(sweep, seed=[1])])
@pytest.mark.parametrize("pool", [coroutine_function, async_generator_function, AsyncCall()])
def test_an_async_function_is_no_pool(pool, how):
    with pytest.raises(TypeError, match="pool must be a plain function, got the async function"):
        how(pool)


class Forgetful:
    def take(self, ready, running):
        return ready[0]


class Greedy:
    def take(self, ready, running):
        task = ready.popleft()
        ready.clear()
        return task


class Inventive:
    def take(self, ready, running):
        ready.popleft()


@pytest.mark.parametrize("order", [Forgetful, Greedy, Inventive])
def test_an_order_that_does_not_take_one_task_is_refused(order):
    def body():
        with TaskGroup() as group:
            group.spawn(sleep, 1)
            group.spawn(sleep, 0)

    with pytest.raises(ValueError, match="order must remove one task from ready, no other, and re"):
        simulate(body, order=order())


@pytest.mark.parametrize("max_steps", [0, -1])
def test_a_bad_number_of_steps_is_refused_with_the_rule_and_what_came(max_steps):
    with pytest.raises(ValueError, match=f"^max_steps must be >= 1, got {max_steps}$"):
        simulate(now, max_steps=max_steps)


# The end of those that are left.


@pytest.mark.parametrize("wait", [lambda: sleep(5), lambda: Channel().receive()])
def test_the_finally_blocks_of_tasks_that_are_left_run(wait):
    log = []

    def task():
        try:
            wait()
        finally:
            log.append("finally")

    simulate(lambda: go(task))
    assert log == ["finally"]


def test_a_finally_block_at_the_end_may_do_whatever_never_waits():
    log = []

    def task(channel):
        try:
            sleep(5)
        finally:
            channel.close()
            log.append(len(channel))

    simulate(lambda: go(task, Channel()))
    assert log == [0]


def test_a_finally_block_at_the_end_cannot_wait():
    log = []

    def task():
        try:
            sleep(5)
        finally:
            sleep(1)
            log.append("after the wait")

    simulate(lambda: go(task))
    assert log == []


def test_a_task_that_catches_its_end_does_not_keep_the_run_from_ending():
    def task():
        while True:
            with contextlib.suppress(BaseException):
                sleep(1)

    assert len(simulate(lambda: go(task)).leaks) == 1


def test_a_task_that_catches_its_end_is_heard_of_no_more():
    log = []

    def task():
        while True:
            try:
                sleep(1)
            except BaseException:
                log.append("caught")

    simulate(lambda: go(task))
    before = len(log)
    simulate(lambda: sleep(10))
    assert len(log) == before


def test_the_finally_blocks_in_a_deadlock_run():
    log = []

    def body():
        try:
            Channel().receive()
        finally:
            log.append("finally")

    with pytest.raises(Deadlock):
        simulate(body)
    assert log == ["finally"]


# Borders between runs.

USES = {
    "send": lambda things: things["channel"].send("value"),
    "receive": lambda things: things["channel"].receive(),
    "loop": lambda things: list(things["channel"]),
    "close": lambda things: things["channel"].close(),
    "len": lambda things: len(things["channel"]),
    "check": lambda things: things["context"].check(),
    "cancel": lambda things: things["context"].cancel(),
    "sleep": lambda things: things["context"].sleep(1),
    "child": lambda things: things["context"].child(),
    "group": lambda things: TaskGroup(things["context"]).__enter__(),
    "add": lambda things: things["atomic"].add(1),
    "wait": lambda things: things["ticker"].wait(),
    "acquire": lambda things: things["bucket"].acquire(),
}


def things():
    return {
        "channel": Channel(name="jobs"),
        "context": Context(),
        "atomic": AtomicInt(),
        "ticker": Ticker(1),
        "bucket": TokenBucket(1),
    }


def refused(use, made):
    with pytest.raises(WrongRuntime) as caught:
        USES[use](made)
    return str(caught.value)


@pytest.mark.parametrize("use", USES)
def test_what_was_made_in_a_simulation_cannot_be_used_after_it(use):
    made = simulate(things).value
    assert "a simulation that has ended" in refused(use, made)


@pytest.mark.parametrize("use", USES)
def test_what_was_made_in_one_simulation_cannot_be_used_in_another(use):
    made = simulate(things).value
    simulate(lambda: refused(use, made))


@pytest.mark.parametrize("use", USES)
def test_what_was_made_in_a_simulation_cannot_be_used_in_one_inside_it(use):
    def body():
        made = things()
        simulate(lambda: refused(use, made))

    simulate(body)


@pytest.mark.parametrize("use", USES)
def test_what_was_made_in_a_simulation_cannot_be_used_from_a_real_thread(use):
    def body():
        made = things()
        return run_on_threads(lambda: refused(use, made))

    assert "used in real threads" in simulate(body).value


OUTSIDE = {
    **{use: do for use, do in USES.items() if use != "cancel"},  # that a signal handler may do
    "load": lambda things: things["atomic"].load(),
    "store": lambda things: things["atomic"].store(1),
    "compare and swap": lambda things: things["atomic"].compare_and_swap(0, 1),
    "send to a buffer": lambda things: things["buffer"].send(2),
    "receive from a buffer": lambda things: things["buffer"].receive(),
    "loop over a buffer": lambda things: next(iter(things["buffer"])),
    "values of a buffer": lambda things: things["buffer"].values(),
    "closed": lambda things: things["buffer"].closed,
    "cancelled": lambda things: things["context"].cancelled,
    "receive under it": lambda things: Channel(1).receive(things["context"]),
    "tokens": lambda things: things["bucket"].tokens,
}


@pytest.mark.parametrize("how", [simulate, partial(explore, schedules=3)])
@pytest.mark.parametrize("use", OUTSIDE)
def test_what_was_made_outside_cannot_be_used_in_a_simulation(use, how):
    made = things() | {"buffer": Channel(2)}
    made["buffer"].send(1)
    said = []

    def body():
        with pytest.raises(WrongRuntime) as caught:
            OUTSIDE[use](made)
        said.append(str(caught.value))

    how(body)
    assert {text.partition(" belongs ")[2] for text in said} == {
        "to real threads, and was used in a simulation: make it inside the function that runs"
    }


@pytest.mark.parametrize("use", ["send", "len", "check", "add", "loop over a buffer", "tokens"])
def test_what_was_refused_in_a_simulation_can_be_used_after_it(use):
    made = things() | {"buffer": Channel(2)}
    made["channel"] = Channel(1)
    made["buffer"].send(1)
    classes = {name: type(thing) for name, thing in made.items()}
    simulate(lambda: None)
    OUTSIDE[use](made)
    assert {name: type(thing) for name, thing in made.items()} == classes


def test_what_real_threads_made_can_be_used_by_them_while_a_simulation_runs():
    jobs = Channel(1)

    def body():
        run_on_threads(lambda: jobs.send("job"))

    simulate(body)
    assert jobs.receive() == "job"


class Total(AtomicInt):
    def take(self):
        self.store(self.load() + 1)


def test_a_subclass_of_a_primitive_has_scheduling_points_too():
    def body():
        total = Total()
        with TaskGroup() as group:
            group.spawn(total.take)
            group.spawn(total.take)
        return total.load()

    assert explore(body, how="every", check=lambda run: run.value == 2).kinds == {"check": 2}


def test_a_subclass_that_was_made_outside_is_refused_and_then_as_it_was():
    total = Total()
    with pytest.raises(WrongRuntime):
        simulate(total.take)
    total.take()
    assert (type(total), total.load()) == (Total, 1)


def test_a_race_on_what_was_made_outside_is_not_taken_for_none():
    total = AtomicInt()

    def add():
        total.store(total.load() + 1)

    def body():
        with TaskGroup() as group:
            group.spawn(add)
            group.spawn(add)

    assert explore(body, schedules=10).kinds == {"error": 10}


def test_a_refusal_says_what_to_do():
    made = things()
    assert simulate(lambda: refused("receive", made)).value == (
        "jobs (0/0) belongs to real threads, and was used in a simulation: "
        "make it inside the function that runs"
    )


def test_after_a_refusal_nobody_waits_there():
    channel = Channel()
    simulate(lambda: refused("receive", {"channel": channel}))
    with pytest.raises(DeadlineExceeded):
        channel.send("value", Context(timeout=0.001))


def test_a_group_of_real_threads_starts_none_for_a_simulation():
    with TaskGroup() as group, pytest.raises(WrongRuntime):
        simulate(lambda: group.spawn(int))


def test_a_simulated_group_starts_nothing_for_a_real_thread():
    def body():
        with TaskGroup() as group:
            return run_on_threads(lambda: refused_spawn(group))

    def refused_spawn(group):
        with pytest.raises(WrongRuntime):
            group.spawn(int)
        return "refused"

    assert simulate(body).value == "refused"


def test_a_simulation_inside_a_simulation_has_a_clock_of_its_own():
    def body():
        sleep(1)
        inner = simulate(lambda: pool(10, 3, 1))
        sleep(1)
        return inner.elapsed

    run = simulate(body)
    assert (run.value, run.elapsed) == (4.0, 2.0)


def test_a_simulation_inside_a_simulation_does_not_stop_the_others_for_good():
    def body():
        with TaskGroup() as group:
            for _ in range(3):
                group.spawn(lambda: (simulate(lambda: ticks_of([1], [2])), sleep(1)))

    assert simulate(body).elapsed == 1.0


def test_a_deadlock_in_an_inner_simulation_can_be_handled_in_the_outer_one():
    def body():
        with pytest.raises(Deadlock):
            simulate(lambda: Channel().receive())
        sleep(1)

    assert simulate(body).elapsed == 1.0


def test_real_threads_are_measured_outside_of_simulations_only():
    with pytest.raises(RuntimeError, match="measure runs on real threads"):
        simulate(lambda: measure(now))


def test_a_simulation_can_run_in_any_thread():
    assert run_on_threads(lambda: simulate(lambda: pool(10, 3, 1)).elapsed) == 4.0


def test_simulations_in_several_threads_do_not_disturb_each_other():
    def body():
        elapsed = []
        with TaskGroup() as group:
            for seconds in (1, 2, 3):
                group.spawn(lambda s=seconds: elapsed.append(simulate(lambda: sleep(s)).elapsed))
        return sorted(elapsed)

    assert run_on_threads(body) == [1.0, 2.0, 3.0]


def test_after_a_simulation_the_primitives_run_on_real_threads_again():
    simulate(now)
    channel = Channel(1)
    channel.send("value")
    assert channel.receive() == "value"


def test_after_a_simulation_that_failed_the_primitives_run_on_real_threads_again():
    with pytest.raises(ZeroDivisionError):
        simulate(lambda: 1 / 0)
    channel = Channel(1)
    channel.send("value")
    assert channel.receive() == "value"


# Context variables, recursion, real time, Ctrl-C.

colour = contextvars.ContextVar("colour", default="none")


def test_a_simulation_sees_the_callers_context_variables_and_keeps_its_own():
    token = colour.set("red")
    inside = simulate(lambda: (colour.get(), colour.set("blue"))[0]).value
    after = colour.get()
    colour.reset(token)
    assert (inside, after) == ("red", "red")


def test_thousands_of_tasks_side_by_side_do_not_use_up_the_recursion_limit():
    def body():
        channel, count = Channel(), AtomicInt()

        def task():
            channel.receive()
            count.add(1)

        with TaskGroup() as group:
            for _ in range(3000):
                group.spawn(task)
            for _ in range(3000):
                channel.send("go")
        return count.load()

    assert run_simulated(body) == 3000


def test_thousands_of_tasks_each_started_by_the_last_do_not_use_up_the_recursion_limit():
    def body():
        done = Channel()

        def task(generations):
            if generations == 0:
                done.send("done")
            else:
                with TaskGroup() as group:
                    group.spawn(task, generations - 1)

        with TaskGroup() as group:
            group.spawn(task, 2500)
            return done.receive()

    assert run_simulated(body) == "done"


def test_waiting_in_real_time_is_warned_of_by_the_name_of_the_task():
    def body():
        with TaskGroup() as group:
            group.spawn(sleep, 1, name="innocent")
            group.spawn(wait_really, name="culprit")

    def wait_really():
        for _ in range(10):  # on a busy machine not every one is told from a suspension
            time.sleep(0.1)
            sleep(1)

    with pytest.warns(RuntimeWarning, match=r"culprit waited 0\.\d+ s of real time .* not time\."):
        simulate(body)


def test_a_single_long_wait_in_real_time_is_warned_of_by_the_name_of_the_task(monkeypatch):
    def body():
        with TaskGroup() as group:
            group.spawn(sleep, 1, name="innocent")
            group.spawn(time.sleep, 0.1, name="culprit")

    monkeypatch.setattr(real_wait, "_TOO_LONG_IN_ALL", 50_000_000)
    # As if the machine had taken the processor away at no time, which it does when it is busy.
    given_away = count(1)
    monkeypatch.setattr(real_wait, "_switches", lambda: (next(given_away), 0))
    with pytest.warns(RuntimeWarning, match=r"culprit waited 0\.\d+ s of real time"):
        simulate(body)


def test_computing_for_long_is_not_warned_of():
    def body():
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(body)


@pytest.fixture
def ctrl_c():
    """Give a function that interrupts the running code as Ctrl-C does by default."""
    outer = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, outer)


def test_ctrl_c_ends_a_simulation(ctrl_c):
    with pytest.raises(KeyboardInterrupt):
        simulate(lambda: (ctrl_c(), sleep(1)))


def test_ctrl_c_in_a_task_ends_the_simulation(ctrl_c):
    def body():
        with TaskGroup() as group:
            group.spawn(ctrl_c)
            sleep(1)

    with pytest.raises(KeyboardInterrupt):
        simulate(body)


def test_ctrl_c_ends_a_simulation_at_once_even_if_a_task_swallows_it(ctrl_c):
    log = []

    def task():
        try:
            ctrl_c()
        except KeyboardInterrupt:
            log.append("swallowed")
        sleep(1)
        log.append("went on")

    with pytest.raises(KeyboardInterrupt):
        simulate(lambda: (go(task), sleep(10)))
    assert log == ["swallowed"]


def test_ctrl_c_runs_the_finally_blocks_of_a_simulation(ctrl_c):
    log = []

    def task():
        try:
            sleep(100)
        finally:
            log.append("finally")

    with pytest.raises(KeyboardInterrupt):
        simulate(lambda: (go(task), sleep(1), ctrl_c()))
    assert log == ["finally"]


def test_ctrl_c_in_an_inner_simulation_ends_the_outer_one_too(ctrl_c):
    def body():
        try:
            simulate(ctrl_c)
        except KeyboardInterrupt:
            sleep(1)
        return "went on"

    with pytest.raises(KeyboardInterrupt):
        simulate(body)


def test_ctrl_c_is_not_lost_where_a_task_is_being_ended(ctrl_c):
    def body():
        try:
            Channel().receive()
        finally:
            ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        simulate(body)


def test_after_a_simulation_ctrl_c_does_what_it_did_before(ctrl_c):
    simulate(now)
    with pytest.raises(KeyboardInterrupt):
        simulate(ctrl_c)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_simulation_leaves_a_handler_of_ctrl_c_that_is_not_pythons_alone(ctrl_c):
    seen = []
    signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    simulate(lambda: (ctrl_c(), sleep(1)))
    assert seen == [signal.SIGINT]


def test_ctrl_c_from_outside_ends_a_simulation_that_computes():
    script = (
        "import os, signal, threading, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from patterns.concurrency import AtomicInt, go\n"
        "from lab import simulate\n"
        "running = threading.Event()\n"
        "def interrupt():\n"
        "    running.wait()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt).start()\n"
        "def main():\n"
        "    number = AtomicInt()\n"
        "    while True:\n"
        "        number.add(1)\n"
        "        running.set()\n"
        "try:\n"
        "    simulate(main, max_steps=10**12)\n"
        "except KeyboardInterrupt:\n"
        "    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    assert python(script) == "True\n"


def test_what_is_a_threads_own_is_shared_by_all_tasks_of_a_simulation():
    def body():
        own, lock = threading.local(), threading.RLock()

        def task(name):
            own.name = name
            with lock:
                sleep(1)
                return seen.append(own.name)

        seen = []
        with TaskGroup() as group:
            group.spawn(task, "a")
            group.spawn(task, "b")
        return seen

    run = simulate(body)
    assert (run.value, run.elapsed) == (["b", "b"], 1.0)  # and the lock keeps nobody out
