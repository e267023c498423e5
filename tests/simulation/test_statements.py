"""Scheduling points between statements: what they show, and what rewriting leaves as it was."""

import linecache
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from statement_runtime import StatementRuntime

from lab import explore, simulate
from lab.model.deadlock import Deadlock
from lab.simulation import RandomOrder
from lab.simulation.order import PriorityOrder
from lab.simulation.statements import instrument
from patterns import concurrency
from patterns.concurrency import Channel, TaskGroup
from patterns.concurrency.runtime import current_runtime, use_runtime

SEEDS = range(30)
total = 0


class Counter:
    """A counter that several tasks may use, if each of them is lucky."""

    def __init__(self):
        self.count = 0
        self.places = 1
        self.taken = []

    def add(self):
        self.count += 1

    def add_the_long_way(self):
        self.count = self.count + 1

    def take_place(self):
        if len(self.taken) < self.places and self.places:
            self.taken.append("a place")

    @property
    def next_number(self):
        self.count += 1
        return self.count

    @staticmethod
    def add_to(counter):
        counter.count += 1


class Loud(Counter):
    def __init__(self):
        super().__init__()
        self.__secret = "kept"

    def secret(self):
        return self.__secret


def add_to_total():
    global total
    total += 1


def outcomes(job, result, tasks=2):
    """Run `job` in that many tasks under many schedules; return all the results there are."""

    def main():
        with TaskGroup() as group:
            for _ in range(tasks):
                group.spawn(job)
        return result()

    return {simulate(main, seed=seed).value for seed in SEEDS}


def outcomes_of_counting(method):
    found = set()
    for seed in SEEDS:
        counter = Counter()

        def main(counter=counter):
            with TaskGroup() as group:
                for _ in range(2):
                    group.spawn(method, counter)
            return counter

        found.add(simulate(main, seed=seed).value.count)
    return found


@pytest.mark.parametrize(
    "method",
    [
        Counter.add,
        Counter.add_the_long_way,
        Counter.add_to,
        pytest.param(lambda counter: counter.next_number, id="property"),
    ],
)
def test_a_lost_update_shows_only_when_the_class_is_instrumented(method):
    assert outcomes_of_counting(method) == {2}
    with instrument(Counter):
        assert outcomes_of_counting(method) == {1, 2}
    assert outcomes_of_counting(method) == {2}


def test_a_lost_update_of_a_global_variable_shows():
    def result():
        global total
        last, total = total, 0
        return last

    with instrument(add_to_total):
        assert outcomes(add_to_total, result) == {1, 2}


def test_a_lost_update_of_a_variable_of_the_enclosing_function_shows():
    count = 0

    def add():
        nonlocal count
        count += 1

    def result():
        nonlocal count
        last, count = count, 0
        return last

    with instrument(add):
        assert outcomes(add, result) == {1, 2}


def test_what_is_checked_by_one_operand_may_be_untrue_at_the_next_statement():
    def main():
        counter = Counter()
        with TaskGroup() as group:
            group.spawn(counter.take_place)
            group.spawn(counter.take_place)
        return len(counter.taken)

    with instrument(Counter):
        assert {simulate(main, seed=seed).value for seed in SEEDS} == {1, 2}


def test_functions_inside_an_instrumented_function_are_instrumented():
    def main():
        count = 0

        def add():
            nonlocal count
            count += 1

        with TaskGroup() as group:
            group.spawn(add)
            group.spawn(add)
        return count

    with instrument(main):
        assert {simulate(main, seed=seed).value for seed in SEEDS} == {1, 2}


def test_a_whole_module_can_be_instrumented():
    with instrument(sys.modules[__name__]):
        assert outcomes_of_counting(Counter.add) == {1, 2}


def test_generators_and_context_managers_work():
    log = []

    @contextmanager
    def noted(name):
        log.append(f"{name} in")
        try:
            yield name
        finally:
            log.append(f"{name} out")

    def numbers(count):
        while count:
            count -= 1
            yield count

    def work(name):
        with noted(name):
            log.extend(numbers(3))

    with instrument(noted, numbers, work):
        outcomes(lambda: work("worker"), lambda: None)
    assert log.count("worker in") == log.count("worker out") == 2 * len(SEEDS)
    assert sorted(n for n in log if isinstance(n, int)) == sorted([0, 1, 2] * 2 * len(SEEDS))


def test_every_kind_of_statement_means_what_it_meant():
    def all_kinds(items):
        seen: list = []
        for item in items:
            if item == 1 or not item:
                continue
            if item > 8:
                break
            seen.append("even" if item % 2 == 0 else "odd")
        else:
            seen.append("no break")
        try:
            assert seen, "nothing"
            seen[0] += "!"
            raise KeyError(seen)
        except (KeyError, AssertionError) as error:
            seen.append(type(error).__name__)
        finally:
            seen.append([x for x in items if x > 1 and x < 4])
        match seen:
            case [first, *_] if first:
                seen.append(first)
            case _:
                pass
        total: int = len(seen)
        first, seen[-1] = seen[-1], total
        while total and (total := total - 1):
            pass
        del seen[1:3]
        return first, seen, (lambda: total)()

    plain = all_kinds([0, 1, 2, 3, 9]), all_kinds([]), all_kinds([4])
    with instrument(all_kinds):
        rewritten = all_kinds([0, 1, 2, 3, 9]), all_kinds([]), all_kinds([4])
        simulated = simulate(lambda: all_kinds([0, 1, 2, 3, 9])).value
    assert rewritten == plain
    assert simulated == plain[0]


def test_private_names_and_super_work():
    with instrument(Counter, Loud):
        assert simulate(lambda: Loud().secret()).value == "kept"


def test_line_numbers_stay_true():
    def fail():
        numbers = [1]

        return numbers[3]

    def line_of_failure():
        try:
            fail()
        except IndexError as error:
            return traceback.extract_tb(error.__traceback__)[-1].lineno

    plain = line_of_failure()
    with instrument(fail):
        assert line_of_failure() == plain


def test_methods_that_a_dataclass_makes_are_left_alone():
    @dataclass
    class Job:
        number: int

        def double(self):
            return self.number * 2

    with instrument(Job):
        assert Job(2).double() == 4
        assert Job(2) == Job(2)


def test_another_text_takes_the_place_of_a_modules_own():
    text = "".join(linecache.getlines(__file__)).replace("self.count += 1\n", "self.count += 2\n")
    counter = Counter()
    with instrument(Counter, sources={__name__: text}):
        counter.add()
    counter.add()
    assert counter.count == 3


@pytest.mark.parametrize("target", [lambda: None, len, 3, eval("lambda: None")])
def test_what_has_no_statements_is_refused(target):
    with pytest.raises(ValueError, match="no statements"), instrument(target):
        pass


def test_a_function_without_source_is_refused():
    namespace = {}
    exec("def made(): pass", namespace)
    with (
        pytest.raises(ValueError, match=r"source of <function made .*> cannot be read"),
        instrument(namespace["made"]),
    ):
        pass


def test_a_function_whose_source_has_changed_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "changing.py"
    file.write_text("def work():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    from changing import work

    file.write_text("\n\ndef work():\n    return 2\n")
    linecache.checkcache(str(file))
    with pytest.raises(ValueError, match="has changed"), instrument(work):
        pass


def test_a_lock_that_is_never_released_shows_in_the_deadlock():
    def main():
        first, second = current_runtime().lock(), current_runtime().lock()

        def grab(one, other):
            with one:
                ready.append(one)
                while len(ready) < 2:
                    current_runtime().point("wait", None)
                with other:
                    pass

        ready = []
        with TaskGroup() as group:
            group.spawn(grab, first, second, name="left")
            group.spawn(grab, second, first, name="right")

    runtime = StatementRuntime(RandomOrder(1))
    with use_runtime(runtime), pytest.raises(Deadlock) as deadlock:
        runtime.run(main)
    assert "left is waiting for a lock held by right" in str(deadlock.value)
    assert "right is waiting for a lock held by left" in str(deadlock.value)
    assert [t.doing for t in deadlock.value.tasks] == ["joining", "locked out", "locked out"]
    with use_runtime(runtime):
        runtime.end()


@pytest.mark.parametrize("run", [simulate, explore])
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (add_to_total, "must be a list of functions, classes or modules, got <function add_to"),
        (concurrency, "must be a list of functions, classes or modules, got <module"),
        ([concurrency.channel], "must name your own code, got <module 'patterns.concurrency.ch"),
        ([Channel.send], "must name your own code, got <function Channel.send"),
    ],
)
def test_what_cannot_be_run_statement_by_statement_in_a_pool_is_refused(run, statements, message):
    with pytest.raises(ValueError, match=message):
        run(int, statements=statements)


def test_a_function_has_its_own_code_again_when_the_last_of_several_has_left():
    own = add_to_total.__code__
    first, second = instrument(add_to_total), instrument(add_to_total)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert add_to_total.__code__ is not own
    second.__exit__(None, None, None)
    assert add_to_total.__code__ is own


def test_releasing_a_lock_that_nobody_holds_is_refused():
    with pytest.raises(RuntimeError, match="nobody holds"):
        StatementRuntime(RandomOrder(1)).lock().release()


def test_priorities_give_the_same_run_for_the_same_seed():
    def who(seed):
        log = []

        def work(name):
            for step in range(3):
                log.append((name, step))

        def main():
            with TaskGroup() as group:
                for name in "abc":
                    group.spawn(work, name)

        with instrument(work):
            simulate(main, order=PriorityOrder(seed, depth=3, steps=30))
        return tuple(log)

    assert who(5) == who(5)
    assert len({who(seed) for seed in range(20)}) > 5


@pytest.mark.parametrize(("depth", "steps"), [(0, 10), (1, 0)])
def test_priorities_need_a_depth_and_a_length(depth, steps):
    with pytest.raises(ValueError, match=">= 1"):
        PriorityOrder(1, depth, steps)
