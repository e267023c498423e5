"""Real threads under stress, and Ctrl-C while they run."""

import itertools
import math
import signal
import sys
import threading
from collections import Counter
from random import Random

import pytest
from support import (
    parked,
    python,
    run_on_threads,
    threads_taking_turns,
    until,
    waits_under,
)

from lab import measure
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
from patterns.concurrency.threads import ThreadWaiter

CAPACITIES = [0, 1, 2, 7, 8, 100, math.inf]


@pytest.fixture(autouse=True)
def _hasty_threads():
    with threads_taking_turns(1e-5):
        yield


def eight_to_eight(capacity, count, sender, receiver):
    """Run 8 senders of `count` values each and 8 receivers; return what they count and return."""
    channel, sent, received = Channel(capacity), [[] for _ in range(8)], [[] for _ in range(8)]

    def send(number):
        for index in range(count):
            sender(channel, (number, index), sent[number])

    def send_all():
        with TaskGroup() as senders:
            for number in range(8):
                senders.spawn(send, number)
        channel.close()

    with TaskGroup() as group:
        for number in range(8):
            group.spawn(receiver, channel, received[number])
        group.spawn(send_all)
    return channel, sent, received


def send(channel, value, sent):
    channel.send(value)
    sent.append(value)


def receive_all(channel, received):
    received.extend(channel)


def flat(lists):
    return [value for values in lists for value in values]


# Thousands of values.


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_every_value_arrives_once(capacity):
    def body():
        return eight_to_eight(capacity, 1000, send, receive_all)

    _, sent, received = run_on_threads(body)
    assert sorted(flat(received)) == sorted(flat(sent))


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_every_receiver_gets_each_senders_values_in_their_order(capacity):
    def body():
        return eight_to_eight(capacity, 500, send, receive_all)

    _, _, received = run_on_threads(body)
    for values in received:
        for number in range(8):
            mine = [index for sender, index in values if sender == number]
            assert mine == sorted(mine)


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_no_value_overtakes_one_that_was_sent_before_it(capacity):
    clock = itertools.count()  # next() is atomic: every call and every return gets its own tick

    def timed_send(channel, value, sent):
        called = next(clock)
        channel.send(value)
        sent.append((called, next(clock), value))

    def timed_receive(channel, received):
        try:
            while True:
                called = next(clock)
                value = channel.receive()
                received.append((value, called, next(clock)))
        except Closed:
            return

    def body():
        return eight_to_eight(capacity, 300, timed_send, timed_receive)

    _, sent, received = run_on_threads(body)
    receives = {value: (called, returned) for value, called, returned in flat(received)}
    by_return = sorted((returned, value) for _, returned, value in flat(sent))
    latest = -1  # call of the last receive among the values sent before
    for called, _, value in sorted(flat(sent)):
        while by_return[0][0] < called:
            latest = max(latest, receives[by_return.pop(0)[1]][0])
        assert latest < receives[value][1]


@pytest.mark.parametrize("capacity", [0, 1, 2, 7, 8, 100])
def test_the_buffer_never_holds_more_than_the_capacity(capacity):
    def watchful_send(channel, value, depths):
        depths.append(len(channel))
        channel.send(value)
        depths.append(len(channel))

    def body():
        return eight_to_eight(capacity, 500, watchful_send, receive_all)

    _, depths, _ = run_on_threads(body)
    assert max(flat(depths)) <= capacity


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_the_books_balance_when_senders_and_receivers_keep_losing_patience(capacity):
    def hasty_send(channel, value, sent):
        patience = Random(value[1]).choice([None, 0, 1e-5, 1e-4])
        try:
            channel.send(value, None if patience is None else Context(timeout=patience))
        except Cancelled:
            return
        sent.append(value)

    def hasty_receive(channel, received):
        while True:
            try:
                received.append(channel.receive(Context(timeout=1e-4)))
            except Cancelled:
                continue
            except Closed:
                return

    def body():
        return eight_to_eight(capacity, 200, hasty_send, hasty_receive)

    channel, sent, received = run_on_threads(body)
    assert sorted(flat(received)) == sorted(flat(sent))
    assert (len(channel), parked(channel)) == (0, (0, 0))


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_the_books_balance_when_everybody_is_cancelled_at_once(capacity):
    def body():
        channel, context = Channel(capacity), Context()
        sent, received = [[] for _ in range(8)], [[] for _ in range(8)]

        def sender(number):
            for index in range(100_000):
                channel.send((number, index), context)
                sent[number].append((number, index))

        def receiver(number):
            for value in channel.values(context):
                received[number].append(value)

        with TaskGroup(context) as group:
            for number in range(8):
                group.spawn(sender, number)
                group.spawn(receiver, number)
            until(lambda: sum(map(len, received)) > 500)
            context.cancel()
        channel.close()
        return sent, received, list(channel)

    sent, received, left = run_on_threads(body)
    assert sorted(flat(received) + left) == sorted(flat(sent))


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_the_books_balance_when_the_channel_is_closed_under_the_senders(capacity):
    def body():
        channel = Channel(capacity)
        sent, received = [[] for _ in range(8)], [[] for _ in range(4)]

        def sender(number):
            try:
                for index in range(100_000):
                    channel.send((number, index))
                    sent[number].append((number, index))
            except Closed:
                return

        with TaskGroup() as group:
            for number in range(8):
                group.spawn(sender, number)
            for values in received:
                group.spawn(receive_all, channel, values)
            until(lambda: sum(map(len, received)) > 500)
            channel.close()
        return channel, sent, received

    channel, sent, received = run_on_threads(body)
    assert sorted(flat(received)) == sorted(flat(sent))
    assert (len(channel), parked(channel)) == (0, (0, 0))


def test_a_value_that_goes_round_in_a_ring_of_threads_is_never_lost():
    def body():
        ring = [Channel() for _ in range(8)]

        def pass_on(number):
            for value in ring[number]:
                ring[(number + 1) % 8].send(value + 1)

        with TaskGroup() as group:
            for number in range(1, 8):
                group.spawn(pass_on, number)
            value = 0
            for _ in range(200):
                ring[1].send(value + 1)
                value = ring[0].receive()
            group.context.cancel()
        return value

    assert run_on_threads(body) == 200 * 8


def test_a_hundred_receivers_share_a_trickle_of_values():
    def body():
        channel, received = Channel(10), []
        with TaskGroup() as group:
            for _ in range(100):
                group.spawn(receive_all, channel, received)
            for number in range(2000):
                channel.send(number)
            channel.close()
        return received

    assert sorted(run_on_threads(body)) == list(range(2000))


# Cancelling, failing and limiting in threads.


def test_a_plain_cancellation_never_comes_out_as_a_failure():
    def body():
        for _ in range(300):
            context = Context()
            with TaskGroup(context) as group:
                for _ in range(4):
                    group.spawn(context.sleep, 1000)
                go(context.cancel)
        return "left"

    assert run_on_threads(body) == "left"


def test_a_plain_cancellation_that_a_task_polls_for_never_comes_out_as_a_failure():
    def poll(context):
        while True:
            context.check()

    def body():
        for _ in range(100):
            context = Context()
            with TaskGroup(context) as group:
                group.spawn(poll, context)
                go(context.cancel)
        return "left"

    assert run_on_threads(body) == "left"


def test_groups_whose_tasks_fail_at_the_same_time_always_end():
    def fail():
        raise LookupError

    def body():
        failed = Counter()
        for _ in range(100):
            try:
                with TaskGroup() as group:
                    for _ in range(6):
                        group.spawn(fail)
                    Channel().receive()
            except ExceptionGroup as failures:
                failed[len(failures.exceptions)] += 1
        return sum(failed.values()), max(failed)

    groups, most = run_on_threads(body)
    assert groups == 100
    assert 1 <= most <= 6


def test_no_addition_to_an_atomic_is_lost():
    def body():
        number = AtomicInt()
        with TaskGroup() as group:
            for _ in range(8):
                group.spawn(lambda: [number.add(1) for _ in range(2000)])
        return number.load()

    assert run_on_threads(body) == 16_000


@pytest.mark.parametrize("limiter", [lambda: Ticker(1e-4).wait, lambda: TokenBucket(1e4).acquire])
def test_a_limiter_serves_everybody_while_others_keep_losing_patience(limiter):
    def body():
        wait, served = limiter(), AtomicInt()

        def patient():
            for _ in range(25):
                wait()
                served.add(1)

        def hasty():
            for _ in range(50):
                try:
                    wait(Context(timeout=5e-5))
                except Cancelled:
                    continue

        with TaskGroup() as group:
            for _ in range(4):
                group.spawn(patient)
                group.spawn(hasty)
        return served.load()

    assert run_on_threads(body) == 100


def test_recording_threads_loses_no_value_either():
    def body():
        return eight_to_eight(7, 100, send, receive_all)

    _, sent, received = run_on_threads(lambda: measure(body).value)
    assert sorted(flat(received)) == sorted(flat(sent))


def test_what_a_measured_function_raises_comes_out():
    with pytest.raises(ZeroDivisionError):
        measure(lambda: 1 / 0)


def test_a_wait_on_a_channel_made_before_the_measurement_ends_with_the_tasks_group():
    channel = Channel(name="made before")

    def main():
        with TaskGroup() as group:
            group.spawn(channel.receive)
            until(lambda: parked(channel) == (0, 1))
            group.context.cancel()

    run_on_threads(lambda: measure(main))


def test_measuring_takes_real_time():
    run = measure(lambda: sleep(0.01))
    assert (run.clock, run.elapsed >= 0.01) == ("real", True)


def test_a_bare_task_that_raises_is_reported_by_its_thread(monkeypatch):
    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))

    def body():
        go(lambda: 1 / 0)
        until(lambda: reported)

    run_on_threads(body)
    assert reported == [ZeroDivisionError]


# What threads do is among what the search of all schedules finds.


def test_who_is_cancelled_before_the_channel_is_closed_never_hears_closed():
    def body():
        heard = Counter()

        def listen(operation, context):
            try:
                operation(context)
            except (Cancelled, Closed) as error:
                heard[type(error).__name__] += 1

        for _ in range(300):
            channel, context = Channel(), Context()
            with TaskGroup() as group:
                group.spawn(listen, channel.receive, context)
                context.cancel()
                channel.close()
        return heard

    assert run_on_threads(body) == {"Cancelled": 300}


def test_a_loop_whose_group_is_cancelled_before_the_channel_is_closed_never_just_ends():
    def body():
        ended = AtomicInt()

        def loop(channel):
            for _ in channel:
                pass
            ended.add(1)

        for _ in range(300):
            channel = Channel()
            with TaskGroup() as group:
                group.spawn(loop, channel)
                group.context.cancel()
                channel.close()
        return ended.load()

    assert run_on_threads(body) == 0


def test_who_is_woken_by_a_cancellation_is_never_served_by_another_who_waits_under_it():
    def body():
        served = AtomicInt()

        def send(channel, context):
            with pytest.raises(Cancelled):
                channel.send("value", context)
            try:
                channel.receive(Context(timeout=1e-6))
            except Cancelled:
                return
            served.add(1)

        for _ in range(200):
            channel, context = Channel(), Context()
            with TaskGroup() as group:
                for _ in range(3):
                    group.spawn(send, channel, context)
                until(lambda: parked(channel) == (3, 0))  # noqa: B023
                context.cancel()
        return served.load()

    assert run_on_threads(body) == 0


# Ctrl-C. Each scenario runs in an interpreter of its own, in its main thread, many times over.

PRELUDE = """
import signal, threading, time
from support import parked, threads_left, until, waits_under
from patterns.concurrency import Channel, Context, TaskGroup, Ticker, TokenBucket, now, sleep

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the parent ignores


def press():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def press_when(condition):
    def wait_and_press():
        while not condition():
            time.sleep(0.0005)
        press()
    threading.Thread(target=wait_and_press).start()


def interrupted(pool, rounds, patience=10):
    before, ended = set(threading.enumerate()), 0
    for _ in range(rounds):
        try:
            pool()
        except KeyboardInterrupt:
            ended += 1
    restored = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    print(ended, len(threads_left(before, patience)), restored)
"""

POOLS = {
    "the main task waits for a result": """
def pool():
    results = Channel()
    with TaskGroup() as group:
        for _ in range(4):
            group.spawn(Channel().receive)
        press_when(lambda: parked(results) == (0, 1))
        results.receive()
""",
    "the main task waits for workers that sleep": """
def pool():
    with TaskGroup() as group:
        for _ in range(4):
            group.spawn(sleep, 1000)
        press_when(lambda: waits_under(group.context) == 4)
""",
    "the main task sleeps itself": """
def pool():
    with TaskGroup() as group:
        press_when(lambda: waits_under(group.context) == 1)
        sleep(1000)
""",
    "the main task keeps sending jobs": """
def pool():
    jobs, done = Channel(3), []
    def worker():
        for job in jobs:
            done.append(job)
    with TaskGroup() as group:
        for _ in range(4):
            group.spawn(worker)
        press_when(lambda: len(done) > 100)
        while True:
            jobs.send("job")
""",
    "the main task collects results that keep coming": """
def pool():
    results, collected = Channel(100), []
    def worker():
        while True:
            results.send("result")
    with TaskGroup() as group:
        for _ in range(4):
            group.spawn(worker)
        press_when(lambda: len(collected) > 100)
        for result in results:
            collected.append(result)
""",
    "workers wait for a limiter": """
def pool():
    bucket, ticker = TokenBucket(0.001), Ticker(1000)
    bucket.acquire()
    with TaskGroup() as group:
        for _ in range(2):
            group.spawn(bucket.acquire)
            group.spawn(ticker.wait)
        press_when(lambda: waits_under(group.context) == 4)
""",
    "the workers are in groups of their own": """
def pool():
    inner_contexts = []
    def inner():
        with TaskGroup() as group:
            group.spawn(sleep, 1000)
            inner_contexts.append(group.context)
    with TaskGroup() as outer:
        for _ in range(3):
            outer.spawn(inner)
        press_when(lambda: sum(map(waits_under, inner_contexts)) == 3)
""",
    "a worker fails while it is being cancelled": """
def pool():
    def worker():
        try:
            sleep(1000)
        finally:
            raise LookupError
    with TaskGroup() as group:
        group.spawn(worker)
        press_when(lambda: waits_under(group.context) == 1)
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
@pytest.mark.parametrize("situation", POOLS)
def test_ctrl_c_ends_a_pool_and_leaves_no_thread_behind_when(situation):
    script = f"{PRELUDE}\n{POOLS[situation]}\ninterrupted(pool, rounds=25)"
    assert python(script) == "25 0 True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
def test_a_second_ctrl_c_does_not_wait_for_a_worker_that_is_stuck():
    script = f"""{PRELUDE}
def pool():
    with TaskGroup() as group:
        group.spawn(time.sleep, 3600)
        def press_twice():
            while group._waiter is None:  # until the main task waits for the worker
                time.sleep(0.0005)
            press()
            while not group.context.cancelled:
                time.sleep(0.0005)
            press()
        threading.Thread(target=press_twice).start()

interrupted(pool, rounds=1, patience=0)
"""
    ended, _, restored = python(script).split()
    assert (ended, restored) == ("1", "True")


@pytest.mark.parametrize("step", ["claim", "unpark"])
@pytest.mark.parametrize("strikes_at", range(1, 5))
def test_a_second_ctrl_c_in_the_middle_of_cancelling_wakes_everybody_all_the_same(
    monkeypatch, step, strikes_at
):
    def striking(waiter):
        done = take_step(waiter)
        if threading.current_thread() is threading.main_thread() and next(steps) == strikes_at:
            signal.raise_signal(signal.SIGINT)
        return done

    take_step, steps = getattr(ThreadWaiter, step), itertools.count(1)
    with pytest.raises(KeyboardInterrupt), TaskGroup() as group:  # noqa: PT012
        for _ in range(4):
            group.spawn(sleep, 3600)
        until(lambda: waits_under(group.context) == 4)
        monkeypatch.setattr(ThreadWaiter, step, striking)
        signal.raise_signal(signal.SIGINT)
    sleep(0)  # the main task is in no group any more


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
def test_ctrl_c_reaches_a_pool_that_is_being_measured():
    script = f"""{PRELUDE}
from lab import measure
{POOLS["the main task keeps sending jobs"]}
interrupted(lambda: measure(pool), rounds=10)
"""
    assert python(script) == "10 0 True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
def test_a_handler_of_ctrl_c_that_is_not_pythons_is_left_alone():
    script = f"""{PRELUDE}
pressed = []
def handler(number, frame):
    pressed.append(number)
signal.signal(signal.SIGINT, handler)
with TaskGroup() as group:
    press_when(lambda: waits_under(group.context) == 1)
    group.spawn(lambda: until(lambda: pressed))
print(len(pressed), signal.getsignal(signal.SIGINT) is handler)
"""
    assert python(script) == "1 True\n"


def test_a_pool_in_another_thread_leaves_ctrl_c_alone():
    script = f"""{PRELUDE}
def pool():
    with TaskGroup():
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
thread = threading.Thread(target=pool)
thread.start()
thread.join()
"""
    assert python(script) == "True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
def test_a_signal_handler_may_cancel_whatever_the_main_thread_is_doing():
    script = f"""{PRELUDE}
from patterns.concurrency import Cancelled

context = None
signal.signal(signal.SIGTERM, lambda number, frame: context.cancel("terminated"))

def collect():
    results = Channel()
    def worker():
        while True:
            results.send("result")
    def terminate():
        for _ in range(3):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
    with TaskGroup(context) as group:
        group.spawn(worker)
        threading.Thread(target=terminate).start()
        for result in results:
            pass

reasons = set()
for _ in range(300):
    context = Context()
    try:
        collect()
    except Cancelled as cancelled:
        reasons.add(str(cancelled))
print(reasons)
"""
    assert python(script) == "{'terminated'}\n"


def test_another_thread_may_cancel_at_any_moment():
    def wait_below(context):
        with TaskGroup(context) as group:
            group.spawn(Channel().receive)
            while True:
                sleep(0)

    def body():
        for _ in range(300):
            context = Context()
            threading.Thread(target=context.cancel, args=("from outside",)).start()
            with pytest.raises(Cancelled, match="from outside"):
                wait_below(context)
        return "left"

    assert run_on_threads(body) == "left"


def test_a_group_entered_in_the_main_thread_and_left_by_another_leaves_ctrl_c_as_it_was():
    script = f"""{PRELUDE}
group = TaskGroup()
group.__enter__()

def leave():
    try:
        group.__exit__(None, None, None)
    except RuntimeError as error:
        print(type(error).__name__)

thread = threading.Thread(target=leave)
thread.start()
thread.join()
try:
    press()
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
{POOLS["the main task sleeps itself"]}
interrupted(pool, rounds=2)
"""
    assert python(script) == "RuntimeError\ninterrupted\n2 0 True\n"
