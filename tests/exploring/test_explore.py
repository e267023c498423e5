"""Exploring: what goes wrong is found, counted, told, and comes again."""

import gc
import itertools
import random
import time
import tracemalloc
from functools import partial

import pytest

from lab import Deadlock, Schedule, explore, simulate
from lab.model.schedule import NotRepeatable
from lab.simulation import StepLimitExceeded, real_wait
from patterns import basic, pitfalls
from patterns.concurrency import AtomicInt, Channel, Report, Succeeded, TaskGroup, go, hang, sleep


def two_adders():
    """Two tasks add one each to a plain number; the sum they come to."""
    total = 0

    def add():
        nonlocal total
        total += 1

    with TaskGroup() as group:
        for _ in range(2):
            group.spawn(add)
    return total


def never_a_problem():
    return basic.demo(jobs=3, workers=2)


def test_a_pool_that_is_right_fails_in_no_schedule():
    found = explore(never_a_problem, schedules=50)
    assert (found.schedules, found.failures, found.first, found.failure) == (50, 0, None, None)
    assert str(found) == "none of 50 schedules fails"


def test_a_pool_that_is_wrong_is_counted_and_its_first_failure_kept():
    found = explore(pitfalls.two_small_buffers, schedules=20)
    assert (found.schedules, found.failures, found.kinds) == (20, 20, {"deadlock": 20})
    assert found.failure.kind == "deadlock"
    assert str(found) == "20 of 20 schedules fail; the first is number 1"


def test_a_check_decides_what_else_is_wrong():
    pool = partial(pitfalls.check_then_act, callers=3)
    found = explore(pool, check=lambda run: run.value <= 2, schedules=100)
    assert 0 < found.failures < 100
    assert found.failure.kind == "check"
    assert "it returned 3" in found.failure.message


def test_a_check_may_assert_and_its_message_is_told():
    def check(run):
        assert run.value == 4, f"got {run.value}, wanted 4"

    found = explore(lambda: 3, check=check, schedules=3)
    assert found.failure.message == "got 3, wanted 4"


def test_an_error_in_a_check_is_not_taken_for_a_failure():
    with pytest.raises(ZeroDivisionError):
        explore(lambda: 3, check=lambda run: 1 / 0, schedules=3)


def deadlocks():
    Channel[int](0).receive()


def leaves_a_task():
    go(Channel[int](0).receive)


def hangs_for_ever():
    go(hang)


def loses_a_task():
    def die():
        raise KeyError("lost")

    go(die)
    sleep(1)


def raises():
    with TaskGroup() as group:
        group.spawn(int, "no number")


def runs_in_circles():
    counter = AtomicInt()
    while True:
        counter.add(1)


def cooks_the_books():
    return Report((1, 2), (1,), (Succeeded(3, 3),))


@pytest.mark.parametrize(
    ("pool", "kind", "message"),
    [
        (deadlocks, "deadlock", "main is receiving from channel-1 (unbuffered)"),
        (leaves_a_task, "leak", "task-1 is receiving from channel-1"),
        (loses_a_task, "crash", "task-1 died of KeyError: 'lost', and nobody noticed"),
        (raises, "error", "it raised ValueError: invalid literal"),
        (runs_in_circles, "endless", "stopped after 500 steps"),
        (
            cooks_the_books,
            "books",
            "2 submitted: 1 succeeded, 0 failed, 1 cancelled, 1 never started",
        ),
    ],
)
def test_every_way_to_go_wrong_has_its_name(pool, kind, message):
    failure = explore(pool, schedules=2, max_steps=500).failure
    assert failure.kind == kind
    assert message in failure.message


def test_a_recursion_without_end_is_repeatable_wherever_it_is_noticed():
    numbers = itertools.count()

    def pool():
        raise RecursionError(f"maximum recursion depth exceeded, in call {next(numbers)}")

    failure = explore(pool, schedules=3).failure
    assert failure.message == "it raised RecursionError: it calls itself without end"


def test_a_pool_that_has_not_run_at_all_is_no_success():
    def pool():
        yield 1

    assert explore(pool, schedules=2).failure.message == (
        "it returned a generator: its code has not run"
    )


def test_what_is_no_function_is_refused():
    with pytest.raises(ValueError, match="pool must be a function, got 3"):
        explore(3)


def test_a_pool_that_never_ends_is_told_so_within_few_runs():
    runs = []

    def pool():
        runs.append(1)
        with TaskGroup() as group:
            counter = AtomicInt()
            for _ in range(2):
                group.spawn(lambda: [counter.load() for _ in iter(int, 1)])

    assert explore(pool, schedules=1, max_steps=20_000).failure.kind == "endless"
    assert len(runs) < 100


def spins():
    counter = AtomicInt()
    while True:
        counter.load()


def waits_beside_a_timer():
    with TaskGroup() as group:
        group.spawn(lambda: [sleep(0.1) for _ in iter(int, 1)])
        Channel().receive()


def spawns_two_of_itself():
    def again():
        go(again)
        go(again)

    again()


@pytest.mark.parametrize("options", [{}, {"processes": 2}])
@pytest.mark.parametrize("pool", [spins, waits_beside_a_timer, spawns_two_of_itself])
def test_after_ten_schedules_that_never_end_no_more_are_tried(pool, options):
    found = explore(pool, max_steps=200, **options)
    assert (found.schedules, found.failures, found.cut_short) == (10, 10, True)
    assert str(found) == (
        "10 of 10 schedules fail; the first is number 1; "
        "no more were tried, as so many run on and on"
    )


def test_the_search_of_all_schedules_tries_no_more_after_ten_that_never_end():
    def pool():
        counter = AtomicInt()
        with TaskGroup() as group:
            group.spawn(lambda: [counter.add(1) for _ in iter(int, 1)])
            group.spawn(counter.add, 1)

    found = explore(pool, max_steps=200, how="every")
    assert (found.schedules, found.failures, found.cut_short) == (10, 10, True)


def test_the_search_of_all_schedules_does_not_count_the_turns_of_a_loop_that_waits():
    def pool():
        done = AtomicInt()
        with TaskGroup() as group:
            group.spawn(done.add, 1)
            while not done.load():
                pass

    found = explore(pool, max_steps=500, how="every")
    assert (found.schedules < 20, found.complete, found.cut_short) == (True, False, True)


def test_a_task_that_hangs_by_intention_is_no_leak():
    assert explore(hangs_for_ever, schedules=3).failures == 0


def test_the_same_seed_explores_the_same_schedules():
    pool = partial(pitfalls.check_then_act, callers=3)

    def outcomes(seed):
        seen = []
        explore(pool, check=lambda run: seen.append(run.value), schedules=400, seed=seed)
        return seen

    assert outcomes(4) == outcomes(4)
    one, next_one = outcomes(4), outcomes(8)
    for shift in range(9):
        assert one[20 + shift : 300 + shift] != next_one[20:300]


@pytest.mark.parametrize("how", ["mix", "random", "pct", "every"])
def test_every_strategy_finds_the_race_of_two_callers(how):
    pool = partial(pitfalls.check_then_act, callers=2, max_workers=1)
    found = explore(pool, check=lambda run: run.value <= 1, schedules=100, how=how)
    assert found.failures
    assert (found.complete, found.how) == (how == "every", how)


def test_a_race_on_a_plain_variable_shows_statement_by_statement_only():
    def right(run):
        return run.value == 2

    assert explore(two_adders, check=right, schedules=200).failures == 0
    found = explore(two_adders, check=right, schedules=200, statements=[two_adders])
    assert found.failures
    assert len(found.failure.schedule.moves) <= 2


def test_a_schedule_found_statement_by_statement_is_replayed_so():
    def right(run):
        return run.value == 2

    failure = explore(two_adders, check=right, schedules=200, statements=[two_adders]).failure
    run = simulate(two_adders, schedule=failure.schedule, statements=[two_adders])
    assert run.value == 1
    assert run.turns == failure.turns
    statements = [turn.task for turn in run.turns if str(turn).startswith("statement add, line ")]
    assert statements == ["task-1", "task-2", "task-2", "task-1"]


def test_exploring_can_end_with_the_first_failure():
    found = explore(pitfalls.two_small_buffers, schedules=100, stop_at_first=True)
    assert (found.schedules, found.failures) == (1, 1)


def test_a_check_that_looks_at_the_trace_asks_for_it():
    def all_worked(run):
        return len(run.trace.jobs) == 3

    with pytest.raises(AttributeError, match=r"say explore\(…, traced=True\)"):
        explore(never_a_problem, check=all_worked, schedules=2)
    assert explore(never_a_problem, check=all_worked, schedules=5, traced=True).failures == 0


def test_code_that_depends_on_more_than_the_schedule_is_told_so():
    calls = itertools.count()

    def pool():
        with TaskGroup() as group:
            for _ in range(1 + next(calls) % 2):
                group.spawn(sleep, 1)

    with pytest.raises(NotRepeatable, match="depends on something besides it"):
        explore(pool, schedules=10)


def test_random_numbers_that_come_from_a_seed_are_repeatable():
    def pool():
        lot = random.Random(1)
        return basic.run(range(4), lambda job: sleep(lot.random()) or job)

    assert explore(pool, schedules=20).failures == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"schedules": 0}, "schedules must be a whole number >= 1, got 0"),
        ({"max_steps": 0}, "max_steps must be a whole number >= 1, got 0"),
        ({"seed": 1.5}, "seed must be a whole number >= 0, got 1.5"),
        ({"how": "best"}, "how must be one of mix, random, pct, every, got 'best'"),
    ],
)
def test_a_wrong_argument_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        explore(never_a_problem, **wrong)


def test_a_story_tells_who_went_first_and_what_came_of_it():
    pool = partial(pitfalls.check_then_act, callers=2, max_workers=1)
    story = explore(pool, check=lambda run: run.value <= 1, schedules=50).failure.story()
    assert "the check failed: it returned 2" in story
    assert "caller-2  start   <- goes before caller-1" in story
    assert "caller-1  load workers: 0" in story
    assert "caller-2  load workers: 0" in story


@pytest.mark.parametrize("told", [False, 0, "", ()])
def test_a_check_that_returns_something_false_says_that_it_failed(told):
    assert explore(lambda: 3, check=lambda run: told, schedules=2).failures == 2


class Unspeakable(ValueError):
    """Fails at whoever wants to tell of it."""

    @property
    def id(self):
        raise RuntimeError("no id")

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def test_to_tell_of_a_value_does_not_change_the_run():
    def pool():
        channel = Channel(1, "values")
        channel.send(Unspeakable())
        raise channel.receive()

    failure = explore(pool, schedules=2).failure
    assert failure.message == "it raised Unspeakable: Unspeakable"
    assert "main  receive values: Unspeakable" in failure.story()


def test_a_value_that_cannot_be_told_may_still_be_wrong():
    failure = explore(Unspeakable, check=lambda run: False, schedules=2).failure
    assert failure.message == "the check failed: it returned Unspeakable"


def test_a_failure_that_does_not_come_again_is_told_so():
    calls = itertools.count()
    with pytest.raises(NotRepeatable, match="what an earlier run left"):
        explore(lambda: 3, check=lambda run: next(calls) != 4, schedules=10)


@pytest.mark.parametrize("at", range(3, 30, 4))
def test_code_that_does_not_repeat_in_the_middle_of_a_search_is_told_so(at):
    calls = itertools.count()

    def pool():
        channel = Channel(2)

        def drain():
            for _ in channel:
                AtomicInt().load()

        with TaskGroup() as group:
            for _ in range(3 if next(calls) == at else 2):
                group.spawn(drain)
            channel.send(1)
            channel.close()

    with pytest.raises(NotRepeatable):
        explore(pool, how="every")


def test_a_run_that_waits_in_a_loop_is_told_why_it_never_ends():
    def spins():
        done = AtomicInt()
        with TaskGroup() as group:
            group.spawn(lambda: (sleep(1), done.store(1)))
            while not done.load():
                pass

    failure = explore(spins, schedules=2, max_steps=500).failure
    assert "time stood still for the last 500 steps, as tasks go on without" in failure.message
    assert failure.message.endswith("; main is ready to run; task-1 is ready to run")
    schedule = Schedule.from_json(failure.schedule.to_json())
    with pytest.raises(StepLimitExceeded, match="after 500 steps"):
        simulate(spins, schedule=schedule)


def test_a_deadlock_behind_a_timer_is_found_as_one_and_replays():
    def look_again_and_again():
        while True:
            sleep(0.1)

    def pool():
        channel = Channel(name="answers")
        with TaskGroup() as group:
            group.spawn(look_again_and_again)
            channel.receive()

    failure = explore(pool, schedules=2, max_steps=500).failure
    assert failure.kind == "deadlock"
    assert failure.message == (
        "deadlock at 0 s: main is receiving from answers (unbuffered); "
        "task-1 is sleeping, again and again"
    )
    schedule = Schedule.from_json(failure.schedule.to_json())
    with pytest.raises(Deadlock):
        simulate(pool, schedule=schedule)


def test_the_nearest_schedule_that_goes_well_differs_in_one_move():
    pool = partial(pitfalls.check_then_act, callers=3)
    failure = explore(pool, check=lambda run: run.value <= 2, schedules=50).failure
    assert len(failure.passing.moves) == len(failure.schedule.moves) - 1
    assert simulate(pool, schedule=failure.passing).value <= 2


def test_a_pool_that_always_fails_has_no_schedule_that_goes_well():
    failure = explore(pitfalls.two_small_buffers, schedules=5).failure
    assert (failure.passing, failure.passing_trace, failure.guilty) == (None, None, None)


def test_exploring_more_schedules_keeps_no_more_memory():
    def kept(schedules):
        tracemalloc.start()
        found = explore(never_a_problem, schedules=schedules)
        gc.collect()
        memory, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found.schedules == schedules
        return memory

    kept(20)  # what is made only once is made
    assert kept(200) < kept(40) + 20_000


def test_a_long_search_can_show_its_progress(capsys):
    explore(never_a_problem, schedules=5, progress=True)
    assert "schedule" in capsys.readouterr().err


@pytest.mark.parametrize("how", [{}, {"how": "every"}, {"processes": 2}])
def test_exploring_warns_of_real_waits_that_are_short_but_many(how, monkeypatch):
    def nap():  # more often than a busy machine takes the processor away
        for _ in range(20):
            time.sleep(0.001)

    def pool():
        with TaskGroup() as group:
            group.spawn(nap)
            group.spawn(sleep, 1)

    monkeypatch.setattr(real_wait, "_TOO_LONG_IN_ALL", 10_000_000)
    with pytest.warns(RuntimeWarning, match=r"waited \d\.\d\d s of real time inside a simulation"):
        explore(pool, schedules=20, **how)
