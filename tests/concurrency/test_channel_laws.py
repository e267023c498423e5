"""What holds for every program that uses a channel, whatever the schedule.

Random programs, run in random orders in virtual time: senders and receivers that rest, lose
patience, stop early, are cancelled together, and a channel that may be closed at any time. All
times are quarters of a second, so that much happens at one instant.
"""

import math
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from support import parked

from lab import Deadlock, simulate
from lab.simulation import RandomOrder
from patterns.concurrency import Cancelled, Channel, Closed, Context, TaskGroup, now, sleep

FOR_EVER = 30  # receives: more than all senders send
LIMIT = 100  # seconds after which whatever still waits is cancelled

law = settings(max_examples=100, deadline=None, derandomize=True, database=None)

seeds = st.integers(0, 2**32)
capacities = st.sampled_from([0, 1, 2, 3, math.inf])
quarters = st.integers(0, 3)
moments = st.integers(0, 10)
patience = st.one_of(st.none(), st.just("shared"), quarters)


@dataclass
class Sender:
    """Sends one value for each (rest, patience)."""

    values: list


@dataclass
class Receiver:
    """Receives `limit` values (None: until the channel is closed), with a rest before each."""

    limit: int | None
    rest: int
    patience: object = None


@dataclass
class Program:
    capacity: float
    senders: list
    receivers: list
    cancel_at: int | None = None  # the context that the patient ones share
    close_at: int | None = None


@dataclass
class Operation:
    """A send or receive: what with, from when to when, in ticks and in virtual seconds."""

    value: object
    called: int
    called_at: float
    returned: int = -1
    returned_at: float = -1.0
    outcome: str = "open"


@dataclass
class History:
    sends: list = field(default_factory=list)
    receives: list = field(default_factory=list)
    left: list = field(default_factory=list)
    deepest: int = 0
    parked: tuple = ()
    ticks: int = 0
    channel: Channel | None = None

    def tick(self):
        self.ticks += 1
        return self.ticks

    def called(self, operations, value=None):
        operation = Operation(value, self.tick(), now())
        operations.append(operation)
        return operation

    def returned(self, operation, outcome):
        operation.returned, operation.returned_at = self.tick(), now()
        operation.outcome = outcome

    def sent(self):
        return [send for send in self.sends if send.outcome == "done"]

    def received(self):
        return [receive for receive in self.receives if receive.outcome == "done"]

    def delivered(self):
        """Pairs of a send and the receive that got its value."""
        sends = {send.value: send for send in self.sends}
        return [(sends[receive.value], receive) for receive in self.received()]


class Watching(RandomOrder):
    """A random order that looks at the buffer at every turn."""

    def __init__(self, seed, history):
        super().__init__(seed)
        self._history = history

    def take(self, ready, running):
        history = self._history
        if history.channel is not None:
            depth = Channel.__len__(history.channel)
            history.deepest = max(history.deepest, depth)
        return super().take(ready, running)


def play(program, seed, time_limit=LIMIT):
    """Run `program` and return its history."""
    history = History()

    def body():
        channel = history.channel = Channel(program.capacity)
        shared = Context()
        open_senders = len(program.senders)

        def context(patience):
            if patience is None:
                return None
            return shared if patience == "shared" else Context(timeout=patience / 4)

        def attempt(operations, operate, patience, value=None):
            waiting = context(patience)
            operation = history.called(operations, value)
            try:
                result = operate(waiting)
            except (Closed, Cancelled) as error:
                history.returned(operation, type(error).__name__)
                return operation.outcome
            if operations is history.receives:
                operation.value = result
            history.returned(operation, "done")
            return operation.outcome

        def send(number, sender):
            nonlocal open_senders
            for index, (rest, patience) in enumerate(sender.values):
                sleep(rest / 4)
                value = (number, index)
                attempt(history.sends, lambda c, v=value: channel.send(v, c), patience, value)
            open_senders -= 1
            if open_senders == 0:
                channel.close()

        def receive(receiver):
            for _ in range(FOR_EVER if receiver.limit is None else receiver.limit):
                sleep(receiver.rest / 4)
                outcome = attempt(history.receives, channel.receive, receiver.patience)
                if outcome == "Closed":
                    break

        def later(quarter, action):
            sleep(quarter / 4)
            action()

        with TaskGroup(Context(timeout=time_limit) if time_limit else None) as group:
            for number, sender in enumerate(program.senders):
                group.spawn(send, number, sender)
            for receiver in program.receivers:
                group.spawn(receive, receiver)
            if program.cancel_at is not None:
                group.spawn(later, program.cancel_at, shared.cancel)
            if program.close_at is not None:
                group.spawn(later, program.close_at, channel.close)
        channel.close()
        history.left = list(channel)
        history.parked = parked(channel)

    run = simulate(body, order=Watching(seed, history), max_steps=100_000)
    assert (run.leaks, run.crashes) == ((), ())
    return history


programs = st.builds(
    Program,
    capacity=capacities,
    senders=st.lists(
        st.builds(Sender, st.lists(st.tuples(quarters, patience), max_size=6)),
        min_size=1,
        max_size=4,
    ),
    receivers=st.lists(
        st.builds(
            Receiver,
            limit=st.one_of(st.none(), st.integers(0, 5)),
            rest=quarters,
            patience=patience,
        ),
        max_size=4,
    ),
    cancel_at=st.one_of(st.none(), moments),
    close_at=st.one_of(st.none(), moments),
)


@law
@given(programs, seeds)
def test_what_was_sent_was_received_once_or_is_left_in_the_buffer(program, seed):
    history = play(program, seed)
    arrived = [receive.value for receive in history.received()] + history.left
    assert sorted(arrived) == sorted(send.value for send in history.sent())


@law
@given(programs, seeds)
def test_no_value_overtakes_one_that_was_sent_before_it(program, seed):
    delivered = play(program, seed).delivered()
    for first_send, first_receive in delivered:
        for second_send, second_receive in delivered:
            if first_send.returned < second_send.called:
                assert first_receive.called < second_receive.returned


@law
@given(programs, seeds)
def test_values_leave_in_the_order_of_the_instants_at_which_they_were_offered(program, seed):
    delivered = play(program, seed).delivered()
    for first_send, first_receive in delivered:
        for second_send, second_receive in delivered:
            if first_send.called_at < second_send.called_at:
                assert first_receive.returned_at <= second_receive.returned_at


@law
@given(programs, seeds)
def test_what_is_left_in_the_buffer_was_sent_after_all_that_was_received(program, seed):
    history = play(program, seed)
    sends = {send.value: send for send in history.sends}
    for value in history.left:
        for send, _ in history.delivered():
            assert not sends[value].returned < send.called


@law
@given(programs, seeds)
def test_the_buffer_never_holds_more_than_the_capacity(program, seed):
    assert play(program, seed).deepest <= program.capacity


@law
@given(programs, seeds)
def test_when_all_is_over_nobody_is_left_waiting_on_the_channel(program, seed):
    assert play(program, seed).parked == (0, 0)


@law
@given(programs, seeds)
def test_nobody_waits_beyond_his_deadline_or_his_cancellation(program, seed):
    history = play(program, seed)
    late = LIMIT if program.cancel_at is None else program.cancel_at / 4
    for operation in history.sends + history.receives:
        waited = operation.returned_at - operation.called_at
        if operation.outcome == "DeadlineExceeded" and operation.returned_at < LIMIT:
            assert waited <= 3 / 4
        if operation.outcome == "Cancelled":
            assert operation.returned_at == max(late, operation.called_at)


plain_programs = st.builds(
    Program,
    capacity=capacities,
    senders=st.lists(
        st.builds(Sender, st.lists(st.tuples(quarters, st.none()), max_size=6)),
        min_size=1,
        max_size=4,
    ),
    receivers=st.lists(
        st.builds(Receiver, limit=st.one_of(st.none(), st.integers(0, 5)), rest=quarters),
        max_size=4,
    ),
)


@law
@given(plain_programs, seeds)
def test_a_program_deadlocks_if_and_only_if_more_is_sent_than_can_be_taken(program, seed):
    sent = sum(len(sender.values) for sender in program.senders)
    limits = [math.inf if r.limit is None else r.limit for r in program.receivers]
    try:
        play(program, seed, time_limit=None)
    except Deadlock:
        assert sent > sum(limits) + program.capacity
    else:
        assert sent <= sum(limits) + program.capacity


@law
@given(plain_programs.filter(lambda p: any(r.limit is None for r in p.receivers)), seeds)
def test_with_one_receiver_that_does_not_stop_everything_is_received(program, seed):
    history = play(program, seed, time_limit=None)
    sent = sum(len(sender.values) for sender in program.senders)
    assert len(history.received()) == sent


@law
@given(plain_programs, seeds)
def test_a_single_receiver_gets_each_senders_values_in_their_order(program, seed):
    program.receivers = [Receiver(limit=None, rest=0)]
    received = [receive.value for receive in play(program, seed).received()]
    for number in range(len(program.senders)):
        mine = [index for sender, index in received if sender == number]
        assert mine == sorted(mine)


# What holds for every task group.


@law
@given(st.lists(st.tuples(moments, st.booleans()), max_size=8), seeds)
def test_a_group_ends_with_its_first_failures_or_with_its_last_task(tasks, seed):
    def task(number, quarter, fails):
        sleep(quarter / 4)
        if fails:
            raise LookupError(number)

    def body():
        try:
            with TaskGroup() as group:
                for number, (quarter, fails) in enumerate(tasks):
                    group.spawn(task, number, quarter, fails)
        except ExceptionGroup as failures:
            return sorted(error.args[0] for error in failures.exceptions)
        return []

    run = simulate(body, seed=seed)
    end = min((q for q, fails in tasks if fails), default=max((q for q, _ in tasks), default=0))
    failing = [number for number, (quarter, fails) in enumerate(tasks) if fails and quarter == end]
    assert (run.elapsed, run.leaks) == (end / 4, ())
    assert run.value == failing
