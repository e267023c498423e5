"""Channels: the same bodies on real threads and in simulations."""

import math

import pytest
from support import alive, parked, until

from lab import simulate
from patterns.concurrency import (
    Cancelled,
    Channel,
    ChannelStatistics,
    Closed,
    Context,
    DeadlineExceeded,
    TaskGroup,
)
from patterns.concurrency.runtime import Waiter

CAPACITIES = [0, 1, 2, 7, math.inf]


def filled(channel, *values):
    for value in values:
        channel.send(value)
    return channel


def drained(channel):
    channel.close()
    return list(channel)


def outcome(operation, *args):
    """Return the value of an operation, or the name of what it raised."""
    try:
        return operation(*args)
    except (Closed, Cancelled) as error:
        return type(error).__name__


# Passing values.


def test_an_unbuffered_send_waits_for_its_receiver(run):
    def body():
        channel, log = Channel(), []
        with TaskGroup() as group:
            group.spawn(lambda: (channel.send("value"), log.append("sent")))
            until(lambda: parked(channel) == (1, 0))
            log.append("receiving")
            assert channel.receive() == "value"
        return log

    assert run(body) == ["receiving", "sent"]


def test_an_unbuffered_send_to_a_waiting_receiver_returns_at_once(run):
    def body():
        channel, received = Channel(), []
        with TaskGroup() as group:
            group.spawn(lambda: received.append(channel.receive()))
            until(lambda: parked(channel) == (0, 1))
            channel.send("value")
        return received, len(channel)

    assert run(body) == (["value"], 0)


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_values_come_out_in_the_order_in_which_they_went_in(run, capacity):
    def body():
        channel = Channel(capacity)
        with TaskGroup() as group:
            group.spawn(lambda: filled(channel, *range(50)).close())
            return list(channel)

    assert run(body) == list(range(50))


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_waiting_senders_are_served_in_the_order_in_which_they_came(run, capacity):
    def body():
        channel = filled(Channel(capacity), *range(capacity))
        with TaskGroup() as group:
            for number in range(capacity, 8):
                group.spawn(channel.send, number)
                until(lambda: parked(channel) == (number + 1 - capacity, 0))  # noqa: B023
            return [channel.receive() for _ in range(8)]

    assert run(body) == list(range(8))


def test_unbuffered_values_go_to_waiting_receivers_in_the_order_in_which_they_came(run):
    def body():
        channel, received = Channel(), {}
        with TaskGroup() as group:
            for number in range(4):
                group.spawn(lambda n=number: received.update({n: channel.receive()}))
                until(lambda: parked(channel) == (0, number + 1))  # noqa: B023
            filled(channel, *range(4))
        return received

    assert run(body) == {0: 0, 1: 1, 2: 2, 3: 3}


@pytest.mark.parametrize("value", [None, 0, "", [], Closed("as a value"), StopIteration()])
def test_any_object_is_a_value_like_all_others(run, value):
    assert run(lambda: filled(Channel(1), value).receive()) is value


@pytest.mark.parametrize("capacity", [1, 2, 7, 5000])
def test_a_channel_takes_capacity_values_and_then_makes_its_sender_wait(run, capacity):
    def body():
        channel = filled(Channel(capacity), *range(capacity))
        with TaskGroup() as group:
            group.spawn(channel.send, "one more")
            until(lambda: parked(channel) == (1, 0))
            full = len(channel)
            channel.receive()
        return full

    assert run(body) == capacity


@pytest.mark.parametrize("capacity", [0, 1, 2, 7])
def test_the_buffer_never_holds_more_than_capacity(run, capacity):
    def body():
        channel, depths = Channel(capacity), []

        def sender():
            for number in range(20):
                channel.send(number)
                depths.append(len(channel))

        with TaskGroup() as group:
            for _ in range(4):
                group.spawn(sender)
            for _ in range(80):
                depths.append(len(channel))
                channel.receive()
        return max(depths)

    assert run(body) <= capacity


def test_an_unbounded_channel_never_makes_a_send_wait(run):
    assert run(lambda: len(filled(Channel(math.inf), *range(10_000)))) == 10_000


def test_len_counts_what_is_buffered_and_not_what_waiting_senders_offer(run):
    def body():
        channel = filled(Channel(2), "a", "b")
        with TaskGroup() as group:
            group.spawn(channel.send, "c")
            until(lambda: parked(channel) == (1, 0))
            lengths = [len(channel)]
            for _ in range(3):
                channel.receive()
                lengths.append(len(channel))
        return lengths

    assert run(body) == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "receive", [lambda channel: channel.receive(), lambda channel: next(iter(channel))]
)
def test_a_receiver_that_goes_on_to_something_else_has_let_the_next_sender_in(run, receive):
    def body():
        channel, sent = filled(Channel(1), "first"), []
        with TaskGroup() as group:
            group.spawn(lambda: (channel.send("second"), sent.append(True)))
            until(lambda: parked(channel) == (1, 0))
            receive(channel)
            until(lambda: sent)
        return drained(channel)

    assert run(body) == ["second"]


@pytest.mark.parametrize("capacity", [0, 1, 3, 20])
def test_a_burst_of_values_serves_every_waiting_receiver(run, capacity):
    def body():
        channel, received = Channel(capacity), []
        with TaskGroup() as group:
            for _ in range(20):
                group.spawn(lambda: received.append(channel.receive()))
            until(lambda: parked(channel) == (0, 20))
            filled(channel, *range(20))
        return sorted(received)

    assert run(body) == list(range(20))


def test_every_value_goes_to_exactly_one_of_many_receivers(run):
    def body():
        channel, received = Channel(3), []
        with TaskGroup() as group:
            for _ in range(4):
                group.spawn(lambda: received.extend(channel))
            filled(channel, *range(60)).close()
        return sorted(received)

    assert run(body) == list(range(60))


def test_two_tasks_may_share_one_iterator(run):
    def body():
        channel, received = Channel(2), []
        values = iter(channel)
        with TaskGroup() as group:
            for _ in range(2):
                group.spawn(lambda: received.extend(values))
            filled(channel, *range(20)).close()
        return sorted(received)

    assert run(body) == list(range(20))


# Closing.


def test_what_is_buffered_when_a_channel_is_closed_can_still_be_received(run):
    def body():
        channel = filled(Channel(3), "a", "b")
        channel.close()
        return [outcome(channel.receive) for _ in range(3)]

    assert run(body) == ["a", "b", "Closed"]


def test_closing_twice_is_harmless(run):
    def body():
        channel = filled(Channel(1), "a")
        channel.close()
        return drained(channel), channel.closed

    assert run(body) == (["a"], True)


def test_a_channel_is_not_closed_before_it_is(run):
    assert run(lambda: Channel().closed) is False


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_a_send_on_a_closed_channel_raises_closed(run, capacity):
    def body():
        channel = Channel(capacity, "jobs")
        channel.close()
        with pytest.raises(Closed, match=r"^send on closed channel jobs$"):
            channel.send(1)
        return list(channel)

    assert run(body) == []


@pytest.mark.parametrize("capacity", [0, 1])
def test_a_send_that_waits_while_the_channel_is_closed_is_not_delivered(run, capacity):
    def body():
        channel, log = filled(Channel(capacity), *range(capacity)), []
        with TaskGroup() as group:
            group.spawn(lambda: log.append(outcome(channel.send, "late")))
            until(lambda: parked(channel) == (1, 0))
            channel.close()
        return log, list(channel)

    assert run(body) == (["Closed"], list(range(capacity)))


@pytest.mark.parametrize("capacity", [0, 1])
def test_closing_ends_every_waiting_receiver(run, capacity):
    def body():
        channel, log = Channel(capacity), []
        with TaskGroup() as group:
            for _ in range(5):
                group.spawn(lambda: log.append(outcome(channel.receive)))
            until(lambda: parked(channel) == (0, 5))
            channel.close()
        return log

    assert run(body) == ["Closed"] * 5


def test_closing_ends_every_waiting_sender(run):
    def body():
        channel, log = Channel(), []
        with TaskGroup() as group:
            for number in range(5):
                group.spawn(lambda n=number: log.append(outcome(channel.send, n)))
            until(lambda: parked(channel) == (5, 0))
            channel.close()
        return log, parked(channel)

    assert run(body) == (["Closed"] * 5, (0, 0))


def test_an_iterator_that_has_ended_stays_ended(run):
    def body():
        channel = Channel()
        channel.close()
        values = iter(channel)
        return list(values), list(values), list(channel)

    assert run(body) == ([], [], [])


# Cancellation.


def test_a_cancelled_receive_takes_no_value_even_if_one_is_there(run):
    def body():
        channel, context = filled(Channel(1), "value"), Context()
        context.cancel()
        return outcome(channel.receive, context), drained(channel)

    assert run(body) == ("Cancelled", ["value"])


def test_a_cancelled_send_puts_no_value_in_even_if_there_is_room(run):
    def body():
        channel, context = Channel(1), Context()
        context.cancel()
        return outcome(channel.send, "value", context), drained(channel)

    assert run(body) == ("Cancelled", [])


@pytest.mark.parametrize("operation", ["send", "receive"])
def test_cancellation_is_looked_at_before_the_channels_end(run, operation):
    def body():
        channel, context = Channel(), Context()
        channel.close()
        context.cancel()
        call = channel.receive if operation == "receive" else lambda c: channel.send(1, c)
        return outcome(call, context)

    assert run(body) == "Cancelled"


def test_a_loop_under_a_context_ends_with_cancelled_even_if_values_are_left(run):
    def body():
        channel, context, received = filled(Channel(9), *range(9)), Context(), []

        def loop():
            for value in channel.values(context):
                received.append(value)
                if value == 2:
                    context.cancel()

        return outcome(loop), received, drained(channel)

    assert run(body) == ("Cancelled", [0, 1, 2], [3, 4, 5, 6, 7, 8])


def test_a_loop_under_a_context_that_nobody_cancels_ends_when_the_channel_is_closed(run):
    def body():
        channel = filled(Channel(3), "a", "b")
        channel.close()
        return list(channel.values(Context()))

    assert run(body) == ["a", "b"]


def test_cancelling_ends_a_waiting_receive_and_leaves_nothing_behind(run):
    def body():
        channel, context, log = Channel(), Context(), []
        with TaskGroup() as group:
            group.spawn(lambda: log.append(outcome(channel.receive, context)))
            until(lambda: parked(channel) == (0, 1))
            context.cancel()
        return log, parked(channel)

    assert run(body) == (["Cancelled"], (0, 0))


def test_cancelling_ends_a_waiting_send_whose_value_stays_the_senders(run):
    def body():
        channel, context, log = filled(Channel(1), "first"), Context(), []
        with TaskGroup() as group:
            group.spawn(lambda: log.append(outcome(channel.send, "second", context)))
            until(lambda: parked(channel) == (1, 0))
            context.cancel()
        return log, parked(channel), drained(channel)

    assert run(body) == (["Cancelled"], (0, 0), ["first"])


def test_a_value_sent_after_a_cancelled_receive_goes_to_the_next_receiver(run):
    def body():
        channel = Channel()
        first = outcome(channel.receive, Context(timeout=0.001))
        with TaskGroup() as group:
            group.spawn(channel.send, "value")
            return first, channel.receive()

    assert run(body) == ("DeadlineExceeded", "value")


def test_a_full_channel_takes_values_again_after_its_waiting_sender_was_cancelled(run):
    def body():
        channel = filled(Channel(1), "first")
        refused = outcome(channel.send, "second", Context(timeout=0.001))
        channel.receive()
        return refused, drained(filled(channel, "third"))

    assert run(body) == ("DeadlineExceeded", ["third"])


@pytest.mark.parametrize("capacity", [0, 2])
def test_cancelling_one_of_several_waiting_senders_keeps_the_others_in_order(run, capacity):
    def body():
        channel, context = filled(Channel(capacity), *range(-capacity, 0)), Context()
        with TaskGroup() as group:
            for number in range(5):
                mine = context if number == 2 else None
                group.spawn(outcome, channel.send, number, mine)
                until(lambda: parked(channel) == (number + 1, 0))  # noqa: B023
            context.cancel()
            return [channel.receive() for _ in range(capacity + 4)][capacity:]

    assert run(body) == [0, 1, 3, 4]


@pytest.mark.parametrize("capacity", [0, 2])
def test_cancelling_one_of_several_waiting_receivers_leaves_the_others_waiting(run, capacity):
    def body():
        channel, context, log = Channel(capacity), Context(), []
        with TaskGroup() as group:
            for number in range(3):
                mine = context if number == 1 else None
                group.spawn(lambda c=mine: log.append(outcome(channel.receive, c)))
                until(lambda: parked(channel) == (0, number + 1))  # noqa: B023
            context.cancel()
            until(lambda: log)
            filled(channel, "a", "b")
        return log[0], sorted(log[1:])

    assert run(body) == ("Cancelled", ["a", "b"])


@pytest.mark.parametrize("operation", ["send", "receive"])
def test_a_deadline_ends_a_wait_with_an_error_that_says_which_one(run, operation):
    def body():
        channel, context = Channel(), Context(timeout=0.002)
        with pytest.raises(DeadlineExceeded, match=r"^timeout of 0.002 s passed$"):
            channel.receive(context) if operation == "receive" else channel.send(1, context)
        return parked(channel)

    assert run(body) == (0, 0)


@pytest.mark.parametrize("operation", ["send", "receive"])
@pytest.mark.parametrize("run", ["threads", "simulation"], indirect=True)
def test_polling_a_channel_many_times_leaves_nothing_in_memory(run, operation):
    def body():
        channel, parent = Channel(), Context()
        values = [1] if operation == "send" else []
        before = alive(Waiter)
        outcomes = [
            outcome(getattr(channel, operation), *values, parent.child(timeout=1e-5))
            for _ in range(200)
        ]
        return set(outcomes), parked(channel), alive(Waiter) - before

    assert run(body) == ({"DeadlineExceeded"}, (0, 0), 0)


# What a channel says of itself.


@pytest.mark.parametrize("capacity", [-1, 1.5, 2.0, True, None, "3", math.nan, -math.inf])
def test_a_bad_capacity_is_refused_with_the_rule_and_what_came(capacity):
    with pytest.raises(ValueError, match="capacity") as caught:
        Channel(capacity)
    assert str(caught.value) == f"capacity must be a whole number >= 0, got {capacity!r}"


def test_an_empty_channel_is_true(run):
    assert run(lambda: bool(Channel())) is True


def test_a_channel_knows_its_name_and_its_capacity(run):
    def body():
        channel = Channel(3, "jobs")
        return channel.name, channel.capacity

    assert run(body) == ("jobs", 3)


def test_its_repr_shows_how_full_it_is(run):
    def body():
        channel = filled(Channel(3, "jobs"), "a", "b")
        before = repr(channel)
        channel.close()
        return before, repr(channel)

    assert run(body) == ("jobs (2/3)", "jobs (2/3, closed)")


def test_its_statistics_say_what_it_holds_and_who_waits(run):
    def body():
        channel = filled(Channel(2), "a", "b")
        full = Channel(0)
        with TaskGroup() as group:
            group.spawn(outcome, channel.send, "c")
            for _ in range(2):
                group.spawn(outcome, full.receive)
            until(lambda: parked(channel) == (1, 0) and parked(full) == (0, 2))
            waiting = channel.statistics(), full.statistics()
            channel.close()
            full.close()
        return *waiting, channel.statistics()

    assert run(body) == (
        ChannelStatistics(2, 2, False, 1, 0),
        ChannelStatistics(0, 0, False, 0, 2),
        ChannelStatistics(2, 2, True, 0, 0),
    )


def test_looking_at_the_statistics_is_no_scheduling_point():
    def body(look):
        channel = Channel(1)
        with TaskGroup() as group:
            group.spawn(channel.send, "a")
            group.spawn(channel.receive)
            for _ in range(10 if look else 0):
                channel.statistics()

    assert simulate(lambda: body(True)).steps == simulate(lambda: body(False)).steps


def test_channels_that_nobody_named_are_told_apart(run):
    def body():
        return Channel().name != Channel().name

    assert run(body)
