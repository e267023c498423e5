"""Atomic integers: the same bodies on real threads and in simulations."""

from support import run_simulated

from patterns.concurrency import AtomicInt, TaskGroup


def in_tasks(count, task):
    with TaskGroup() as group:
        for number in range(count):
            group.spawn(task, number)


def test_a_new_one_is_zero(run):
    assert run(lambda: AtomicInt().load()) == 0


def test_it_holds_what_was_stored(run):
    def body():
        number = AtomicInt(3)
        before = number.load()
        number.store(7)
        return before, number.load()

    assert run(body) == (3, 7)


def test_adding_returns_the_new_value(run):
    def body():
        number = AtomicInt(3)
        return number.add(2), number.add(-7)

    assert run(body) == (5, -2)


def test_no_addition_is_lost(run):
    def body():
        number = AtomicInt()
        in_tasks(8, lambda _: [number.add(1) for _ in range(100)])
        return number.load()

    assert run(body) == 800


def test_every_addition_returns_another_value(run):
    def body():
        number, seen = AtomicInt(), []
        in_tasks(8, lambda _: seen.extend([number.add(1) for _ in range(25)]))
        return sorted(seen)

    assert run(body) == list(range(1, 201))


def test_compare_and_swap_swaps_only_what_is_expected(run):
    def body():
        number = AtomicInt(3)
        return number.compare_and_swap(4, 5), number.compare_and_swap(3, 6), number.load()

    assert run(body) == (False, True, 6)


def test_of_many_tasks_that_swap_the_same_value_one_succeeds(run):
    def body():
        number, swapped = AtomicInt(), []
        in_tasks(8, lambda task: swapped.append(number.compare_and_swap(0, task + 1)))
        return sorted(swapped)

    assert run(body) == [False] * 7 + [True]


def test_a_compare_and_swap_loop_loses_nothing(run):
    def body():
        number = AtomicInt()

        def increment(_):
            for _ in range(10):
                while not number.compare_and_swap(old := number.load(), old + 1):
                    pass

        in_tasks(8, increment)
        return number.load()

    assert run(body) == 80


def test_a_load_and_a_store_are_two_steps_between_which_another_task_may_come():
    def body():
        number = AtomicInt()
        in_tasks(2, lambda _: number.store(number.load() + 1))
        return number.load()

    assert {run_simulated(body, seed) for seed in range(30)} == {1, 2}


def test_its_repr_shows_its_name_and_value(run):
    assert run(lambda: repr(AtomicInt(3, "running"))) == "running (3)"
