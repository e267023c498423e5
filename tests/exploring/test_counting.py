"""All orders of the turns of a small pool are counted, one by one."""

from math import comb, factorial

import pytest

from lab import explore
from lab.exploring.counting import Orders, count_orders
from patterns.concurrency import AtomicInt, TaskGroup


def loads(*numbers):
    """Return a pool in which task i looks at a number `numbers[i]` times."""

    def pool():
        number = AtomicInt(0, "number")
        with TaskGroup() as group:
            for times in numbers:
                group.spawn(lambda times=times: [number.load() for _ in range(times)])

    return pool


def race():
    number = AtomicInt(0, "workers")

    def look_then_add():
        if number.load() < 1:
            number.add(1)

    with TaskGroup() as group:
        group.spawn(look_then_add)
        group.spawn(look_then_add)
    return number.load()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_two_tasks_can_be_merged_in_as_many_ways_as_their_turns(times):
    turns = times + 1  # it begins
    assert count_orders(loads(times, times)).number == comb(2 * turns, turns)


def test_three_tasks_of_two_turns_can_be_merged_in_ninety_ways():
    assert count_orders(loads(1, 1, 1)).number == factorial(6) // 2**3


def test_orders_that_make_no_difference_are_one_distinct_schedule():
    assert explore(loads(1, 1, 1), how="every").schedules == 1


def test_those_that_go_wrong_are_counted():
    # Both begin and look before anybody adds: the four turns merged, then two ways to add.
    both_look_first = comb(4, 2) * 2
    # One looks and adds before the other one looks, which can begin at any time before.
    one_after_the_other = 2 * 4
    found = count_orders(race, check=lambda run: run.value <= 1)
    assert found == Orders(both_look_first + one_after_the_other, both_look_first)
    assert str(found) == "12 of all 20 orders fail"


def test_a_pool_with_too_many_orders_is_refused():
    with pytest.raises(ValueError, match="most must be >= the number of orders, got 5"):
        count_orders(loads(1, 1), most=5)
    assert count_orders(loads(1, 1), most=6).number == 6


@pytest.mark.parametrize("name", ["most", "max_steps"])
def test_a_bad_limit_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number >= 1, got 0"):
        count_orders(race, **{name: 0})
